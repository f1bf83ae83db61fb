"""What the kill matrix kills: an ingest, a night, the publishing of a release, a service, a worker.

Each subject knows how to make its world, how much work an undisturbed run is, and one case: kill it at a
share of that work, look, resume, look again.
"""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import text

from benchmarks.kill_checks import (
    connected,
    content,
    counts,
    database_faults,
    differing,
    indexes,
    release_faults,
)
from benchmarks.kill_files import half_lists, write_files
from benchmarks.kill_victim import at_work, run_and_kill, run_whole, work_s
from benchmarks.kill_work import do_ingest, do_night, do_serve, do_work
from db.session import make_engine, make_session_factory
from pipelines.release_files import current_name

PATIENCE_S = 300.0


@dataclass(frozen=True)
class Case:
    """One kill: what was found at once, and what was wrong then or after resuming."""

    state: str
    faults: tuple[str, ...] = ()


@dataclass
class Ground:
    """Where a subject does its work: a folder, and databases of one kind.

    `fresh` gives the URL of an empty database with all tables; `world` copies a published world into a
    folder, and its database.
    """

    folder: Path
    fresh: Callable[[Path], str]
    world: Callable[[Path], str]


class Ingest:
    """An ingest of lists and listens; resumed by the same command."""

    name = "ingest"

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._paths = write_files(ground.folder / "files")
        url = self._database("whole")
        self._work_s = run_whole(do_ingest, self._paths, url, ground.folder / "whole")
        self._counts, self._content, self._indexes = counts(url), content(url), indexes(url)

    def _database(self, name: str) -> str:
        home = self._ground.folder / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        return self._ground.fresh(home)

    def case(self, number: int, share: float) -> Case:
        """Kill an ingest into an empty database, and do it again."""
        home, url = self._ground.folder / "case", self._database("case")
        run_and_kill(share * self._work_s, do_ingest, self._paths, url, home)
        found = counts(url)
        faults = [*database_faults(url), *half_lists(url)]
        state = f"{found['playlist_entries']:,} of {self._counts['playlist_entries']:,} entries,"
        state += f" {found['listens']:,} of {self._counts['listens']:,} listens"
        run_whole(do_ingest, self._paths, url, home)
        faults += [*database_faults(url), *differing(self._counts, counts(url))]
        faults += [f"other {name}" for name, sha in content(url).items() if sha != self._content[name]]
        faults += [f"no index {name}" for name in sorted(self._indexes - indexes(url))]
        return Case(state, tuple(faults))


class Nightly:
    """A night with another seed, so that every stage is done anew; resumed by the next night."""

    name = "nightly"
    stage: str | None = None

    def __init__(self, ground: Ground) -> None:
        self._home = ground.folder / "home"
        self._url = ground.world(self._home)
        self._work_s = run_whole(do_night, self._home, self._url, 1, self.stage)
        self._counts = self._lasting()

    def _lasting(self) -> dict[str, int]:
        """Tables that a night has no business to lengthen or to shorten."""
        return {name: n for name, n in counts(self._url).items() if name not in ("releases", "placements")}

    def case(self, number: int, share: float) -> Case:
        """Kill a night, look, and let the next one finish."""
        seed = number + 2
        before = current_name(self._home / "releases")
        was_at_work = run_and_kill(share * self._work_s, do_night, self._home, self._url, seed, self.stage)
        at = (self._home / "stage").read_text(encoding="utf-8") if was_at_work else "done"
        faults = [*database_faults(self._url), *release_faults(self._home, must=True)]
        there = current_name(self._home / "releases")
        state = f"{at}, {'the old release' if there == before else 'the new release'} in force"
        run_whole(do_night, self._home, self._url, seed, None)
        faults += [*database_faults(self._url), *release_faults(self._home, must=True)]
        faults += differing(self._counts, self._lasting())
        faults += self._published(before)
        return Case(state, tuple(faults))

    def _published(self, before: str | None) -> list[str]:
        releases = self._home / "releases"
        name = current_name(releases)
        faults = [f"{path.name} is left over" for path in releases.iterdir() if path.name.startswith(".")]
        if name == before:
            faults.append("nothing was published after all")
        with connected(self._url) as connection:
            rows = (
                connection.execute(text("SELECT name FROM releases WHERE state = 'published'"))
                .scalars()
                .all()
            )
        return faults if rows == [name] else [*faults, f"published in the database: {rows}, in force: {name}"]


class Publish(Nightly):
    """The last stage alone: write a release, ask the gate, move the pointer, renew profiles."""

    name = "publish"
    stage = "publish"


@dataclass
class _Told:
    """What a client sent, and what it was told is done."""

    sent: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)
    orders_sent: int = 0
    orders: set[str] = field(default_factory=set)


