"""The service under load: recommendations while releases come and go, unchanged users, listens told twice.

    make bench-service             (ARGS='--songs 1000000 --home FOLDER': the size of the bars)

A real `songspace serve` runs in a process of its own over a made-up world (recommend_world.py), and is asked
over loopback. Requests leave by the clock, whether the ones before were answered or not, and are timed from
when they were to leave: a server that stalls is not asked less. The second release has other titles, so that
an answer of two releases is found out. With `--generation` a worker makes track after track meanwhile. A
folder that was kept has the songs and users that it was made with.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import text

from benchmarks.recommend_world import NAME, SCHEME, Size, build_world
from db.repositories.users import ensure_users
from db.session import SessionFactory, write_transaction
from pipelines.release_files import MANIFEST, current_name, publish, write_manifest
from service.work.night import NICENESS

SECOND, MARK = "bench-second", "Second: "
THREADS, CLIENTS, BATCH = 32, 20, 25
WARM_UP, FIRST_S = 40, 1_600_000_000
SETTLED_S = 15.0


@dataclass
class Tally:
    """What came back: seconds from when a request was to leave, statuses, and what was wrong."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def line(self, name: str) -> str:
        """One row of the table."""
        if not self.seconds:
            return f"{name:<34} nothing was answered"
        p50, p95, p99 = (1000 * np.percentile(self.seconds, share) for share in (50, 95, 99))
        told = ", ".join(f"{status}: {count:,}" for status, count in sorted(self.statuses.items()))
        worst = 1000 * max(self.seconds)
        return (
            f"{name:<34} p50 {p50:6.1f}  p95 {p95:6.1f}  p99 {p99:6.1f}  worst {worst:7.1f} ms   "
            f"{told}   faults {len(self.faults)}"
        )


