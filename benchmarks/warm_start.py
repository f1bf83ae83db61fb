"""What it loses and gains to train song2vec from yesterday's vectors instead of anew.

    python -m benchmarks.warm_start [--data FOLDER --epochs 30 --few 3]

Yesterday is today's training lists without a hundredth of them, drawn by lot. Trained are: anew with all
epochs; anew with a few; from yesterday's vectors (all epochs on yesterday's lists) with a few epochs at a
falling rate. Measured is song2vec alone, `continuation-v1`, as a ratio to training anew with all epochs, with
its 95 % interval by groups; and the mean cosine of the songs' vectors with yesterday's, without any rotation:
how little the space moves. By default on the made-up label of `songspace demo`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.tabular_corpus import read_corpus
from recsys.components import Vectors
from recsys.corpus import Corpus, build_corpus, sample_versions, write_corpus_file
from recsys.evaluate import make_split, measure
from recsys.metrics import bootstrap_ratio
from recsys.query import build_query
from recsys.song2vec import Song2VecSettings, SongVectors, carried_over, train_song2vec, unit

NEW_SHARE = 0.01
_SLOW = 0.4  # Of the usual rate at which a warm start begins: it is near already.


@dataclass(frozen=True)
class Trained:
    """Vectors, and the seconds of the processor that they took."""

    vectors: SongVectors
    seconds: float


def sample_corpus(seed: int) -> Corpus:
    """The playlists of the made-up label."""
    from pipelines.sample_world import build_world

    world = build_world(seed, n_songs=400, n_playlists=1_000, n_users=2)
    entries = [batch.entries for batch in world.batches() if len(batch.entries)]
    lists = np.concatenate([one["playlist_ref"].to_numpy(object) for one in entries])
    songs = np.concatenate([one["song_ref"].to_numpy(object) for one in entries])
    numbers = np.unique(lists, return_inverse=True)[1]
    order = np.argsort(numbers, kind="stable")
    return build_corpus(numbers[order], np.unique(songs, return_inverse=True)[1][order], numbers[order])


def train(corpus: Corpus, settings: Song2VecSettings, start: SongVectors | None = None) -> Trained:
    """Train on the lists of a corpus."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        rng = np.random.default_rng(settings.seed)
        write_corpus_file(corpus, path, sample_versions(corpus, rounds=settings.rounds, rng=rng))
        vectors = train_song2vec(path, corpus.n_songs, settings, start)
    return Trained(vectors, time.process_time() - began)


def compare(corpus: Corpus, *, epochs: int, few: int, seed: int) -> str:
    """Train the ways that the module names and tell what they are worth, a line each."""
    split = make_split(corpus, seed=seed)
    today, rng = split.train, np.random.default_rng(seed)
    kept = np.sort(rng.permutation(today.n_lists)[: max(1, round((1 - NEW_SHARE) * today.n_lists))])
    yesterday = today.take(kept).restrict(1)
    full = Song2VecSettings(rounds=1, epochs=epochs, workers=1, seed=seed)
    old = train(yesterday, full)
    begun = carried_over(old.vectors, yesterday.song_ids, today.song_ids)
    ways = {
        f"anew, {epochs} epochs": train(today, full),
        f"anew, {few} epochs": train(today, replace(full, epochs=few)),
        f"from yesterday's, {few} epochs": train(
            today, replace(full, epochs=few, alpha=_SLOW * full.alpha), begun
        ),
    }
    groups = np.array([case.group for case in split.cases], dtype=np.int64)
    lines = [f"{len(split.cases)} cases, {today.n_lists} lists, {today.n_songs} songs"]
    best: np.ndarray | None = None
    for name, trained in ways.items():
        vectors = Vectors.build(trained.vectors)

        def scorer(seen, vectors=vectors):  # type: ignore[no-untyped-def]
            return vectors.scores(build_query(seen, today.n_songs))

        ndcg = measure(scorer, split.cases)["ndcg@100"]
        best = ndcg if best is None else best
        ratio = bootstrap_ratio(ndcg, best, groups, np.random.default_rng(seed))
        known = begun.input.any(1)
        moved = (unit(trained.vectors.input[known]) * unit(begun.input[known])).sum(1).mean()
        lines.append(
            f"{name:<28} {trained.seconds:7.1f} s   NDCG@100 {ndcg.mean():.4f}   ratio {ratio.mean:.3f} "
            f"({ratio.low:.3f}-{ratio.high:.3f})   cosine with yesterday's {moved:.3f}"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Compare on a folder of playlists, or on the made-up label."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, help="a folder in the tabular layout")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--few", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(arguments)
    corpus = sample_corpus(args.seed) if args.data is None else read_corpus(args.data)
    print(compare(corpus, epochs=args.epochs, few=args.few, seed=args.seed))


if __name__ == "__main__":
    main()
