"""The scale world beside real playlists: popularity, lengths, artists, and how often neighbours meet again.

Real lists are read from a folder in the tabular layout; of each source playlist (`*_playlist_id` of the meta
file) only the last snapshot counts, and a song once a list. The world is drawn with as many lists of the same
lengths' law. Both sides are measured by the same function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.scale_world_model import Ints, Shape, Size, World

_SAMPLES = 5  # Worlds that the figures are the mean of.


@dataclass(frozen=True)
class Sample:
    """Lists with the artist of each song."""

    indptr: Ints
    songs: Ints
    artists: Ints


def read_real(folder: Path) -> Sample:
    """Read the last snapshot of each source playlist."""
    entries = pd.read_parquet(folder / "playlists.parquet")
    meta = pd.read_parquet(folder / "playlist_meta.parquet")
    source = next((name for name in meta if name != "playlist_id" and name.endswith("playlist_id")), None)
    if source is not None:
        when = [name for name in ("snapshot", "playlist_id") if name in meta]
        last = meta.sort_values(when).groupby(source).tail(1)["playlist_id"]
        entries = entries[entries["playlist_id"].isin(last)]
    entries = entries.sort_values(["playlist_id", "position"]).drop_duplicates(["playlist_id", "song_id"])
    names = pd.read_parquet(folder / "songs.parquet").set_index("song_id")["artist"]
    artists = pd.factorize(names.loc[entries["song_id"]].fillna(""))[0].astype(np.int64)
    lengths = entries.groupby("playlist_id").size().to_numpy()
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Sample(indptr, entries["song_id"].to_numpy(np.int64), artists)


def drawn(shape: Shape, n_lists: int, n_songs: int, seed: int) -> Sample:
    """As many lists from a world of this shape."""
    world = World(Size(n_lists, n_songs), seed, shape)
    parts = list(world.slices())
    songs = np.concatenate([part.songs for part in parts])
    lengths = np.concatenate([np.diff(part.indptr) for part in parts])
    return Sample(
        np.concatenate([[0], np.cumsum(lengths)]), songs, world.catalogue.artists[songs].astype(np.int64)
    )


def figures(sample: Sample) -> dict[str, float]:
    """What both worlds are compared by."""
    lengths = np.diff(sample.indptr)
    _, counts = np.unique(sample.songs, return_counts=True)
    counts = np.sort(counts)[::-1]
    pairs = pd.DataFrame({"artist": sample.artists, "song": sample.songs}).drop_duplicates()
    of_artist = np.sort(np.bincount(pairs["artist"]))[::-1]
    of_artist = of_artist[of_artist > 0]
    number = np.repeat(np.arange(len(lengths)), lengths)
    beside = np.flatnonzero(number[1:] == number[:-1])
    different = pd.Series(sample.artists).groupby(number).nunique().to_numpy() / lengths
    found = {
        f"lists with song no. {rank}": float(counts[min(rank, len(counts)) - 1])
        for rank in (1, 10, 100, 1000)
    }
    found |= {
        "songs a place": len(counts) / len(sample.songs),
        "songs in one list, share": float((counts == 1).mean()),
        "songs in three lists or more, share": float((counts >= 3).mean()),
    }
    found |= {f"length, {q:.0%}": float(np.quantile(lengths, q)) for q in (0.1, 0.5, 0.9, 0.99)}
    return found | {
        "songs an artist": float(of_artist.mean()),
        "artists with one song, share": float((of_artist == 1).mean()),
        "songs of artist no. 10": float(of_artist[min(9, len(of_artist) - 1)]),
        "same artist as before, share": float((sample.artists[beside] == sample.artists[beside + 1]).mean()),
        "artists a song of a list": float(different.mean()),
        "neighbours that meet in another list, share": _met_again(sample, beside, number),
        "pairs at random that meet, share": _meet_at_random(sample, number),
    }


def _incidence(sample: Sample, number: Ints):  # type: ignore[no-untyped-def]
    import scipy.sparse as sp

    songs, codes = np.unique(sample.songs, return_inverse=True)
    ones = np.ones(len(codes), np.float32)
    return sp.csr_matrix((ones, (codes, number)), shape=(len(songs), int(number[-1]) + 1)), codes


def _met_again(sample: Sample, beside: Ints, number: Ints) -> float:
    """Of songs next to each other, the share that stand together in another list, too."""
    held, codes = _incidence(sample, number)
    both = np.asarray(held[codes[beside]].multiply(held[codes[beside + 1]]).sum(1)).ravel()
    return float((both > 1).mean())


def _meet_at_random(sample: Sample, number: Ints) -> float:
    """Of two places at random, the share whose songs stand together in a list."""
    held, codes = _incidence(sample, number)
    rng = np.random.default_rng(0)
    left, right = rng.choice(codes, (2, 20_000))
    both = np.asarray(held[left].multiply(held[right]).sum(1)).ravel()
    return float((both[left != right] > 0).mean())


def distance(ours: Mapping[str, float], real: Mapping[str, float]) -> float:
    """Mean of the absolute log ratios: 0.1 is some ten per cent off, on average."""
    return float(np.mean([abs(np.log((ours[name] + 1e-3) / (value + 1e-3))) for name, value in real.items()]))


def _mean(shape: Shape, n_lists: int, n_songs: int, seed: int, samples: int = _SAMPLES) -> dict[str, float]:
    found = [figures(drawn(shape, n_lists, n_songs, seed + i)) for i in range(samples)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def search_shape(
    real: Sample, shape: Shape, n_songs: int, *, tries: int, seed: int
) -> tuple[Shape, int, float]:
    """Walk at random from a shape to one whose figures are nearer; returns it, its songs, its distance."""
    rng = np.random.default_rng(seed)
    wanted, n_lists = figures(real), len(real.indptr) - 1
    best = (shape, n_songs, distance(_mean(shape, n_lists, n_songs, seed, 1), wanted))
    for _ in range(tries):
        near, songs, _ = best
        factor = np.exp(rng.normal(0, 0.15, 8))
        songs = int(songs * np.exp(rng.normal(0, 0.2)))
        own = min(0.95, near.own * factor[3])
        trial = replace(
            near,
            zipf=near.zipf * factor[0] ** 0.5, plateau=near.plateau * factor[1] ** 2,
            community_songs=max(20, int(near.community_songs * factor[2] ** 2)),
            own=own, in_genre=min(0.95 - own + 0.04, near.in_genre * factor[4]),
            same_artist=near.same_artist * factor[5],
            charts=min(0.5, near.charts * factor[6]),
            chart_songs=max(50, int(near.chart_songs * factor[7] ** 2)),
            artist_tail=max(1.6, near.artist_tail * float(np.exp(rng.normal(0, 0.05)))),
        )  # fmt: skip
        far = distance(_mean(trial, n_lists, songs, seed, 1), wanted)
        if far < best[2]:
            best = (trial, songs, far)
    return best


def fit(folder: Path, *, search: int, seed: int, n_songs: int = 171_000) -> None:
    """Print the world's figures beside the real ones."""
    real = read_real(folder)
    lengths = np.diff(real.indptr)
    # The law of the lengths is that of the real lists here, and the Million Playlist Dataset's in worlds.
    shape = replace(Shape(), mean_length=float(lengths.mean()), log_length_sd=float(np.log(lengths).std()))
    if search:
        shape, n_songs, far = search_shape(real, shape, n_songs, tries=search, seed=seed)
        print(f"found {shape}, {n_songs:,} songs to draw from, distance {far:.3f}")
    wanted = figures(real)
    ours = _mean(shape, len(lengths), n_songs, seed)
    print(f"{len(lengths)} lists of different sources, {len(real.songs):,} places; worlds: {_SAMPLES}")
    print(f"{'':<46}{'real':>10}{'scale world':>14}")
    for name, value in wanted.items():
        print(f"{name:<46}{value:>10.3g}{ours[name]:>14.3g}")
    print(f"mean distance {distance(ours, wanted):.3f} (of logarithms)")
