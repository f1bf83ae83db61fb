"""What each setting of song2vec is worth: one setting moved at a time, on held-back playlists of several
sets.

    python -m benchmarks.song2vec_sweep SET... [--seeds 0 1] [--out docs/song2vec_sweep.json]

A SET is a folder in the tabular layout. For each set and split (protocol continuation-v1) song2vec is
trained by itself and scored three ways: input against input (cosine to the mean), input against output (mean
of logits), and as a mixture of softmaxes at temperature 2 (what the blend uses). Figures are NDCG@100.
`--plot` draws them. The trainings are shared out among the workers of an engine: `--engine ray:ADDRESS` is a
cluster whose nodes have this checkout on their PYTHONPATH, and the sets under the same paths.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.tabular_corpus import read_corpus
from pipelines.engine import Engine, Local, engine_of
from recsys.baselines import fit_gensim_defaults, fit_item_knn
from recsys.components import Vectors
from recsys.corpus import sample_versions, write_corpus_file
from recsys.evaluate import Split, make_split, measure
from recsys.query import build_query
from recsys.song2vec import Song2VecSettings, SongVectors, train_song2vec

CENTRE = Song2VecSettings(epochs=4, rounds=3)
# Thirty epochs, chosen from this sweep; the other settings are the centre's.
SHIPPED = "epochs (x3 rounds) 10"
MOVES: dict[str, list[dict[str, Any]]] = {
    "centre": [{}],
    "ns_exponent": [{"ns_exponent": value} for value in (-0.5, 0.5, 0.75)],
    "window": [{"window": value} for value in (5, 20)],
    "epochs (x3 rounds)": [{"epochs": value} for value in (1, 2, 10)],
    "negative": [{"negative": value} for value in (5, 20)],
    "vector_size": [{"vector_size": value} for value in (64, 256)],
    "sample": [{"sample": 1e-4}],
}


def score_ways(vectors: SongVectors) -> dict[str, Any]:
    """The three ways to score a list with song vectors."""
    unit_input = vectors.unit_input()
    mixture = Vectors.build(vectors)
    n_songs = len(vectors.counts)

    def cosine(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.asarray(np.array([unit_input[rows].mean(0) for rows in seen]) @ unit_input.T)

    def logits(seen: Sequence[np.ndarray]) -> np.ndarray:
        return np.array([vectors.conditional_logits(rows).mean(0) for rows in seen])

    return {
        "input-input": cosine,
        "input-output, mean": logits,
        "input-output, mixture": lambda seen: mixture.scores(build_query(seen, n_songs)),
    }


def run(split: Split, settings: Song2VecSettings) -> dict[str, float]:
    """Train with some settings; NDCG@100 of each way to score, and the seconds."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        rng = np.random.default_rng(settings.seed)
        write_corpus_file(split.train, path, sample_versions(split.train, rounds=settings.rounds, rng=rng))
        started = time.perf_counter()
        vectors = train_song2vec(path, split.train.n_songs, settings)
        seconds = time.perf_counter() - started
    found = {
        way: round(float(measure(scorer, split.cases)["ndcg@100"].mean()), 4)
        for way, scorer in score_ways(vectors).items()
    }
    return {**found, "seconds": round(seconds, 1)}


@dataclass(frozen=True)
class Trial:
    """One training on one split of one set; without settings a peer's."""

    folder: Path
    seed: int
    setting: str
    value: str = ""
    settings: Song2VecSettings | None = None

    @property
    def name(self) -> dict[str, Any]:
        """What tells it from all others."""
        return {"set": self.folder.name, "split": self.seed, "setting": self.setting, "value": self.value}


def try_one(trial: Trial) -> dict[str, Any]:
    """The row of a trial: its name and its figures."""
    split = _split(trial.folder, trial.seed)
    if trial.settings is not None:
        return {**trial.name, **run(split, trial.settings)}
    fit = fit_item_knn if trial.setting == "item-kNN" else fit_gensim_defaults
    found = float(measure(fit(split.train), split.cases)["ndcg@100"].mean())
    return {**trial.name, "NDCG@100": round(found, 4)}


@lru_cache(maxsize=1)
def _split(folder: Path, seed: int) -> Split:
    return make_split(read_corpus(folder), seed=seed, max_cases=400)


def trials(folders: Sequence[Path], seeds: Sequence[int]) -> list[Trial]:
    """Every move on every set and split, those of one split together."""
    return [
        trial
        for seed in seeds
        for folder in folders
        for trial in (
            Trial(folder, seed, "item-kNN"),
            Trial(folder, seed, "gensim defaults"),
            *(
                Trial(folder, seed, setting, ", ".join(map(str, move.values())), replace(CENTRE, **move))
                for setting, moves in MOVES.items()
                for move in moves
            ),
        )
    ]


