"""What the scale world is made of: songs in communities, and lists and listens drawn from them.

Songs lie in communities, communities in genres, and each artist in one community, so there is something to
learn. A song's weight follows the Zipf-Mandelbrot law, (rank + plateau) ** -zipf, times (1 - rank / songs) **
tail, so that many songs stand in a list or two, or in none; artists share their songs' fortune. A list has a
home community: most of its songs come from there, some from elsewhere in the genre, a few are hits of any
kind, and some are by the artist of the song before. Some lists are charts: mostly hits, which they share with
each other.

Everything follows from the seed: a slice of lists, a block of users and a song's name can each be made alone,
in any order. Only the catalogue is held in memory: some 40 bytes a song. The numbers of `Shape` were fitted
to real playlists (benchmarks/scale_world_fit.py prints how well).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

SLICE = 1_000  # Lists of a slice, users of a block.
GENRES = 20
DAY_S = 86_400
START_S = 1_790_000_000
"""The moment up to which the world's first listens reach; days of growth come after it."""
_LISTEN_DAYS = 180
_LISTEN_S = 210
_SESSION = 12

# Of a list of hits, the share that are hits.
_OF_HITS = 0.7
# What a generator is for: no two of them share a stream of random numbers.
_CATALOGUE, _LISTS, _LISTENS, _NEW = range(4)


@dataclass(frozen=True)
class Shape:
    """How lists, songs and artists are distributed; the defaults are those that were fitted.

    `mean_length` is that of the Million Playlist Dataset, which the judged size is taken from; `tail` was
    chosen, since some hundred lists cannot tell it.
    """

    zipf: float = 0.68
    plateau: float = 30.0
    tail: float = 2.5
    community_songs: int = 245
    own: float = 0.66
    in_genre: float = 0.26
    same_artist: float = 0.084
    charts: float = 0.144  # share of lists
    chart_songs: int = 496
    artist_tail: float = 2.38
    mean_length: float = 66.0
    log_length_sd: float = 0.67
    shortest: int = 5
    longest: int = 650


