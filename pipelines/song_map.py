"""A map of the song space: where the best-known songs lie, what stands in each region, and where a user is.

Colours go by the axis on which a song stands out most from the average song; without axes, by region. The
map is the same whoever is marked on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.axis_scores import axes_of
from pipelines.columns import ARTIST, TITLE
from pipelines.profiles import user_taste
from pipelines.release import Release
from recsys.layout import lay_out, place_beside
from recsys.taste import TasteProfile

DEFAULT_SONGS = 5_000
# A region for so many songs, and how many there are at least and at most.
_SONGS_A_REGION, _FEW_REGIONS, _MOST_REGIONS = 40, 3, 28
# An axis names a region that is so much more of it than the average song, and so much of it at all.
_STANDS_OUT, _HAS = 0.12, 0.35
_NAMED_ARTISTS = 3


@dataclass(frozen=True)
class Region:
    """A part of the map: the axes that name it, its most telling artists, its middle, its songs."""

    axes: tuple[str, ...]
    artists: tuple[str, ...]
    x: float
    y: float
    songs: int


@dataclass(frozen=True)
class MarkedInterest:
    """An interest of a user on the map: the song that stands for it, its share, its place."""

    title: str
    artist: str
    weight: float
    x: float
    y: float


@dataclass(frozen=True)
class MarkedUser:
    """A user on the map: the places of their songs, shape (n, 2), with weights (n,), and their interests."""

    user: str
    places: np.ndarray
    weights: np.ndarray
    interests: tuple[MarkedInterest, ...]


@dataclass(frozen=True)
class SongMap:
    """Songs in the plane, -1..1.

    Attributes
    ----------
    places : float32 array, shape (n, 2)
    colours : int array, shape (n,)
        Row of `groups`, or of `regions` where there are no groups.
    groups : tuple of str
        Axes that songs stand out by, most songs first; empty without axes.
    is_by_sound : bool
        Whether songs stand together that sound alike, rather than those that are listed together.
    song_ids : int64 array, shape (n,)
        Which song lies at each place.
    """

    places: np.ndarray
    colours: np.ndarray
    groups: tuple[str, ...]
    regions: tuple[Region, ...]
    release: str
    marked: MarkedUser | None = None
    is_by_sound: bool = False
    song_ids: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def song_map(
    release: Release,
    session_factory: SessionFactory,
    *,
    user: str | None = None,
    songs: int = DEFAULT_SONGS,
    seed: int = 1,
) -> SongMap:
    """Lay out the songs that stand in most lists, name the regions, and mark a user if one is named.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValueError
        Fewer than 2 songs are asked for, or the release places fewer.
    """
    if songs < 2:
        raise ValueError(f"a map needs 2 songs or more, got {songs}")
    shown = _best_known(release, songs)
    if len(shown) < 2:
        raise ValueError("too few songs have a place in the song space for a map of it")
    taste = None
    if user is not None:
        with session_factory() as session:
            taste, _ = user_taste(session, release, users_repository.find_user(session, user))
    places = lay_out(release.vectors[shown], seed=seed)
    region_of = _regions_of(places, seed)
    scores = _above_average(release, shown)
    groups, colours = _groups(release, scores) if scores is not None else ((), region_of)
    regions = tuple(
        _region(release, shown, places, np.flatnonzero(region_of == region))
        for region in range(int(region_of.max()) + 1)
    )
    marked = _mark(release, user, taste, shown, places) if user is not None and taste is not None else None
    ids = release.song_ids[shown]
    return SongMap(places, colours, groups, regions, release.name, marked, release.is_by_sound, ids)


def mark_user(drawn: SongMap, release: Release, session_factory: SessionFactory, user: str) -> SongMap:
    """The same map with a user on it; it has to be one of this release.

    Raises
    ------
    NotFoundError
        There is no such user.
    """
    with session_factory() as session:
        taste, _ = user_taste(session, release, users_repository.find_user(session, user))
    shown = release.rows(drawn.song_ids)
    return replace(drawn, marked=_mark(release, user, taste, shown, drawn.places))


def _mark(
    release: Release, user: str, taste: TasteProfile, shown: np.ndarray, places: np.ndarray
) -> MarkedUser:
    """Place the songs and interests of a user on a map of the songs `shown`."""
    placed = release.vectors[taste.rows].any(axis=1)
    medoids = np.array([interest.medoid for interest in taste.interests], dtype=np.int64)
    spots = _spots(release, medoids, shown, places)
    interests = [
        MarkedInterest(*_named(release, one.medoid), round(one.weight, 4), float(x), float(y))
        for one, (x, y) in zip(taste.interests, spots, strict=True)
    ]
    songs = _spots(release, taste.rows[placed], shown, places)
    return MarkedUser(user, songs, taste.weights[placed], tuple(interests))


def _best_known(release: Release, songs: int) -> np.ndarray:
    """Rows of songs with a place, those in most lists first, the tail last."""
    order = np.concatenate(
        [np.argsort(-release.counts, kind="stable"), np.arange(release.n_songs, len(release.song_ids))]
    )
    placed = order[release.vectors[order].any(axis=1)]
    return np.asarray(np.sort(placed[:songs]), dtype=np.int64)


def _regions_of(places: np.ndarray, seed: int) -> np.ndarray:
    """Part the map into regions by k-means; int array, shape (n,), numbered without gaps."""
    from scipy.cluster.vq import kmeans2

    k = int(np.clip(len(places) // _SONGS_A_REGION, _FEW_REGIONS, _MOST_REGIONS))
    rng = np.random.default_rng(seed)
    _, found = kmeans2(places.astype(np.float64), min(k, len(places)), minit="++", rng=rng, missing="warn")
    return np.unique(found, return_inverse=True)[1]


def _above_average(release: Release, rows: np.ndarray) -> np.ndarray | None:
    """Axis scores of songs less those of the average song on the map; None without axes."""
    axes = axes_of(release)
    if axes is None:
        return None
    scores = axes.scores(release.vectors[rows])
    return np.asarray(scores - scores.mean(0))


def _groups(release: Release, above: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    axes = axes_of(release)
    assert axes is not None
    strongest = above.argmax(axis=1)
    used, inverse, counts = np.unique(strongest, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return tuple(axes.names[used[place]] for place in order), rank[inverse]


def _region(release: Release, shown: np.ndarray, places: np.ndarray, inside: np.ndarray) -> Region:
    middle = np.median(places[inside], axis=0)
    return Region(
        axes=_telling_axes(release, shown, inside),
        artists=_telling_artists(release, shown, inside),
        x=float(middle[0]),
        y=float(middle[1]),
        songs=len(inside),
    )


def _telling_axes(release: Release, shown: np.ndarray, inside: np.ndarray) -> tuple[str, ...]:
    axes = axes_of(release)
    if axes is None:
        return ()
    scores = axes.scores(release.vectors[shown])
    mean = scores[inside].mean(0)
    above = mean - scores.mean(0)
    best = np.argsort(-above, kind="stable")[:2]
    return tuple(axes.names[a] for a in best if above[a] >= _STANDS_OUT and mean[a] >= _HAS)


def _telling_artists(release: Release, shown: np.ndarray, inside: np.ndarray) -> tuple[str, ...]:
    """Artists of whom much stands in a region and little elsewhere, songs in many lists counting more."""
    artists = release.parts.songs[ARTIST].astype(str).to_numpy()[shown]
    weight = np.ones(len(shown))
    known = shown < release.n_songs
    weight[known] = np.sqrt(release.counts[shown[known]])
    everywhere = pd.Series(weight).groupby(artists).sum()
    here = pd.Series(weight[inside]).groupby(artists[inside]).sum()
    share = (here / here.sum()) / (everywhere.loc[here.index] / everywhere.sum())
    telling = (here * np.log(share.clip(lower=1.0))).sort_values(ascending=False, kind="stable")
    named: Sequence[str] = [str(name) for name in telling.index if name]
    return tuple(named[:_NAMED_ARTISTS])


def _spots(release: Release, rows: np.ndarray, shown: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places of songs: their own where they are on the map, else beside the nearest that are."""
    at = np.minimum(np.searchsorted(shown, rows), len(shown) - 1)
    there = shown[at] == rows
    spots = np.empty((len(rows), 2), np.float32)
    spots[there] = places[at[there]]
    if not there.all():
        spots[~there] = place_beside(release.vectors[rows[~there]], release.vectors[shown], places)
    return spots


def _named(release: Release, row: int) -> tuple[str, str]:
    song = release.parts.songs.iloc[int(row)]
    return str(song[TITLE]), str(song[ARTIST])
