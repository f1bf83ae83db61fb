"""What stands in playlists, for learning from all of them: read as arrays, and only where it changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Playlist, PlaylistEntry
from db.repositories.bulk import chunks, read_columns, read_frame

if TYPE_CHECKING:
    import pandas as pd

_TEXTS = ("content", "group_key", "source_key")
_ENTRIES = {"playlist_id": "int32", "song_id": "int32"}
# Digits of the content's hash that tell two contents apart: 64 bits.
_DIGITS = 16


def read_list_marks(session: Session) -> pd.DataFrame:
    """Return all playlists by id: playlist_id, content (uint64, equal where name, songs and all that is said
    of them are), group_key, source_key; a playlist whose group has yet to be worked out is alone in one.
    """
    group_key = func.coalesce(Playlist.group_key, Playlist.scheme + ":" + Playlist.value)
    content = func.substr(Playlist.content_sha256, 1, _DIGITS)
    statement = select(Playlist.id, content, group_key, Playlist.source_key).order_by(Playlist.id)
    frame = read_frame(session, statement, {"playlist_id": "int64", **dict.fromkeys(_TEXTS, "str")})
    frame["content"] = _numbers(frame["content"])
    return frame


def read_list_groups(session: Session) -> pd.DataFrame:
    """Return all playlists by id: playlist_id, ref (`scheme:value`), group_key ("" where it has yet to be
    worked out), source_key, content (as in `read_list_marks`).
    """
    ref, content = Playlist.scheme + ":" + Playlist.value, func.substr(Playlist.content_sha256, 1, _DIGITS)
    columns = (Playlist.id, ref, func.coalesce(Playlist.group_key, ""), Playlist.source_key, content)
    names = ("ref", "group_key", "source_key", "content")
    dtypes = {"playlist_id": "int64", **dict.fromkeys(names, "str")}
    frame = read_frame(session, select(*columns).order_by(Playlist.id), dtypes)
    frame["content"] = _numbers(frame["content"])
    return frame


def _numbers(contents: Iterable[str]) -> NDArray[np.uint64]:
    return np.array([int(digits or "0", 16) for digits in contents], dtype=np.uint64)


def read_list_songs(
    session: Session, playlist_ids: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return playlist and song of every entry, by playlist and position; of all playlists, or of these.

    8 bytes an entry, and as many again while they are put together.
    """
    order = (PlaylistEntry.playlist_id, PlaylistEntry.position)
    statement = select(PlaylistEntry.playlist_id, PlaylistEntry.song_id).order_by(*order)
    if playlist_ids is None:
        found = [read_columns(session, statement, _ENTRIES)]
    else:
        found = [
            read_columns(session, statement.where(PlaylistEntry.playlist_id.in_(chunk)), _ENTRIES)
            for chunk in chunks(np.sort(playlist_ids).tolist())
        ]
    nothing = np.zeros(0, dtype=np.int32)
    if len(found) == 1:
        return found[0]["playlist_id"], found[0]["song_id"]
    lists, songs = ([nothing, *(one[name] for one in found)] for name in _ENTRIES)
    return np.concatenate(lists), np.concatenate(songs)
