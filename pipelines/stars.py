"""Stars and ratings, as players give them, beside likes and dislikes.

A star on a song is a like. Stars on albums and artists say nothing of single songs; they and the ratings are
kept in the settings of the user's profile, which are the user's own, are handed out with the export, and go
with the user:

    {"stars": {"albums": {"7": 1763700000}, "artists": {}}, "ratings": {"17": 4}}

A rating of four or five is a like too, one or two a dislike; three, or none, takes back what a rating said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from db.repositories import profiles as profiles_repository
from db.repositories.own_data import feedback_of
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory, write_transaction
from pipelines.edit_profile import CLEAR, give_feedback
from pipelines.ingest import LOCK

STARS, RATINGS = "stars", "ratings"
ALBUMS, ARTISTS = "albums", "artists"
HIGHEST = 5
# Stars of a kind that a user may keep: what is kept is read and written whole.
MOST = 10_000


@dataclass(frozen=True)
class Marks:
    """What a user marked: Unix seconds by id of starred songs, albums and artists (of songs without album by
    a negative artist id), and ratings by song id.
    """

    songs: Mapping[int, int] = field(default_factory=dict)
    albums: Mapping[int, int] = field(default_factory=dict)
    artists: Mapping[int, int] = field(default_factory=dict)
    ratings: Mapping[int, int] = field(default_factory=dict)


def marks_of(session: Session, user_id: int) -> Marks:
    """What a user marked so far."""
    settings = profiles_repository.load_settings(session, [user_id]).get(user_id, {})
    liked = {
        int(row["song_id"]): int(row["given_at_s"])
        for row in feedback_of(session, user_id)
        if row["kind"] == "like"
    }
    return Marks(liked, _stars(settings, ALBUMS), _stars(settings, ARTISTS), _numbers(settings.get(RATINGS)))


def star_songs(
    session_factory: SessionFactory, user_id: int, song_ids: Iterable[int], *, starred: bool, now_s: int
) -> None:
    """Like songs, or take likes back; of what is not starred a dislike stays.

    Raises
    ------
    NotFoundError
        No such song; those before it are done.
    """
    with session_factory() as session:
        liked = marks_of(session, user_id).songs
    for song_id in song_ids:
        if starred or song_id in liked:
            kind = "like" if starred else CLEAR
            give_feedback(
                session_factory, f"{OWN_SCHEME}:{user_id}", kind, f"{OWN_SCHEME}:{song_id}", now_s=now_s
            )


def star(
    session_factory: SessionFactory, user_id: int, what: str, ids: Iterable[int], *, starred: bool, now_s: int
) -> None:
    """Star albums or artists, or take that back.

    Raises
    ------
    ValueError
        `what` is neither "albums" nor "artists", or a user would have more than `MOST`.
    """
    if what not in (ALBUMS, ARTISTS):
        raise ValueError(f"what is {ALBUMS} or {ARTISTS}, got {what!r}")
    with write_transaction(session_factory, lock=LOCK) as session:
        settings = dict(profiles_repository.load_settings(session, [user_id]).get(user_id, {}))
        all_stars = {kind: _stars(settings, kind) for kind in (ALBUMS, ARTISTS)}
        for number in ids:
            if starred:
                all_stars[what].setdefault(number, now_s)
            else:
                all_stars[what].pop(number, None)
        if len(all_stars[what]) > MOST:
            raise ValueError(f"at most {MOST:,} {what} can be starred")
        kept = {kind: {str(n): at for n, at in found.items()} for kind, found in all_stars.items()}
        profiles_repository.save_settings(session, user_id, settings | {STARS: kept})


def rate_song(
    session_factory: SessionFactory, user_id: int, song_id: int, rating: int, *, now_s: int
) -> None:
    """Rate a song with one to five stars, or take its rating away with 0.

    Raises
    ------
    NotFoundError
        No such song.
    ValueError
        Another rating, or a user would have rated more than `MOST` songs.
    """
    if not 0 <= rating <= HIGHEST:
        raise ValueError(f"a rating is 0 to {HIGHEST}, got {rating}")
    kind = "like" if rating >= 4 else "dislike" if 1 <= rating <= 2 else CLEAR
    with session_factory() as session:
        rated = _numbers(profiles_repository.load_settings(session, [user_id]).get(user_id, {}).get(RATINGS))
    if kind != CLEAR or song_id in rated:
        give_feedback(
            session_factory, f"{OWN_SCHEME}:{user_id}", kind, f"{OWN_SCHEME}:{song_id}", now_s=now_s
        )
    with write_transaction(session_factory, lock=LOCK) as session:
        settings = dict(profiles_repository.load_settings(session, [user_id]).get(user_id, {}))
        ratings = _numbers(settings.get(RATINGS))
        ratings.pop(song_id, None)
        if rating:
            ratings[song_id] = rating
        if len(ratings) > MOST:
            raise ValueError(f"at most {MOST:,} songs can be rated")
        kept = {str(number): given for number, given in ratings.items()}
        profiles_repository.save_settings(session, user_id, settings | {RATINGS: kept})


def _stars(settings: Mapping[str, Any], what: str) -> dict[int, int]:
    stored = settings.get(STARS)
    return _numbers(stored.get(what) if isinstance(stored, Mapping) else None)


def _numbers(stored: object) -> dict[int, int]:
    """Whole numbers by id; what is none is passed over."""
    given = stored if isinstance(stored, Mapping) else {}
    return {
        int(name): value
        for name, value in given.items()
        if str(name).removeprefix("-").isdecimal() and isinstance(value, int)
    }
