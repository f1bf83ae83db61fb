"""A process that behaves as service/work/night.py does, and does nothing: STAGE_SECONDS [fail].

While it is at work it holds a lock on `night.running`; `night.doubled` says that two wanted to.
"""

from __future__ import annotations

import fcntl
import sys
import threading
import time
from pathlib import Path
from typing import IO

from service.work.child import Parent


def main() -> None:
    stage_s, mode = float(sys.argv[1]), (sys.argv[2:] or [""])[0]
    parent = Parent()
    home = Path(parent.hear()["settings"]["home"])
    threading.Thread(target=listen, args=(parent,), daemon=True).start()
    running = (home / "night.running").open("a")
    until_s = time.monotonic() + 30
    while not is_alone(running):  # one whose worker was killed takes a moment to end
        if time.monotonic() > until_s:
            (home / "night.doubled").touch()
            break
        time.sleep(0.05)
    for stage in ("clean", "corpus", "publish"):
        parent.tell("stage", stage=stage)
        time.sleep(stage_s)
    running.close()
    if mode == "fail":
        parent.tell("failed", reason="nothing to learn")
    else:
        parent.tell("done", result={"release": "r1", "message": "", "stages": []})


def is_alone(running: IO[str]) -> bool:
    try:
        fcntl.flock(running, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def listen(parent: Parent) -> None:
    while True:
        parent.hear()


if __name__ == "__main__":
    main()
