"""Releases as rows: what was made when, in which state, and how it measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.errors import NotFoundError
from db.models import RELEASE_STATES, Release


@dataclass(frozen=True)
class ReleaseSummary:
    """One release; `state` is one of `db.models.RELEASE_STATES`."""

    name: str
    state: str
    created_at: datetime
    metrics: Mapping[str, Any]


def save_release(
    session: Session, name: str, *, state: str, metrics: Mapping[str, Any] | None = None
) -> None:
    """Remember a release, or its new state; metrics of None leave stored ones as they are.

    Raises
    ------
    ValueError
        A state that is not known.
    """
    if state not in RELEASE_STATES:
        raise ValueError(f"state must be one of {', '.join(RELEASE_STATES)}, got {state!r}")
    release = session.execute(select(Release).where(Release.name == name)).scalar()
    if release is None:
        session.add(Release(name=name, state=state, metrics=dict(metrics or {})))
    else:
        release.state = state
        release.metrics = release.metrics if metrics is None else dict(metrics)
    session.flush()


def publish_release(session: Session, name: str) -> None:
    """Mark a release as the published one, and the one that was as retired.

    Raises
    ------
    NotFoundError
        There is no release of this name.
    """
    if session.execute(select(Release.id).where(Release.name == name)).first() is None:
        raise NotFoundError("release", name)
    session.execute(update(Release).where(Release.state == "published").values(state="retired"))
    session.execute(update(Release).where(Release.name == name).values(state="published"))


def list_releases(session: Session) -> list[ReleaseSummary]:
    """Return all releases, newest first."""
    statement = select(Release).order_by(Release.id.desc())
    return [_summary(release) for release in session.execute(statement).scalars()]


def load_release(session: Session, name: str) -> ReleaseSummary:
    """Return one release.

    Raises
    ------
    NotFoundError
        There is none of this name.
    """
    release = session.execute(select(Release).where(Release.name == name)).scalar()
    if release is None:
        raise NotFoundError("release", name)
    return _summary(release)


def _summary(release: Release) -> ReleaseSummary:
    return ReleaseSummary(release.name, release.state, release.created_at, release.metrics)
