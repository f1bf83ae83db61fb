"""The process that makes generations: `python -m service.work.maker`, at low priority, with a model in
memory.

It is told a settings document first, then one thing to do after another; it tells what happens. A cancelled
generation stops at its next step, and the model stays for the next one.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from db.session import make_engine, make_session_factory
from service.database import connections_of
from service.settings import Settings, load_settings
from service.work.child import Message, Parent, give_way
from service.work.making import Studio, make, reason_of
from service.work.place import Bench, Place

logger = logging.getLogger(__name__)

NICENESS = 15
UNFORESEEN = "something went wrong while it was made; the log of the service says what"


class Maker:
    """Does what it is told, one thing at a time, and hears meanwhile that it is to stop."""

    def __init__(self, parent: Parent, place: Place, studio: Studio) -> None:
        self.parent, self.place, self.studio = parent, place, studio
        self._orders: queue.Queue[Message] = queue.Queue()
        self._cancelled: set[str] = set()

    def run(self) -> None:
        """Work until the parent is gone."""
        threading.Thread(target=self._listen, name="parent", daemon=True).start()
        while True:
            self._do(self._orders.get())

    def _listen(self) -> None:
        while True:
            message = self.parent.hear()
            if message["kind"] == "cancel":
                self._cancelled.add(str(message["run"]))
            else:
                self._orders.put(message)

    def _do(self, message: Message) -> None:
        from generation.audio.request import Cancelled

        run = str(message["run"])

        def tell(kind: str, **more: Any) -> None:
            self.parent.tell(kind, run=run, **more)

        try:
            if message["kind"] == "make":
                tell("done", result=self._make(message, tell, lambda: run in self._cancelled))
            else:
                tell("done", result=self._add(message))
        except Cancelled:
            tell("stopped")
        except Exception as error:  # whatever it is, it ends with a reason, and the log has it all
            reason = reason_of(error)
            if reason is None or reason != str(error):
                logger.exception("a generation failed")
            tell("failed", reason=reason or UNFORESEEN)
        self._cancelled.discard(run)

    def _make(self, message: Message, tell: Callable[..., None], is_stopped: Callable[[], bool]) -> Any:
        from db.repositories.generation_jobs import find_job
        from generation.audio.request import Cancelled

        with self.place.session_factory() as session:
            job = find_job(session, str(message["token"]))
        if job is None or not job.is_open:
            raise Cancelled("it has ended meanwhile")
        return make(self.place, self.studio, job, tell, is_stopped)

    def _add(self, message: Message) -> Any:
        from service.work.adding import add_take

        return add_take(self.place, str(message["token"]), int(message["take"]))


def main(studio_of: Callable[[Settings], Studio] | None = None) -> None:
    """Be the process."""
    parent = Parent()
    settings = load_settings(parent.hear()["settings"])
    logging.basicConfig(level=settings.log_level.value.upper(), format="%(levelname)s %(name)s: %(message)s")
    give_way(NICENESS, only_idle=True)
    engine = make_engine(settings.database_url, connections_of(settings, "maker"))
    factory = make_session_factory(engine)
    Maker(parent, Bench(settings, factory), (studio_of or _studio)(settings)).run()


def _studio(settings: Settings) -> Studio:
    """The generator in force and the judge that ships."""
    import threadpoolctl

    from generation.audio.checks import load_examiner

    threadpoolctl.threadpool_limits(settings.generation_threads)
    return Studio(lambda: _backend(settings), load_examiner)


def _backend(settings: Settings) -> Any:
    import torch

    from generation.audio.backends import load_backend
    from pipelines.tune_generator import generator_in_force

    torch.set_num_threads(settings.generation_threads)
    return load_backend(weights=generator_in_force(settings.home, settings.generator))


if __name__ == "__main__":
    main()
