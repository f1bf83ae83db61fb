"""What a player asks first: whether we are there, what we can do, and who it is."""

from __future__ import annotations

from db.errors import NotFoundError
from db.repositories import catalogue_lists
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.errors import FORBIDDEN, Failed, not_found

EXTENSIONS = ("apiKeyAuthentication", "formPost", "sonicSimilarity")
FOLDER = {"id": 1, "name": "Music"}
_ROLES = {
    "scrobblingEnabled": True,
    "settingsRole": False,
    "downloadRole": True,
    "uploadRole": False,
    "playlistRole": True,
    "coverArtRole": False,
    "commentRole": True,
    "podcastRole": False,
    "streamRole": True,
    "jukeboxRole": False,
    "shareRole": False,
    "videoConversionRole": False,
}
_ADMIN = "admin"
_MOST_GENRES = 1_000


def ping(call: Call) -> Body:
    """Nothing but that we are there."""
    return {}


def get_license(call: Call) -> Body:
    """Free software has no licence that runs out."""
    return {"license": {"valid": True}}


def get_extensions(call: Call) -> Body:
    """What we know beyond Subsonic; anybody may ask."""
    return extensions()


def extensions() -> Body:
    """What we know beyond Subsonic."""
    return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in EXTENSIONS]}


def get_music_folders(call: Call) -> Body:
    """All music is in one folder."""
    return {"musicFolders": {"musicFolder": [FOLDER]}}


def get_scan_status(call: Call) -> Body:
    """How many songs there are; they come in by `songspace ingest`, not by asking."""
    with call.session() as session:
        return {"scanStatus": {"scanning": False, "count": songs_repository.count_songs(session)}}


def get_genres(call: Call) -> Body:
    """Tags, those of most songs first."""
    with call.session() as session:
        found = catalogue_lists.genres(session, _MOST_GENRES)
    return {"genres": {"genre": [{"value": n, "songCount": s, "albumCount": a} for n, s, a in found]}}


def get_user(call: Call) -> Body:
    """What a user may do: oneself, or, for administrators, anybody."""
    wanted, caller = call.given.text("username") or name_of(call), call.caller
    if not caller.is_admin:
        if not caller.is_user(wanted) and wanted != caller.user.partition(":")[2]:
            raise Failed(FORBIDDEN, "only about oneself")
    elif wanted != _ADMIN:
        try:
            with call.session() as session:
                users_repository.find_user(session, wanted)
        except NotFoundError:
            raise not_found("user") from None
    is_admin = caller.is_admin and wanted == _ADMIN
    return {"user": {"username": wanted, "adminRole": is_admin, **_ROLES, "folder": [FOLDER["id"]]}}


def token_info(call: Call) -> Body:
    """Whose key it is."""
    return {"tokenInfo": {"username": name_of(call)}}


def name_of(call: Call) -> str:
    """What who asks is called."""
    return call.caller.user or _ADMIN


METHODS: dict[str, Method] = {
    "ping": ping,
    "getLicense": get_license,
    "getOpenSubsonicExtensions": get_extensions,
    "getMusicFolders": get_music_folders,
    "getScanStatus": get_scan_status,
    "getGenres": get_genres,
    "getUser": get_user,
    "tokenInfo": token_info,
}
