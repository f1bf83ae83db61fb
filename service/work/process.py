"""A worker as a process: `songspace worker`, and `python -m service.work.process` beside `songspace serve`.

It ends at a signal, or with the process that began it. It ends at once: what it was at lies in the queue,
and is begun again by the next worker, just as if it had been killed.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading

from service.settings import load_settings
from service.work.child import give_way
from service.work.worker import Worker

logger = logging.getLogger(__name__)

# Beside a service, whose answers somebody waits for.
NICENESS = 5


def run_worker(worker: Worker, *, is_child: bool = False) -> None:
    """Work until a signal comes, or the parent ends; does not return."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    if is_child:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears it too, and ends us
        threading.Thread(target=_wait_for_end, args=(ended,), name="parent", daemon=True).start()
    worker.start()
    while not ended.wait(1.0):
        pass
    worker.abandon()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _wait_for_end(ended: threading.Event) -> None:
    while sys.stdin.readline():
        pass
    ended.set()


def main() -> None:
    """Be a worker beside the service: the settings come as the first line."""
    settings = load_settings(json.loads(sys.stdin.readline())["settings"])
    logging.basicConfig(level="WARNING", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("service").setLevel(settings.log_level.value.upper())
    give_way(NICENESS)
    run_worker(Worker(settings), is_child=True)


if __name__ == "__main__":
    main()
