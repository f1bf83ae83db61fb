"""A weekly list of songs that a user has never heard, mostly by artists new to them.

Songs take turns: each is of one week in four, by a hash of user and song, so the lists of four weeks running
share no song, without anybody remembering them. Within its weeks a song is at its best in one of three, so
that the list after four weeks is another one too. Only where a catalogue is too small for that are songs of
other weeks let in, those shown longest ago first, and the answer says so; the list never shrinks for it.

A list is made from what was heard before its Monday, so it stays the same all week; only what is heard,
blocked, disliked or muted since leaves it at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.answers import POPULAR, Because, Recommendation
from pipelines.asking import feedback_of
from pipelines.columns import LISTENED_AT_S, SONG_ID
from pipelines.profiles import Table, muted_rows, taste_of, user_taste
from pipelines.reasons import SIGNALS
from pipelines.recommend import QUERY_SONGS
from pipelines.release import RECORDING_KEY, Release
from pipelines.serving import name_rows, namespace_of
from recsys.explain import explain
from recsys.rules import RuledList, RuleSettings, apply_rules, spare_songs

DEFAULT_ADVENTURE = 0.5
# Songs with a place that a taste has to rest on; below, the list is popular and diverse.
LITTLE = 3
# A song is of one week in so many, and at its best in one of so many of those.
_TURNS, _ROUNDS = 4, 3
# Best songs of the catalogue that take part.
_TAKE_PART = 2000
# Share of artists new to the user, at adventure 0 and 1.
_LEAST_NEW, _MOST_NEW = 0.6, 0.9
_WEEK = re.compile(r"(\d{4})-W(\d{2})\Z")


@dataclass(frozen=True)
class Discovery:
    """A week's list. `fallback` and `relaxed` as in `pipelines.answers.Recommendations`; "earlier weeks" is
    relaxed where songs of the weeks before were let in.
    """

    user: str
    week: str
    songs: tuple[Recommendation, ...]
    release: str
    fallback: str | None = None
    relaxed: tuple[str, ...] = ()


def monday_of(week: str) -> date:
    """The Monday of an ISO week such as "2026-W47".

    Raises
    ------
    ValueError
        No such week.
    """
    found = _WEEK.match(week.strip())
    try:
        if found:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
    except ValueError:
        pass
    raise ValueError(f"a week is written like 2026-W47, got {week!r}")


def discover(
    release: Release,
    session_factory: SessionFactory,
    user: str,
    k: int = 30,
    *,
    week: str,
    adventure: float = DEFAULT_ADVENTURE,
) -> Discovery:
    """The list of a week: k songs that the user has never heard, nor another version of them.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValueError
        k below 1, no such week, or an adventure not within 0..1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    monday = monday_of(week)
    rules = RuleSettings.of_adventure(adventure)
    rules = replace(rules, new_artists=_LEAST_NEW + (_MOST_NEW - _LEAST_NEW) * adventure)
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        listens = listens_repository.user_listen_columns(session, user_id)
        feedback = feedback_of(session, user_id)
        _, decisions = user_taste(session, release, user_id)
        taste = taste_of(release, _up_to(release, listens, monday), feedback, decisions)
        rows, weights = release.as_query(taste.rows[:QUERY_SONGS], taste.weights[:QUERY_SONGS])
        known = len(taste.rows) >= LITTLE and len(rows) > 0
        if known:
            scores = release.taste_blend.score([rows], [weights])[0] * release.trust
        else:
            scores = release.counts.astype(np.float32)
            rules = replace(rules, artist_cap=1)
        heard = _heard(session, release, listens, feedback)
        muted = np.flatnonzero(muted_rows(release, taste, decisions, np.arange(release.n_songs)))
        banned = np.union1d(heard, release.catalogue.versions(muted))
        ruled = _choose(release, user_id, monday.toordinal() // 7, scores, heard, banned, k, rules)
        order = np.argsort(-weights, kind="stable")
        query = (rows[order], weights[order]) if known else (rows[:0], weights[:0])
        songs = _explained(session, release, ruled, *query, taste.rows, namespace_of(user))
    relaxed = tuple("earlier weeks" if name == "recently heard" else name for name in ruled.relaxed)
    return Discovery(user, week.strip(), songs, release.name, None if known else POPULAR, relaxed)


def _up_to(release: Release, listens: Table, monday: date) -> Table:
    """Listens before a Monday, UTC; all of them where those before are too few to say anything."""
    start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC).timestamp()
    early = listens[LISTENED_AT_S] < start
    before = {name: values[early] for name, values in listens.items()}
    songs = release.rows(np.unique(before[SONG_ID]))
    return before if (songs >= 0).sum() >= LITTLE else listens


