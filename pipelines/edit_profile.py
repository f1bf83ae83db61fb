"""A user edits the own profile: pins, mutes or forgets an interest or a song, takes that back, and says what
is liked. The next answer obeys.

An interest goes by its number in `songspace profile` or by its medoid song; a decision is kept under that
song (pipelines/decided.py). A new decision takes the place of an older one on the same interest or song.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import feedback as feedback_repository
from db.repositories import profiles as profiles_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory, write_transaction
from pipelines.decided import DOINGS, FORGET, INTEREST, SONG, Decided, read_decided, write_decided
from pipelines.ingest import LOCK
from pipelines.profiles import user_taste
from pipelines.release import Release
from pipelines.serving import namespace_of
from recsys.decisions import muted_rows
from recsys.interests import Interest
from recsys.taste import TasteProfile

CLEAR = "clear"


class UnknownInterestError(LookupError):
    """The profile has no interest of this number, or no decision on what was named."""


@dataclass(frozen=True)
class DecisionAnswer:
    """One decision: what is done ("pin", "mute", "forget") with what ("interest", "song"), and the song it
    goes by.
    """

    do: str
    what: str
    song: str
    title: str
    artist: str


@dataclass(frozen=True)
class DecisionsAnswer:
    """What a user decided about the profile, and whether the last command changed anything."""

    user: str
    decisions: tuple[DecisionAnswer, ...]
    changed: bool = False


@dataclass(frozen=True)
class FeedbackAnswer:
    """What a user says of a song now, and whether that is new."""

    user: str
    song: str
    kinds: tuple[str, ...]
    changed: bool


def decisions(session_factory: SessionFactory, user: str) -> DecisionsAnswer:
    """What a user decided about the profile so far.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        found = profiles_repository.load_settings(session, [user_id]).get(user_id)
        return _answer(session, user, read_decided(found), changed=False)


def decide(
    release: Release, session_factory: SessionFactory, user: str, do: str, named: str, *, alone: bool = False
) -> DecisionsAnswer:
    """Pin, mute or forget what is named: an interest by its number or its medoid song, else a song.

    Parameters
    ----------
    do : str
        "pin", "mute" or "forget".
    alone : bool
        The song by itself, also where it stands for an interest.

    Raises
    ------
    NotFoundError
        No such user or song.
    UnknownInterestError
        No interest of this number.
    ValueError
        Another `do`.
    """
    if do not in DOINGS:
        raise ValueError(f"do is one of {', '.join(DOINGS)}, got {do!r}")
    with write_transaction(session_factory, lock=LOCK) as session:
        user_id, settings, decided = _stored(session, user)
        taste, _ = user_taste(session, release, user_id)
        interest, song_id = _meant(session, release, taste, named, alone=alone)
        after = dict(decided)
        after.pop(song_id, None)
        if interest is None:
            after[song_id] = Decided(do, SONG)
        else:
            after = _without_interest(release, after, interest)
            songs = _songs_of(release, taste, interest) if do == FORGET else ()
            after[song_id] = Decided(do, INTEREST, songs)
        profiles_repository.save_settings(session, user_id, write_decided(settings, after))
        return _answer(session, user, after, changed=after != decided)


