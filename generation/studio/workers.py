"""What every worker process does first."""

from __future__ import annotations

import os
import signal
import threading
import time

_LOOK_S = 1.0


def start_worker() -> None:
    """Leave Ctrl-C to the parent, use one thread, and end when the parent is gone.

    A parent that is killed cannot tell its workers, which would wait for their next task for ever.
    """
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threadpool_limits(1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os._exit(1)
