"""Connections that say nothing to the point are closed: the head of a request has to come within seconds.

Bodies have a time of their own (bodies.py). The server below us waits for heads for ever, and has room for so
many connections: whoever opened them and sent a letter a minute would keep everybody else out.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 20.0

_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):
    """The server's protocol, with an end to its patience."""

    _ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in what came, and wait on if it is no whole head."""
        super().data_received(data)
        if self._is_answering():
            self._stop_waiting()
        elif self._ends is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._ends = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._ends is not None:
            self._ends.cancel()
            self._ends = None

    def _give_up(self) -> None:
        self._ends = None
        # A connection that became a web socket is another protocol's.
        is_ours = self.transport.get_protocol() is self
        if is_ours and not self._is_answering() and not self.transport.is_closing():
            self.transport.close()