def _heard(session: Session, release: Release, listens: Table, feedback: Table) -> np.ndarray:
    """Rows of all songs that the user ever heard or said something of, and of their versions."""
    ids = np.unique(np.concatenate([table[SONG_ID] for table in (listens, feedback)]))
    rows = release.rows(ids)
    # A song without a row may still be a version of one that has one.
    unplaced = songs_repository.describe_songs(session, ids[rows < 0].tolist())
    keys = {song.recording_key for song in unplaced.values()} - {""}
    versions = np.flatnonzero(release.parts.songs[RECORDING_KEY].isin(keys)) if keys else rows[:0]
    return np.union1d(release.catalogue.versions(rows), versions)


def _choose(
    release: Release,
    user_id: int,
    week: int,
    scores: np.ndarray,
    heard: np.ndarray,
    banned: np.ndarray,
    k: int,
    rules: RuleSettings,
) -> RuledList:
    scores = scores.copy()
    scores[banned[banned < release.n_songs]] = -np.inf
    ranked = np.argsort(-scores, kind="stable")
    ranked = ranked[scores[ranked] > -np.inf][: max(_TAKE_PART, 10 * _TURNS * k)]
    rows, of_other_weeks = take_turns(ranked, release.song_ids, user_id, week)
    return apply_rules(
        rows,
        scores[rows],
        k,
        catalogue=release.catalogue,
        vectors=release.vectors,
        settings=rules,
        banned=banned,
        recent=of_other_weeks,
        known=heard,
        counts=release.counts,
        spares=spare_songs(release.counts, release.catalogue, most=max(_TAKE_PART, 10 * _TURNS * k)),
    )


def take_turns(
    ranked: np.ndarray, song_ids: np.ndarray, user_id: int, week: int
) -> tuple[np.ndarray, np.ndarray]:
    """Order songs for a week: those of this week first, then those whose week is longest ago.

    Parameters
    ----------
    ranked : int array
        Rows, best first.
    song_ids : int array, shape (n_rows,)
        Database id of each row.
    week : int
        Weeks since any Monday.

    Returns
    -------
    rows : int array
        The same rows; in this week's round a song keeps its place, in another it counts as twice as far
        down.
    of_other_weeks : int array
        Those of the whole catalogue that are not of this week.
    """
    drawn = _hash(user_id, song_ids)
    turn, round_ = drawn % _TURNS, (drawn // _TURNS) % _ROUNDS
    weeks_ago = (week - turn[ranked]) % _TURNS
    place = np.arange(1, len(ranked) + 1) * np.where(round_[ranked] == (week // _TURNS) % _ROUNDS, 1, 2)
    waited = np.where(weeks_ago == 0, _TURNS, weeks_ago)
    order = np.lexsort((place, -waited))
    return ranked[order], np.flatnonzero((week - turn) % _TURNS != 0)


def _hash(user_id: int, song_ids: np.ndarray) -> np.ndarray:
    """A well-mixed number of user and song, int64, not negative (the finisher of splitmix64)."""
    with np.errstate(over="ignore"):
        x = song_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(user_id)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(1)).astype(np.int64)


def _explained(
    session: Session, release: Release, ruled: RuledList, rows: np.ndarray, weights: np.ndarray,
    listened: np.ndarray, namespace: str,
) -> tuple[Recommendation, ...]:  # fmt: skip
    """Songs with their reasons: the listens without which they would score least."""
    named = name_rows(release, session, ruled.rows, ruled.scores, namespace)
    if len(rows) == 0:
        popular = SIGNALS["popularity"]
        return tuple(Recommendation(s.song, s.title, s.artist, s.score, signal=popular) for s in named)
    out = []
    for song, reason in zip(named, explain(release.taste_blend, rows, weights, ruled.rows), strict=True):
        # A stand-in of a rare song was not listened to itself.
        true = np.isin(reason.because, listened)
        listens = name_rows(release, session, reason.because[true], reason.shares[true], namespace)
        because = tuple(Because(one.song, one.title, one.artist, round(one.score, 4)) for one in listens)
        out.append(
            Recommendation(song.song, song.title, song.artist, song.score, because, SIGNALS[reason.signal])
        )
    return tuple(out)
