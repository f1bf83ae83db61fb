"""Rules for lists that people browse: one version of a recording, an artist cap, nothing blocked, variety.

Some rules never give way: bans, and one version of a recording (two versions fill no list better than one).
Where the others would leave fewer than k songs they give way in a fixed order, and the answer says which:
first spare songs come in (popular ones, under the same rules), then what was heard recently, and last the
artist cap rises, as far as the catalogue asks for and no farther. So a list breaks the cap only where no
choice of songs could hold it: a catalogue of one artist has no use for a cap.

`RuleSettings.of_adventure` turns one number, 0 for the safest list to 1 for the farthest, into all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from recsys.stacked import Rows

# What `recommend` does unless told otherwise.
DEFAULT_ADVENTURE = 0.3
# From here on an artist comes once.
_ONCE_FROM = 0.9
# Variety and novelty are weighed among so many times k songs, and among no fewer than so many.
_POOL, _LEAST_POOL = 20, 200
# A table of so many bytes takes longer to make than a few hundred values to sort.
_TABLE = 100_000


@dataclass(frozen=True)
class RuleSettings:
    """What a list has to obey.

    Attributes
    ----------
    artist_cap : int
        Songs an artist.
    one_recording, skip_recent : bool
        Whether a recording comes once, and what was heard recently not at all.
    diversity : float, 0..1
        1 - lambda of MMR (Carbonell & Goldstein, SIGIR 1998); 0 for none.
    novelty : float
        What the rarest candidate gains on the most popular one, where the best place gains 1 on the worst;
        negative prefers the popular.
    new_artists : float, 0..1
        At least this share of every beginning of the list is by artists whom the user does not play.
    """

    artist_cap: int = 2
    one_recording: bool = True
    skip_recent: bool = True
    diversity: float = 0.15
    novelty: float = 0.0
    new_artists: float = 0.0

    @classmethod
    def of_adventure(cls, adventure: float) -> RuleSettings:
        """Settings for one number: 0 stays with what is surest, 1 leads far out, 0.3 is the default.

        Raises
        ------
        ValueError
            Not within 0..1.
        """
        if not 0.0 <= adventure <= 1.0:
            raise ValueError(f"adventure must lie between 0 and 1, got {adventure}")
        beyond = (adventure - DEFAULT_ADVENTURE) / (1.0 - DEFAULT_ADVENTURE)
        return cls(
            artist_cap=1 if adventure >= _ONCE_FROM else 2,
            diversity=round(min(0.5 * adventure, 0.1 + 0.3 * adventure), 6),
            novelty=round(0.35 * beyond if beyond >= 0 else 0.1 * (adventure / DEFAULT_ADVENTURE - 1.0), 6),
            new_artists=round(max(0.0, 0.8 * beyond), 6),
        )


@dataclass(frozen=True)
class _Holders:
    """Who has each number: `rows` in order of their numbers, those of number i from `starts[i]` on."""

    rows: np.ndarray
    starts: np.ndarray

    @classmethod
    def build(cls, numbers: np.ndarray) -> _Holders:
        known = np.flatnonzero(numbers >= 0)
        rows = known[np.argsort(numbers[known], kind="stable")]
        most = int(numbers.max(initial=-1)) + 1
        return cls(rows, np.searchsorted(numbers[rows], np.arange(most + 1)))

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Rows that have one of these numbers, each once; negative numbers are nobody's."""
        asked = np.unique(numbers[numbers >= 0])
        asked = asked[asked < len(self.starts) - 1]
        first, last = self.starts[asked], self.starts[asked + 1]
        n = last - first
        return self.rows[np.repeat(first - (np.cumsum(n) - n), n) + np.arange(int(n.sum()))]


