"""Which embedding should be the style space: `python -m benchmarks.style_candidates`; fills docs/audio.md.

    python -m benchmarks.style_candidates [--songs 260] [--clips 1200] [--seed 1] [--keep FOLDER]

Whole artists of the sample world are composed and rendered for 20 s. Candidates are layers of the frozen
tagger (generation/audio/style_encoder.py), the timbre statistics of pipelines/features.py, and a small own
network (benchmarks/style_network.py) that is trained here on studio clips. Each is asked what the audio tower
asks: to predict, by a ridge, the places of songs in the song space (song2vec on the sample world's lists),
artists held out by the same folds for all; and to be predicted from places. The ridge's strength is chosen
for each fold on the others (benchmarks/style_tower.py). Then songs come in other mixes, while the ridges stay
those of the clean ones.

Intervals are 95 %, bootstrapped by artist. All of it is composed music from one SoundFont, which the own
network was trained on, and the tagger was not: docs/audio.md says what follows from that.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.style_network import Trained, train
from benchmarks.style_sounds import (
    MIXES,
    Sounds,
    hear_clips,
    hear_songs,
    mp3_kbit_s,
    patches_of,
    song_waveform,
    whole_artists,
)
from benchmarks.style_tower import Target, Verdict, by_maps, cosines, judge, share_predicted
from generation.audio.style_encoder import StyleEncoder
from pipelines.features import SAMPLE_RATE as RENDER_RATE
from pipelines.features import timbre
from pipelines.sample_world import SampleWorld, build_world
from recsys.audio_neighbours import precisions
from recsys.audio_tower import artist_folds
from recsys.corpus import build_corpus
from recsys.fit import train_vectors
from recsys.metrics import Estimate, bootstrap_mean, bootstrap_ratio
from recsys.song2vec import unit
from recsys.tail import choose_min_count, split_tail

SHIPS, BARE = "penultimate", "penultimate, spreads as they are"
BOTH, TIMBRE, OWN = "mean_pool + max_pool", "timbre statistics", "own network"
_COST_S, _TIMES = 30.0, 5
_MIXED_EACH = 2  # Songs of each artist that are heard in other mixes.


def places_of(world: SampleWorld, *, pairs: float, seed: int) -> np.ndarray:
    """Song2vec on the world's playlists: unit vectors, float32 (n_songs, 128); zeros where a song is rare."""
    entries = world.entries
    lists = entries["playlist_ref"].factorize()[0]
    songs = entries["song_ref"].map({ref: i for i, ref in enumerate(world.songs["song_ref"])}).to_numpy()
    corpus = build_corpus(lists, songs, lists)
    corpus, _ = split_tail(corpus, choose_min_count(corpus))
    with TemporaryDirectory() as folder:
        vectors = train_vectors(corpus, Path(folder) / "corpus.txt", seed=seed, workers=1, pairs=pairs)
    places = np.zeros((len(world.songs), vectors.input.shape[1]), np.float32)
    places[corpus.song_ids] = unit(vectors.input)
    return places


def embeddings_of(sounds: Sounds, encoder: StyleEncoder, own: Trained) -> dict[str, np.ndarray]:
    """Every candidate's embeddings of the same songs, float32 (n, dim), by name."""
    heard = [encoder.hear_patches(patches) for patches in sounds.patches]
    layers = {
        layer: np.stack([getattr(one, layer).mean(0) for one in heard])
        for layer in (SHIPS, "mean_pool", "max_pool")
    }
    both = np.concatenate([layers["mean_pool"], layers["max_pool"]], axis=1)
    return {**layers, BOTH: both, TIMBRE: sounds.timbre, OWN: own.embed(sounds.patches)}


def costs_ms(waveform: np.ndarray, encoder: StyleEncoder, own: Trained) -> dict[str, float]:
    """Milliseconds of a core for 30 s of sound, front end and all: the median of five."""
    long = np.resize(waveform, int(_COST_S * RENDER_RATE))

    def cost(work: Callable[[], object]) -> float:
        work()
        found = []
        for _ in range(_TIMES):
            started = time.process_time()
            work()
            found.append(1e3 * (time.process_time() - started))
        return median(found)

    tagger = cost(lambda: encoder.hear_patches(patches_of(encoder, long)))
    return {
        **dict.fromkeys((SHIPS, BARE, "mean_pool", "max_pool", BOTH), tagger),
        TIMBRE: cost(lambda: timbre([long])),
        OWN: cost(lambda: own.embed(patches_of(encoder, long)[None])),
    }


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    r"""Markdown.

    >>> table(["a"], [["1"]])
    '| a |\n|---|\n| 1 |'
    """
    lines = [heads, *rows]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([text[0], "|" + "---|" * len(heads), *text[1:]])


def written(estimate: Estimate) -> str:
    """A mean and its interval."""
    return f"{estimate.mean:.3f} ({estimate.low:.3f}..{estimate.high:.3f})"


