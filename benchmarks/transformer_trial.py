"""Is a small causal transformer over lists worth its training? Alone, in the blend and in the ranker.

    python -m benchmarks.transformer_trial SET... [--seeds 0 1] [--targets later next] [--out trial.json]

A SET is a folder in the tabular layout. For each set and split (protocol continuation-v1) the transformer
(recsys/song_transformer.py) and the signals of the blend are trained on the training part of the split,
and once more on the training part of an inner split of it. On the inner split's lists the blend's weights are
learned and the ranker's trees are trained, with the transformer and without; the split's own lists are only
measured on. Nothing is known of the songs beside their lists. NDCG@100, and ratios with their 95 % interval,
bootstrapped by group: alone over item-kNN, in the blend over the blend without it, in the ranker over the
ranker without it.

`--fits FOLDER` keeps song2vec and the factors between runs. torch runs in one thread, so that figures repeat.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.tabular_corpus import read_corpus
from recsys.baselines import fit_item_knn
from recsys.blend import gather, learn_weights, measure_weights
from recsys.components import Component, Vectors, build_components
from recsys.corpus import Corpus
from recsys.evaluate import K, Split, make_split, measure, metrics_of
from recsys.factors import Factors, FactorSettings, fit_factors
from recsys.facts import SongFacts
from recsys.fit import Fold, features_of, gather_queries, train_vectors
from recsys.metrics import bootstrap_ratio
from recsys.query import build_query
from recsys.ranker import RankerSettings, fit_trees, mixed
from recsys.song2vec import SongVectors
from recsys.song_transformer import Transformer, TransformerSettings, train_transformer

SETTINGS = TransformerSettings()
# How much the trees count beside the blend: the same with the transformer and without.
MIX = 0.75
_INNER_CASES = 500
_METRICS = ("ndcg@100", "r_precision", "recall@20", "hr@10")

Metrics = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Side:
    """A split with the signals of the blend, trained on its training part."""

    split: Split
    components: dict[str, Component]

    def fold(self, components: dict[str, Component]) -> Fold:
        """Candidates and features of the cases under these components."""
        train = self.split.train
        features = features_of(components, train, SongFacts.unknown(train.song_ids))
        return Fold(self.split, features, gather(components, self.split.cases, train.n_songs))


def fit_side(split: Split, kept: Path | None) -> Side:
    """Train the blend's signals on a split, or read song2vec and the factors from `kept`."""
    train = split.train
    vectors, factors = _fitted(train, split.seed, kept)
    facts = SongFacts.unknown(train.song_ids)
    return Side(split, build_components(train, facts, Vectors.build(vectors), factors))


def _fitted(train: Corpus, seed: int, kept: Path | None) -> tuple[SongVectors, Factors]:
    if kept is not None and kept.exists():
        with np.load(kept) as arrays:
            vectors = SongVectors(
                arrays["input"], arrays["output"], arrays["counts"], float(arrays["ns_exponent"])
            )
            return vectors, Factors(arrays["songs"], float(arrays["l2"]), float(arrays["alpha"]))
    with TemporaryDirectory() as folder:
        vectors = train_vectors(train, Path(folder) / "corpus.txt", seed=seed, workers=1)
    factors = fit_factors(train, FactorSettings(seed=seed, workers=1))
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            kept, input=vectors.input, output=vectors.output, counts=vectors.counts,
            ns_exponent=vectors.ns_exponent, songs=factors.songs, l2=factors.l2, alpha=factors.alpha,
        )  # fmt: skip
    return vectors, factors


def measure_blend_and_ranker(inner: Fold, test: Fold, seed: int) -> tuple[Metrics, Metrics, dict[str, float]]:
    """Learn weights and trees on the inner cases; metrics of both on the test cases, and the weights."""
    weights = learn_weights(inner.table, np.random.default_rng(seed))
    blend = measure_weights(test.table, weights)
    trees = fit_trees(
        gather_queries((inner,), weights), inner.features.names, RankerSettings(seed=seed, workers=1)
    )
    queries = gather_queries((test,), weights)
    hits = np.zeros((len(queries.hidden), K), dtype=bool)
    for i, (features, hidden) in enumerate(zip(queries.features, queries.hidden, strict=True)):
        own = features[:, 0] if trees is None else mixed(trees.trees(features), features[:, 0], MIX)
        top = hidden[np.argsort(-own, kind="stable")][:K]
        hits[i, : len(top)] = top
    named = {
        name: round(float(weight), 3)
        for name, weight in zip(inner.features.components, weights, strict=True)
        if weight > 0
    }
    return blend, metrics_of(hits, test.table.n_hidden), named


