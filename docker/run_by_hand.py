"""Run what docker/compose.yaml names without any container engine, and see that it works.

    python docker/build_by_hand.py --work /srv/songspace
    python docker/run_by_hand.py --work /srv/songspace --music /srv/music

As root, on Linux, with PostgreSQL's server installed in /usr/lib/postgresql. All of it happens in namespaces
of its own (network, mounts, processes), so ports are free, nothing is reached from outside, and everything
ends with this program. Each role has the command, the variables, the user and the rights that the files give
it: none of root's. The steps are those of docs/operate.md: a key, `web` and `worker`, music, a night; then a
question, and a track that the worker makes. Volumes are folders in `--work`; they are made anew.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from build_by_hand import IMAGE, REPOSITORY, start_line

ADDRESS = "http://127.0.0.1:8000"
_DEFAULT = re.compile(r"\$\{(\w+)(?::?-([^}]*))?\}")
_INSIDE = "--inside"


def read_compose(path: Path = REPOSITORY / "docker/compose.yaml") -> dict[str, Any]:
    """Read the compose file, each variable of the machine replaced by its default."""
    import yaml

    text = _DEFAULT.sub(lambda found: found[2] or "", path.read_text(encoding="utf-8"))
    return dict(yaml.safe_load(text))


def role_line(
    image: Mapping[str, Any], service: Mapping[str, Any], command: list[str] | None = None
) -> list[str]:
    """The command line of a service, or that of `compose run SERVICE COMMAND...`."""
    if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", []):
        raise ValueError("this program gives no rights, and the service has some")
    own = {**image, "env": {**image["env"], **service["environment"]}}
    return start_line(own, service["command"] if command is None else command)


def prepare(work: Path, image: Mapping[str, Any], music: Path) -> None:
    """Mount what an engine would: /proc, volumes, the secret; make `database` a name of this machine."""
    root, volumes = Path(image["root"]), work / "volumes"
    shutil.rmtree(volumes, ignore_errors=True)
    home = volumes / "home"
    home.mkdir(parents=True)
    user, _, group = image["user"].partition(":")
    os.chown(home, int(user), int(group))
    # As docs/operate.md has it: a folder for its owner, a file that users of containers may read.
    secret = volumes / "database_password"
    secret.write_text(secrets.token_hex(24) + "\n", encoding="utf-8")
    secret.chmod(0o444)
    hosts = volumes / "hosts"
    hosts.write_text("127.0.0.1 localhost database\n", encoding="utf-8")
    (root / "run/secrets").mkdir(parents=True, exist_ok=True)
    for here, there in (
        (home, "data"), (music, "music"), (secret, "run/secrets/database_password"), (hosts, "etc/hosts"),
    ):  # fmt: skip
        place = root / there
        if here.is_dir():
            place.mkdir(exist_ok=True)
        else:
            place.touch()
        subprocess.run(["mount", "--bind", str(here), str(place)], check=True)
    subprocess.run(["mount", "-o", "remount,bind,ro", str(root / "music")], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
    for place, mode in (("dev/shm", "1777"), ("tmp", "1777")):
        (root / place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", str(root / place)], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


@contextmanager
def database(work: Path) -> Iterator[str]:
    """Run PostgreSQL as the service `database` would: its user, its database, the password of the secret."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        raise SystemExit("no PostgreSQL server is in /usr/lib/postgresql")
    programs, data = found[-1], work / "volumes/database"
    data.mkdir()
    shutil.chown(data, "postgres", "postgres")

    def as_postgres(*command: str) -> list[str]:
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]

    begin = [
        str(programs / "initdb"),
        "-U",
        "songspace",
        "-A",
        "scram-sha-256",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
    ]
    begin += [f"--pwfile={work / 'volumes/database_password'}", "-D", str(data)]
    subprocess.run(as_postgres(*begin), check=True, stdout=subprocess.DEVNULL, cwd="/")
    serve = [
        str(programs / "postgres"),
        "-D",
        str(data),
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        "port=5432",
    ]
    with (work / "volumes/database.log").open("wb") as log:
        server = subprocess.Popen(
            as_postgres(*serve, "-c", f"unix_socket_directories={data}"), stderr=log, stdout=log, cwd="/"
        )
    try:
        until(lambda: not subprocess.call([str(programs / "pg_isready"), "-q", "-h", "127.0.0.1"]), 60)
        password = (work / "volumes/database_password").read_text(encoding="utf-8").strip()
        create = [str(programs / "createdb"), "-h", "127.0.0.1", "-U", "songspace", "songspace"]
        subprocess.run(create, check=True, env={**os.environ, "PGPASSWORD": password})
        yield programs.parent.name
    finally:
        server.terminate()
        server.wait(60)


