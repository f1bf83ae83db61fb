"""How people and programs name songs, playlists and users.

`scheme:value` is an external id, where the value may hold colons; `songspace:123`, `123` and the number 123
are our own ids. For songs the addresses of Spotify tracks and MusicBrainz recordings stand for `spotify:ID`
and `mbid:ID`.
"""

from __future__ import annotations

import re

from db.repositories.bulk import MAX_ID
from db.text import MAX_KEY, storable

OWN_SCHEME = "songspace"

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MUSICBRAINZ = re.compile(
    rf"(?:https?://)?(?:\w+\.)*musicbrainz\.org/recording/({_UUID})\b|mbid:({_UUID})\Z", re.IGNORECASE
)
_SPOTIFY = re.compile(
    r"(?:spotify:track:|(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-\w+/)?(?:embed/)?track/)([A-Za-z0-9]{1,64})"
)
_ISRC = re.compile(r"isrc:([A-Z]{2})-?([A-Z0-9]{3})-?(\d{2})-?(\d{5})\Z", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]{1,10}\Z")


def own_id(ref: str | int) -> int | None:
    """Return the number in `songspace:123`, "123" or 123; None when it is none that a row can have."""
    digits = str(ref).strip().removeprefix(f"{OWN_SCHEME}:")
    number = int(digits) if _DIGITS.match(digits) else 0
    return number if 0 < number <= MAX_ID else None


def external_id(ref: str) -> tuple[str, str] | None:
    """Return (scheme, value) of an external id; None when it is none that could be stored."""
    scheme, colon, value = ref.strip().partition(":")
    if not colon or not scheme or not value or len(scheme) > 64 or len(value) > MAX_KEY or not storable(ref):
        return None
    return scheme, value


def external_song_id(ref: str) -> tuple[str, str] | None:
    """Return (scheme, value) of a song's external id or address; None when it could not be stored."""
    text = ref.strip()
    if found := _MUSICBRAINZ.match(text):
        return "mbid", (found[1] or found[2]).lower()
    if found := _SPOTIFY.match(text):
        return "spotify", found[1]
    if found := _ISRC.match(text):
        return "isrc", "".join(found.groups()).upper()
    return external_id(text)