class Client:
    """One connection that stays open; after a failure it is opened anew."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Send a request and read the answer."""
        for attempt in (0, 1):
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            try:
                data = None if body is None else json.dumps(body).encode()
                self._connection.request(method, path, data, headers or {})
                answer = self._connection.getresponse()
                return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
            except (http.client.HTTPException, OSError):
                self.close()
                # A connection that idled may have been closed by the server; a fresh one may not.
                if attempt:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Break the connection off."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def main() -> None:
    """Make the world, run the server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--home", type=Path, help="folder that keeps the world; a temporary one by default")
    parser.add_argument("--songs", type=int, default=Size.songs)
    parser.add_argument("--seconds", type=int, default=60, help="of recommendations, each of another user")
    parser.add_argument("--rate", type=float, default=40.0, help="recommendations a second")
    parser.add_argument("--etag-rate", type=float, default=400.0, help="unchanged users a second")
    parser.add_argument("--etag-seconds", type=int, default=10)
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--listens", type=int, default=10_000)
    parser.add_argument("--generation", action="store_true", help="a worker makes tracks meanwhile")
    given = parser.parse_args()
    users = int(given.rate * given.seconds) + WARM_UP
    with TemporaryDirectory() as temporary:
        home = given.home or Path(temporary)
        factory, release = build_world(home, Size(songs=given.songs, users=users), seed=1)
        add_second(home)
        print(f"{release.n_songs:,} songs, {users:,} users; load average {os.getloadavg()[0]:.1f}")
        del release
        with serving(home, generation=given.generation) as (port, process):
            refs = [f"{SCHEME}:user-{i}" for i in range(users)]
            etags = recommending(port, home, factory, refs, given)
            unchanged(port, etags, given.etag_rate, given.etag_seconds)
            listening(port, factory, given.listens)
            print(f"server: at most {peak_mib(process.pid):,.0f} MiB")


def recommending(
    port: int, home: Path, factory: SessionFactory, refs: Sequence[str], given: argparse.Namespace
) -> dict[str, str]:
    """Ask for each user once while releases are swapped; return the ETags of the last answers."""
    client = Client(port)
    for ref in refs[:WARM_UP]:
        client.ask("GET", f"/v1/users/{ref}/recommendations?k=10")
    tally, etags = Tally(), dict[str, str]()
    stop, made = threading.Event(), Counter[str]()
    beside = [threading.Thread(target=swap, args=(home, factory, given, stop, made))]
    if given.generation:
        beside.append(threading.Thread(target=generate, args=(port, stop, made)))
    for thread in beside:
        thread.start()

    def ask(client: Client, ref: str) -> int:
        status, headers, body = client.ask("GET", f"/v1/users/{ref}/recommendations?k=10")
        answer = json.loads(body)
        name = answer.get("release")
        marked = {song["title"].startswith(MARK) for song in answer.get("songs", ())}
        if status != 200 or len(answer["songs"]) != 10 or marked != {name == SECOND} or answer["fallback"]:
            tally.faults.append(f"{status} {name} {marked}")
        tally.releases[str(name)] += 1
        etags[ref] = headers.get("etag", "")
        return status

    by_the_clock(port, refs[WARM_UP : WARM_UP + int(given.rate * given.seconds)], given.rate, ask, tally)
    stop.set()
    for thread in beside:
        thread.join()
    print(tally.line(f"recommendations, {given.rate:.0f} a second"))
    print(f"  releases published {made['swaps']}; answers by release {dict(tally.releases)}")
    if given.generation:
        told = {name.removeprefix("generation "): n for name, n in made.items() if name != "swaps"}
        print(f"  generations meanwhile: {told}")
    for fault in tally.faults[:5]:
        print(f"  fault: {fault}")
    # The last release stays; what was answered of the other is asked for again, once it is in force. There
    # are two names alone, so the one of before the last may have to go first: it has to stay for a while.
    until, since = time.monotonic() + 300, time.monotonic()
    while time.monotonic() - since < SETTLED_S:
        if json.loads(client.ask("GET", "/readyz")[2])["release"] != current_name(home / "releases"):
            since = time.monotonic()
        if time.monotonic() > until:
            raise SystemExit("the release that was published last is not served")
        time.sleep(0.5)
    for ref in list(etags)[:400]:
        etags[ref] = client.ask("GET", f"/v1/users/{ref}/recommendations?k=10")[1].get("etag", "")
    return dict(list(etags.items())[:400])


def unchanged(port: int, etags: dict[str, str], rate: float, seconds: int) -> None:
    """Ask for users whose answer is known."""
    refs = list(etags)
    asked = [refs[i % len(refs)] for i in range(int(rate * seconds))]
    tally = Tally()

    def ask(client: Client, ref: str) -> int:
        headers = {"If-None-Match": etags[ref]}
        status, _, _ = client.ask("GET", f"/v1/users/{ref}/recommendations?k=10", headers=headers)
        if status != 304:
            tally.faults.append(f"{status} {ref}")
        return status

    by_the_clock(port, asked, rate, ask, tally)
    print(tally.line(f"unchanged, {rate:.0f} a second"))


def listening(port: int, factory: SessionFactory, n: int) -> None:
    """Tell listens from many clients at once, each of them again and again, some without waiting."""
    keys = [("bench-load", f"client-{i}") for i in range(CLIENTS)]
    with write_transaction(factory) as session:
        ids, _ = ensure_users(session, keys)
    each = n // CLIENTS
    faults: list[str] = []
    sent = Counter[str]()
    started = time.perf_counter()

    def tell(number: int) -> None:
        rng, client = random.Random(number), Client(port)
        path = f"/v1/users/bench-load:client-{number}/listens"
        rows = [{"song": f"{SCHEME}:{1 + i % 500}", "listened_at_s": FIRST_S + i} for i in range(each)]
        for start in range(0, each, BATCH):
            body = {"listens": rows[start : start + BATCH]}
            if rng.random() < 0.2:  # a client that gives up before it hears the answer, and tries again
                give_up(port, path, body)
                sent["given up"] += 1
            for _ in range(rng.choice((1, 1, 2, 3))):
                status, _, answer = client.ask("POST", path, body)
                sent["told"] += 1
                if status != 200:
                    faults.append(f"{status} {answer[:200]!r}")
        client.close()

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    stored = 0
    with factory() as session:
        for user_id in ids.values():
            # A folder that was kept has those of earlier runs, too.
            statement = text(
                "SELECT count(*), count(DISTINCT listened_at_s) FROM listens "
                "WHERE user_id = :user AND listened_at_s < :end"
            )
            rows, moments = session.execute(statement, {"user": user_id, "end": FIRST_S + each}).one()
            stored += int(rows)
            if int(rows) != each or int(moments) != each:
                faults.append(f"user {user_id}: {rows} rows of {moments} moments, {each} expected")
    print(
        f"listens: {each * CLIENTS:,} by {CLIENTS} clients, {sent['told']:,} requests "
        f"and {sent['given up']:,} given up; {stored:,} stored, "
        f"each once: {stored == each * CLIENTS and not faults}; {taken:.1f} s   faults {len(faults)}"
    )
    for fault in faults[:5]:
        print(f"  fault: {fault}")


def give_up(port: int, path: str, body: Any) -> None:
    """Send a request and break off without hearing the answer."""
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode() + data)


def by_the_clock(
    port: int, asked: Sequence[str], rate: float, ask: Callable[[Client, str], int], tally: Tally
) -> None:
    """Send requests by the clock from many connections, and note how long after its time each is answered."""
    waiting: queue.SimpleQueue[tuple[float, str] | None] = queue.SimpleQueue()

    def work() -> None:
        client = Client(port)
        while (one := waiting.get()) is not None:
            due, ref = one
            try:
                tally.statuses[ask(client, ref)] += 1
            except (http.client.HTTPException, OSError, ValueError, KeyError) as error:
                tally.faults.append(f"{type(error).__name__}: {error}")
            tally.seconds.append(time.perf_counter() - due)
        client.close()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter() + 0.1
    for number, ref in enumerate(asked):
        due = begin + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        waiting.put((due, ref))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def swap(
    home: Path, factory: SessionFactory, given: argparse.Namespace, stop: threading.Event, made: Counter[str]
) -> None:
    """Publish the two releases in turn, with the users' profiles as a night leaves them."""
    context = get_context("spawn")
    here, there = context.Pipe()
    publisher = context.Process(target=publish_gently, args=(home / "releases", there), daemon=True)
    publisher.start()
    for number in range(given.swaps):
        if stop.wait(given.seconds / (given.swaps + 1)):
            break
        name = SECOND if number % 2 == 0 else NAME
        with write_transaction(factory) as session:
            session.execute(text("UPDATE taste_profiles SET release = :name"), {"name": name})
        here.send(name)
        here.recv()
        made["swaps"] += 1
    publisher.kill()


