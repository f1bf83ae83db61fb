"""Places of new songs, and what is known of such songs: their facts, and who stands beside them in lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, case, delete, func, select
from sqlalchemy.orm import Session

from db.models import Artist, Placement, Playlist, PlaylistEntry, Song, now
from db.repositories.bulk import chunks, insert_rows, own_ids, read_frame
from db.repositories.songs import UNKNOWN

if TYPE_CHECKING:
    import pandas as pd

Vector = NDArray[np.float32]

_FACTS = {"song_id": "int64", "title": "str", "artist": "str", "artist_id": "int64", "recording_key": "str"}
_ENTRIES = {"playlist_id": "int64", "song_id": "int64", "source_key": "str"}


@dataclass(frozen=True)
class PlacedSong:
    """One song's place in the space of a release; see `db.models.Placement`."""

    song_id: int
    vector: Vector
    trust: float
    how: str
    facts_sha256: str


def save_placements(session: Session, release: str, songs: Sequence[PlacedSong]) -> None:
    """Store places in one release's space, instead of the same songs' older ones there."""
    for chunk in chunks(songs):
        ids = own_ids(song.song_id for song in chunk)
        session.execute(delete(Placement).where(Placement.release == release, Placement.song_id.in_(ids)))
        created_at = now()
        rows = [
            {
                "song_id": song.song_id,
                "release": release,
                "vector": np.ascontiguousarray(song.vector, dtype="<f4").tobytes(),
                "trust": float(song.trust),
                "how": song.how,
                "facts_sha256": song.facts_sha256,
                "created_at": created_at,
            }
            for song in chunk
        ]
        insert_rows(session, Placement, rows)


def load_placements(session: Session, release: str) -> list[PlacedSong]:
    """Return all places in a release's space, by song."""
    columns = (Placement.song_id, Placement.vector, Placement.trust, Placement.how, Placement.facts_sha256)
    statement = select(*columns).where(Placement.release == release).order_by(Placement.song_id)
    return [
        PlacedSong(song_id, np.frombuffer(vector, "<f4").astype(np.float32), trust, how, sha256)
        for song_id, vector, trust, how, sha256 in session.execute(statement)
    ]


def placed_facts(session: Session, release: str) -> dict[int, str]:
    """Return, by song, the hash of the facts by which it was placed in a release's space."""
    statement = select(Placement.song_id, Placement.facts_sha256).where(Placement.release == release)
    return {row.song_id: row.facts_sha256 for row in session.execute(statement)}


# Made once: building a statement takes as long as running it.
_NEWEST = select(func.count(), func.coalesce(func.max(Placement.id), 0)).where(
    Placement.release == bindparam("release")
)


def newest_placement(session: Session, release: str) -> tuple[int, int]:
    """Return how many places a release has and the newest one's id: as long as both stay, nothing is new."""
    session.flush()
    count, newest = session.connection().execute(_NEWEST, {"release": release}).one()
    return int(count), int(newest)


def drop_placements(session: Session, release: str, song_ids: Iterable[int]) -> None:
    """Forget the places of some songs in a release's space."""
    for chunk in chunks(own_ids(song_ids)):
        session.execute(delete(Placement).where(Placement.release == release, Placement.song_id.in_(chunk)))


def drop_releases_but(session: Session, kept: Sequence[str]) -> None:
    """Forget all places in the spaces of releases that are no longer kept."""
    session.execute(delete(Placement).where(Placement.release.not_in(list(kept))))


def all_song_ids(session: Session) -> NDArray[np.int64]:
    """Return the ids of all songs, ascending."""
    return read_frame(session, select(Song.id).order_by(Song.id), {"song_id": "int64"})["song_id"].to_numpy()


def song_facts(session: Session, song_ids: Iterable[int]) -> pd.DataFrame:
    """Return what is known of some songs, by id: song_id, title, artist, artist_id, recording_key.

    An unknown artist has the id -1 and the name "".
    """
    artist_id = case((Artist.name_key == "", UNKNOWN), else_=Song.artist_id)
    statement = select(Song.id, Song.title, Artist.name, artist_id, Song.recording_key).join(
        Artist, Artist.id == Song.artist_id
    )
    frames = [
        read_frame(session, statement.where(Song.id.in_(chunk)).order_by(Song.id), _FACTS)
        for chunk in chunks(sorted(own_ids(song_ids)))
    ]
    return _together(frames, _FACTS)


def lists_with(session: Session, song_ids: Iterable[int]) -> pd.DataFrame:
    """Return all entries of the playlists that hold any of these songs: playlist_id, song_id, source_key.

    Ordered by playlist and position; each playlist once.
    """
    found: dict[int, None] = {}
    for chunk in chunks(own_ids(song_ids)):
        statement = select(PlaylistEntry.playlist_id).where(PlaylistEntry.song_id.in_(chunk)).distinct()
        found.update(dict.fromkeys(session.execute(statement).scalars()))
    entries = select(PlaylistEntry.playlist_id, PlaylistEntry.song_id, Playlist.source_key).join(
        Playlist, Playlist.id == PlaylistEntry.playlist_id
    )
    order = (PlaylistEntry.playlist_id, PlaylistEntry.position)
    frames = [
        read_frame(session, entries.where(PlaylistEntry.playlist_id.in_(chunk)).order_by(*order), _ENTRIES)
        for chunk in chunks(sorted(found))
    ]
    return _together(frames, _ENTRIES)


def _together(frames: Sequence[pd.DataFrame], dtypes: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    if frames:
        return pd.concat(frames, ignore_index=True)
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes.items()})
