"""For administrators: releases, keys, what was done, and files for the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from db.errors import NotFoundError
from db.repositories.audit import list_events
from db.repositories.keys import StoredKey
from pipelines.kept_releases import kept_releases, roll_back
from pipelines.take_upload import take_upload
from service.http import given, schemas
from service.http.audit import AuditedRoute
from service.http.keys import create_key, list_keys, revoke_key
from service.http.paging import Cursor, cursor_of, number_of
from service.http.problems import Refused, naming
from service.http.service import Admin, RawBody, TheService

FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {"schema": {"type": "string", "format": "binary", "minLength": 1}}
        },
    }
}
router = APIRouter(prefix="/admin", tags=["admin"], route_class=AuditedRoute)


@router.get("/releases")
def releases(service: TheService, _: Admin) -> schemas.Releases:
    """The releases that are kept, newest first, and the one that answers."""
    now = service.watch.current
    found = [
        {
            "name": one.name,
            "published": one.published,
            "songs": one.manifest.get("songs"),
            "problem": one.problem,
        }
        for one in kept_releases(service.settings.home)
    ]
    return schemas.Releases.model_validate({"releases": found, "serving": now.name, "notice": now.notice})


@router.post("/releases/rollback")
def rollback(service: TheService, _: Admin, wanted: schemas.RollbackIn) -> schemas.Rollback:
    """Publish an earlier release again, and renew the users' profiles."""
    home, name = service.settings.home, wanted.release
    if name is not None and name not in {one.name for one in kept_releases(home)}:
        raise NotFoundError("release", name)
    done = roll_back(home, service.session_factory, name)
    service.watch.look()
    return schemas.Rollback.of(done)


@router.get("/keys")
def keys(service: TheService, _: Admin) -> schemas.Keys:
    """All keys, without their secrets."""
    return schemas.Keys(keys=[_shown(one) for one in list_keys(service.session_factory)])


@router.post("/keys", status_code=201)
def new_key(service: TheService, _: Admin, wanted: schemas.UserKey | schemas.AdminKey) -> schemas.MadeKey:
    """Make a key; it is shown this once."""
    with naming("body.scope"):
        made = create_key(service.session_factory, wanted.scope, getattr(wanted, "user", None))
    return schemas.MadeKey(**_shown(made.stored).model_dump(), key=made.key)


@router.delete("/keys/{number}")
def revoke(
    service: TheService, _: Admin, number: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])]
) -> schemas.KeyOut:
    """Revoke a key: from the next request on it opens nothing."""
    return _shown(revoke_key(service.session_factory, number))


@router.get("/audit")
def audit(service: TheService, _: Admin, limit: given.Limit = 50, cursor: Cursor = None) -> schemas.EventPage:
    """What administrators did, newest first."""
    with service.session_factory() as session:
        found = list_events(session, limit + 1, before=number_of(cursor))
    events = [
        schemas.Event(
            number=one.event_id,
            key=one.key_id,
            action=one.action,
            detail=dict(one.detail),
            created_at=_moment(one.created_at),
        )
        for one in found[:limit]
    ]
    return schemas.EventPage(
        events=events, next=cursor_of(found[limit - 1].event_id) if len(found) > limit else None
    )


@router.post("/ingest", openapi_extra=FILE)
def ingest(
    service: TheService,
    _: Admin,
    file: RawBody,
    namespace: Annotated[
        str,
        Query(
            pattern=r"^[a-z][a-z0-9_]{0,63}$",
            description="Prefix of ids that mean something in this file alone.",
        ),
    ] = "upload",
) -> schemas.Ingested:
    """Take playlists and listens from a file into the catalogue; what the file is, its content says, and what
    cannot be read is named in `problems`.
    """
    if not file:
        raise Refused(422, "the file is empty", errors=[("body", "is empty")])
    with naming("namespace"):
        report = take_upload(service.session_factory, service.settings.home, file, namespace)
    return schemas.Ingested.of(report)


def _shown(key: StoredKey) -> schemas.KeyOut:
    revoked = None if key.revoked_at is None else _moment(key.revoked_at)
    return schemas.KeyOut(
        number=key.key_id,
        scope=key.scope,
        user=key.user,
        created_at=_moment(key.created_at),
        revoked_at=revoked,
    )


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
