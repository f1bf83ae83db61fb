"""The engine on a Ray cluster: https://docs.ray.io.

Every node needs the same Songspace installed, and sees the files under the same paths. Ray begins a task
again whose worker or node died, and makes results anew that were lost with a node.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from pipelines.engine import AHEAD, ATTEMPTS, EngineError, Task, count_few, lost_result, result_of

P = TypeVar("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

_PATIENCE_S = 10.0


class Ray:
    """A connection to a cluster; without an address the one of this machine, which is started where there is
    none.

    Raises
    ------
    EngineError
        Ray is not installed, or nothing answers at the address.
    """

    def __init__(self, address: str = "") -> None:
        self._ray = _connected(address)
        if self.width < 1:
            raise EngineError("the Ray cluster has no processors: is a node running?")
        logger.info("ray: %d processors", self.width)

    @property
    def width(self) -> int:
        """Processors of all nodes that are there now."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    @property
    def gpus(self) -> int:
        """GPUs of all nodes."""
        return int(self._ray.cluster_resources().get("GPU", 0))

    @property
    def nodes(self) -> int:
        """Nodes that are there now."""
        return sum(bool(node["Alive"]) for node in self._ray.nodes())

    def map(
        self,
        function: Callable[[P], R],
        partitions: Iterable[P],
        *,
        prepare: Callable[[], object] | None = None,
        lost: Callable[[P], R] | None = None,
        fewest: int = 2,
    ) -> Iterator[R]:
        """See `pipelines.engine.Engine`."""
        ray = self._ray
        task = Task(function, prepare)
        every, are_few = count_few(partitions, fewest)
        if are_few:
            yield from (result_of(task(partition)) for partition in every)
            return
        # Spread, not packed: a node that dies takes as little with it as can be.
        settings = {"num_cpus": 1, "max_retries": ATTEMPTS - 1, "scheduling_strategy": "SPREAD"}
        remote = ray.remote(**settings)(_do)
        waiting: deque[tuple[P, Any]] = deque()
        told = ray.exceptions
        deaths = (told.WorkerCrashedError, told.OutOfMemoryError, told.NodeDiedError, told.ObjectLostError)

        def first() -> R:
            partition, reference = waiting.popleft()
            try:
                outcome: tuple[R | None, Exception | None] = ray.get(reference)
                return result_of(outcome)
            except deaths:
                return lost_result(partition, lost)
            except ray.exceptions.RayError as error:
                raise EngineError(f"the Ray cluster could not do a part: {_line(error)}") from None

        try:
            for partition in every:
                if len(waiting) >= AHEAD * max(self.width, 1):
                    yield first()
                waiting.append((partition, remote.remote(task, partition)))
            while waiting:
                yield first()
        finally:
            # Whose iterator is thrown away at the program's end may find Ray gone, and would start it anew.
            if waiting and ray.is_initialized():
                for _, reference in waiting:
                    ray.cancel(reference, force=True)


def _do(task: Task[P, R], partition: P) -> tuple[R | None, Exception | None]:
    """Do a task: what a node is sent."""
    return task(partition)


def _connected(address: str) -> Any:
    """Ray, connected."""
    try:
        import ray
    except ImportError:
        raise EngineError("ray is missing: pip install 'songspace[ray]'") from None
    if ray.is_initialized():
        return ray
    place = f"at {address}" if address else "on this machine"
    try:
        _knock(address)
        ray.init(address=address or None, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise EngineError(f"no Ray cluster answers {place}: {_line(error)}") from None
    return ray


def _knock(address: str) -> None:
    """See whether anybody is at HOST:PORT, for which Ray would wait for minutes.

    Raises
    ------
    OSError
        Nobody is.
    ValueError
        The port is no number.
    """
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), _PATIENCE_S).close()


def _line(error: BaseException) -> str:
    """The last line of what an error says: of one that came from a node, what was raised there."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
