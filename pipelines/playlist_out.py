"""Playlists as files for players: M3U8, JSPF and XSPF, by the suffix of the name.

A track is named by the best place known for it: its path or address, else the address of its recording, else
our own id, which our readers pass over for its title and artist.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from sqlalchemy.orm import Session

from db.repositories import songs as songs_repository
from db.repositories.refs import OWN_SCHEME
from db.repositories.songs import SongDescription
from db.session import SessionFactory
from pipelines.answers import Recommendation, SongAnswer

Named = SongAnswer | Recommendation

SUFFIXES = (".m3u8", ".jspf", ".xspf")
_XSPF = "http://xspf.org/ns/0/"
# Where a song is, best first, and what it is.
_PLACES = ("path", "url")
_ADDRESSES = {"mbid": "https://musicbrainz.org/recording/{}", "spotify": "https://open.spotify.com/track/{}"}
_URNS = {"isrc": "urn:isrc:{}"}


def check_suffix(path: Path) -> None:
    """Raise where a playlist cannot be written under this name.

    Raises
    ------
    ValueError
        A suffix other than those of `SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"a playlist file ends in {', '.join(SUFFIXES)}, got {path.name}")


def write_playlist(
    session_factory: SessionFactory, path: Path, title: str, songs: Sequence[Named], *, suffix: str = ""
) -> None:
    """Write the songs of an answer as a playlist; the file appears whole or not at all.

    Parameters
    ----------
    suffix : str
        The format, where the path does not end in it.

    Raises
    ------
    ValueError
        As `check_suffix`.
    """
    kind = (suffix or path.suffix).lower()
    check_suffix(path.with_suffix(kind) if kind else path)
    text = playlist_text(session_factory, title, [song.song for song in songs], suffix=kind)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", errors="replace")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def playlist_text(
    session_factory: SessionFactory, title: str, songs: Sequence[str], *, suffix: str, paths: bool = True
) -> str:
    """The text of a playlist file.

    Parameters
    ----------
    songs : sequence of str
        Ids, in order.
    suffix : str
        One of `SUFFIXES`.
    paths : bool
        Whether tracks are named by where their files lie: for those who have the files, nobody else.

    Raises
    ------
    NotFoundError
        A song that the database does not hold.
    """
    with session_factory() as session:
        described = _describe(session, songs)
    if not paths:
        described = [replace(song, refs=_without_paths(song.refs)) for song in described]
    return {".m3u8": _m3u8, ".jspf": _jspf, ".xspf": _xspf}[suffix](title, described)


def _without_paths(refs: Iterable[str]) -> tuple[str, ...]:
    return tuple(ref for ref in refs if ref.partition(":")[0] not in ("path", "file"))


def _describe(session: Session, songs: Iterable[str]) -> list[SongDescription]:
    ids = [songs_repository.find_song(session, song) for song in songs]
    found = songs_repository.describe_songs(session, ids)
    return [found[i] for i in ids]


def _by_scheme(song: SongDescription) -> dict[str, str]:
    """One value of each scheme, the first in alphabetical order."""
    named: dict[str, str] = {}
    for ref in song.refs:
        scheme, _, value = ref.partition(":")
        named.setdefault(scheme, value)
    return named


def _place(song: SongDescription, *, encoded: bool) -> str:
    """Path or address, "" where none is known; `encoded` makes a path an address too."""
    named = _by_scheme(song)
    for scheme in _PLACES:
        if value := named.get(scheme):
            drive = "" if value.startswith("/") else "/"
            return f"file://{drive}{quote(value)}" if encoded and scheme == "path" else value
    return ""


def _identifiers(song: SongDescription) -> list[str]:
    """Addresses and URNs that name the recording everywhere; our own id where there is none."""
    named = _by_scheme(song)
    known = {**_ADDRESSES, **_URNS}
    found = [known[scheme].format(value) for scheme, value in named.items() if scheme in known]
    return found or [f"{OWN_SCHEME}:{song.song_id}"]


def _one_line(text: str) -> str:
    """Text without what no playlist may hold: line ends and other control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _m3u8(title: str, songs: Sequence[SongDescription]) -> str:
    lines = ["#EXTM3U", f"#PLAYLIST:{_one_line(title)}"]
    for song in songs:
        seconds = -1 if song.duration_ms is None else round(song.duration_ms / 1000)
        shown = " - ".join(part for part in (_one_line(song.artist), _one_line(song.title)) if part)
        lines += [
            f"#EXTINF:{seconds},{shown}",
            _one_line(_place(song, encoded=False) or _identifiers(song)[0]),
        ]
    return "\n".join(lines) + "\n"


def _track(song: SongDescription) -> dict[str, Any]:
    """A track's fields, those of XSPF and JSPF alike, without the empty ones."""
    fields = {
        "location": [place] if (place := _place(song, encoded=True)) else [],
        "identifier": _identifiers(song),
        "title": _one_line(song.title),
        "creator": _one_line(song.artist),
        "album": _one_line(song.album),
        "duration": song.duration_ms,
    }
    return {name: value for name, value in fields.items() if value}


def _jspf(title: str, songs: Sequence[SongDescription]) -> str:
    playlist = {"title": _one_line(title), "track": [_track(song) for song in songs]}
    return json.dumps({"playlist": playlist}, ensure_ascii=False, indent=1) + "\n"


def _xspf(title: str, songs: Sequence[SongDescription]) -> str:
    ElementTree.register_namespace("", _XSPF)
    root = ElementTree.Element(f"{{{_XSPF}}}playlist", version="1")
    ElementTree.SubElement(root, f"{{{_XSPF}}}title").text = _one_line(title)
    tracks = ElementTree.SubElement(root, f"{{{_XSPF}}}trackList")
    for song in songs:
        track = ElementTree.SubElement(tracks, f"{{{_XSPF}}}track")
        for name, value in _track(song).items():
            for one in value if isinstance(value, list) else [value]:
                ElementTree.SubElement(track, f"{{{_XSPF}}}{name}").text = _one_line(str(one))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"
