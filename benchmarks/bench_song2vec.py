"""Our song2vec stage beside bare gensim: the same corpus file, the same settings, in turn, in one run.

    make bench-song2vec [DATA=FOLDER]

Our stage trains, copies both matrices out and computes the softmax's normaliser. Prints the seconds of each
run and the median ratio; the bar is 1.15. Without DATA the sample world's playlists are used.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.tabular_corpus import read_corpus
from pipelines.sample_world import build_world
from recsys.components import Vectors
from recsys.corpus import Corpus, build_corpus, sample_versions, write_corpus_file
from recsys.song2vec import Song2VecSettings, settings_for, train_song2vec
from recsys.tail import choose_min_count, split_tail


def sample_corpus() -> Corpus:
    """The sample world's playlists, each a group."""
    entries = build_world(7).entries
    lists = entries["playlist_ref"].factorize()[0]
    return build_corpus(lists, entries["song_ref"].factorize()[0], lists)


def bare_gensim(path: Path, settings: Song2VecSettings) -> None:
    """Nothing but gensim."""
    from gensim.models import Word2Vec

    Word2Vec(
        corpus_file=str(path),
        vector_size=settings.vector_size,
        window=settings.window,
        shrink_windows=False,
        negative=settings.negative,
        ns_exponent=settings.ns_exponent,
        sample=settings.sample,
        alpha=settings.alpha,
        epochs=settings.epochs,
        sg=1,
        min_count=1,
        workers=settings.workers,
        seed=settings.seed,
    )


def main() -> None:
    """Parse, run in turn, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="folder in the tabular layout")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    corpus = read_corpus(arguments.data) if arguments.data else sample_corpus()
    corpus, _ = split_tail(corpus, choose_min_count(corpus))
    settings = settings_for(corpus, workers=arguments.workers)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "corpus.txt"
        lists = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(1))
        n_tokens = write_corpus_file(corpus, path, lists)
        print(f"{corpus.n_songs} songs, {n_tokens} tokens, {settings}")
        ours, bare = [], []
        for _ in range(arguments.runs):
            started = time.perf_counter()
            Vectors.build(train_song2vec(path, corpus.n_songs, settings))
            ours.append(time.perf_counter() - started)
            started = time.perf_counter()
            bare_gensim(path, settings)
            bare.append(time.perf_counter() - started)
            print(f"ours {ours[-1]:.1f} s, bare gensim {bare[-1]:.1f} s, ratio {ours[-1] / bare[-1]:.3f}")
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    print(f"median ratio {ratio:.3f} (bar: 1.15)")


if __name__ == "__main__":
    main()
