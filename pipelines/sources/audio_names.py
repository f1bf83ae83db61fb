"""What a path says of a song: for files whose tags do not say it.

Collections are laid out as `Artist/Album/03 - Title.mp3`, `Artist - Album/Title.mp3`, `Artist/Artist -
Title.mp3` and mixtures of these. Only folders below the one that is read count: what lies above it is
somebody's disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from pipelines.sources.values import clean_text

_DISC = re.compile(r"(?:cd|dis[ck]|vol(?:ume)?|side)[ ._-]*(?:\d{1,2}|[ab])\Z", re.IGNORECASE)
# "03 - Title", "1-03. Title", "[03] Title", "A1. Title": a number and a mark.
_MARKED = re.compile(r"[\[(]?(?:\d{1,2}[-.])?(?:\d{1,3}|[A-D]\d{1,2})[\])]?\s*[-–._)\]]+\s*(?=\S)")
# "03 Title": a number and a space, which "99 Problems" has too.
_SPACED = re.compile(r"\d{1,3}\s+(?=\S)")
_DASH = re.compile(r"\s+[-–—]\s+")
_YEAR = re.compile(r"\s*[\[(]?\b(?:19|20)\d\d\b[\])]?\s*[-–.]?\s*")
_BRACKETS = re.compile(r"\s*[\[{][^\]}]*[\]}]\s*")


@dataclass(frozen=True)
class Named:
    """What a path says; "" for what it does not."""

    title: str
    artist: str = ""
    album: str = ""


def names_in(path: PurePath, *, numbered: bool = False) -> Named:
    """Read artist, album and title from a path relative to the folder that is read.

    `numbered` says that the files of its folder begin with numbers, as `are_numbered` tells.

    >>> names_in(PurePath("Miles Davis/Kind of Blue/01 - So What.mp3"))
    Named(title='So What', artist='Miles Davis', album='Kind of Blue')
    >>> names_in(PurePath("Nina Simone - Feeling Good.ogg"))
    Named(title='Feeling Good', artist='Nina Simone', album='')
    """
    stem = _spaced(path.stem)
    parts = [part for part in _DASH.split(_without_number(stem, numbered)) if part]
    parts = [part for part in parts[:-1] if not part.isdigit()] + parts[-1:]
    title = _without_number(parts[-1], False) if parts else stem
    artist = parts[0] if len(parts) > 1 else ""
    album = parts[1] if len(parts) > 2 else ""
    folders = [_spaced(name) for name in path.parts[:-1] if name not in ("/", "..", ".")]
    folders = [name for name in folders if not _DISC.match(name)]
    folder_artist, folder_album = _of_folders(folders, has_artist=bool(artist))
    return Named(
        clean_text(title) or clean_text(path.name),
        clean_text(artist or folder_artist),
        clean_text(album or folder_album),
    )


def are_numbered(stems: Iterable[str]) -> bool:
    """Say whether most names of one folder's files begin with a number of their own, as an album's do."""
    names = list(stems)
    numbers = [match[0] for name in names if (match := re.match(r"\d{1,3}(?=\D)", name))]
    return len(names) > 1 and len(set(numbers)) > len(names) / 2


def _of_folders(folders: list[str], *, has_artist: bool) -> tuple[str, str]:
    """Artist and album from the names of the folders, outermost first."""
    if not folders:
        return "", ""
    artist, dash, album = folders[-1].partition(" - ")
    if dash and not re.fullmatch(r"(?:19|20)\d\d", artist.strip(" []()")):
        return artist.strip(), _plain_album(album)
    if len(folders) > 1:
        return folders[-2], _plain_album(folders[-1])
    return ("", _plain_album(folders[-1])) if has_artist else (folders[-1], "")


def _plain_album(name: str) -> str:
    """An album's name without the year and the remarks that folders carry."""
    plain = _YEAR.sub(" ", _BRACKETS.sub(" ", name)).strip()
    return plain or name.strip()


def _spaced(text: str) -> str:
    return text.replace("_", " ") if " " not in text else text


def _without_number(text: str, numbered: bool) -> str:
    match = _MARKED.match(text)
    if match is None and (numbered or text.startswith("0")):
        match = _SPACED.match(text)
    return text[match.end() :] if match else text
