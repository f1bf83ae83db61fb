"""A worker: takes what is waiting, one process of many or the only one, and takes over from those that died.

What is to be done stands in rows. The worker looks for open ones and gives each to DBOS as a workflow
named after it, so several workers give it once; DBOS hands it to one of them, keeps to the limits of its
queue, and begins it again where a worker died. A workflow that ended while its row is open is given once
more. DBOS keeps its tables apart: `workflows.db` in the home folder, or a schema of their own on
PostgreSQL.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import make_url

from db.errors import DatabaseError
from db.migrate import upgrade
from db.repositories.generation_jobs import ended_jobs, job_tokens, open_jobs
from db.repositories.nights import open_night
from db.session import make_engine, make_session_factory
from pipelines.erasures import Erasures
from service.database import connections_of
from service.settings import Settings
from service.work.adding import sweep_copies
from service.work.adding_job import run_adding
from service.work.folders import adding_folder, sweep
from service.work.makers import MAKER, NIGHT, Makers
from service.work.making_job import Bearings, run_generation
from service.work.night_job import run_night
from service.work.nights import schedule_night
from service.work.place import Bench
from service.work.slots import Slot, slot_number, take_slot, try_slot

logger = logging.getLogger(__name__)

SCHEMA = "songspace_work"
NAME, VERSION = "songspace", "1"
GENERATIONS, ADDING, NIGHTS = "generations", "adding", "nights"
LOOK_EVERY_S = 0.5
_LOOK_AGAIN_S = 5.0
_TIDY_EVERY_S = 600.0
_STUCK_S = 60.0
_KEPT = timedelta(days=1)
_OPEN = ["ENQUEUED", "PENDING", "DELAYED"]
_NOBODY = "nobody"
_HASHED = 16


class ScheduleError(ValueError):
    """The schedule of the nightly job cannot be understood."""


class Worker:
    """One worker; a process has one at most, since DBOS has one state a process."""

    def __init__(
        self, settings: Settings, *, maker: Sequence[str] = MAKER, night: Sequence[str] = NIGHT
    ) -> None:
        self._engine = make_engine(settings.database_url, connections_of(settings, "worker"))
        self.place = Bench(settings, make_session_factory(self._engine))
        self._stopping = threading.Event()
        self._makers = Makers(settings, maker)
        self._making = Bearings(self.place, self._makers, self._stopping)
        self._nights = Bearings(self.place, Makers(settings, night), self._stopping)
        self._looked_at_s: dict[str, float] = {}
        self._at_work: set[tuple[str, str]] = set()
        self._slot: Slot | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work.

        Raises
        ------
        DatabaseError, ScheduleError
        """
        upgrade(self._engine)
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise
        self._thread = threading.Thread(target=self._look, name="work", daemon=True)
        self._thread.start()

    def _launch(self) -> None:
        from dbos import DBOS

        self._slot = take_slot(self.place.settings.home)
        logging.getLogger("dbos").addHandler(logging.NullHandler())  # else it makes one of its own
        DBOS(config=self._config(self._slot.name))
        flows = {
            GENERATIONS: self._flow(GENERATIONS, lambda token: run_generation(self._making, token)),
            ADDING: self._flow(ADDING, lambda name: run_adding(self._making, name)),
            NIGHTS: self._flow(NIGHTS, self._night),
        }
        scheduled = DBOS.workflow(name="scheduled_night")(self._scheduled())
        DBOS.launch()
        settings = self.place.settings
        DBOS.register_queue(
            GENERATIONS,
            worker_concurrency=settings.generations_at_once,
            partition_concurrency=settings.generations_per_user,
            polling_interval_sec=LOOK_EVERY_S,
            on_conflict="always_update",
        )
        for name in (ADDING, NIGHTS):
            DBOS.register_queue(
                name, global_concurrency=1, polling_interval_sec=LOOK_EVERY_S, on_conflict="always_update"
            )
        self._set_schedule(scheduled)
        logger.info("%s is at work: %s", self._slot.name, ", ".join(flows))

    def stop(self) -> None:
        """End: processes at once, and whatever was at work is begun again by the next worker."""
        from dbos import DBOS

        self.abandon()
        if self._thread is not None:
            self._thread.join()
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=10)
        if self._slot is not None:
            self._slot.release()
        self._engine.dispose()

    def abandon(self) -> None:
        """End the processes that make things, and begin no other."""
        self._stopping.set()
        self._makers.kill()
        self._nights.makers.kill()

    def _config(self, executor: str) -> Any:
        home, url = self.place.settings.home, make_url(self.place.settings.database_url)
        if url.get_backend_name() == "sqlite":
            home.mkdir(parents=True, exist_ok=True)
            tables = f"sqlite:///{home / 'workflows.db'}"
        else:
            tables = url.set(drivername="postgresql").render_as_string(hide_password=False)
        return {
            "name": NAME,
            "system_database_url": tables,
            "dbos_system_schema": SCHEMA,
            "application_version": VERSION,
            "executor_id": executor,
            "log_level": "WARNING",
            "sys_db_pool_size": 5,
            "scheduler_polling_interval_sec": 5.0,
            "use_listen_notify": False,
        }

    def _flow(self, name: str, do: Callable[[str], None]) -> Any:
        """A workflow of one step: a step that is done is not done again, one that was not is begun anew."""
        from dbos import DBOS

        def flow(what: str) -> None:
            self._at_work.add((name, what))
            try:
                DBOS.run_step({"name": name}, do, what)
            finally:
                self._at_work.discard((name, what))

        return DBOS.workflow(name=name)(flow)

    def _night(self, number: str) -> None:
        run_night(self._nights, int(number))
        self._makers.end_idle(0.0)  # a night may have tuned the generator

    def _scheduled(self) -> Callable[[datetime, Any], None]:
        def scheduled_night(due: datetime, _: Any) -> None:
            schedule_night(self.place, due)

        return scheduled_night

    def _set_schedule(self, scheduled: Any) -> None:
        from dbos import DBOS, error

        cron = self.place.settings.nightly_cron
        try:
            if cron != "off":
                DBOS.apply_schedules(
                    [
                        {
                            "schedule_name": "nightly",
                            "workflow_fn": scheduled,
                            "schedule": cron,
                            "context": None,
                        }
                    ]
                )
            elif DBOS.get_schedule("nightly") is not None:
                DBOS.delete_schedule("nightly")
        except error.DBOSException as refused:
            raise ScheduleError(f"SONGSPACE_NIGHTLY_CRON: {refused}") from None

    def _look(self) -> None:
        taken_over_s = tidied_s = 0.0
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self._give_out()
                now_s = time.monotonic()
                if now_s - taken_over_s > _LOOK_AGAIN_S:
                    self._take_over()
                    taken_over_s = now_s
                if now_s - tidied_s > _TIDY_EVERY_S:
                    self._tidy()
                    tidied_s = now_s
            except DatabaseError as error:
                logger.warning("the worker waits: %s", error)
            except Exception:  # the worker must outlive whatever a database or a folder does to it
                logger.exception("the worker could not look for work")

    def _give_out(self) -> None:
        with self.place.session_factory() as session:
            found = [(GENERATIONS, one.token, one.user_id) for one in open_jobs(session)]
            night = open_night(session)
        found += [] if night is None else [(NIGHTS, str(night.number), None)]
        waiting = adding_folder(self.place.settings.home)
        found += [(ADDING, path.name, None) for path in sorted(waiting.glob("*"))]
        now_s = time.monotonic()
        self._looked_at_s = {
            f"{queue} {what}": self._looked_at_s.get(f"{queue} {what}", 0.0) for queue, what, _ in found
        }
        for queue, what, user_id in found:
            if now_s - self._looked_at_s[f"{queue} {what}"] > _LOOK_AGAIN_S:
                self._give(queue, what, user_id)
                self._looked_at_s[f"{queue} {what}"] = now_s

    def _give(self, queue: str, what: str, user_id: int | None) -> None:
        """Give something to whoever is free, unless it was given already."""
        from dbos import DBOS

        known = DBOS.list_workflows(
            workflow_id_prefix=f"{queue}-{what}.", load_input=False, load_output=False
        )
        for one in known:
            if one.status in _OPEN and not self._is_stuck(one, queue, what):
                return
            if one.status in _OPEN:
                logger.warning("%s %s was taken and not begun: it is given once more", queue, what)
                DBOS.cancel_workflow(one.workflow_id)
        options: Any = {
            "workflow_name": queue,
            "queue_name": queue,
            "workflow_id": f"{queue}-{what}.{len(known)}",
            "app_version": VERSION,
        }
        if queue == GENERATIONS:
            options["queue_partition_key"] = self._line_of(user_id)
        DBOS.enqueue_workflow_with_options(options, what)

    def _line_of(self, user_id: int | None) -> str:
        """The line that a user's generations wait in: by a keyed hash, as the queue outlives its users."""
        if user_id is None:
            return _NOBODY
        return Erasures(self.place.settings.home).hash_of(("line", str(user_id)))[:_HASHED]

    def _is_stuck(self, workflow: Any, queue: str, what: str) -> bool:
        """Whether this worker has it by name, but not in hand: the database was lost in between."""
        assert self._slot is not None
        is_ours = workflow.status == "PENDING" and workflow.executor_id == self._slot.name
        idle_s = time.time() - (workflow.updated_at or 0) / 1000
        return is_ours and (queue, what) not in self._at_work and idle_s > _STUCK_S

    def _take_over(self) -> None:
        """Put back what workers were at that live no more."""
        from dbos import DBOS

        assert self._slot is not None
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        others = {one.executor_id or "" for one in pending} - {self._slot.name}
        for number in filter(None, map(slot_number, sorted(others))):
            slot = try_slot(self.place.settings.home, int(number))
            if slot is None:
                continue
            try:
                logger.warning("%s died: what it was at is begun again", slot.name)
                DBOS._recover_pending_workflows([slot.name])
            finally:
                slot.release()

    def _tidy(self) -> None:
        """End idle processes, forget workflows of yesterday, and sweep folders that belong to nothing."""
        from dbos import DBOS

        self._makers.end_idle()
        before = (datetime.now(UTC) - _KEPT).isoformat()
        old = DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"], completed_before=before, load_input=False,
            load_output=False, limit=1000,
        )  # fmt: skip
        if old:
            DBOS.delete_workflows([one.workflow_id for one in old])
        with self.place.session_factory() as session:
            tokens, ended = job_tokens(session), ended_jobs(session)
        sweep(self.place.settings.home, tokens, ended)
        sweep_copies(self.place)
