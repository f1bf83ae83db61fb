"""A process that behaves as service/work/maker.py does, and makes nothing: SECONDS STEPS [fail|die|deaf]."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from pathlib import Path
from typing import Any

from service.work.child import Parent

TAKE = {"seed": 1, "seconds": 1.0, "sample_rate": 22_050, "checks": {"judge": {"score": 1.5}}}


def main() -> None:
    step_s, n_steps, mode = float(sys.argv[1]), int(sys.argv[2]), (sys.argv[3:] or [""])[0]
    parent = Parent()
    home = Path(parent.hear()["settings"]["home"])
    orders: queue.Queue[dict[str, Any]] = queue.Queue()
    cancelled: set[str] = set()

    def listen() -> None:
        while True:
            message = parent.hear()
            if message["kind"] == "cancel":
                cancelled.add(message["run"])
            else:
                orders.put(message)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        order = orders.get()
        run, token = order["run"], order["token"]
        folder = home / "generations" / "jobs" / token
        written = f"takes-{os.getpid()}-{time.monotonic_ns()}"
        (folder / written).mkdir()
        for step in range(1, n_steps + 1):
            (folder / written / "take-1.wav").write_bytes(b"half")
            time.sleep(step_s)
            if mode == "die":
                os.kill(os.getpid(), 9)
            if run in cancelled and mode != "deaf":
                break
            preview = f"preview-1-{step}.png"
            (folder / preview).write_bytes(b"picture")
            more = {"take": 1, "n_takes": 1, "share_done": step / n_steps, "preview": preview}
            parent.tell("step", run=run, step=step, n_steps=n_steps, **more)
        else:
            if mode == "fail":
                parent.tell("failed", run=run, reason="it did not want to")
                continue
            for format in ("flac", "wav", "mp3", "ogg"):
                (folder / written / f"take-1.{format}").write_bytes(b"whole " * 100)
            result = {"folder": written, "takes": [TAKE | {"number": 1}], "notes": [], "model": "tiny"}
            parent.tell("done", run=run, result=result)
            continue
        parent.tell("stopped", run=run)


if __name__ == "__main__":
    main()
