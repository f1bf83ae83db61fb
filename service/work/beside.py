"""A worker beside a running service: a process of its own, begun again whenever it dies, ended with the
service.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from service.settings import Settings
from service.work.place import passed_on

logger = logging.getLogger(__name__)

PROCESS = (sys.executable, "-m", "service.work.process")
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_END_S = 10.0


@contextmanager
def worker_beside(settings: Settings, command: Sequence[str] = PROCESS) -> Iterator[None]:
    """Keep a worker for as long as the context lasts."""
    ended = threading.Event()
    thread = threading.Thread(
        target=_keep, args=(settings, command, ended), name="worker-beside", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_END_S + 5.0)


def _keep(settings: Settings, command: Sequence[str], ended: threading.Event) -> None:
    wait_s = _FIRST_WAIT_S
    while not ended.is_set():
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"settings": passed_on(settings)}) + "\n")
            process.stdin.flush()
        except OSError:
            logger.warning("the worker did not begin")
        while process.poll() is None and not ended.wait(0.2):
            pass
        if ended.is_set():
            _end(process)
            return
        logger.warning("the worker ended with code %s; another begins in %g s", process.returncode, wait_s)
        with suppress(OSError):
            process.stdin.close()
        ended.wait(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    try:
        process.stdin.close()
        process.wait(_END_S)
    except (OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait()