class Serve:
    """A service that is told listens and likes, and given orders; resumed by starting it again, and whoever
    got no answer tells it again.
    """

    name = "serve"
    writes = 40
    # Of the run's length the first part is the start, before it answers.
    start_share = 0.2

    def __init__(self, ground: Ground) -> None:
        self._folder, self._home = ground.folder, ground.folder / "home"
        self._url = ground.world(self._home)
        self._told = _Told()
        with connected(self._url) as connection:
            query = "SELECT scheme, value FROM users WHERE scheme = 'sample' ORDER BY id LIMIT 1"
            self._user = ":".join(connection.execute(text(query)).one())
        self._before = counts(self._url)
        with at_work(do_serve, self._home, self._url, self._port_file) as process:
            self._client(process)
            assert process.pid is not None
            self._start_s = work_s(process.pid)

    @property
    def _port_file(self) -> Path:
        return self._folder / "port"

    def case(self, number: int, share: float) -> Case:
        """Kill a service while it starts, or after so many writes; then look at what it had promised."""
        if share < self.start_share:
            self._port_file.unlink(missing_ok=True)
            after_s = share / self.start_share * self._start_s
            run_and_kill(after_s, do_serve, self._home, self._url, self._port_file)
            return Case("while it started", tuple(self._faults()))
        wanted = round((share - self.start_share) / (1 - self.start_share) * self.writes)
        self._port_file.unlink(missing_ok=True)
        with at_work(do_serve, self._home, self._url, self._port_file) as process:
            ask = self._client(process)
            again = sorted(self._told.sent - self._told.done)
            for key in again:
                self._listen(ask, key)
            n_before = len(self._told.done)
            writers = [
                threading.Thread(target=self._write, args=(ask, number * 1000 + 500 * one), daemon=True)
                for one in range(2)
            ]
            for writer in writers:
                writer.start()
            until_s = time.monotonic() + PATIENCE_S
            while len(self._told.done) - n_before < wanted and time.monotonic() < until_s:
                time.sleep(0.001)
            process.kill()
            for writer in writers:
                writer.join()
        open_now = len(self._told.sent) - len(self._told.done)
        faults = self._faults()
        if len(self._told.done) - n_before < wanted:
            faults.append("it did not answer")
        state = (
            f"after {len(self._told.done) - n_before} writes, {open_now} unanswered, {len(again)} told again"
        )
        return Case(state, tuple(faults))

    def _client(self, process: Any) -> Callable[[str, str, Any], Any]:
        """Ask over a connection a call: what was killed leaves none in an unknown state."""
        import http.client

        until_s = time.monotonic() + PATIENCE_S
        while not self._port_file.exists():
            if not process.is_alive() or time.monotonic() > until_s:
                raise RuntimeError("the service did not start")
            time.sleep(0.01)
        port = int(self._port_file.read_text())

        def ask(method: str, path: str, body: Any) -> Any:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
                headers = {"Content-Type": "application/json"}
                connection.request(method, path, json.dumps(body), headers)
                answer = connection.getresponse()
                said = answer.read()
                if answer.status >= 300:
                    raise RuntimeError(f"{path}: {answer.status} {said[:200]!r}")
                return json.loads(said)

        return ask

    def _listen(self, ask: Callable[[str, str, Any], Any], key: int) -> None:
        """Tell of one listen; its moment is its key."""
        self._told.sent.add(key)
        listen = {"song": f"sample:{key % 50}", "listened_at_s": 1_700_000_000 + key}
        ask("POST", f"/v1/users/{self._user}/listens", {"listens": [listen]})
        self._told.done.add(key)

    def _write(self, ask: Callable[[str, str, Any], Any], first: int) -> None:
        """Tell listens, a like each, and an order now and then, until nobody answers."""
        with suppress(OSError, EOFError, ValueError):
            for key in range(first, first + 500):
                self._listen(ask, key)
                ask("PUT", f"/v1/users/{self._user}/feedback/sample:{key % 50}", {"kind": "like"})
                if key % 5 == 0:
                    self._told.orders_sent += 1
                    said = ask("POST", "/v1/generations", {"prompt": "slow jazz", "seconds": 2})
                    self._told.orders.add(said["generation"])

    def _faults(self) -> list[str]:
        faults = [*database_faults(self._url), *release_faults(self._home, must=True)]
        with connected(self._url) as connection:
            query = "SELECT listened_at_s FROM listens WHERE listened_at_s >= 1700000000"
            query += " AND listened_at_s < 1700100000"
            stored = [int(at) - 1_700_000_000 for at in connection.execute(text(query)).scalars()]
            orders = connection.execute(text("SELECT token, state FROM generations")).all()
        lost, foreign = self._told.done - set(stored), set(stored) - self._told.sent
        if lost or foreign or len(stored) != len(set(stored)):
            faults.append(f"{len(lost)} listens lost, {len(foreign)} never told, {len(stored)} rows")
        names = {row.token for row in orders}
        if self._told.orders - names or len(orders) > self._told.orders_sent:
            faults.append(
                f"{len(orders)} orders of {self._told.orders_sent} sent, {len(self._told.orders)} taken"
            )
        now = counts(self._url)
        same = {
            name: n for name, n in self._before.items() if name in ("songs", "playlists", "playlist_entries")
        }
        return faults + differing(same, {name: now[name] for name in same})