def trial(corpus: Corpus, seed: int, kept: Path | None, targets: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Every row of the table of one split."""
    split = make_split(corpus, seed=seed)
    inner_split = make_split(split.train, seed=seed, max_cases=_INNER_CASES)
    groups = np.array([case.group for case in split.cases])
    row = _rows(groups, seed)
    knn = measure(fit_item_knn(split.train), split.cases)
    yield row("item-kNN", knn, knn)
    inner, test = (
        fit_side(one, None if kept is None else kept.with_name(f"{kept.name}_{seed}_{name}.npz"))
        for one, name in ((inner_split, "inner"), (split, "outer"))
    )
    blend, ranker, weights = measure_blend_and_ranker(
        inner.fold(inner.components), test.fold(test.components), seed
    )
    yield row("blend", blend, knn, weights=weights)
    yield row("ranker", ranker, blend)
    for target in targets:
        settings = replace(SETTINGS, targets=target, seed=seed)
        of_inner, of_test = (train_transformer(one.split.train, settings) for one in (inner, test))
        alone = measure(scorer(of_test), split.cases)
        yield row(f"transformer, {target}: alone", alone, knn, seconds=round(of_test.seconds, 1))
        with_it = measure_blend_and_ranker(
            inner.fold({**inner.components, "transformer": of_inner}),
            test.fold({**test.components, "transformer": of_test}),
            seed,
        )
        yield row(f"transformer, {target}: in the blend", with_it[0], blend, weights=with_it[2])
        yield row(f"transformer, {target}: in blend and ranker", with_it[1], ranker)


def scorer(transformer: Transformer) -> Callable[[Sequence[np.ndarray]], np.ndarray]:
    """Score every song by the transformer alone."""
    return lambda seen: transformer.scores(build_query(seen, transformer.n_songs))


def _rows(groups: np.ndarray, seed: int) -> Callable[..., dict[str, Any]]:
    def row(what: str, metrics: Metrics, beside: Metrics, **more: Any) -> dict[str, Any]:
        ratio = bootstrap_ratio(metrics["ndcg@100"], beside["ndcg@100"], groups, np.random.default_rng(seed))
        return {
            "what": what,
            **{name: round(float(metrics[name].mean()), 4) for name in _METRICS},
            "ratio": [round(value, 4) for value in (ratio.mean, ratio.low, ratio.high)],
            **more,
        }

    return row


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table: a row a thing measured, a column a set and split."""
    columns = list(dict.fromkeys(f"{r['set']}, {r['split']}" for r in results))
    lines = [
        "| NDCG@100 (ratio, interval) | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for what in dict.fromkeys(r["what"] for r in results):
        cells = []
        for column in columns:
            found = [r for r in results if r["what"] == what and f"{r['set']}, {r['split']}" == column]
            cells.append(" ".join(_cell(r) for r in found))
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(result: Mapping[str, Any]) -> str:
    mean, low, high = result["ratio"]
    return f"{result['ndcg@100']:.4f} ({mean:.3f}, {low:.3f}-{high:.3f})"


def main() -> None:
    """Parse, measure, print each row as it comes and the table at the end."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--targets", nargs="+", choices=("later", "next"), default=["later", "next"])
    parser.add_argument("--out", type=Path, default=Path("transformer_trial.json"))
    parser.add_argument("--fits", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results: list[dict[str, Any]] = []
    for folder in arguments.sets:
        corpus = read_corpus(folder)
        kept = None if arguments.fits is None else arguments.fits / folder.name
        for seed in arguments.seeds:
            for row in trial(corpus, seed, kept, arguments.targets):
                results.append({"set": folder.name, "split": seed, **row})
                arguments.out.write_text(json.dumps(results, indent=1) + "\n")
                print(json.dumps(results[-1]), flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
