"""What is known of a song, and songs a page at a time: for those who look things up. Needs no release."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.repositories import pages
from db.repositories import songs as songs_repository
from db.repositories import tags as tags_repository
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory
from pipelines.answers import SongAnswer
from pipelines.serving import namespace_of

# Names of files are nobody's business but the operator's.
_PRIVATE = ("path", "file")


@dataclass(frozen=True)
class ShownSong:
    """A song; `ids` are its external ids but those of its files, `tags` the weights 0..1 by tag."""

    song: str
    title: str
    artist: str
    album: str
    duration_ms: int | None
    is_generated: bool
    ids: tuple[str, ...]
    tags: Mapping[str, float]


def song_id_of(session_factory: SessionFactory, song: str) -> int:
    """The database id of a song.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        return songs_repository.find_song(session, song)


def show_song(session_factory: SessionFactory, song: str) -> ShownSong:
    """What is known of a song, named in the asker's namespace.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        song_id = songs_repository.find_song(session, song)
        found = songs_repository.describe_songs(session, [song_id])[song_id]
        named = songs_repository.name_songs(session, [song_id], namespace_of(song))
        tags = tags_repository.tags_of(session, [song_id]).get(song_id, {})
    return ShownSong(
        song=named.get(song_id, f"{OWN_SCHEME}:{song_id}"),
        title=found.title,
        artist=found.artist,
        album=found.album,
        duration_ms=found.duration_ms,
        is_generated=found.is_generated,
        ids=tuple(ref for ref in found.refs if ref.partition(":")[0] not in _PRIVATE),
        tags={name: round(weight, 4) for name, weight in tags.items()},
    )


def list_songs(
    session_factory: SessionFactory, after: int, limit: int
) -> tuple[list[SongAnswer], int | None]:
    """Songs in the order in which they came in, behind the one of an id, each scored 1; and the id to go on
    behind, None at the end.
    """
    with session_factory() as session:
        ids = pages.song_ids_after(session, after, limit + 1)
        songs = _answers(session, ids[:limit], [1.0] * limit)
    return songs, ids[limit - 1] if len(ids) > limit else None


def search_page(
    session_factory: SessionFactory, text: str, after: int, limit: int
) -> tuple[list[SongAnswer], int | None]:
    """Songs whose title and artist hold every word, best first, behind so many; and how many have been shown
    then, None at the end. A score is 1 / rank.
    """
    with session_factory() as session:
        ids = songs_repository.search_songs(session, text, after + limit + 1)
        shown = ids[after : after + limit]
        songs = _answers(session, shown, [1.0 / (after + place) for place in range(1, len(shown) + 1)])
    return songs, after + limit if len(ids) > after + limit else None


def _answers(session: Session, ids: Iterable[int], scores: Iterable[float]) -> list[SongAnswer]:
    found = songs_repository.describe_songs(session, ids)
    return [
        SongAnswer(one.shown_ref, one.title, one.artist, round(score, 6))
        for one, score in zip(found.values(), scores, strict=False)
    ]
