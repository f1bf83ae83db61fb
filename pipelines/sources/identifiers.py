"""External names of songs and playlists: `scheme:value`, made from the many ways in which files spell them.

Schemes: `spotify` (track id), `isrc` (upper case, no hyphens), `mbid` (MusicBrainz recording, lower case),
`msid` (ListenBrainz's own recording id), `path` (an absolute file path), `url`, `name` (artist and title, for
a song that has no id at all), and one per namespace for ids that mean something in one set only
(`playlists:17`).
"""

from __future__ import annotations

import hashlib
import ntpath
import posixpath
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from pipelines.sources.values import clean_text

RESERVED_SCHEMES = frozenset(
    {"spotify", "isrc", "mbid", "msid", "path", "url", "name", "file", "hash", "uri", "songspace"}
)
MAX_VALUE = 400  # Characters; longer ones end in a hash, since no database indexes text of any length.

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MB_RECORDING = re.compile(rf"(?:https?://)?(?:\w+\.)*musicbrainz\.org/recording/({_UUID.pattern})\b")
_SPOTIFY_TRACK = re.compile(
    r"(?:spotify:track:|https?://(?:open|play)\.spotify\.com/(?:intl-\w+/)?(?:embed/)?track/)([A-Za-z0-9]+)"
)
_BARE_SPOTIFY = re.compile(r"[A-Za-z0-9]{1,64}\Z")
_ISRC = re.compile(r"(?:(?:urn:)?isrc:)?([A-Z]{2})-?([A-Z0-9]{3})-?(\d{2})-?(\d{5})\Z", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def spotify_track(text: str) -> str:
    """Return the id in a Spotify track URI or URL, or a bare id; "" when it is neither."""
    found = _SPOTIFY_TRACK.match(text.strip())
    if found:
        return found[1][:64]
    return text.strip() if _BARE_SPOTIFY.match(text.strip()) else ""


def isrc(text: str) -> str:
    """Return a recording code as twelve capitals and digits; "" when it is none."""
    found = _ISRC.match(text.strip())
    return "".join(found.groups()).upper() if found else ""


def mbid(text: str) -> str:
    """Return a MusicBrainz recording id from its URL, or bare; "" when it is neither."""
    lowered = text.strip().lower()
    found = _MB_RECORDING.match(lowered)
    if found:
        return found[1]
    return lowered if _UUID.fullmatch(lowered) else ""


def public_id(text: str) -> tuple[str, str] | None:
    """Return (scheme, value) for text that unmistakably names a recording: an address or a URN, not a bare
    id.
    """
    stripped = text.strip()
    if _MB_RECORDING.match(stripped.lower()):
        return "mbid", mbid(stripped)
    if _SPOTIFY_TRACK.match(stripped):
        return "spotify", spotify_track(stripped)
    if "isrc:" in stripped.lower() and isrc(stripped):
        return "isrc", isrc(stripped)
    return None


def location_id(location: str, folder: Path, *, encoded: bool) -> tuple[str, str] | None:
    """Return what a track's location names: a public id, a `url`, or a `path` as absolute text; None for
    nothing.

    A relative path lies in `folder`. `..` is folded as text only; no file is touched. `encoded` says that
    relative paths are percent-encoded too, as in XSPF; `file:` addresses always are.
    """
    text = clean_text(location, 4096)
    known = public_id(text) if text else None
    if not text or known:
        return known
    if text[:5].lower() == "file:":
        rest = text[5:]
        if rest.startswith("//"):  # The host, nearly always empty or "localhost".
            rest = "/" + rest[2:].partition("/")[2]
        return "path", _absolute(clean_text(unquote(rest), 4096), folder)
    if not _DRIVE.match(text) and _SCHEME.match(text) and ("://" in text or encoded):
        return "url", text
    return "path", _absolute(clean_text(unquote(text), 4096) if encoded else text, folder)


def _absolute(text: str, folder: Path) -> str:
    if re.match(r"/[A-Za-z]:[\\/]", text):  # file:///C:/Music
        text = text[1:]
    if _DRIVE.match(text) or text.startswith("\\\\"):
        return ntpath.normpath(text).replace("\\", "/")
    if "\\" in text and "/" not in text:
        text = text.replace("\\", "/")
    return posixpath.normpath(posixpath.join(str(folder.absolute()), text))


def name_ref(title: str, artist: str) -> str:
    """Return `name:artist<US>title`, the name of a song without ids: NFKC, lower case, single spaces."""
    folded = ("\x1f".join(" ".join(_nfkc(part).split()) for part in (artist, title))).casefold()
    return external("name", folded)


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def external(scheme: str, value: str) -> str:
    """Return `scheme:value`, the value shortened where it is very long."""
    return f"{scheme}:{short_value(value)}"


def short_value(value: str) -> str:
    """Return value, or for a very long one its beginning and a hash of the whole."""
    if len(value) <= MAX_VALUE:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{value[: MAX_VALUE - 33]}~{digest}"


def safe_namespace(text: str) -> str:
    """Return text as a namespace: lower case letters, digits, `_`, `.` and `-`, and no public scheme's
    name.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    safe = re.sub(r"[^\w.-]+", "-", folded).strip("-.")[:64] or "set"
    return f"{safe}-set" if safe in RESERVED_SCHEMES else safe


def is_namespace(text: str) -> bool:
    """Say whether text can be a namespace as it is."""
    return bool(text) and safe_namespace(text) == text
