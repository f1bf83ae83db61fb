"""A song as a person names it: by any id, or by words from its title and artist.

Words are taken for a song only where they mean one; else the error names what comes near.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import songs as songs_repository
from db.repositories.songs import SongDescription
from db.session import SessionFactory
from db.text import fold

# Songs that are looked at, near matches that an error names, and how alike those have to be (0..1).
_LOOKED_AT = 50
_NAMED = 3
_ALIKE = 0.5
# Longer text is no title; an error repeats so much of it.
_LONGEST, _NAMED_LENGTH = 1_000, 50
# So many letters of a misspelled word are tried by themselves.
_BEGINNING = 4


class UnclearSongError(NotFoundError):
    """Words that mean no song, or several; the message names some that they may mean."""

    def __init__(self, ref: str, near: Iterable[SongDescription], *, several: bool) -> None:
        super().__init__("song", ref)
        names = [f"{song.title} - {song.artist} ({_ref_of(song)})" for song in near]
        which = "may mean" if several else "means no song; near are"
        self.args = (f"{ref!r} {which} {', '.join(names)}",)


@dataclass(frozen=True)
class FoundSong:
    """A song to ask with. `by_words` says that `ref` is not what was given but was found by its words."""

    ref: str
    title: str = ""
    artist: str = ""
    by_words: bool = False


def find_song(session_factory: SessionFactory, given: str) -> FoundSong:
    """Return the song of this id, or else the one that these words mean.

    Words mean a song when they are its whole title, or title and artist, or occur in no other; versions of
    one recording count as one, the most played of them.

    Raises
    ------
    NotFoundError
        Neither; as `UnclearSongError` where songs come near.
    """
    with session_factory() as session:
        if songs_repository.find_songs(session, [given]):
            return FoundSong(given)
        if len(given) > _LONGEST:
            raise NotFoundError("song", f"{given[:_NAMED_LENGTH]}...")
        found = _described(session, songs_repository.search_songs(session, given, _LOOKED_AT))
        whole = [song for song in found if fold(given) in _whole_names(song)]
        meant = whole or found
        if meant and _one_recording(meant):
            return FoundSong(_ref_of(meant[0]), meant[0].title, meant[0].artist, by_words=True)
        near = meant or _near(session, given)
    if not near:
        raise NotFoundError("song", given)
    raise UnclearSongError(given, near[:_NAMED], several=bool(meant))


def _whole_names(song: SongDescription) -> set[str]:
    title, artist = fold(song.title), fold(song.artist)
    return {title, f"{title} {artist}", f"{artist} {title}"}


def _one_recording(songs: list[SongDescription]) -> bool:
    keys = {song.recording_key for song in songs}
    return len(songs) == 1 or (len(keys) == 1 and "" not in keys)


def _near(session: Session, given: str) -> list[SongDescription]:
    """Songs with one of the words, or the beginning of one, whose titles look most alike."""
    words = fold(given).split()[:8]
    if ":" in given and " " not in given.strip():
        return []  # An id that is not there: songs of that name would only confuse.
    tried = dict.fromkeys([*words, *(word[:_BEGINNING] for word in words if len(word) > _BEGINNING)])
    ids = [i for word in tried for i in songs_repository.search_songs(session, word, _LOOKED_AT)]
    wanted = fold(given)

    def likeness(song: SongDescription) -> float:
        return max(SequenceMatcher(None, wanted, name).ratio() for name in sorted(_whole_names(song)))

    found = [(likeness(song), song) for song in _described(session, dict.fromkeys(ids))]
    return [song for alike, song in sorted(found, key=lambda pair: -pair[0]) if alike >= _ALIKE]


def _described(session: Session, ids: Iterable[int]) -> list[SongDescription]:
    return list(songs_repository.describe_songs(session, ids).values())


def _ref_of(song: SongDescription) -> str:
    return song.shown_ref
