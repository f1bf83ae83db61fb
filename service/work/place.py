"""Where work is asked for and done: settings, and the song database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from db.session import SessionFactory
from service.settings import Settings


class Place(Protocol):
    """What has both; a running service is one."""

    @property
    def settings(self) -> Settings: ...  # noqa: D102

    @property
    def session_factory(self) -> SessionFactory: ...  # noqa: D102


@dataclass(frozen=True)
class Bench:
    """A place that is no service."""

    settings: Settings
    session_factory: SessionFactory


def passed_on(settings: Settings) -> dict[str, Any]:
    """The settings for a process of ours, as JSON can hold them: the database URL is whole, password and all,
    so they go through pipes alone.
    """
    return {**settings.model_dump(mode="json"), "database_password_file": None}
