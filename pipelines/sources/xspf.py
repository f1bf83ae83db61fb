"""Reader of XSPF playlists (https://www.xspf.org/spec), with any XML namespace or none.

A DOCTYPE is refused, and with it entity bombs and files fetched from elsewhere. A file with a syntax error is
refused as a whole, as in `pipelines.sources.jspf`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

import defusedxml
from defusedxml.ElementTree import fromstring

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.collector import Song
from pipelines.sources.files import reason_of
from pipelines.sources.identifiers import isrc, location_id, mbid, public_id
from pipelines.sources.playlist_files import FoundPlaylist, read_folder
from pipelines.sources.values import clean_text, duration_ms

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SUFFIXES = (".xspf",)

_PLAYLIST_ATTRIBUTES = ("creator", "annotation", "info", "date", "image", "license")
_TRACK_ATTRIBUTES = ("annotation", "info", "image")


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the playlists of an XSPF file, or of those below a folder."""
    return read_folder(path, SUFFIXES, parse, namespace=namespace)


def parse(file: Path, data: bytes) -> Iterator[FoundPlaylist | Problem]:
    """Yield the playlist in a file, or the reason why there is none."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        yield Problem(file, f"line {line}, column {column + 1}", f"not XML: {str(error).split(':')[0]}")
        return
    except defusedxml.DTDForbidden:
        yield Problem(file, "", "has a DOCTYPE, which is refused")
        return
    except (defusedxml.DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        yield Problem(file, "", f"not XML that can be read: {reason_of(error)}")
        return
    if _local(root) != "playlist":
        yield Problem(file, "", f"no playlist but <{clean_text(_local(root), 80)}>")
        return
    found = FoundPlaylist(
        name=_text(root, "title"),
        identifier=_text(root, "identifier", 4096),
        attributes={name: _text(root, name, 10_000) for name in _PLAYLIST_ATTRIBUTES},
    )
    track_lists = [child for child in root if _local(child) == "tracklist"]
    tracks = [track for track_list in track_lists for track in track_list if _local(track) == "track"]
    for number, track in enumerate(tracks, start=1):
        found.songs.append((f"track {number}", _song(file, track)))
    yield found


def _song(file: Path, track: Element) -> Song:
    ids: list[tuple[str, str]] = []
    for text in _texts(track, "identifier"):
        known = public_id(text)
        if known:
            ids.append(known)
        elif mbid(text):
            ids.append(("mbid", mbid(text)))
        elif "://" in text:
            ids.append(("url", text))
    ids += [("isrc", isrc(text)) for text in _texts(track, "isrc")]
    for location in _texts(track, "location"):
        named = location_id(location, file.parent, encoded=True)
        ids += [named] if named else []
    return Song(
        title=_text(track, "title"),
        artist=_text(track, "creator"),
        album=_text(track, "album"),
        duration_ms=duration_ms(_text(track, "duration")),
        ids=ids,
        attributes={name: _text(track, name, 10_000) for name in _TRACK_ATTRIBUTES},
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def _texts(parent: Element, name: str, limit: int = 4096) -> list[str]:
    return [clean_text(child.text or "", limit) for child in parent if _local(child) == name]


def _text(parent: Element, name: str, limit: int = 1000) -> str:
    return next((text for text in _texts(parent, name, limit) if text), "")