@dataclass(frozen=True)
class Size:
    """How much of everything; a day of growth brings a hundredth of each."""

    lists: int
    songs: int
    users: int = 0
    listens: int = 60  # of a user, in the mean

    @classmethod
    def of(cls, lists: int, songs: int | None = None, users: int | None = None) -> Size:
        """A part of the million lists with 2.2 million songs; a user to twenty lists."""
        return cls(lists, max(200, round(2.2 * lists)) if songs is None else songs,
                   lists // 20 if users is None else users)  # fmt: skip


@dataclass(frozen=True)
class Lists:
    """Some lists: their numbers, and `songs[indptr[i]:indptr[i + 1]]` in order."""

    numbers: Ints
    communities: Ints
    indptr: Ints
    songs: Ints


@dataclass(frozen=True)
class Listens:
    """Some plays, by user and time."""

    users: Ints
    songs: Ints
    times_s: Ints
    completion: npt.NDArray[np.float32]


def mixed(values: Ints | npt.NDArray[np.uint64], salt: int) -> npt.NDArray[np.uint64]:
    """Sixty-four bits that look random, the same for the same value and salt (splitmix64)."""
    with np.errstate(over="ignore"):
        z = np.asarray(values).astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 & (2**64 - 1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


def uniform(values: Ints, salt: int) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each value, always the same."""
    return np.asarray((mixed(values, salt) >> np.uint64(11)).astype(np.float64) / 2.0**53)


@dataclass
class Catalogue:
    """Songs numbered by community, then artist: a community, a genre and an artist are ranges of numbers.

    `cumulative[i]` is the weight of all songs before `i`.
    """

    artists: npt.NDArray[np.int32]
    communities: Ints  # where each begins; one more than there are
    genres: Ints  # likewise
    artist_starts: Ints
    cumulative: npt.NDArray[np.float64]
    hits: Ints  # the songs of most weight, first ones first

    @classmethod
    def make(cls, n_songs: int, shape: Shape, seed: int) -> Catalogue:
        """Draw artists, communities and weights."""
        rng = np.random.default_rng([seed, _CATALOGUE])
        sizes = _artist_sizes(n_songs, shape.artist_tail, rng)
        n_communities = max(4, n_songs // shape.community_songs)
        share = 1.0 / np.sqrt(np.arange(1, n_communities + 1))
        home = np.sort(rng.choice(n_communities, len(sizes), p=rng.permutation(share / share.sum())))
        starts = np.concatenate([[0], np.cumsum(sizes)])
        artists = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        bounds = starts[np.searchsorted(home, np.arange(n_communities + 1))]
        genres = bounds[np.linspace(0, n_communities, min(GENRES, n_communities) + 1).astype(np.int64)]
        fortune = rng.standard_normal(len(sizes), dtype=np.float32)[artists]
        fortune += rng.standard_normal(n_songs, dtype=np.float32)
        rank = np.empty(n_songs, dtype=np.int32)
        rank[np.argsort(-fortune, kind="stable")] = np.arange(n_songs, dtype=np.int32)
        weights = (rank + 1.0 + shape.plateau) ** -shape.zipf * (1.0 - rank / n_songs) ** shape.tail
        hits = np.empty(min(shape.chart_songs, n_songs), dtype=np.int64)
        is_hit = np.flatnonzero(rank < len(hits))
        hits[rank[is_hit]] = is_hit
        return cls(artists, bounds, genres, starts, np.concatenate([[0.0], np.cumsum(weights)]), hits)

    @property
    def n_songs(self) -> int:
        """How many songs there are."""
        return len(self.artists)

    def community_of(self, songs: Ints) -> Ints:
        """The community of each song."""
        return np.asarray(np.searchsorted(self.communities, songs, side="right") - 1)

    def genre_of(self, songs: Ints) -> Ints:
        """The genre of each song."""
        return np.asarray(np.searchsorted(self.genres, songs, side="right") - 1)

    def draw(self, low: Ints, high: Ints, u: npt.NDArray[np.float64]) -> Ints:
        """A song from each range of songs, by weight; an empty range gives any song."""
        bottom, top = self.cumulative[low], self.cumulative[high]
        empty = top <= bottom
        bottom, top = np.where(empty, 0.0, bottom), np.where(empty, self.cumulative[-1], top)
        found = np.searchsorted(self.cumulative, bottom + u * (top - bottom), side="right") - 1
        return np.asarray(np.minimum(found, self.n_songs - 1))


def _artist_sizes(n_songs: int, tail: float, rng: np.random.Generator) -> Ints:
    """Songs of each artist, a power law; they add up to `n_songs`."""
    most = max(2, n_songs // 50)
    sizes = np.zeros(0, dtype=np.int64)
    while sizes.sum() < n_songs:
        drawn = (1.0 - rng.random(n_songs // 2 + 10)) ** (-1.0 / (tail - 1.0))
        sizes = np.concatenate([sizes, np.minimum(drawn, most).astype(np.int64)])
    n = int(np.searchsorted(np.cumsum(sizes), n_songs)) + 1
    sizes = sizes[:n].copy()
    sizes[-1] -= sizes.sum() - n_songs
    return sizes[sizes > 0]


@dataclass
class World:
    """A world of a size, drawn from a seed. Songs of day d are numbered after those of the days before."""

    size: Size
    seed: int
    shape: Shape = field(default_factory=Shape)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue.make(self.size.songs, self.shape, self.seed)

    def a_day(self, n: int) -> int:
        """A hundredth, at least one where there is anything."""
        return max(1, n // 100) if n else 0

    def first_new_song(self, day: int) -> int:
        """The number of the first song that came on a day from 1."""
        return self.size.songs + (day - 1) * self.a_day(self.size.songs)

    def n_songs(self, day: int) -> int:
        """How many songs there are at the end of a day."""
        return self.first_new_song(day + 1)

    def standing_for(self, songs: Ints) -> Ints:
        """For songs that came later, the one of the first catalogue whose artist and community they share."""
        u = uniform(songs, self.seed * 4 + 1)
        anywhere = np.full(len(songs), 0)
        return np.where(songs < self.size.songs, songs, self.catalogue.draw(anywhere, anywhere, u))

    def slices(self, day: int = 0) -> Iterator[Lists]:
        """The lists of the first day (0), or those that a later one brings: new ones, then longer old."""
        first, n = (0, self.size.lists) if day == 0 else (
            self.size.lists + (day - 1) * self.a_day(self.size.lists), self.a_day(self.size.lists)
        )  # fmt: skip
        for start in range(0, n, SLICE):
            yield self.lists(day, start, first + start, min(SLICE, n - start))
        if day:
            yield self._longer(day)

    def lists(self, day: int, start: int, first: int, n: int) -> Lists:
        """One slice, made alone: `start` is its place among the day's lists, `first` its first number."""
        rng = np.random.default_rng([self.seed, _LISTS, day, start])
        shape, made = self.shape, self.catalogue
        mu = np.log(shape.mean_length) - shape.log_length_sd**2 / 2
        lengths = np.exp(rng.normal(mu, shape.log_length_sd, n)).round().astype(np.int64)
        lengths = np.clip(lengths, shape.shortest, min(shape.longest, max(shape.shortest, made.n_songs // 4)))
        drawn = lengths + lengths // 4 + 4  # Some come twice and are left out.
        number = np.repeat(np.arange(n), drawn)
        nothing = np.zeros(n, dtype=np.int64)
        home = made.draw(nothing, nothing, rng.random(n))
        community, genre = made.community_of(home)[number], made.genre_of(home)[number]
        kind = rng.random(len(number))
        own, near = kind < shape.own, kind < shape.own + shape.in_genre
        low = np.where(own, made.communities[community], np.where(near, made.genres[genre], 0))
        high = np.where(
            own, made.communities[community + 1], np.where(near, made.genres[genre + 1], made.n_songs)
        )
        songs = made.draw(low, high, rng.random(len(number)))
        is_chart = rng.random(n) < shape.charts
        hit = np.flatnonzero(is_chart[number] & (rng.random(len(number)) < _OF_HITS))
        songs[hit] = made.hits[(len(made.hits) * rng.random(len(hit)) ** 2).astype(np.int64)]
        again = np.flatnonzero(rng.random(len(number)) < shape.same_artist)
        again = again[again > 0]
        before = made.artists[songs[again - 1]]
        sizes = made.artist_starts[before + 1] - made.artist_starts[before]
        songs[again] = made.artist_starts[before] + (rng.random(len(again)) * sizes).astype(np.int64)
        if day:  # What is new is played more than its share.
            fresh = rng.random(len(songs)) < 0.15
            of_day = self.a_day(self.size.songs)
            songs[fresh] = self.first_new_song(day) + rng.integers(0, of_day, int(fresh.sum()))
        indptr, songs = _once(number, songs, lengths, self.n_songs(max(day, 0)))
        return Lists(first + np.arange(n), made.community_of(home), indptr, songs)

    def _longer(self, day: int) -> Lists:
        """Old lists with three new songs at their end: a tenth as many as the day has new ones."""
        n_slices = max(1, -(-self.size.lists // SLICE))
        start = (day - 1) % n_slices * SLICE
        n = min(SLICE, max(1, self.a_day(self.size.lists) // 10))
        old = self.lists(0, start, start, min(SLICE, self.size.lists - start))
        n = min(n, len(old.numbers))
        rng = np.random.default_rng([self.seed, _NEW, day])
        more = self.first_new_song(day) + rng.integers(0, self.a_day(self.size.songs), (n, 3))
        kept = [
            np.concatenate([old.songs[old.indptr[i] : old.indptr[i + 1]], np.unique(more[i])])
            for i in range(n)
        ]
        indptr = np.concatenate([[0], np.cumsum([len(one) for one in kept])])
        return Lists(old.numbers[:n], old.communities[:n], indptr, np.concatenate(kept))

    def listens(self, day: int = 0) -> Iterator[Listens]:
        """Plays of the half year before the first day, or of one later day, a block of users at a time."""
        n_users = self.size.users if day == 0 else self.a_day(self.size.users)
        for start in range(0, n_users, SLICE):
            n = min(SLICE, n_users - start)
            rng = np.random.default_rng([self.seed, _LISTENS, day, start])
            users = start + np.arange(n) if day == 0 else rng.integers(0, self.size.users, n)
            yield self._plays(np.unique(users), day, rng)

    def _plays(self, users: Ints, day: int, rng: np.random.Generator) -> Listens:
        made, mean = self.catalogue, self.size.listens
        n_plays = np.clip(np.exp(rng.normal(np.log(mean) - 0.5, 1.0, len(users))), 3, 3_000).astype(np.int64)
        who = np.repeat(np.arange(len(users)), n_plays)
        place = np.arange(len(who)) - np.repeat(np.cumsum(n_plays) - n_plays, n_plays)
        # A taste is four communities, the same every day.
        taste = rng.choice(4, len(who), p=[0.5, 0.25, 0.15, 0.1])
        nothing = np.zeros(len(who), dtype=np.int64)
        home = made.draw(nothing, nothing, uniform(users[who] * 4 + taste, self.seed * 4 + 2))
        community = made.community_of(home)
        songs = made.draw(made.communities[community], made.communities[community + 1], rng.random(len(who)))
        repeats = rng.random(len(who)) < 0.35
        before = np.arange(len(who)) - place + (rng.random(len(who)) * place).astype(np.int64)
        songs = np.where(repeats, songs[before], songs)
        session = np.unique(who * 10_000 + place // _SESSION, return_inverse=True)[1]
        span_s, first_s = (_LISTEN_DAYS * DAY_S, START_S - _LISTEN_DAYS * DAY_S) if day == 0 else (
            DAY_S, START_S + (day - 1) * DAY_S
        )  # fmt: skip
        begins = first_s + (rng.random(session.max() + 1) * (span_s - _SESSION * _LISTEN_S)).astype(np.int64)
        times = begins[session] + place % _SESSION * _LISTEN_S
        played = np.where(rng.random(len(who)) < 0.25, rng.random(len(who)) * 0.5, 1.0).astype(np.float32)
        order = np.lexsort((times, who))
        return Listens(users[who[order]], songs[order], times[order], played[order])


def _once(number: Ints, songs: Ints, lengths: Ints, n_songs: int) -> tuple[Ints, Ints]:
    """Each song once a list, and no list longer than it should be: (indptr, songs)."""
    _, first = np.unique(number * n_songs + songs, return_index=True)
    first.sort()
    number, songs = number[first], songs[first]
    start = np.searchsorted(number, np.arange(len(lengths)))
    kept = np.arange(len(number)) - start[number] < lengths[number]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(number[kept], minlength=len(lengths)))])
    return indptr, songs[kept]