def undo(
    release: Release, session_factory: SessionFactory, user: str, named: str | None = None
) -> DecisionsAnswer:
    """Take back the decisions on what is named, or all of them: the profile is what it was without.

    Raises
    ------
    NotFoundError
        No such user or song.
    UnknownInterestError
        No interest of this number, or nothing decided on what is named.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        user_id, settings, decided = _stored(session, user)
        after: dict[int, Decided] = {}
        if named is not None:
            taste, _ = user_taste(session, release, user_id)
            interest, song_id = _meant(session, release, taste, named, alone=False)
            after = {song: one for song, one in decided.items() if song != song_id}
            if interest is not None:
                after = _without_interest(release, after, interest)
            if after == decided:
                raise UnknownInterestError(f"nothing is decided on {named}")
        profiles_repository.save_settings(session, user_id, write_decided(settings, after))
        return _answer(session, user, after, changed=after != decided)


def give_feedback(
    session_factory: SessionFactory, user: str, kind: str, song: str, *, now_s: int
) -> FeedbackAnswer:
    """Like, dislike or block a song, or "clear" what was said of it; the last word counts.

    Raises
    ------
    NotFoundError
        No such user or song.
    ValueError
        Another kind.
    """
    if kind not in (*feedback_repository.KINDS, CLEAR):
        raise ValueError(f"kind is one of {', '.join((*feedback_repository.KINDS, CLEAR))}, got {kind!r}")
    with write_transaction(session_factory, lock=LOCK) as session:
        user_id = users_repository.find_user(session, user)
        song_id = songs_repository.find_song(session, song)
        before = feedback_repository.user_feedback(session, user_id).get(song_id, set())
        # What is said now is the last word, also where a clock was ahead when the one before was said.
        opinion = {"like", "dislike"}
        for old in before if kind == CLEAR else before & (opinion if kind in opinion else {kind}):
            feedback_repository.remove_feedback(session, user_id, song_id, kind=old)
        if kind != CLEAR:
            feedback_repository.set_feedback(session, user_id, song_id, kind=kind, given_at_s=now_s)
        after = feedback_repository.user_feedback(session, user_id).get(song_id, set())
        return FeedbackAnswer(user, song, tuple(sorted(after)), after != before)


def _stored(session: Session, user: str) -> tuple[int, Mapping[str, object] | None, dict[int, Decided]]:
    user_id = users_repository.find_user(session, user)
    settings = profiles_repository.load_settings(session, [user_id]).get(user_id)
    return user_id, settings, read_decided(settings)


def _meant(
    session: Session, release: Release, taste: TasteProfile, named: str, *, alone: bool
) -> tuple[Interest | None, int]:
    """The interest that is named, if it is one, and the song that it or the name stands for."""
    listed = [*taste.interests, *taste.muted]
    if named.isdecimal():
        number = int(named)
        if not 1 <= number <= len(listed):
            raise UnknownInterestError(
                f"there is no interest {named}: the profile has {len(listed)} "
                f"(song {named} is {OWN_SCHEME}:{named})"
            )
        interest = listed[number - 1]
        return interest, int(release.song_ids[interest.medoid])
    song_id = songs_repository.find_song(session, named)
    row = int(release.rows(np.array([song_id]))[0])
    for interest in () if alone or row < 0 else listed:
        if interest.medoid == row and len(interest.rows) > 1:
            return interest, song_id
    return None, song_id


def _without_interest(
    release: Release, decided: Mapping[int, Decided], interest: Interest
) -> dict[int, Decided]:
    """Decisions less those on the interest: by any of its songs."""
    own = set(release.song_ids[interest.rows].tolist()) | {int(release.song_ids[interest.medoid])}
    # An interest of one song is that song, however it was decided on.
    single = len(interest.rows) <= 1
    return {
        song: one for song, one in decided.items() if song not in own or (one.what == SONG and not single)
    }


def _songs_of(release: Release, taste: TasteProfile, interest: Interest) -> tuple[int, ...]:
    """Songs to forget with an interest: its own, and those of none that are nearest to it."""
    others = tuple(one for one in taste.interests if one is not interest)
    inside = [one.rows for one in (*taste.interests, *taste.muted)]
    loose = np.setdiff1d(taste.rows, np.concatenate(inside))
    near = loose[muted_rows(loose, others, (interest,), np.zeros(0, np.int64), release.vectors)]
    return tuple(int(i) for i in np.sort(release.song_ids[np.union1d(interest.rows, near)]))


def _answer(session: Session, user: str, decided: Mapping[int, Decided], *, changed: bool) -> DecisionsAnswer:
    described = songs_repository.describe_songs(session, list(decided))
    names = songs_repository.name_songs(session, list(decided), namespace_of(user))
    return DecisionsAnswer(
        user,
        tuple(
            DecisionAnswer(
                one.do,
                one.what,
                names.get(song, f"{OWN_SCHEME}:{song}"),
                described[song].title if song in described else "",
                described[song].artist if song in described else "",
            )
            for song, one in decided.items()
        ),
        changed,
    )
