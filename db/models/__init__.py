"""The tables of the song database, in typed SQLAlchemy 2; constraints and indexes carry the meaning.

`catalogue` (artists, albums, songs, ids, tags), `audio`, `placements` (of new songs), `playlists`, `people`
(users and what they do), `making` (releases, nights, generations, lyrics), `reading` (what was read whole)
and `access` (keys, audit, erasure).
"""

from __future__ import annotations

from db.models.access import ApiKey, AuditEvent, Erasure, PlayerPassword
from db.models.audio import AudioFeatures, AudioFile
from db.models.base import Base, UtcDateTime, now
from db.models.catalogue import Album, Artist, Song, SongAlias, SongTag, Tag
from db.models.making import (
    GENERATION_STATES,
    NIGHT_CAUSES,
    RELEASE_STATES,
    Generation,
    Lyric,
    Night,
    Preference,
    Release,
)
from db.models.people import Feedback, Listen, TasteProfile, User
from db.models.placements import Placement
from db.models.playlists import Playlist, PlaylistEntry
from db.models.reading import ReadSource

__all__ = [
    "GENERATION_STATES",
    "NIGHT_CAUSES",
    "RELEASE_STATES",
    "Album",
    "ApiKey",
    "Artist",
    "AudioFeatures",
    "AudioFile",
    "AuditEvent",
    "Base",
    "Erasure",
    "Feedback",
    "Generation",
    "Listen",
    "Lyric",
    "Night",
    "Placement",
    "PlayerPassword",
    "Playlist",
    "PlaylistEntry",
    "Preference",
    "ReadSource",
    "Release",
    "Song",
    "SongAlias",
    "SongTag",
    "Tag",
    "TasteProfile",
    "User",
    "UtcDateTime",
    "now",
]
