"""Hearing and seeing songs, and telling what was heard."""

from __future__ import annotations

import time

from sqlalchemy.orm import Session
from starlette.responses import FileResponse, Response

from db.repositories import browse
from db.repositories.playlists import playlist_songs
from db.repositories.refs import OWN_SCHEME
from pipelines.submit_listens import GivenListen, submit_listens
from service.http.etags import tag_of
from service.http.sound import media_type, song_file
from service.pictures.cover import LARGEST, SMALLEST, USUAL
from service.subsonic import shapes
from service.subsonic.answers import Body
from service.subsonic.call import Call, Method
from service.subsonic.covers import MOST_SONGS
from service.subsonic.errors import GENERIC, Failed
from service.subsonic.ids import Kind, read_id, song_of, songs_behind
from service.subsonic.playlists import own_mixes, readable

# A clock may be wrong; a listen of tomorrow would stay the newest until then.
_AHEAD_S = 86_400
_MOST_LISTENS = 1_000
_KEEP_S = 3_600


def stream(call: Call) -> Response:
    """The sound of a song: the bytes of its file, whatever size or kind is asked for; parts by `Range`."""
    with call.session() as session:
        song = song_of(session, call.given.need("id"))
    sound = song_file(call.service, song)
    kind = media_type(sound.path)
    return FileResponse(sound.path, media_type=kind, headers={"Cache-Control": "private"})


def get_cover_art(call: Call) -> Response:
    """A picture of where a song, an album, an artist or a playlist lies in the song space."""
    thing = call.given.need("id")
    size = call.given.number("size", USUAL, low=SMALLEST, high=LARGEST)
    with call.session() as session:
        songs = _songs_of(session, call, thing)
    picture = call.kept.covers.of(call.now.release, thing, songs, size)
    tag = tag_of(picture)
    headers = {"ETag": tag, "Cache-Control": f"private, max-age={_KEEP_S}"}
    given = {one.strip().removeprefix("W/") for one in call.headers.get("if-none-match", "").split(",")}
    if tag.removeprefix("W/") in given:
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/jpeg", headers=headers)


def scrobble(call: Call) -> Body:
    """Note that songs were played, each play once however often it is told, or that one is being played."""
    listener, given = call.listener, call.given
    ids, times = given.all("id")[:_MOST_LISTENS], given.numbers("time")
    given.need("id")
    with call.session() as session:
        songs = [song_of(session, one) for one in ids]
        if not given.flag("submission", True):
            _begin(session, call, listener, songs[0])
            return {}
    now_s = int(time.time())
    # Players give milliseconds.
    heard = [at // 1000 for at in times[: len(songs)]] + [now_s] * (len(songs) - len(times))
    if any(not 0 < at <= now_s + _AHEAD_S for at in heard):
        raise Failed(GENERIC, "time: milliseconds since 1970, not in the future, are expected")
    listens = [GivenListen(f"{OWN_SCHEME}:{song}", at) for song, at in zip(songs, heard, strict=True)]
    submit_listens(call.service.session_factory, call.now.sums, f"{OWN_SCHEME}:{listener}", listens)
    return {}


def get_now_playing(call: Call) -> Body:
    """What the user who asks plays right now, here or by way of ListenBrainz."""
    playing = None if call.caller.user_id is None else call.kept.now_playing.of(call.caller.user_id)
    entries = []
    if playing is not None and playing.song_id:
        with call.session() as session:
            entries = shapes.songs(session, [playing.song_id], call.marks(session))
    told = {"username": call.caller.user, "minutesAgo": 0, "playerId": 0}
    return {"nowPlaying": {"entry": [{**entry, **told} for entry in entries]}}


def _begin(session: Session, call: Call, listener: int, song: int) -> None:
    for row in browse.song_rows(session, [song]):
        length = None if row.duration_ms is None else row.duration_ms / 1000
        call.kept.now_playing.play(
            listener, row.title, row.artist, row.album, song_id=song, duration_s=length
        )


def _songs_of(session: Session, call: Call, thing: str) -> list[int]:
    """The songs that a cover is of.

    Raises
    ------
    Failed
        There is no such thing, or it is somebody else's.
    """
    given = read_id(thing)
    if given is not None and given.kind is Kind.playlist:
        return playlist_songs(session, readable(session, call, thing).playlist_id)[:MOST_SONGS]
    if thing in own_mixes(call):
        return []
    return songs_behind(session, thing, MOST_SONGS)


METHODS: dict[str, Method] = {
    "stream": stream,
    "download": stream,
    "getCoverArt": get_cover_art,
    "scrobble": scrobble,
    "getNowPlaying": get_now_playing,
}
