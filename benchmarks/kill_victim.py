"""A process to be killed: forked from a server that has the libraries loaded, killed after so much work.

Work is the processor time that the process has had, not the clock's, so a point of it is the same point of
the run however busy the machine is.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.002
_IDLE_S = 20.0
# Loaded once: a process that is killed 20 times does not import its libraries 20 times.
LIBRARIES = (
    "faiss", "gensim.models.word2vec", "implicit.als", "lightgbm", "numba", "pandas", "psycopg", "torch",
    "pyarrow.parquet", "scipy.sparse.linalg", "sklearn.cluster", "alembic.command", "dbos", "fastapi",
    "uvicorn", "pytest", "pipelines.ingest", "pipelines.sources.detect", "pipelines.nightly",
    "pipelines.new_songs", "recsys.song_transformer", "service.http.app", "service.work.worker",
    "tests.tiny_world", "tests.postgres_world",
)  # fmt: skip


def forked(function: Callable[..., None], *arguments: Any) -> BaseProcess:
    """Start a function of a module in a process of its own."""
    context = get_context("forkserver")
    context.set_forkserver_preload(list(LIBRARIES))
    process = context.Process(target=function, args=arguments)
    process.start()
    return process


def work_s(pid: int) -> float:
    """Processor time that a process has had, all its threads together; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_S


def run_whole(function: Callable[..., None], *arguments: Any) -> float:
    """Let a process end by itself; return its work in seconds.

    Raises
    ------
    RuntimeError
        It failed.
    """
    process = forked(function, *arguments)
    assert process.pid is not None
    worked = 0.0
    while process.is_alive():
        worked = max(worked, work_s(process.pid))
        time.sleep(_LOOK_S)
    process.join()
    if process.exitcode != 0:
        raise RuntimeError(f"{function.__name__} ended with {process.exitcode}")
    return worked


def run_and_kill(after_s: float, function: Callable[..., None], *arguments: Any) -> bool:
    """Kill a process after so much work, or where it has none to do any more; whether it was still at it.

    Raises
    ------
    RuntimeError
        It failed by itself.
    """
    process = forked(function, *arguments)
    assert process.pid is not None
    worked, since_s = 0.0, time.monotonic()
    while process.is_alive() and worked < after_s and time.monotonic() - since_s < _IDLE_S:
        time.sleep(_LOOK_S)
        if (now := work_s(process.pid)) > worked:
            worked, since_s = now, time.monotonic()
    process.kill()
    process.join()
    if process.exitcode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{function.__name__} ended with {process.exitcode}")
    return process.exitcode != 0


@contextmanager
def at_work(function: Callable[..., None], *arguments: Any) -> Iterator[BaseProcess]:
    """Have a process at work, and kill it at the end."""
    process = forked(function, *arguments)
    try:
        yield process
    finally:
        process.kill()
        process.join()