def compare(
    embeddings: Mapping[str, np.ndarray],
    costs: Mapping[str, float],
    verdicts: Mapping[str, Verdict],
    places: Target,
    truth: Target,
    artists: np.ndarray,
    seed: int,
) -> str:
    """The main table."""
    ships, rows = verdicts[SHIPS], []
    for name, values in embeddings.items():
        one = verdicts[name]

        def rng() -> np.random.Generator:
            return np.random.default_rng(seed)

        centred = values - values.mean(0)
        rows.append(
            [
                name,
                str(values.shape[1]),
                f"{costs[name]:.0f}",
                written(bootstrap_mean(one.cosine, artists, rng())),
                written(bootstrap_mean(one.cosine - ships.cosine, artists, rng())),
                written(share_predicted(one.missed, places.spread, artists, seed)),
                written(bootstrap_ratio(ships.missed - one.missed, places.spread, artists, rng())),
                written(share_predicted(one.missed_truth, truth.spread, artists, seed)),
                f"{share_predicted(one.back, one.back_spread, artists, seed).mean:.3f}",
                *(
                    written(bootstrap_mean(found, artists[asked], rng()))
                    for asked, found in (
                        precisions(centred, artists, rng=rng()),
                        precisions(centred / np.maximum(values.std(0), 1e-6), artists, rng=rng()),
                    )
                ),
            ]
        )
    heads = [
        "embedding", "numbers", "ms per 30 s", "cosine", "less penultimate's", "R2", "less penultimate's",
        "R2 of the truth", "R2 back", "MAP", "MAP, standardised",
    ]  # fmt: skip
    return table(heads, rows)


def compare_mixes(
    mixed: Mapping[str, Mapping[str, np.ndarray]],
    verdicts: Mapping[str, Verdict],
    places: np.ndarray,
    fold: np.ndarray,
    artists: np.ndarray,
    seed: int,
) -> str:
    """Cosine by mix of songs whose clean sound took no part in the fit, and what is lost on the mean."""
    found = {
        name: {
            mix: cosines(by_maps(verdict.maps, embeddings[name], fold), places)
            for mix, embeddings in mixed.items()
        }
        for name, verdict in verdicts.items()
    }
    others = [mix for mix in mixed if mix != "clean"]
    lost = {name: np.mean([by["clean"] - by[mix] for mix in others], axis=0) for name, by in found.items()}
    rows = []
    for name, by in found.items():
        more = bootstrap_mean(lost[name] - lost[SHIPS], artists, np.random.default_rng(seed))
        own = bootstrap_mean(lost[name], artists, np.random.default_rng(seed))
        rows.append([name, *(f"{by[mix].mean():.3f}" for mix in mixed), written(own), written(more)])
    return table(["embedding", *mixed, "lost", "more than penultimate"], rows)


def main() -> None:
    """Parse, listen, compare, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--songs", type=int, default=260, help="of whole artists, 10 each")
    parser.add_argument("--clips", type=int, default=1200, help="that the own network learns from")
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--rounds", type=int, default=2, help="draws of five folds")
    parser.add_argument("--pairs", type=float, default=1e7, help="song2vec's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for what was rendered and heard")
    arguments = parser.parse_args()
    seed, keep = arguments.seed, arguments.keep

    world = build_world(seed, n_playlists=2_000)
    rows = whole_artists(world.song_artist, arguments.songs, np.random.default_rng(seed))
    started = time.perf_counter()
    every = places_of(world, pairs=arguments.pairs, seed=seed)
    rows = rows[every[rows].any(1)]
    artists = world.song_artist[rows]
    places = Target(every[rows])
    truth = Target(world.song_truth[rows] - world.song_truth[rows].mean(0))
    n_artists = len(np.unique(artists))
    middle = float(cosines(np.broadcast_to(places.values.mean(0), places.values.shape), places.values).mean())
    print(f"{len(rows)} songs of {n_artists} artists; song2vec {time.perf_counter() - started:.0f} s")
    print(f"cosine of places with their mean {middle:.3f}", flush=True)

    sounds = hear_songs(world, rows, keep=keep)["clean"]
    clips = hear_clips(seed + 6, arguments.clips, keep=keep)
    started = time.perf_counter()
    own = train(clips, epochs=arguments.epochs, rng=np.random.default_rng(seed))
    print(
        f"own network: {own.n_parameters:,} parameters, {arguments.clips} clips, {arguments.epochs} epochs, "
        f"{time.perf_counter() - started:.0f} s; on songs apart: genre {own.genre:.3f}, lead {own.lead:.3f}, "
        f"instruments' mean AP {own.instruments:.3f}, tempo class {own.tempo:.3f}",
        flush=True,
    )
    encoder = StyleEncoder()
    embeddings = embeddings_of(sounds, encoder, own)
    folds = [
        artist_folds(artists, np.random.default_rng([seed, number])) for number in range(arguments.rounds)
    ]
    verdicts = {name: judge(values, places, truth, folds) for name, values in embeddings.items()}
    bare = {BARE: judge(embeddings[SHIPS], places, truth, folds, 0.0)}
    waveform = song_waveform(world, int(rows[0]))
    costs = costs_ms(waveform, encoder, own)
    print(
        compare(
            {**embeddings, BARE: embeddings[SHIPS]}, costs, {**verdicts, **bare}, places, truth, artists, seed
        ),
        flush=True,
    )

    some = np.flatnonzero(_first_of_each(artists, _MIXED_EACH))
    mixed = {"clean": {name: values[some] for name, values in embeddings.items()}}
    others = [mix for mix in MIXES if mix not in mixed]
    for mix, heard in hear_songs(world, rows[some], others, keep=keep).items():
        mixed[mix] = embeddings_of(heard, encoder, own)
    print(f"\n{len(some)} songs in other mixes; MP3 at {mp3_kbit_s(waveform):.0f} kbit/s; their cosines:")
    print(compare_mixes(mixed, verdicts, places.values[some], folds[0][some], artists[some], seed))


def _first_of_each(artists: np.ndarray, n: int) -> np.ndarray:
    """Whether a song is among the first n of its artist, bool (n_songs,)."""
    return np.array([int((artists[:i] == artist).sum()) < n for i, artist in enumerate(artists)])


if __name__ == "__main__":
    main()
