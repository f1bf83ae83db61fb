"""How songs, albums, artists and playlists look to players."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from db.repositories import browse
from db.repositories import tags as tags_repository
from db.repositories.browse import AlbumKey, AlbumRow, ArtistRow, SongRow
from db.repositories.catalogue_lists import FITS
from db.repositories.player_lists import ListRow
from pipelines.stars import Marks
from service.http.sound import media_type
from service.subsonic.ids import Kind, album_id, id_of

Shape = dict[str, Any]
NO_ALBUM, NO_ARTIST = "(no album)", "(unknown artist)"
_GENRES = 3


def songs(session: Session, song_ids: Iterable[int], marks: Marks) -> list[Shape]:
    """Songs in their order; unknown ones are left out."""
    rows = browse.song_rows(session, song_ids)
    tags = tags_repository.tags_of(session, [row.song_id for row in rows])
    return [_song(row, tags.get(row.song_id, {}), marks) for row in rows]


def albums(session: Session, keys: Sequence[AlbumKey], marks: Marks) -> list[Shape]:
    """Albums in their order, without their songs."""
    return [_album(row, marks) for row in browse.album_rows(session, keys)]


def artist(row: ArtistRow, marks: Marks) -> Shape:
    """An artist, without albums."""
    own = id_of(Kind.artist, row.artist_id)
    return {
        "id": own,
        "name": row.name or NO_ARTIST,
        "albumCount": row.n_albums,
        "coverArt": own,
        "starred": _starred(marks.artists.get(row.artist_id)),
    }


def playlist(row: ListRow, owner: str) -> Shape:
    """A playlist, without songs."""
    own = id_of(Kind.playlist, row.playlist_id)
    made = moment(row.created_at)
    return {
        "id": own,
        "name": row.name or "Playlist",
        "owner": owner,
        "public": row.owner is None,
        "readonly": row.owner is None,
        "songCount": row.n_songs,
        "duration": round(row.duration_ms / 1000),
        "created": made,
        "changed": made,
        "coverArt": own,
    }


def moment(at: datetime) -> str:
    """A moment, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def star_id(key: AlbumKey) -> int:
    """What an album's star is kept under: its id, or for songs without an album the artist's, negative."""
    return key.album_id or -key.artist_id


def _song(row: SongRow, tags: Mapping[str, float], marks: Marks) -> Shape:
    own, album = id_of(Kind.song, row.song_id), album_id(row.album_key)
    fitting = [name for name, weight in tags.items() if weight >= FITS]
    genres = sorted(fitting, key=lambda name: (-tags[name], name))[:_GENRES]
    year = browse.whole({"year": str(row.attributes.get("year", ""))[:4]}, "year", 0)
    file: Shape = {}
    if row.path:
        path = Path(row.path)
        kind = {"contentType": media_type(path), "suffix": path.suffix.lower().removeprefix(".")}
        file = kind | {"size": row.size_bytes}
    return {
        "id": own,
        "parent": album,
        "isDir": False,
        "isVideo": False,
        "type": "music",
        "mediaType": "song",
        "title": row.title,
        "artist": row.artist or NO_ARTIST,
        "artistId": id_of(Kind.artist, row.artist_id),
        "album": row.album or NO_ALBUM,
        "albumId": album,
        "coverArt": own,
        "duration": None if row.duration_ms is None else round(row.duration_ms / 1000),
        "track": browse.whole(row.attributes, "track", 0) or None,
        "discNumber": browse.whole(row.attributes, "disc", 0) or None,
        "year": year or None,
        "genre": genres[0] if genres else None,
        "genres": [{"name": name} for name in genres],
        "created": moment(row.created_at),
        "starred": _starred(marks.songs.get(row.song_id)),
        "userRating": marks.ratings.get(row.song_id),
        **file,
    }


def _album(row: AlbumRow, marks: Marks) -> Shape:
    own = album_id(row.key)
    return {
        "id": own,
        "name": row.title or NO_ALBUM,
        "artist": row.artist or NO_ARTIST,
        "artistId": id_of(Kind.artist, row.key.artist_id),
        "coverArt": own,
        "songCount": row.n_songs,
        "duration": round(row.duration_ms / 1000),
        "created": moment(row.created_at),
        "starred": _starred(marks.albums.get(star_id(row.key))),
    }


def _starred(at_s: int | None) -> str | None:
    # Feedback that came in without a time is as old as time.
    return None if at_s is None else moment(datetime.fromtimestamp(min(max(at_s, 0), 2**33), UTC))
