"""The routes below `/1`: listens, the song being played, feedback and recommendations.

A user goes by the external id, `listenbrainz:ann`, or by what stands behind its colon.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.own_data import feedback_of
from db.repositories.refs import OWN_SCHEME, own_id
from db.repositories.songs import SongDescription
from pipelines.delete_listen import delete_listen
from pipelines.edit_profile import CLEAR, give_feedback
from pipelines.scrobble import (
    Scrobble,
    heard,
    known_song,
    listen_count,
    msid_of,
    scrobble,
    song_of_msid,
)
from service.http import given
from service.http.audit import AuditedRoute
from service.http.keys import Caller
from service.http.problems import Refused, naming
from service.http.service import Now, Service, TheCaller, TheService, forbidden
from service.listenbrainz import payloads
from service.now_playing import NowPlaying

KINDS = {1: "like", -1: "dislike", 0: CLEAR}
_SCORES = {kind: score for score, kind in KINDS.items()}
# A clock may be wrong; a listen of tomorrow would stay the newest until then.
_AHEAD_S = 86_400
_MOST, _LISTENS, _OTHERS = 1_000, 25, 100
Document = dict[str, Any]
Count = Annotated[int, Query(ge=1, le=_MOST)]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1)]
Second = Annotated[int | None, Query(ge=0, le=2**40)]


def listenbrainz_router(now_playing: NowPlaying) -> APIRouter:
    """Make the routes; `now_playing` keeps what is being played."""
    router = APIRouter(prefix="/1", include_in_schema=False, route_class=AuditedRoute)
    _add_listens(router, now_playing)
    _add_taste(router)
    return router


def _add_listens(router: APIRouter, now_playing: NowPlaying) -> None:
    @router.get("/validate-token")
    def validate_token(caller: TheCaller) -> Document:
        """Whose key it is."""
        if caller.key_id is None:
            raise Refused(400, "a key is needed: Authorization: Token KEY")
        if not caller.user:
            return {"code": 200, "message": "Token invalid: this key belongs to no user.", "valid": False}
        return {"code": 200, "message": "Token valid.", "valid": True, "user_name": caller.user}

    @router.post("/submit-listens")
    def submit(service: TheService, now: Now, caller: TheCaller, body: payloads.Submission) -> Document:
        """Store listens, each once however often it is sent, or note what is being played."""
        user_id = _listener(caller)
        if body.listen_type != "import" and len(body.payload) > 1:
            raise Refused(400, f"{body.listen_type} is for one listen, got {len(body.payload)}")
        if body.listen_type == "playing_now":
            _note(service, now_playing, user_id, body.payload[0])
            return {"status": "ok"}
        with naming("payload"):
            scrobble(service.session_factory, now.sums, user_id, _listens(body))
        return {"status": "ok"}

    @router.post("/delete-listen")
    def delete(service: TheService, caller: TheCaller, body: payloads.DeletedListen) -> Document:
        """Delete a listen; one that is not there is deleted already."""
        user_id = _listener(caller)
        song_id = song_of_msid(str(body.recording_msid))
        if song_id is not None:
            delete_listen(service.session_factory, user_id, song_id, body.listened_at)
        return {"status": "ok"}

    @router.get("/user/{user:ref}/listens")
    def listens(
        service: TheService,
        caller: TheCaller,
        user: given.User,
        count: Count = _LISTENS,
        max_ts: Second = None,
        min_ts: Second = None,
    ) -> Document:
        """A user's listens, newest first."""
        if max_ts is not None and min_ts is not None:
            raise Refused(400, "max_ts or min_ts, not both")
        user_id = _whose(service, caller, user)
        page = heard(service.session_factory, user_id, count, before_s=max_ts, after_s=min_ts)
        return payloads.listens_document(page, user)

    @router.get("/user/{user:ref}/listen-count")
    def count_listens(service: TheService, caller: TheCaller, user: given.User) -> Document:
        """How many listens a user has."""
        count = listen_count(service.session_factory, _whose(service, caller, user))
        return {"payload": {"count": count}}

    @router.get("/user/{user:ref}/playing-now")
    def playing_now(service: TheService, caller: TheCaller, user: given.User) -> Document:
        """What a user plays right now."""
        return payloads.playing_document(now_playing.of(_whose(service, caller, user)), user)


