"""The processes of one worker that make generations: begun when there is work, kept warm, ended when idle."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from service.settings import Settings
from service.work.child import Child
from service.work.place import passed_on

MAKER = (sys.executable, "-m", "service.work.maker")
NIGHT = (sys.executable, "-m", "service.work.night")
IDLE_S = 600.0
"""A model takes a gigabyte: without work its process ends after so long."""


@dataclass
class Makers:
    """Processes of one kind; each is used by one thread at a time."""

    settings: Settings
    command: Sequence[str] = MAKER
    clock: Callable[[], float] = time.monotonic
    _idle: list[tuple[float, Child]] = field(default_factory=list)
    _busy: list[Child] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> Child:
        """One that is idle, or a new one."""
        with self._lock:
            child = self._idle.pop()[1] if self._idle else None
        if child is None:
            child = Child(self.command, {"settings": passed_on(self.settings)})
        with self._lock:
            self._busy.append(child)
        return child

    def give_back(self, child: Child) -> None:
        """Keep it for the next one."""
        with self._lock:
            self._busy.remove(child)
            self._idle.append((self.clock(), child))

    def discard(self, child: Child) -> None:
        """End it: it is stuck, or broken."""
        with self._lock:
            self._busy.remove(child)
        child.kill()

    def end_idle(self, longer_than_s: float = IDLE_S) -> None:
        """End those that nobody needed for so long."""
        with self._lock:
            old = [one for one in self._idle if self.clock() - one[0] >= longer_than_s]
            self._idle = [one for one in self._idle if one not in old]
        for _, child in old:
            child.end()

    def kill(self) -> None:
        """End all of them now, busy or not."""
        with self._lock:
            children = [*self._busy, *(child for _, child in self._idle)]
            self._idle = []
        for child in children:
            child.kill()
