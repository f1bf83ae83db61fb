"""What administrators did: written beside the deed, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import AuditEvent

LONGEST_ACTION = 64


@dataclass(frozen=True)
class StoredEvent:
    """One deed; `key_id` is None where no key was needed, or the key is gone."""

    event_id: int
    key_id: int | None
    action: str
    detail: Mapping[str, Any]
    created_at: datetime


def add_event(session: Session, key_id: int | None, action: str, detail: Mapping[str, Any]) -> None:
    """Write down a deed; `detail` has to hold no secret."""
    session.add(AuditEvent(api_key_id=key_id, action=action[:LONGEST_ACTION], detail=dict(detail)))
    session.flush()


def list_events(session: Session, limit: int, *, before: int | None = None) -> list[StoredEvent]:
    """Return events, newest first; those before an event's number where one is given."""
    statement = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEvent.id < before)
    return [
        StoredEvent(event.id, event.api_key_id, event.action, event.detail, event.created_at)
        for event in session.execute(statement).scalars()
    ]
