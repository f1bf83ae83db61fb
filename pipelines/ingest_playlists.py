"""The playlists of one batch into the database: new ones added, changed ones replaced."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db.repositories.playlists import PlaylistContent, add_playlists, replace_playlists, stored_playlists
from db.repositories.refs import external_id
from db.text import bounded
from pipelines.columns import ATTRIBUTES, NAME, PLAYLIST_REF, POSITION, SONG_REF, SOURCE_KEY
from pipelines.ingest_songs import Complain, parse_attributes, texts

Pair = tuple[str, str]  # scheme, value


@dataclass(frozen=True)
class StoredPlaylists:
    """The batch's playlists by what became of them, and the content hashes of all."""

    added: list[PlaylistContent]
    changed: list[PlaylistContent]
    unchanged: list[PlaylistContent]
    contents: dict[Pair, str]


def store_playlists(
    session: Session,
    lists: pd.DataFrame,
    entries: pd.DataFrame,
    *,
    song_of: Mapping[str, int],
    earlier: Mapping[Pair, str],
    complain: Complain,
) -> StoredPlaylists:
    """Store a batch's playlists with their entries.

    A playlist that came in before in the same run (`earlier`) is not stored again: with other content it
    would be replaced to and fro, so that is a problem.
    """
    contents = _contents(lists, _songs(lists, entries, song_of, complain), earlier, complain)
    stored = stored_playlists(session, contents)
    added = [content for pair, content in contents.items() if pair not in stored]
    known = {
        stored[pair][0]: (content, stored[pair][1]) for pair, content in contents.items() if pair in stored
    }
    changed = {
        number: content for number, (content, sha256) in known.items() if content.content_sha256 != sha256
    }
    add_playlists(session, added)
    replace_playlists(session, changed)
    unchanged = [content for number, (content, _) in known.items() if number not in changed]
    hashes = {pair: content.content_sha256 for pair, content in contents.items()}
    return StoredPlaylists(added, list(changed.values()), unchanged, hashes)


def _contents(
    lists: pd.DataFrame,
    songs: Mapping[str, NDArray[np.int64]],
    earlier: Mapping[Pair, str],
    complain: Complain,
) -> dict[Pair, PlaylistContent]:
    """Return the playlists by (scheme, value), without those that this run has had."""
    contents: dict[Pair, PlaylistContent] = {}
    columns = (
        lists[PLAYLIST_REF].tolist(),
        texts(lists[NAME]),
        texts(lists[SOURCE_KEY]),
        lists[ATTRIBUTES].fillna("").tolist(),
    )
    for ref, name, source_key, text in zip(*columns, strict=True):
        pair, attributes = external_id(ref), parse_attributes(text)
        if pair is None:
            complain(f"playlist {ref[:100]}", "not an external id, scheme:value")
            continue
        if attributes is None:
            complain(f"playlist {ref}", "attributes are not a JSON object")
        content = content_of(pair, name, bounded(source_key), attributes or {}, songs[ref])
        before = contents[pair].content_sha256 if pair in contents else earlier.get(pair)
        if before is None:
            contents[pair] = content
        elif before != content.content_sha256:
            complain(f"playlist {ref}", "came in before with other content; the first is kept")
    return contents


def _songs(
    lists: pd.DataFrame, entries: pd.DataFrame, song_of: Mapping[str, int], complain: Complain
) -> dict[str, NDArray[np.int64]]:
    """Return the song ids of each playlist, in the order of positions."""
    refs = list(dict.fromkeys(lists[PLAYLIST_REF].tolist()))
    place = {ref: number for number, ref in enumerate(refs)}
    rows = numbers_of(entries[PLAYLIST_REF], place)
    songs = numbers_of(entries[SONG_REF], song_of)
    for name, count in entries[PLAYLIST_REF][rows < 0].value_counts().items():
        complain(f"playlist {name!s}", f"{count} entries of a playlist that is not there")
    lost = entries[(rows >= 0) & (songs < 0)]
    for name, names in lost.groupby(PLAYLIST_REF, sort=False)[SONG_REF]:
        complain(f"playlist {name!s}", f"{len(names)} songs are not known, the first {names.iloc[0]!s:.100}")
    good = (rows >= 0) & (songs >= 0)
    rows, songs, positions = rows[good], songs[good], entries[POSITION].to_numpy()[good]
    order = np.lexsort((positions, rows))
    bounds = np.searchsorted(rows[order], np.arange(len(refs) + 1))
    in_order: NDArray[np.int64] = songs[order].astype(np.int64)
    return {ref: in_order[bounds[number] : bounds[number + 1]] for ref, number in place.items()}


def numbers_of(refs: pd.Series, number_of: Mapping[str, int]) -> NDArray[np.int64]:
    """The number of each ref, -1 for one that has none; each different ref is looked up once."""
    codes, different = pd.factorize(refs)
    table = np.array([*(number_of.get(ref, -1) for ref in different.tolist()), -1], dtype=np.int64)
    found: NDArray[np.int64] = table[codes]  # What is missing has code -1, the last place.
    return found


def content_of(
    pair: Pair, name: str, source_key: str, attributes: dict[str, Any], songs: NDArray[np.int64]
) -> PlaylistContent:
    """A playlist with the hash by which the same content is known again."""
    said = json.dumps([name, source_key, attributes], sort_keys=True).encode()
    digest = hashlib.sha256(said + b"\0" + songs.astype("<i8").tobytes()).hexdigest()
    return PlaylistContent(*pair, name, songs.tolist(), digest, source_key, attributes)