def publish_gently(releases: Path, names: Connection) -> None:
    """Publish what is named, as a night does: from a process of its own, which gives way."""
    os.nice(NICENESS)
    while True:
        publish(releases, names.recv())
        names.send(None)


def generate(port: int, stop: threading.Event, made: Counter[str]) -> None:
    """Have one track after the other made."""
    client = Client(port)
    while not stop.is_set():
        status, _, body = client.ask("POST", "/v1/generations", {"prompt": "calm piano", "seconds": 10})
        if status != 202:
            made[f"generation refused: {status} {body[:100]!r}"] += 1
            return
        name = json.loads(body)["generation"]
        state = "queued"
        while state in ("queued", "running") and not stop.wait(0.5):
            state = json.loads(client.ask("GET", f"/v1/generations/{name}")[2])["state"]
        made[f"generation {state}"] += 1
    client.close()


def add_second(home: Path) -> None:
    """Put a second release beside the first, the same but for its name and every title."""
    releases = home / "releases"
    folder = releases / SECOND
    if folder.is_dir():
        return
    beside = releases / f".part-{os.getpid()}"
    shutil.copytree(releases / NAME, beside, copy_function=os.link)
    songs = pd.read_parquet(beside / "songs.parquet")
    manifest = json.loads((beside / MANIFEST).read_text())
    for name in ("songs.parquet", MANIFEST):
        (beside / name).unlink()  # a link: the first release keeps its own
    songs.assign(title=MARK + songs["title"]).to_parquet(beside / "songs.parquet", index=False)
    del manifest["files"]
    write_manifest(beside, {**manifest, "name": SECOND})
    beside.rename(folder)


@contextmanager
def serving(home: Path, *, generation: bool) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run `songspace serve` on a port of its own for as long as the context lasts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    own = {"SONGSPACE_HOME": str(home), "SONGSPACE_RATE_LIMIT": "0", "SONGSPACE_LOG_LEVEL": "warning"}
    own |= {"SONGSPACE_GENERATION_THREADS": "1", "SONGSPACE_GENERATIONS_WAITING": "1000"}
    command = [sys.executable, "-m", "service.cli.main", "serve", "--port", str(port)]
    command += [] if generation else ["--no-worker"]
    with (home / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 600
            while True:
                try:
                    if Client(port).ask("GET", "/readyz")[0] == 200:
                        break
                except OSError:
                    if process.poll() is not None or time.monotonic() > until:
                        raise SystemExit(f"the service did not start: {home / 'serve.log'}") from None
                    time.sleep(0.2)
            yield port, process
        finally:
            process.terminate()
            process.wait(60)


def peak_mib(pid: int) -> float:
    """The most memory that a process ever held, in MiB; Linux alone tells."""
    status = Path(f"/proc/{pid}/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), float("nan"))


if __name__ == "__main__":
    main()
