"""Where heavy work is done: one function mapped over partitions, by workers of this machine or a Ray cluster.

    engine = engine_of("local", workers=8)            # or "ray", "ray:10.0.0.5:6379"
    for result in engine.map(analyse, paths): ...

Whatever the engine, the results are the same, and come in the order of the partitions. A partition is small
enough to be sent and large enough to be worth it (a second of work); a function and what it is given must be
picklable, and what it writes it must write whole, since it is begun again where a worker or a node dies.
Files are named by paths that are the same on every node (a shared folder). Joins and shuffles stay in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Generic, Protocol, TypeVar, cast

from pipelines.engine_workers import in_workers

__all__ = ["LOCAL", "RAY", "Engine", "EngineError", "Local", "PartitionLostError", "Task", "engine_of"]

P = TypeVar("P")
R = TypeVar("R")

LOCAL, RAY = "local", "ray"
ATTEMPTS = 3
"""How often a partition is begun whose worker dies."""
AHEAD = 4
"""Partitions for each worker that are at work, or done and waiting for their turn: the bound on memory."""


class EngineError(Exception):
    """The engine that was asked for is not there; the message says what to do."""


class PartitionLostError(Exception):
    """A partition took down whoever worked on it, each time."""


class Engine(Protocol):
    """What maps functions over partitions."""

    @property
    def width(self) -> int:
        """How many partitions are at work at once."""
        ...

    def map(
        self,
        function: Callable[[P], R],
        partitions: Iterable[P],
        *,
        prepare: Callable[[], object] | None = None,
        lost: Callable[[P], R] | None = None,
        fewest: int = 2,
    ) -> Iterator[R]:
        """Yield the function's result for each partition, in order; partitions are drawn as there is room.

        Leaving off (closing the iterator, or an error in whoever reads it) ends what is at work.

        Parameters
        ----------
        function : callable
            Of a module, or a `functools.partial` of one; its arithmetic has one thread. What it raises is
            raised here, in its turn.
        prepare : callable, optional
            Called once in each worker before its first partition: loads what the function needs.
        lost : callable, optional
            Gives the result of a partition whose worker died `ATTEMPTS` times.
        fewest : int
            Fewer partitions are done in this process: a worker takes seconds to start.

        Raises
        ------
        PartitionLostError
            A partition's worker died `ATTEMPTS` times, and there is no `lost`.
        EngineError
        """
        ...


@dataclass(frozen=True)
class Task(Generic[P, R]):
    """What a worker does with a partition: the result, or what was raised instead of it."""

    function: Callable[[P], R]
    prepare: Callable[[], object] | None = None

    def __call__(self, partition: P) -> tuple[R | None, Exception | None]:
        """Do it in one thread."""
        from threadpoolctl import threadpool_limits

        try:
            if self.prepare is not None:
                _prepare(self.prepare)
            # After the libraries are loaded: the limit is set to those that are there.
            with threadpool_limits(1):
                return self.function(partition), None
        except Exception as error:
            return None, error


@lru_cache(maxsize=64)
def _prepare(prepare: Callable[[], object]) -> None:
    """Call once a process."""
    prepare()


def count_few(partitions: Iterable[P], fewest: int) -> tuple[Iterator[P], bool]:
    """All partitions again, and whether they are fewer; draws no more than it takes to tell."""
    rest = iter(partitions)
    first = list(islice(rest, fewest))
    return chain(first, rest), len(first) < fewest


def result_of(outcome: tuple[R | None, Exception | None]) -> R:
    """The result of a task, or what it raised."""
    result, error = outcome
    if error is not None:
        raise error
    return cast(R, result)


def lost_result(partition: P, lost: Callable[[P], R] | None) -> R:
    """What stands for a partition that took its workers down.

    Raises
    ------
    PartitionLostError
        Nothing does.
    """
    if lost is None:
        shown = str(partition)
        raise PartitionLostError(
            f"a worker died {ATTEMPTS} times over {shown[:200]} (is there enough memory?)"
        )
    return lost(partition)


@dataclass(frozen=True)
class Local:
    """Worker processes of this machine; where one is enough, this process."""

    workers: int

    def __post_init__(self) -> None:
        """Refuse no workers."""
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")

    @property
    def width(self) -> int:
        """The workers."""
        return self.workers

    def map(
        self,
        function: Callable[[P], R],
        partitions: Iterable[P],
        *,
        prepare: Callable[[], object] | None = None,
        lost: Callable[[P], R] | None = None,
        fewest: int = 2,
    ) -> Iterator[R]:
        """See `Engine`."""
        task = Task(function, prepare)
        every, are_few = count_few(partitions, fewest)
        if self.workers == 1 or are_few:
            yield from (result_of(task(partition)) for partition in every)
            return
        outcomes = in_workers(task, every, self.workers, attempts=ATTEMPTS, ahead=AHEAD)
        try:
            for partition, outcome in outcomes:
                yield lost_result(partition, lost) if outcome is None else result_of(outcome)
        finally:
            outcomes.close()


def engine_of(text: str, *, workers: int) -> Engine:
    """The engine by name: `local`, `ray` or `ray:ADDRESS`.

    Raises
    ------
    ValueError
        Another name.
    EngineError
        Ray is not installed, or does not answer.
    """
    kind, _, address = text.partition(":")
    if kind == LOCAL and not address:
        return Local(workers)
    if kind == RAY:
        from pipelines.engine_ray import Ray

        return Ray(address)
    raise ValueError(f"an engine is local, ray or ray:ADDRESS, got {text!r}")