class Work:
    """A worker that makes what was ordered, and runs nights; resumed by the next worker."""

    name = "worker"
    steps = 8
    start_share = 0.25

    def __init__(self, ground: Ground) -> None:
        from db.migrate import upgrade
        from service.settings import load_settings
        from service.work.place import Bench

        home = ground.folder / "home"
        home.mkdir(parents=True)
        self._url = ground.fresh(home)
        engine = make_engine(self._url)
        upgrade(engine)
        given = {"home": home, "database_url": self._url, "nightly_cron": "off", "log_level": "error"}
        self._place = Bench(load_settings(given), make_session_factory(engine))
        self._ended: dict[str, str] = {}
        self._nights: dict[int, str] = {}
        name = self._order()
        with at_work(do_work, home, self._url, self.steps) as process:
            self._until(lambda: bool(self._steps(name)))
            assert process.pid is not None
            self._start_s = work_s(process.pid)
            self._finish([name])

    def case(self, number: int, share: float) -> Case:
        """Kill a worker while it starts or while it makes a track, and have another one finish."""
        from service.work.nights import ask_for_night
        from service.work.slots import has_worker

        name = self._order()
        if number % 4 == 0:
            ask_for_night(self._place)
        home = self._place.settings.home
        step = (share - self.start_share) / (1 - self.start_share) * self.steps
        with at_work(do_work, home, self._url, self.steps) as process:
            assert process.pid is not None
            until_s = time.monotonic() + PATIENCE_S
            while time.monotonic() < until_s and not self._is_ended(name):
                if step < 0 and work_s(process.pid) >= share / self.start_share * self._start_s:
                    break
                if step >= 0 and self._steps(name) > step:
                    break
                time.sleep(0.005)
        self._until(lambda: not has_worker(home))
        state = self._state(name)
        faults = [*database_faults(self._url), *self._changed()]
        with at_work(do_work, home, self._url, self.steps):
            self._finish([name])
        faults += [*database_faults(self._url), *self._changed()]
        takes = sorted(path.name for path in (home / "generations" / "jobs" / name).rglob("take-*"))
        if self._state(name).split()[0] != "done" or takes != [f"take-1.{kind}" for kind in _KINDS]:
            faults.append(f"{name} is {self._state(name)} with {takes}")
        return Case(state, tuple(faults))

    def _order(self) -> str:
        from service.work import generations
        from service.work.order import Order

        return generations.submit(self._place, Order(prompt="slow jazz", seconds=2.0)).generation

    def _steps(self, name: str) -> int:
        from service.work import generations

        return sum(one.kind == "step" for one in generations.events(self._place, name))

    def _is_ended(self, name: str) -> bool:
        from service.work import generations

        return not generations.show(self._place, name).is_open

    def _state(self, name: str) -> str:
        from service.work import generations

        shown = generations.show(self._place, name)
        return f"{shown.state} in attempt {shown.attempts}"

    def _finish(self, names: list[str]) -> None:
        """Wait until these generations and all nights have ended, and dead makers' leavings are swept."""
        from service.work.nights import nights_before

        self._until(lambda: all(self._is_ended(name) for name in names))
        self._until(lambda: not any(one.is_open for one in nights_before(self._place, None, 1000)))
        jobs = self._place.settings.home / "generations" / "jobs"
        self._until(lambda: all(len(list((jobs / name).rglob("take-*"))) in (0, 4) for name in names))

    def _changed(self) -> list[str]:
        """Jobs that ended in another state than the one that they had ended in."""
        with connected(self._url) as connection:
            rows = connection.execute(text("SELECT token, state FROM generations")).all()
            nights = connection.execute(text("SELECT id, state FROM nights")).all()
        found = []
        for known, now in ((self._ended, rows), (self._nights, nights)):
            for key, state in now:
                if known.get(key, state) != state:
                    found.append(f"{key} was {known[key]} and is {state}")
                if state not in ("queued", "running", "waiting"):
                    known[key] = state
            if known.keys() - {row[0] for row in now}:
                found.append("a job is gone")
        if (self._place.settings.home / "night.doubled").exists():
            found.append("two nights ran at once")
        return found

    def _until(self, is_so: Callable[[], bool]) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not is_so():
            if time.monotonic() > until_s:
                raise RuntimeError("it never became true")
            time.sleep(0.01)


_KINDS = ("flac", "mp3", "ogg", "wav")
SUBJECTS: dict[str, Callable[[Ground], Any]] = {
    one.name: one for one in (Ingest, Nightly, Publish, Serve, Work)
}
