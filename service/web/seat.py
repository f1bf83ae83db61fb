"""What a page has in hand: the service, who looks at it, and the player; and how it asks without waiting.

Use cases run in threads, as the routes of the API do, so that a page that waits keeps nobody else waiting.
What they refuse reaches the page as `Refused`, with words for people.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import anyio.to_thread

from db.repositories.audit import add_event
from db.repositories.refs import OWN_SCHEME
from db.session import write_transaction
from service.http.problems import Refused, refusal_of
from service.http.service import Service, forbidden
from service.http.snapshot import Snapshot
from service.web.session import Sessions, Visitor, visitor_of

if TYPE_CHECKING:
    from service.web.parts.player import Player

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass
class Seat:
    """One open page. `player` is set when the shell is drawn."""

    service: Service
    sessions: Sessions
    cookies: Mapping[str, str]
    visitor: Visitor
    _player: Player | None = field(default=None)

    @property
    def now(self) -> Snapshot:
        """The release that answers."""
        return self.service.watch.current

    @property
    def listener(self) -> str:
        """Whose taste it is about; "" for nobody's."""
        return self.visitor.listener

    @property
    def player(self) -> Player:
        """The player bar."""
        assert self._player is not None
        return self._player

    def seat_player(self, player: Player) -> None:
        """Say which player this page has."""
        self._player = player

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask a use case in a thread.

        Raises
        ------
        Refused
            With words for people; also where the key was revoked meanwhile.
        """
        try:
            return await anyio.to_thread.run_sync(self._checked, question)
        except Exception as error:  # a page has to say something whatever went wrong
            refused = refusal_of(error)
            if refused is None and isinstance(error, ValueError):
                refused = Refused(422, str(error))
            if refused is None:
                logger.exception("a page could not be made")
                refused = Refused(500, "something went wrong here; the log says what")
            raise refused from error

    async def change(self, action: str, question: Callable[[], Answer], **detail: str) -> Answer:
        """Do what only administrators may, and write down that it was asked for, as the API does.

        Raises
        ------
        Refused
        """
        if not self.visitor.is_admin:
            raise forbidden()

        def written() -> Answer:
            with write_transaction(self.service.session_factory) as session:
                add_event(session, self.visitor.caller.key_id, f"page: {action}", detail)
            return question()

        return await self.ask(written)

    def _checked(self, question: Callable[[], Answer]) -> Answer:
        if visitor_of(self.service, self.sessions, self.cookies) is None:
            raise Refused(401, "you are signed out: load the page again")
        return question()


def own_ref(song_id: int) -> str:
    """How a song is named to use cases: by its number here."""
    return f"{OWN_SCHEME}:{song_id}"
