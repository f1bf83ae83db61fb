"""Connections that say nothing to the point are closed: the head of a request has to come within seconds, and
to end within so many bytes.

Bodies have bounds of their own (bodies.py). The server below us waits for heads for ever, takes in whatever
comes of them, and has room for so many connections: whoever opened them and sent a letter a minute would keep
everybody else out, and whoever sent headers without end would fill the memory.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEAD_SECONDS = 20.0
HEAD_BYTES = 128 << 10
_TOO_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)

_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):
    """The server's protocol, with an end to its patience."""

    _ends: asyncio.TimerHandle | None = None
    _is_in_head = True
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Take in what came, and wait on if it is no whole head."""
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
                self.transport.write(_TOO_LONG)
                self.transport.close()
        if self._is_answering():
            self._stop_waiting()
        elif self._ends is None:
            self._wait()

    def on_message_begin(self) -> None:
        """Count from here (the slower parser, used where the faster one is missing, does so itself)."""
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """What comes now is a body, or the next head."""
        self._is_in_head = False
        super().on_headers_complete()

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
