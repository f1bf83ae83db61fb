"""The process that runs the nightly job: `python -m service.work.night`, at low priority.

It is told a settings document, and tells each stage that it begins, and what came of the night.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from db.migrate import upgrade
from db.session import make_engine, make_session_factory
from pipelines.nightly import Night, NightlyReport, NightlySettings
from pipelines.stages import JobRunningError
from service.database import connections_of
from service.settings import Settings, load_settings
from service.work.child import Parent, give_way

logger = logging.getLogger(__name__)

NICENESS = 10
_WAIT_S = 30.0
"""How long another run is waited for: one whose worker was killed takes a moment to end."""
_LOOK_EVERY_S = 0.5

Run = Callable[[Settings, Callable[[str], None]], NightlyReport]


def main(run: Run | None = None) -> None:
    """Be the process."""
    parent = Parent()
    settings = load_settings(parent.hear()["settings"])
    logging.basicConfig(level=settings.log_level.value.upper(), format="%(levelname)s %(name)s: %(message)s")
    give_way(NICENESS)
    threading.Thread(target=_end_with, args=(parent,), name="parent", daemon=True).start()
    try:
        report = _patiently(run or _run, settings, lambda stage: parent.tell("stage", stage=stage))
    except Exception as error:  # whatever it is, the night ends with a reason, and the log has it all
        logger.exception("the night failed")
        parent.tell("failed", reason=str(error) or type(error).__name__)
        return
    parent.tell(
        "done",
        result={
            "release": report.release,
            "message": report.message,
            "stages": [
                {"stage": one.name, "seconds": round(one.seconds, 3), "done_before": one.done_before}
                for one in report.stages
            ],
        },
    )


def _end_with(parent: Parent) -> None:
    while True:
        parent.hear()


def _patiently(run: Run, settings: Settings, progress: Callable[[str], None]) -> NightlyReport:
    until_s = time.monotonic() + _WAIT_S
    while True:
        try:
            return run(settings, progress)
        except JobRunningError:
            if time.monotonic() > until_s:
                raise
            time.sleep(_LOOK_EVERY_S)


def _run(settings: Settings, progress: Callable[[str], None]) -> NightlyReport:
    engine = make_engine(settings.database_url, connections_of(settings, "night"))
    upgrade(engine)  # The months to come get their place, however long the worker has been at work.
    factory = make_session_factory(engine)
    chosen = NightlySettings(
        workers=settings.threads, generator=settings.generator, index=settings.index.value
    )
    return Night(settings.home, factory, chosen).run(progress)


if __name__ == "__main__":
    main()
