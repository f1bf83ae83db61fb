"""A Ray cluster of two nodes on this machine, for a module's tests: a head that does no work, and a node that
may be killed beside one that stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

__all__ = ["cluster"]

STORE_BYTES = 80 * 2**20
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start two nodes of two processors each, and connect; skip where Ray is not installed."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        # The nodes find the tests' functions; and their workers do not wait behind all others.
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("RAY_worker_niceness", "0")
        yield from _running(ray, Cluster)


def _running(ray: Any, Cluster: Any) -> Iterator[Any]:
    started = Cluster()
    try:
        add_node(started)
        add_node(started)
        ray.init(address=started.address, log_to_driver=False, logging_level="ERROR")
        yield started
    finally:
        ray.shutdown()
        started.shutdown()


def add_node(cluster: Any) -> Any:
    """Add a node of two processors, the head at first, and wait for it."""
    for patience in reversed(range(5)):
        try:
            node = cluster.add_node(num_cpus=2, object_store_memory=STORE_BYTES)
            break
        except Exception:  # Ray's own patience, half a minute, is too short for a machine that is busy.
            if not patience:
                raise
    cluster.wait_for_nodes()
    return node
