"""Songs as given on a command line: an id, or words; what was taken for what is said on standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from service.cli.console import print_note
from service.cli.show import named

if TYPE_CHECKING:
    from db.session import SessionFactory


def song_ids(session_factory: SessionFactory, given: Iterable[str]) -> list[str]:
    """Return an id for each song given.

    Raises
    ------
    NotFoundError
        No id, and no words that mean one song.
    """
    from pipelines.find_songs import find_song

    ids = []
    for words in given:
        found = find_song(session_factory, words)
        if found.by_words:
            print_note(f"{words!r} is taken for {named(found.title, found.artist)} [{found.ref}]")
        ids.append(found.ref)
    return ids
