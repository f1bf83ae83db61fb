"""Worker processes of one machine: who dies is replaced, and what it was at is begun again.

Each worker has a pipe of its own and one partition at a time, so it is known what a dead one was at. Workers
are spawned, not forked (a fork would copy the locks of whatever threads are running), and end with whoever
began them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from typing import Any, Generic, TypeVar

P = TypeVar("P")
R = TypeVar("R")

_PATIENCE_S = 5.0


@dataclass(frozen=True)
class _Given(Generic[P]):
    """A partition by its place, and how often it was begun."""

    place: int
    partition: P
    attempts: int = 0


class _Worker:
    """A process that does a task with what comes through its pipe."""

    def __init__(self, task: Callable[[Any], Any]) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, task), daemon=True)
        self._process.start()
        theirs.close()  # Else its end would not be noticed here.

    def end(self) -> None:
        """End it, whatever it is at."""
        self.pipe.close()
        self._process.terminate()
        self._process.join(_PATIENCE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def in_workers(
    task: Callable[[P], R], partitions: Iterable[P], workers: int, *, attempts: int, ahead: int
) -> Generator[tuple[P, R | None], None, None]:
    """Yield each partition with what the task makes of it, in order; None where each worker died over it.

    At most `workers * ahead` partitions are at work, or done and waiting for their turn.
    """
    fresh = enumerate(partitions)
    again: deque[_Given[P]] = deque()
    busy: dict[Any, tuple[_Worker, _Given[P]]] = {}  # by pipe
    idle: list[_Worker] = []
    done: dict[int, tuple[P, R | None]] = {}
    turn = drawn = 0

    def next_given() -> _Given[P] | None:
        nonlocal drawn
        if again:
            return again.popleft()
        if drawn - turn >= workers * ahead or (numbered := next(fresh, None)) is None:
            return None
        drawn += 1
        return _Given(*numbered)

    try:
        while True:
            while len(busy) < workers and (given := next_given()) is not None:
                worker = idle.pop() if idle else _Worker(task)
                busy[worker.pipe] = worker, given
                with suppress(BrokenPipeError):  # It died; the wait below tells.
                    worker.pipe.send(given.partition)
            if not busy:
                return
            for pipe in connection.wait(list(busy)):
                worker, given = busy.pop(pipe)
                try:
                    done[given.place] = given.partition, worker.pipe.recv()
                    idle.append(worker)
                except (EOFError, OSError):
                    worker.end()
                    begun = given.attempts + 1
                    if begun < attempts:
                        again.append(_Given(given.place, given.partition, begun))
                    else:
                        done[given.place] = given.partition, None
            while turn in done:
                turn += 1
                yield done.pop(turn - 1)
    finally:
        for worker in (*idle, *(one for one, _ in busy.values())):
            worker.end()


def _work(pipe: connection.Connection[Any, Any], task: Callable[[Any], Any]) -> None:
    """Be a worker until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, who ends us.
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            partition = pipe.recv()
        except (EOFError, OSError):
            return
        outcome = task(partition)
        try:
            pipe.send(outcome)
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # What cannot be pickled, which pickle says in many ways.
            pipe.send((None, TypeError(f"the result cannot be sent: {error}")))


def _end_with_parent() -> None:
    """End when the parent is gone, killed perhaps, though a partition is at work."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
