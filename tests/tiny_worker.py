"""A worker whose processes make nothing, to be killed: alone|beside|child HOME URL STEP STEPS CRON.

As `tone` it has processes that play tones (tone_maker.py), which takes a POINT more.
"""

from __future__ import annotations

import json
import sys
import time

from service.settings import load_settings
from service.work.beside import worker_beside
from service.work.process import run_worker
from service.work.worker import Worker


def main() -> None:
    mode, home, url, step_s, n_steps, cron = sys.argv[1:7]
    given = {"home": home, "database_url": url, "nightly_cron": cron, "log_level": "warning"}
    settings = load_settings(given)
    if mode == "beside":
        command = [sys.executable, "-m", "tests.tiny_worker", "child", *sys.argv[2:7]]
        with worker_beside(settings, command):
            time.sleep(3600)
        return
    if mode == "child":
        settings = load_settings(json.loads(sys.stdin.readline())["settings"])
    maker = ["tests.tone_maker", *filter(None, sys.argv[7:8])]
    worker = Worker(
        settings,
        maker=[sys.executable, "-m", *(maker if mode == "tone" else ["tests.tiny_maker", step_s, n_steps])],
        night=[sys.executable, "-m", "tests.tiny_night", step_s],
    )
    run_worker(worker, is_child=mode == "child")


if __name__ == "__main__":
    main()
