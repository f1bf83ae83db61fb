"""A process of our own that is told things and tells things, a line of JSON each, and ends with us.

The child reads what it is told from its standard input. When that ends, we have ended, however that came
about, and the child ends itself at once: so no process is left that works for nobody.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

Message = dict[str, Any]
_GRACE_S = 5.0


class ChildEndedError(Exception):
    """The process is no longer there; the message says how it ended."""


class Child:
    """The parent's side."""

    def __init__(self, command: Sequence[str], hello: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._heard: queue.Queue[Message | None] = queue.Queue()
        threading.Thread(target=self._listen, name="child", daemon=True).start()
        self.tell(hello)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def tell(self, message: Mapping[str, Any]) -> None:
        """Say something; a child that has ended is found out by `hear`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError:
            return

    def hear(self, timeout_s: float) -> Message | None:
        """Return what the child says next; None where it says nothing for so long.

        Raises
        ------
        ChildEndedError
        """
        try:
            message = self._heard.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if message is None:
            self._heard.put(None)
            code = self._process.wait()
            how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended with code {code}"
            raise ChildEndedError(how)
        return message

    def end(self) -> None:
        """End the process: by itself if it does so soon."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            self._process.wait(_GRACE_S)
        except (OSError, subprocess.TimeoutExpired):
            self.kill()

    def kill(self) -> None:
        """End the process now."""
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):  # on a busy machine even dying takes a while
            self._process.wait(_GRACE_S)
        assert self._process.stdin is not None
        with suppress(OSError):  # what was not told before is told to nobody
            self._process.stdin.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                try:
                    message = json.loads(line)
                except ValueError:
                    continue
                if isinstance(message, dict):
                    self._heard.put(message)
        self._heard.put(None)


class Parent:
    """The child's side: standard output is for messages alone, whatever a library prints goes to the log."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._writing = threading.Lock()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells the parent, and the parent us

    def tell(self, kind: str, **more: Any) -> None:
        """Say something; without a parent there is nothing left to do."""
        with self._writing:
            try:
                self._out.write(json.dumps({"kind": kind, **more}) + "\n")
                self._out.flush()
            except OSError:
                os._exit(0)

    def hear(self, stdin: IO[str] | None = None) -> Message:
        """Wait for the next message; without a parent the process ends."""
        line = (stdin or sys.stdin).readline()
        if not line:
            os._exit(0)
        message: Message = json.loads(line)
        return message


def give_way(niceness: int, *, only_idle: bool = False) -> None:
    """Let everything else go first: at lower priority, as work whose delay nobody feels.

    Parameters
    ----------
    only_idle : bool
        Run when nothing else wants to. A process that is merely nice keeps its processor for some
        milliseconds when an answer could go on, which happens several times in each.
    """
    os.nice(niceness)
    policy = getattr(os, "SCHED_IDLE" if only_idle else "SCHED_BATCH", None)
    if policy is not None:
        with suppress(OSError):  # some containers forbid it
            os.sched_setscheduler(0, policy, os.sched_param(0))
