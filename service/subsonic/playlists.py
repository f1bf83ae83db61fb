"""Playlists: a user's own, those of nobody, and two that are made anew for whoever asks.

`mix-recommended` is what is recommended now, `mix-discoveries` the week's songs that the user never heard: so
recommendations reach any player that can play a playlist.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from db.repositories.player_lists import ListRow, list_row, lists_of
from db.repositories.playlists import find_playlist, playlist_songs
from db.repositories.refs import OWN_SCHEME, own_id
from db.repositories.users import name_users
from pipelines.discover import discover
from pipelines.stored_playlists import LONGEST, delete_playlist, edit_playlist, make_playlist
from service.subsonic import shapes
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.errors import FORBIDDEN, Failed, missing, not_found
from service.subsonic.ids import Kind, id_of, playlist_of, song_of

RECOMMENDED, DISCOVERIES = "mix-recommended", "mix-discoveries"
_NAMES = {RECOMMENDED: "For you", DISCOVERIES: "Discoveries of the week"}
_MIX, _DISCOVERED = 50, 30
# Of those of nobody, which may be millions, the first ones are listed.
_OWN, _NOBODYS = 10_000, 200


def get_playlists(call: Call) -> Body:
    """The playlists of who asks, and those of nobody."""
    found = [_mix(call, name, songs)[0] for name, songs in _mixes(call).items()]
    with call.session() as session:
        if call.caller.user_id is not None:
            rows = lists_of(session, call.caller.user_id, _OWN)
            found += [shapes.playlist(row, call.caller.user) for row in rows]
        found += [shapes.playlist(row, "songspace") for row in lists_of(session, None, _NOBODYS)]
    return {"playlists": {"playlist": found}}


def get_playlist(call: Call) -> Body:
    """A playlist with its songs."""
    wanted = call.given.need("id")
    if wanted in own_mixes(call):
        shape, songs = _mix(call, wanted, _songs_of_mix(call, wanted))
        return {"playlist": {**shape, "entry": songs}}
    with call.session() as session:
        return {"playlist": _with_songs(session, call, readable(session, call, wanted))}


def create_playlist(call: Call) -> Body:
    """Make a playlist of a name, or give one of who asks other songs."""
    listener, given, factory = call.listener, call.given, call.service.session_factory
    known, name = given.text("playlistId"), given.text("name")
    with call.session() as session:
        songs = [f"{OWN_SCHEME}:{song_of(session, one)}" for one in given.all("songId")[: LONGEST + 1]]
        number = _writable(session, call, known).playlist_id if known else 0
    if number:
        edit_playlist(factory, f"{OWN_SCHEME}:{number}", name=name, songs=songs)
    elif name is None:
        raise missing("name or playlistId")
    else:
        value = secrets.token_hex(12)
        made = make_playlist(factory, value, name[:1_000], songs, user=f"{OWN_SCHEME}:{listener}")
        number = _number_of(call, made.playlist)
    with call.session() as session:
        return {"playlist": _with_songs(session, call, _row(session, number))}


def update_playlist(call: Call) -> Body:
    """Give a playlist another name, take songs out by their place, from 0, and add others at its end."""
    given, factory = call.given, call.service.session_factory
    gone = set(given.numbers("songIndexToRemove"))
    with call.kept.editing:
        with call.session() as session:
            number = _writable(session, call, given.need("playlistId")).playlist_id
            added = [song_of(session, one) for one in given.all("songIdToAdd")[: LONGEST + 1]]
            before = playlist_songs(session, number)
        kept = [song for place, song in enumerate(before) if place not in gone]
        songs = [f"{OWN_SCHEME}:{song}" for song in (*kept, *added)] if added or gone else None
        name = given.text("name")
        edit_playlist(factory, f"{OWN_SCHEME}:{number}", name=name[:1_000] if name else None, songs=songs)
    return {}


def remove_playlist(call: Call) -> Body:
    """Delete a playlist of who asks."""
    with call.session() as session:
        number = _writable(session, call, call.given.need("id")).playlist_id
    delete_playlist(call.service.session_factory, f"{OWN_SCHEME}:{number}")
    return {}


def readable(session: Session, call: Call, text: str) -> ListRow:
    """A playlist that who asks may read: their own, or one of nobody.

    Raises
    ------
    Failed
        There is none, or it is somebody else's, which is told apart for administrators alone.
    """
    row = _row(session, playlist_of(text))
    if not call.caller.is_admin and row.owner not in (None, call.caller.user_id):
        raise not_found("playlist")
    return row


def own_mixes(call: Call) -> tuple[str, ...]:
    """The mixes that there are for who asks: only a user has a taste, and discoveries need a release."""
    if call.caller.user_id is None:
        return ()
    return (RECOMMENDED,) if call.now.release is None else (RECOMMENDED, DISCOVERIES)


def _writable(session: Session, call: Call, text: str) -> ListRow:
    if text in _NAMES:
        raise Failed(FORBIDDEN, "this playlist is made anew each time, nobody edits it")
    row = readable(session, call, text)
    if row.owner is None or row.owner != call.listener:
        raise Failed(FORBIDDEN, "this playlist is not yours")
    return row


def _row(session: Session, number: int) -> ListRow:
    row = list_row(session, number)
    if row is None:
        raise not_found("playlist")
    return row


def _number_of(call: Call, ref: str) -> int:
    with call.session() as session:
        return find_playlist(session, ref)


def _with_songs(session: Session, call: Call, row: ListRow) -> dict[str, Any]:
    owner = "songspace" if row.owner is None else name_users(session, [row.owner]).get(row.owner, "")
    songs = playlist_songs(session, row.playlist_id)
    # A playlist may hold a song twice.
    of = {one["id"]: one for one in shapes.songs(session, songs, call.marks(session))}
    entries = [of[key] for song in songs if (key := id_of(Kind.song, song)) in of]
    return {**shapes.playlist(row, owner), "entry": entries}


def _mixes(call: Call) -> dict[str, list[int]]:
    return {name: _songs_of_mix(call, name) for name in own_mixes(call)}


def _songs_of_mix(call: Call, name: str) -> list[int]:
    user = f"{OWN_SCHEME}:{call.listener}"
    if name == RECOMMENDED:
        found = call.now.recommend(user, _MIX, explain=False).songs
    else:
        year, week, _ = datetime.now(UTC).isocalendar()
        factory = call.service.session_factory
        found = discover(call.now.need, factory, user, _DISCOVERED, week=f"{year}-W{week:02d}").songs
    numbers = [own_id(one.song) for one in found]
    return [number for number in numbers if number is not None]


def _mix(call: Call, name: str, song_ids: list[int]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    with call.session() as session:
        songs = shapes.songs(session, song_ids, call.marks(session))
    now = shapes.moment(datetime.now(UTC))
    shape = {
        "id": name,
        "name": _NAMES[name],
        "owner": "songspace",
        "public": False,
        "readonly": True,
        "songCount": len(songs),
        "duration": sum(one["duration"] or 0 for one in songs),
        "created": now,
        "changed": now,
        "coverArt": name,
    }
    return shape, songs


METHODS: dict[str, Method] = {
    "getPlaylists": get_playlists,
    "getPlaylist": get_playlist,
    "createPlaylist": create_playlist,
    "updatePlaylist": update_playlist,
    "deletePlaylist": remove_playlist,
}
