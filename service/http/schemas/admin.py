"""Releases, keys, events, uploads."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from service.http.given import STORABLE
from service.http.schemas.base import Answer, Given, Ref


class ReleaseOut(Answer):
    """A release that is kept; `problem` says why it cannot be read."""

    name: str
    published: bool
    songs: int | None = None
    problem: str = ""


class Releases(Answer):
    """The releases that are kept, newest first, and the one that answers."""

    releases: list[ReleaseOut]
    serving: str | None
    notice: str = ""


class RollbackIn(Given):
    """Which release is to be published; by default the one before."""

    release: Annotated[str, Field(max_length=64, pattern=STORABLE)] | None = None


class Rollback(Answer):
    """Which release was in force, which is now, and how many users have a profile in it."""

    before: str | None
    release: str
    users: int


class UserKey(Given):
    """A key to be made for a user."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"scope": "user", "user": "sample:user-3"}]})

    scope: Literal["user"]
    user: Ref


class AdminKey(Given):
    """A key to be made for administrators."""

    scope: Literal["admin"]


class KeyOut(Answer):
    """A key, without its secret."""

    number: int
    scope: str
    user: str
    created_at: str
    revoked_at: str | None


class MadeKey(KeyOut):
    """A key that was just made; `key` is shown this once."""

    key: str


class Keys(Answer):
    """All keys, oldest first."""

    keys: list[KeyOut]


class Event(Answer):
    """Something that an administrator did."""

    number: int
    key: int | None
    action: str
    detail: dict[str, Any]
    created_at: str


class EventPage(Answer):
    """A page of events, newest first."""

    events: list[Event]
    next: str | None = None


class Counts(Answer):
    """How many rows are new, different, and as they were."""

    added: int
    changed: int
    unchanged: int


class Ingested(Answer):
    """What an upload brought; `problems` are the parts that could not be read."""

    songs: Counts
    playlists: Counts
    entries: Counts
    listens: Counts
    feedback: Counts
    users_added: int
    problems: list[str]