def until(true: Callable[[], bool], seconds: float) -> float:
    """Wait until something is so; return how long that was."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise SystemExit(f"not so after {seconds:g} s")
        time.sleep(0.5)
    return time.monotonic() - began


def asked(path: str, key: str, body: Mapping[str, Any] | None = None) -> Any:
    """Ask the service with a key; return the document."""
    request = urllib.request.Request(ADDRESS + path, headers={"Authorization": f"Bearer {key}"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def stop(name: str, process: subprocess.Popen[bytes], grace_s: float) -> None:
    """End a service as an engine does; say how it ended."""
    began = time.monotonic()
    process.terminate()
    code = process.wait(grace_s)
    print(f"{name}: ended {time.monotonic() - began:.1f} s after SIGTERM, code {code}", flush=True)


def drill(work: Path, music: Path) -> None:
    """Do the steps, and print what comes of each."""
    image = json.loads((work / IMAGE).read_text(encoding="utf-8"))
    services = read_compose()["services"]
    prepare(work, image, music)
    with database(work) as version:
        print(f"database: PostgreSQL {version}, on 127.0.0.1:5432 of a network of its own", flush=True)

        def once(name: str, *command: str) -> str:
            began = time.monotonic()
            line = role_line(image, services[name], list(command) or None)
            done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True)
            shown = shlex.join(command or services[name]["command"])
            print(f"run {name}: {shown}: {time.monotonic() - began:.1f} s", flush=True)
            return done.stdout

        key = once("web", "keys", "create", "--admin").strip()
        web, worker = (subprocess.Popen(role_line(image, services[name])) for name in ("web", "worker"))
        health = start_line({**image, "entrypoint": []}, image["healthcheck"])
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        seconds = until(lambda: not subprocess.call(health, **quiet), 300)
        status = Path(f"/proc/{web.pid}/status").read_text(encoding="utf-8")
        facts = dict(re.findall(r"^(Uid|CapEff|NoNewPrivs):\s+(\S+)", status, re.MULTILINE))
        print(f"web: healthy after {seconds:.1f} s; {facts}", flush=True)
        print(once("web", "ingest", "/music"))
        print(once("nightly"))
        print(f"web: ready: {asked('/readyz', key)}")
        songs = asked("/v1/songs?limit=1", key)["songs"]
        near = asked(f"/v1/songs/{songs[0]['song']}/similar?k=3", key)["songs"]
        print(f"web: nearest to {songs[0]['title']!r}: {[song['title'] for song in near]}", flush=True)
        made = asked("/v1/generations", key, {"prompt": "techno at 128 bpm", "seconds": 6})
        place = f"/v1/generations/{made['generation']}"
        ended = {"done", "failed", "cancelled"}
        seconds = until(lambda: asked(place, key)["state"] in ended, 600)
        print(f"worker: a track of 6 s is {asked(place, key)['state']} after {seconds:.1f} s", flush=True)
        grace_s = float(services["web"]["stop_grace_period"].removesuffix("s"))
        stop("web", web, grace_s)
        stop("worker", worker, grace_s)


def main() -> None:
    """Read the command line; go into namespaces of our own, and do it there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="the folder of build_by_hand.py")
    parser.add_argument("--music", type=Path, required=True, help="folder that /music is")
    parser.add_argument(_INSIDE, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        drill(given.work.resolve(), given.music.resolve())
        return
    apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    sys.exit(subprocess.call([*apart, sys.executable, __file__, *sys.argv[1:], _INSIDE]))


if __name__ == "__main__":
    main()