@dataclass(frozen=True)
class Catalogue:
    """What the rules need to know of each song: its artist and its recording, one int each, shape (n_songs,).

    A negative artist or recording is unknown and equals no other.
    """

    artists: np.ndarray
    recordings: np.ndarray

    def versions(self, rows: np.ndarray) -> np.ndarray:
        """These rows (negative ones are passed over) and those of all versions of their recordings;
        ascending.
        """
        rows = np.asarray(rows, dtype=np.int64)
        rows = rows[rows >= 0]
        return np.union1d(rows, self._by_recording.of(self.recordings[rows]))

    def songs_by(self, artists: np.ndarray) -> np.ndarray:
        """Rows of all songs by these artists, unknown ones having none; each once, any order."""
        return self._by_artist.of(artists)

    @cached_property
    def _by_artist(self) -> _Holders:
        return _Holders.build(self.artists)

    @cached_property
    def _by_recording(self) -> _Holders:
        return _Holders.build(self.recordings)

    def by_artists_of(self, rows: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Whether each of `rows` is a version of a song of `known`, or by the artist of one; bool."""
        known = known[known >= 0]
        by_artist = member(self.artists[rows], self.artists[known])
        by_recording = member(self.recordings[rows], self.recordings[known])
        return np.asarray(by_artist | by_recording | np.isin(rows, known))


@dataclass(frozen=True)
class RuledList:
    """Rows and scores in list order, the rules that gave way to fill it, and the artist cap that holds.

    Spare songs have the score 0.
    """

    rows: np.ndarray
    scores: np.ndarray
    relaxed: tuple[str, ...] = field(default=())
    artist_cap: int = 0


def spare_songs(counts: np.ndarray, catalogue: Catalogue, *, each: int = 2, most: int = 2000) -> np.ndarray:
    """Songs to fill lists with, best first: the most popular `each` of every artist by popularity, then
    their next ones, and so on.

    Parameters
    ----------
    counts : array, shape (n_songs,)
        In how many lists each song stands; the catalogue may know more songs, which are left out.
    """
    order = np.argsort(-counts, kind="stable")
    artists = catalogue.artists[order]
    # The how-manieth song of its artist each is, in order of popularity.
    by_artist = np.argsort(artists, kind="stable")
    starts = np.flatnonzero(np.diff(artists[by_artist], prepend=np.iinfo(np.int64).min))
    place = np.zeros(len(order), dtype=np.int64)
    place[by_artist] = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    place[artists < 0] = 0
    return np.asarray(order[np.argsort(place // each, kind="stable")][:most])


def apply_rules(
    rows: np.ndarray,
    scores: np.ndarray,
    k: int,
    *,
    catalogue: Catalogue,
    vectors: Rows,
    settings: RuleSettings,
    banned: np.ndarray,
    recent: np.ndarray,
    known: np.ndarray | None = None,
    counts: np.ndarray | None = None,
    spares: np.ndarray | None = None,
) -> RuledList:
    """Choose k of the candidates.

    Parameters
    ----------
    rows, scores : arrays, shape (n_candidates,)
        In falling score.
    vectors : float32 array, shape (n_songs, dim)
        Unit song vectors, for variety.
    banned : int array
        Rows that may never appear: blocked, disliked.
    recent : int array
        Rows heard recently: left out unless too little is left.
    known : int array, optional
        Rows that the user plays, for `new_artists`; none by default, so that all are new.
    counts : array, shape (n_songs,), optional
        In how many lists each song stands, for `novelty`.
    spares : int array, optional
        Rows that may fill the list where the candidates do not, best first (`spare_songs`).

    Returns
    -------
    RuledList
        Fewer than k songs only when candidates and spares together are of fewer recordings.
    """
    allowed = ~member(rows, banned)
    rows, scores, n_candidates = rows[allowed], scores[allowed], int(allowed.sum())

    def weigh() -> _Pool:
        return _weigh(rows, n_candidates, k, catalogue, vectors, settings, recent, known, counts)

    pool = weigh()
    chosen = _choose(pool, k, settings)
    if len(chosen) < k and spares is not None:
        more = spares[~member(spares, rows) & ~member(spares, banned)]
        rows, scores = np.concatenate([rows, more]), np.concatenate([scores, np.zeros(len(more))])
        pool = weigh()
        chosen = _choose(pool, k, settings)
    chosen, relaxed, cap = _relax(pool, chosen, k, settings)
    if pool.is_new[chosen].sum() < np.floor(settings.new_artists * len(chosen)):
        relaxed = (*relaxed, "new artists")
    return RuledList(rows[chosen], scores[chosen], relaxed, cap)


@dataclass(frozen=True)
class _Pool:
    """Everything that a choice weighs, one entry a song; `places` for the first of them only."""

    value: np.ndarray
    places: np.ndarray
    artists: np.ndarray
    recordings: np.ndarray
    recent: np.ndarray
    is_new: np.ndarray


def _weigh(
    rows: np.ndarray, n_candidates: int, k: int, catalogue: Catalogue,
    vectors: Rows, settings: RuleSettings, recent: np.ndarray, known: np.ndarray | None,
    counts: np.ndarray | None,
) -> _Pool:  # fmt: skip
    """Relevance and novelty on 0..1, so that they can be traded against a cosine. Relevance falls with the
    logarithm of the place, as NDCG's gain does: it means the same whatever made the scores.
    """
    n = min(max(_POOL * k, _LEAST_POOL), n_candidates)
    value = -2.0 - np.arange(len(rows)) / max(len(rows), 1)  # Those beyond follow in order.
    value[:n] = (1.0 - settings.diversity) * _unit_span(-np.log2(np.arange(n) + 2.0))
    if settings.novelty and counts is not None:
        value[:n] += settings.novelty * _unit_span(-np.log2(counts[rows[:n]] + 1.0))
    none = np.zeros(len(rows), dtype=bool)
    return _Pool(
        value=value,
        places=vectors[rows[:n]] if settings.diversity > 0 else np.zeros((n, 0), np.float32),
        artists=catalogue.artists[rows],
        recordings=catalogue.recordings[rows],
        recent=member(rows, recent) if settings.skip_recent else none,
        is_new=~none if known is None else ~catalogue.by_artists_of(rows, known),
    )


def _relax(
    pool: _Pool, chosen: np.ndarray, k: int, settings: RuleSettings
) -> tuple[np.ndarray, tuple[str, ...], int]:
    """Let rules give way one after the other until the list is full; one whose fall brings nothing stays."""
    most = min(k, _n_recordings(pool, settings, np.ones(len(pool.value), dtype=bool)))
    relaxed: tuple[str, ...] = ()
    if len(chosen) < most and pool.recent.any():
        with_recent = _choose(pool, k, settings, recent_too=True)
        # Without those heard recently no artist cap could fill the list: then both give way.
        needed = _n_recordings(pool, settings, ~pool.recent) < most
        if len(with_recent) > len(chosen) or needed:
            chosen, relaxed = with_recent, ("recently heard",)
    cap = settings.artist_cap
    while len(chosen) < most:
        cap = max(cap + 1, _cap_that_fills(pool, most, recent_too=bool(relaxed)))
        chosen = _choose(pool, k, replace(settings, artist_cap=cap), recent_too=bool(relaxed))
    return chosen, (*relaxed, *(["artist cap"] if cap > settings.artist_cap else [])), cap


def _unit_span(values: np.ndarray) -> np.ndarray:
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    return np.asarray((values - low) / (high - low) if high > low else np.zeros(len(values)))


def _choose(pool: _Pool, k: int, settings: RuleSettings, *, recent_too: bool = False) -> np.ndarray:
    """Greedy MMR under the caps; positions in the pool, in list order. What was heard recently, if at all,
    comes after everything else.
    """
    value = np.where(pool.recent, pool.value - 10.0 if recent_too else -np.inf, pool.value)
    penalty = np.zeros(len(value))
    near = penalty[: len(pool.places)]  # A view: those beyond are never penalised.
    per_artist: dict[int, int] = {}
    n_new = 0
    chosen: list[int] = []
    while len(chosen) < k and len(value):
        now = value - penalty
        best = int(now.argmax())
        if n_new < np.floor(settings.new_artists * (len(chosen) + 1)) and not pool.is_new[best]:
            newest = int(np.where(pool.is_new, now, -np.inf).argmax())
            best = newest if now[newest] > -np.inf and pool.is_new[newest] else best
        if now[best] == -np.inf:
            break
        chosen.append(best)
        n_new += int(pool.is_new[best])
        value[best] = -np.inf
        artist, recording = int(pool.artists[best]), int(pool.recordings[best])
        if settings.one_recording and recording >= 0:
            value[pool.recordings == recording] = -np.inf
        if artist >= 0:
            per_artist[artist] = per_artist.get(artist, 0) + 1
            if per_artist[artist] >= settings.artist_cap:
                value[pool.artists == artist] = -np.inf
        if settings.diversity > 0 and best < len(near):
            np.maximum(near, settings.diversity * (pool.places @ pool.places[best]), out=near)
    return np.array(chosen, dtype=np.int64)


def _n_recordings(pool: _Pool, settings: RuleSettings, among: np.ndarray) -> int:
    """How many songs of these a list may hold at all."""
    if not settings.one_recording:
        return int(among.sum())
    told = pool.recordings[among] >= 0
    return int((~told).sum()) + len(np.unique(pool.recordings[among][told]))


def _cap_that_fills(pool: _Pool, k: int, *, recent_too: bool) -> int:
    """The smallest cap under which the pool could hold k recordings."""
    among = np.ones(len(pool.value), dtype=bool) if recent_too else ~pool.recent
    told = among & (pool.recordings >= 0)
    _, first = np.unique(pool.recordings[told], return_index=True)
    artists = np.concatenate([pool.artists[told][first], pool.artists[among & (pool.recordings < 0)]])
    _, songs = np.unique(artists[artists >= 0], return_counts=True)
    unknown = int((artists < 0).sum())
    cap = 1
    while unknown + int(np.minimum(songs, cap).sum()) < k and cap < len(pool.value):
        cap += 1
    return cap


def member(values: np.ndarray, those: np.ndarray) -> np.ndarray:
    """`np.isin` for non-negative ints, negative ones being in nothing: a table where they are small."""
    those = those[those >= 0]
    if not len(those) or not len(values):
        return np.zeros(len(values), dtype=bool)
    size = max(int(those.max()), int(values.max())) + 2
    if size > _TABLE:
        those = np.sort(those)
        place = np.minimum(np.searchsorted(those, values), len(those) - 1)
        return np.asarray(those[place] == values)
    table = np.zeros(size, dtype=bool)
    table[those] = True
    table[-1] = False  # Where -1 points to.
    return np.asarray(table[np.maximum(values, -1)])
