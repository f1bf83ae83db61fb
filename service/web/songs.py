"""Songs as pages show them: with what answers of use cases do not hold (number, length, sound, mark)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from db.repositories import browse
from db.repositories import feedback as feedback_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.sample_world.songs import NAMESPACE


class Named(Protocol):
    """A song of an answer, by the name that it goes by there."""

    @property
    def song(self) -> str:
        """Its name."""
        ...


@dataclass(frozen=True)
class SongView:
    """A song on a page.

    Attributes
    ----------
    seconds : float or None
        Its length, where it is known.
    playable : bool
        Whether it has a sound.
    mark : str
        What the listener said of it: "like", "dislike", "block" or "".
    """

    id: int
    title: str
    artist: str
    album: str
    seconds: float | None
    playable: bool
    mark: str = ""
    is_generated: bool = False
    artist_id: int = 0

    @property
    def by(self) -> str:
        """Title and artist, for people."""
        return f"{self.title} by {self.artist}" if self.artist else self.title

    def for_player(self) -> dict[str, Any]:
        """What the player bar needs."""
        return asdict(self)


def views(factory: SessionFactory, answers: Iterable[Named], listener: str = "") -> dict[str, SongView]:
    """The songs of answers by the names that they go by there; those that are gone are left out."""
    names = list(dict.fromkeys(one.song for one in answers))
    with factory() as session:
        found = songs_repository.find_songs(session, names)
        shown = _shown(session, list(found.values()), listener)
    return {str(name): shown[number] for name, number in found.items() if number in shown}


def views_of(factory: SessionFactory, song_ids: Sequence[int], listener: str = "") -> list[SongView]:
    """Songs by their numbers, in order; those that are not there are left out."""
    with factory() as session:
        shown = _shown(session, song_ids, listener)
    return [shown[number] for number in song_ids if number in shown]


def in_order(answers: Iterable[Named], found: dict[str, SongView]) -> list[SongView]:
    """The songs of answers, in their order."""
    return [found[one.song] for one in answers if one.song in found]


def _shown(session: Session, song_ids: Sequence[int], listener: str) -> dict[int, SongView]:
    rows = browse.song_rows(session, song_ids)
    described = songs_repository.describe_songs(session, song_ids)
    said = {}
    if listener:
        said = feedback_repository.user_feedback(session, users_repository.find_user(session, listener))
    return {
        row.song_id: SongView(
            row.song_id,
            row.title,
            row.artist,
            row.album,
            None if row.duration_ms is None else row.duration_ms / 1000,
            bool(row.path) or any(ref.startswith(f"{NAMESPACE}:") for ref in described[row.song_id].refs),
            _mark(said.get(row.song_id, set())),
            row.is_generated,
            row.artist_id,
        )
        for row in rows
    }


def _mark(kinds: set[str]) -> str:
    return next((kind for kind in ("block", "dislike", "like") if kind in kinds), "")