def sweep(
    folders: Sequence[Path], seeds: Sequence[int], out: Path, engine: Engine | None = None
) -> list[dict[str, Any]]:
    """Every move on every set and split; results are written after each, so that a long sweep loses
    nothing.
    """
    results: list[dict[str, Any]] = json.loads(out.read_text()) if out.exists() else []
    done = [{name: row[name] for name in ("set", "split", "setting", "value")} for row in results]
    todo = [trial for trial in trials([f.resolve() for f in folders], seeds) if trial.name not in done]
    for row in (engine or Local(1)).map(try_one, todo):
        results.append(row)
        out.write_text(json.dumps(results, indent=1) + "\n")
        print(json.dumps(row), flush=True)
    return results


def table(results: list[dict[str, Any]]) -> str:
    """A Markdown table: a row a setting, a column a set, the mean over splits of each way to score."""
    sets = list(dict.fromkeys(r["set"] for r in results))
    ways = ("input-input", "input-output, mean", "input-output, mixture")
    head = ["setting", *(f"{name}: {way}" for name in sets for way in ways)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for label in dict.fromkeys(f"{r['setting']} {r['value']}".strip() for r in results):
        rows = {name: _of(results, name, label) for name in sets}
        cells = [_mean(rows[name], way) for name in sets for way in ways]
        lines.append("| " + " | ".join([label, *cells]) + " |")
    return "\n".join(lines)


def _of(results: list[dict[str, Any]], name: str, label: str) -> list[dict[str, Any]]:
    return [r for r in results if r["set"] == name and f"{r['setting']} {r['value']}".strip() == label]


def _mean(rows: list[dict[str, Any]], key: str) -> str:
    # A peer has one figure; it stands in the column of the way it scores best.
    values = [r.get(key, r.get("NDCG@100") if key.endswith("mixture") else None) for r in rows]
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.3f}" if known else ""


def fill_page(page: Path, text: str) -> None:
    """Replace what stands between the marks `<!-- sweep -->` and `<!-- /sweep -->` of a page."""
    before, _, rest = page.read_text(encoding="utf-8").partition("<!-- sweep -->")
    _, _, after = rest.partition("<!-- /sweep -->")
    page.write_text(f"{before}<!-- sweep -->\n\n{text}\n\n<!-- /sweep -->{after}", encoding="utf-8")


def plot(results: list[dict[str, Any]], path: Path) -> None:
    """Draw the mixture's NDCG@100 over that of item-kNN, a panel a set, a bar a setting."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    sets = list(dict.fromkeys(r["set"] for r in results))
    figure, axes = plt.subplots(1, len(sets), figsize=(5 * len(sets), 6), squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], sets, strict=True):
        rows = [r for r in results if r["set"] == name]
        base = {r["split"]: r["NDCG@100"] for r in rows if r["setting"] == "item-kNN"}
        bars: dict[str, list[float]] = {}
        for r in rows:
            if r["setting"] != "item-kNN":
                value = r.get("input-output, mixture", r.get("NDCG@100"))
                bars.setdefault(f"{r['setting']} {r['value']}".strip(), []).append(value / base[r["split"]])
        labels = list(bars)
        colours = ["tab:orange" if label == SHIPPED else "tab:blue" for label in labels]
        axis.barh(labels, [float(np.mean(bars[label])) for label in labels], color=colours)
        axis.axvline(1.0, color="grey", linestyle=":")
        axis.invert_yaxis()
        axis.set_title(name)
        axis.set_xlabel("NDCG@100, times item-kNN")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Parse, sweep, plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    parser.add_argument("--out", type=Path, default=Path("docs/song2vec_sweep.json"))
    parser.add_argument("--plot", type=Path, default=Path("docs/song2vec_sweep.png"))
    parser.add_argument("--page", type=Path, default=Path("docs/song2vec.md"))
    parser.add_argument("--engine", default="local", metavar="E", help="local, ray or ray:ADDRESS")
    parser.add_argument("--workers", type=int, default=1, help="processes of the local engine")
    arguments = parser.parse_args()
    print(json.dumps({"centre": asdict(CENTRE)}))
    engine = engine_of(arguments.engine, workers=arguments.workers)
    results = sweep(arguments.sets, arguments.seeds, arguments.out, engine)
    plot(results, arguments.plot)
    fill_page(arguments.page, table(results))


if __name__ == "__main__":
    main()
