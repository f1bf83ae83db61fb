"""What each group of the ranker's features is worth, and each of its two forests, on held-back playlists.

    python -m benchmarks.ranker_ablation SET... [--seeds 0 1] [--group-column C] [--out docs/ranker.md]

A SET is a folder of playlists. For each set and split (protocol continuation-v1) everything is fitted as a
night fits it; then the ranker is trained again without one group of features at a time, and measured on the
split's cases. Figures are NDCG@100 over the blend's on the same cases, with 95 % intervals by group. `--out`
puts the table between the marks of a document.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipelines.material import Material, material_of_folder
from recsys.blend import gather, join_tables, learn_weights, measure_weights
from recsys.components import TRANSFORMER
from recsys.evaluate import K, make_split, metrics_of
from recsys.features import GROUPS
from recsys.fit import (
    Fold,
    features_of,
    fit_components,
    fit_folds,
    fit_transformer,
    gather_queries,
    with_order_if_better,
)
from recsys.metrics import Estimate, bootstrap_ratio
from recsys.ranker import Queries, Ranker, RankerSettings, fit_trees, mixed

MIX = 0.75
MAKERS = ("artists", "same_artist", "same_album")


def ndcg(ranker: Ranker | None, queries: Queries, n_hidden: np.ndarray) -> np.ndarray:
    """NDCG@100 of each query, in the order of the mixture, or of the blend where there is no ranker."""
    hits = np.zeros((len(n_hidden), K), dtype=bool)
    for i, (features, hidden) in enumerate(zip(queries.features, queries.hidden, strict=True)):
        blend = features[:, 0]
        scores = blend if ranker is None else mixed(ranker.trees(features), blend, ranker.mix)
        top = hidden[np.argsort(-scores, kind="stable")][:K]
        hits[i, : len(top)] = top
    return metrics_of(hits, n_hidden)["ndcg@100"]


def without(queries: Queries, kept: np.ndarray) -> Queries:
    """The queries with some of their columns; the blend stays the first."""
    return Queries([one[:, kept] for one in queries.features], queries.hidden, queries.groups)


def ablate(material: Material, seed: int, workers: int) -> dict[str, Estimate]:
    """NDCG@100 over the blend's for each variant, on one split; "blend" itself is NDCG@100."""
    split = make_split(material.corpus, seed=seed)
    facts = material.facts
    with TemporaryDirectory() as folder:
        folds = fit_folds(split.train, facts, Path(folder), seed=seed, workers=workers)
        folds = with_order_if_better(folds, seed)
        own = facts.of(split.train.song_ids)
        components = fit_components(split.train, own, Path(folder), seed=seed, workers=workers)
    if folds[0].with_order:
        components[TRANSFORMER] = fit_transformer(split.train, seed=seed)
    test = Fold(
        split, features_of(components, split.train, own), gather(components, split.cases, split.train.n_songs)
    )
    rng = np.random.default_rng(seed)
    table = join_tables([fold.table for fold in folds])
    weights = learn_weights(table, rng)
    learn, held_back = gather_queries(folds, weights), gather_queries([test], weights)
    groups, n_hidden = test.table.groups, test.table.n_hidden
    blend = measure_weights(test.table, weights)["ndcg@100"]

    def over_blend(values: np.ndarray) -> Estimate:
        return bootstrap_ratio(values, blend, groups, np.random.default_rng(seed))

    def blend_without(names: Sequence[str]) -> Estimate:
        """The blend with its weights learned anew without some signals."""
        kept = [i for i, name in enumerate(components) if name not in names]
        fewer = np.zeros(len(weights), np.float32)
        fewer[kept] = learn_weights(replace(table, features=table.features[:, :, kept]), rng)
        return over_blend(measure_weights(test.table, fewer)["ndcg@100"])

    found = {
        "blend": bootstrap_ratio(blend, np.ones_like(blend), groups, np.random.default_rng(seed)),
        "blend without artists and albums": blend_without(MAKERS),
        "blend without the transformer": blend_without([TRANSFORMER]),
    }
    settings = RankerSettings(seed=seed, workers=workers)
    names, own_group = test.features.names, np.array(test.features.groups)

    def ranked(kept: np.ndarray, settings: RankerSettings) -> Estimate:
        trees = fit_trees(without(learn, kept), [names[i] for i in np.flatnonzero(kept)], settings)
        ranker = None if trees is None else replace(trees, mix=MIX)
        return over_blend(ndcg(ranker, without(held_back, kept), n_hidden))

    everything = np.ones(len(names), dtype=bool)
    found["ranker"] = ranked(everything, settings)
    found["LambdaMART alone"] = ranked(everything, replace(settings, objectives=("lambdarank",)))
    found["cross-entropy alone"] = ranked(everything, replace(settings, objectives=("binary",)))
    for group, meaning in GROUPS.items():
        kept = own_group != group
        kept[0] = True  # The mixture needs the blend's score.
        found[f"without {group}: {meaning}"] = ranked(kept, settings)
    return found


def table_of(results: Mapping[str, Mapping[str, Estimate]]) -> list[str]:
    """The results as lines of a Markdown table, a column a set and split."""
    columns = list(results)
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for variant in results[columns[0]]:
        cells = []
        for column in columns:
            one = results[column][variant]
            cells.append(
                f"{one.mean:.4f}" if variant == "blend" else f"{one.mean:.3f} ({one.low:.3f}-{one.high:.3f})"
            )
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the ablation and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--group-column", help="where a set has it: playlists of one value are one group")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--out", type=Path, help="document with the marks <!-- ablation --> and <!-- /ablation -->"
    )
    options = parser.parse_args(arguments)
    results: dict[str, dict[str, Estimate]] = {}
    for path in options.sets:
        try:
            material = material_of_folder(path, group_column=options.group_column)
        except ValueError:
            material = material_of_folder(path)
        for seed in options.seeds:
            started = time.perf_counter()
            results[f"{path.name}, {seed}"] = ablate(material, seed, options.workers)
            print(f"{path.name}, split {seed}: {time.perf_counter() - started:.0f} s", flush=True)
            print("\n".join(table_of(results)), flush=True)
    if options.out is not None:
        text = options.out.read_text(encoding="utf-8")
        table = "\n".join(table_of(results))
        marked = re.sub(
            r"(<!-- ablation -->\n).*(\n<!-- /ablation -->)",
            lambda found: f"{found[1]}\n{table}\n{found[2]}", text, flags=re.DOTALL,
        )  # fmt: skip
        options.out.write_text(marked, encoding="utf-8")


if __name__ == "__main__":
    main()