def _add_taste(router: APIRouter) -> None:
    @router.post("/feedback/recording-feedback")
    def feedback(service: TheService, caller: TheCaller, body: payloads.RecordingFeedback) -> Document:
        """Love or hate a recording, or take that back; the next answer obeys."""
        user_id = _listener(caller)
        song = _recording(service, body.recording_mbid, body.recording_msid)
        now_s = int(time.time())
        give_feedback(
            service.session_factory, f"{OWN_SCHEME}:{user_id}", KINDS[body.score], song, now_s=now_s
        )
        return {"status": "ok"}

    @router.get("/feedback/user/{user:ref}/get-feedback")
    def get_feedback(
        service: TheService,
        caller: TheCaller,
        user: given.User,
        score: Annotated[int | None, Query(ge=-1, le=1)] = None,
        count: Count = _OTHERS,
        offset: Offset = 0,
        metadata: bool = False,
    ) -> Document:
        """What a user loves and hates, newest first."""
        user_id = _whose(service, caller, user)
        with service.session_factory() as session:
            said = [row for row in _said(session, user_id) if score in (None, 0, row[1])]
            page = said[offset : offset + count]
            songs = songs_repository.describe_songs(session, [song for song, _, _ in page])
        rows = [(songs[song], found, at_s) for song, found, at_s in page]
        return payloads.feedback_document(rows, user, total=len(said), offset=offset, metadata=metadata)

    @router.get("/cf/recommendation/user/{user:ref}/recording")
    def recommendation(
        service: TheService,
        now: Now,
        caller: TheCaller,
        user: given.User,
        count: Count = _LISTENS,
        offset: Annotated[int, Query(ge=0, lt=_MOST)] = 0,
    ) -> Document:
        """Songs for a user, best first; where nothing is known of the taste, what is popular."""
        user_id = _whose(service, caller, user)
        k = min(offset + count, _MOST)
        answer = now.recommend(f"{OWN_SCHEME}:{user_id}", k, explain=False)
        scores = {number: one.score for one in answer.songs if (number := own_id(one.song)) is not None}
        with service.session_factory() as session:
            songs = songs_repository.describe_songs(session, list(scores)[offset:])
        found = [_recommended(song, scores[number]) for number, song in songs.items()]
        return {
            "payload": {
                "count": len(found),
                "entity": "recording",
                "last_updated": int(time.time()),
                "mbids": found,
                "model_id": answer.fallback or now.name or "",
                "model_url": "",
                "offset": offset,
                "total_mbid_count": offset + len(found),
                "user_name": user,
            }
        }


def _listener(caller: Caller) -> int:
    if caller.user_id is None:
        raise Refused(401, "a user's key is needed: Authorization: Token KEY")
    return caller.user_id


def _whose(service: Service, caller: Caller, user: str) -> int:
    """The id of a user whom the caller may ask about."""
    if not caller.is_admin:
        if not caller.is_user(user) and user != caller.user.partition(":")[2]:
            raise forbidden()
        return _listener(caller)
    with service.session_factory() as session:
        return users_repository.find_user(session, user)


def _listens(body: payloads.Submission) -> list[Scrobble]:
    found = []
    latest_s = int(time.time()) + _AHEAD_S
    for place, one in enumerate(body.payload):
        if one.listened_at is None or one.listened_at > latest_s:
            reason = "is missing" if one.listened_at is None else "is in the future"
            raise Refused(400, "listened_at", errors=[(f"payload.{place}.listened_at", reason)])
        found.append(Scrobble(one.song(), one.listened_at))
    return found


def _note(service: Service, now_playing: NowPlaying, user_id: int, listen: payloads.ListenIn) -> None:
    if listen.listened_at is not None:
        raise Refused(400, "what is being played has no listened_at")
    song = listen.song()
    known = known_song(service.session_factory, song)
    now_playing.play(
        user_id,
        song.title,
        song.artist,
        song.album,
        song_id=known.song_id if known else 0,
        duration_s=song.duration_ms / 1000 if song.duration_ms else None,
    )


def _recording(service: Service, mbid: str | None, msid: str | None) -> str:
    """The song of a recording by the id that was given.

    Raises
    ------
    NotFoundError
    """
    if not mbid and not msid:
        raise Refused(400, "recording_mbid or recording_msid is needed")
    own = song_of_msid(msid) if msid else None
    refs = [f"{OWN_SCHEME}:{own}"] if own else []
    refs += [f"mbid:{mbid}"] if mbid else []
    refs += [f"msid:{msid}"] if msid else []
    with service.session_factory() as session:
        found = songs_repository.find_songs(session, refs)
    for ref in refs:
        if ref in found:
            return ref
    raise NotFoundError("song", refs[0])


def _said(session: Session, user_id: int) -> list[tuple[int, int, int]]:
    """Song, score and Unix seconds of a user's likes and dislikes, newest first."""
    rows = [
        (int(row["song_id"]), _SCORES[row["kind"]], int(row["given_at_s"]))
        for row in feedback_of(session, user_id)
        if row["kind"] in _SCORES
    ]
    return rows[::-1]


def _recommended(song: SongDescription, score: float) -> Document:
    return {
        "recording_mbid": payloads.mbid_of(song),
        "recording_msid": msid_of(song.song_id),
        "score": score,
        "track_metadata": payloads.track_metadata(song),
    }
