"""The work that the kill matrix kills, each kind as its command does it, in a process of its own."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from db.session import make_engine, make_session_factory


def do_ingest(paths: list[Path], url: str, home: Path) -> None:
    """What `songspace ingest` does with large files: another process reads them, an index is made last."""
    from db.migrate import upgrade
    from pipelines import read_ahead
    from pipelines.ingest import ingest

    read_ahead.LARGE_BYTES = 1
    engine = make_engine(url)
    upgrade(engine)
    ingest(paths, session_factory=make_session_factory(engine), releases=home / "releases")


def do_night(home: Path, url: str, seed: int, stage: str | None) -> None:
    """What `songspace nightly` does, with little training; says its stage in a file."""
    from pipelines.nightly import Night, NightlySettings

    # Forced, since another seed may do worse by chance; the gate is not what is tried here.
    settings = NightlySettings(seed=seed, workers=1, pairs=1e5, stage=stage, force=True)
    night = Night(home, make_session_factory(make_engine(url)), settings)
    night.run(lambda name: (home / "stage").write_text(name, encoding="utf-8") and None)


def do_serve(home: Path, url: str, port_file: Path) -> None:
    """What `songspace serve --no-worker` does, without the page; says its port in a file."""
    import socket

    from service.answering.pool import Answerers
    from service.http.app import make_server
    from service.settings import load_settings

    given = {"home": home, "database_url": url, "log_level": "error", "request_threads": 4, "rate_limit": 0.0}
    settings = load_settings(
        given | {"generations_waiting": 10_000, "nightly_cron": "off", "answering_processes": 1}
    )
    with Answerers(settings) as answerers, socket.socket(proto=socket.IPPROTO_TCP) as listener:
        server = make_server(settings, host="127.0.0.1", port=0, answerers=answerers)
        listener.bind(("127.0.0.1", 0))

        def say() -> None:
            while not server.started:
                time.sleep(0.01)
            beside = port_file.with_suffix(".part")
            beside.write_text(str(listener.getsockname()[1]))
            os.replace(beside, port_file)

        threading.Thread(target=say, daemon=True).start()
        server.run(sockets=[listener])


def do_work(home: Path, url: str, steps: int) -> None:
    """What `songspace worker` does, with makers that make nothing (tests/tiny_worker.py)."""
    from tests.tiny_worker import main

    sys.argv = ["tiny_worker", "alone", str(home), url, "0.05", str(steps), "off"]
    main()
