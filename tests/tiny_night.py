"""A process that behaves as service/work/night.py does, and does nothing: STAGE_SECONDS [fail].

While it is at work the file `night.running` is there, and `night.doubled` says that two were.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from service.work.child import Parent


def main() -> None:
    stage_s, mode = float(sys.argv[1]), (sys.argv[2:] or [""])[0]
    parent = Parent()
    home = Path(parent.hear()["settings"]["home"])
    threading.Thread(target=listen, args=(parent,), daemon=True).start()
    running = home / "night.running"
    if running.exists():
        (home / "night.doubled").touch()
    running.touch()
    for stage in ("clean", "corpus", "publish"):
        parent.tell("stage", stage=stage)
        time.sleep(stage_s)
    running.unlink()
    if mode == "fail":
        parent.tell("failed", reason="nothing to learn")
    else:
        parent.tell("done", result={"release": "r1", "message": "", "stages": []})


def listen(parent: Parent) -> None:
    while True:
        parent.hear()


if __name__ == "__main__":
    main()
