"""Do what docker/Dockerfile says without any container engine: every step in a clean root of its own.

    python docker/build_by_hand.py --work /srv/songspace      # from nothing: debootstrap, then every step
    python docker/run_by_hand.py --work /srv/songspace --music /srv/music    # what compose.yaml starts of it

As root, on Debian or its like. A stage begins with a copy of the base; RUN runs in it by chroot, with the
ENV and ARG of the stage; COPY copies from the repository or from an earlier stage. It is for machines without
an engine, and for seeing that the Dockerfile's own words give a working service; an image is not made.
`image.json` beside the stages says what an engine would remember of the image. Debian's Python takes the
place of the one that FROM names.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
SUITE, PACKAGES = "bookworm", "python3,python3-venv,ca-certificates"
IMAGE = "image.json"
_CONTINUED = re.compile(r"\\\n(?:\s*#.*\n)*")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


class DockerfileError(ValueError):
    """The Dockerfile says something that this program does not do."""


@dataclass
class Stage:
    """One stage on its way: its root folder, and what has been set so far."""

    name: str
    root: Path
    env: dict[str, str] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    shell: list[str] = field(default_factory=lambda: ["/bin/sh", "-c"])
    folder: str = "/"
    user: str = ""
    said: dict[str, str] = field(default_factory=dict)

    def variables(self) -> dict[str, str]:
        """What a step sees."""
        return self.args | self.env


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Give each instruction of a Dockerfile and what follows it, lines joined and comments left out."""
    for line in _CONTINUED.sub("", text).splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, rest = line.strip().partition(" ")
            yield name.upper(), rest.strip()


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Put the values of variables in their places."""
    return _VARIABLE.sub(lambda match: variables.get(match[1] or match[2], ""), text)


def assignments(text: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Read `NAME=value NAME="some value"`."""
    pairs = [word.partition("=") for word in shlex.split(text)]
    return {name: filled(value, variables) for name, _, value in pairs}


def make_base(base: Path, put: Sequence[tuple[Path, Path]]) -> None:
    """Install the least of Debian that the image's own base has, and Python.

    Parameters
    ----------
    put : sequence of (here, there)
        Files and folders of this machine that a build needs in the root to reach its packages: certificates,
        a proxy's settings, wheels.
    """
    print(f"-- debootstrap {SUITE}", flush=True)
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(base)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for here, there in put:
        place = base / str(there).lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if here.is_dir():
            shutil.copytree(here, place, dirs_exist_ok=True)
        else:
            shutil.copyfile(here, place)


def size_mb(root: Path) -> float:
    """Return how much disk a folder takes, in millions of bytes."""
    blocks = {}
    for top, _, names in os.walk(root):
        for name in names:
            status = os.lstat(os.path.join(top, name))
            blocks[status.st_dev, status.st_ino] = status.st_blocks  # A file of two names counts once.
    return sum(blocks.values()) * 512 / 1e6


def run(stage: Stage, command: str) -> None:
    """Run a step in the root of a stage, with the variables of the stage and no others."""
    variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
    subprocess.run(
        ["chroot", str(stage.root), "/usr/bin/env", "-C", stage.folder, *stage.shell, command],
        env=variables | stage.variables(),
        check=True,
    )


def copy(stage: Stage, words: list[str], stages: Mapping[str, Stage]) -> None:
    """Copy as COPY does: a folder's content, from the repository or from another stage."""
    source = REPOSITORY
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].root
    *given, target = words
    to_folder = target.endswith("/") or len(given) > 1
    place = stage.root / os.path.join(stage.folder, target).lstrip("/")
    for name in given:
        path = source / name.lstrip("/")
        if path.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc") if source == REPOSITORY else None
            shutil.copytree(path, place, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            to = place / path.name if to_folder else place
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, to)


def build(text: str, base: Path, work: Path, given: Mapping[str, str], upto: str | None = None) -> Stage:
    """Do all steps; return the last stage.

    Parameters
    ----------
    given : dict
        Values for ARG, as `docker build --build-arg`.
    """
    work.mkdir(parents=True, exist_ok=True)
    stages: dict[str, Stage] = {}
    before: dict[str, str] = {}
    stage: Stage | None = None
    for name, rest in instructions(text):
        if name == "FROM":
            words = rest.split(" AS ")
            title = words[1].strip() if len(words) > 1 else str(len(stages))
            stage = Stage(title, work / title)
            print(f"== stage {title}, from {filled(words[0], before)} (here: a copy of {base})", flush=True)
            subprocess.run(["cp", "-a", str(base), str(stage.root)], check=True)
            stages[title] = stage
            continue
        if name == "ARG":
            declared = assignments(rest, before)
            values = {key: given.get(key, value) for key, value in declared.items()}
            (before if stage is None else stage.args).update(values)
            continue
        if stage is None:
            raise DockerfileError(f"{name} stands before FROM")
        print(f"-- {name} {' '.join(rest.split())}", flush=True)
        if name == "RUN":
            began = time.monotonic()
            run(stage, rest)
            print(f"   {time.monotonic() - began:.0f} s", flush=True)
        elif name == "COPY":
            copy(stage, shlex.split(filled(rest, stage.variables())), stages)
        elif name == "ENV":
            stage.env |= assignments(rest, {"PATH": "/usr/local/bin:/usr/bin:/bin"} | stage.variables())
        elif name == "WORKDIR":
            stage.folder = filled(rest, stage.variables())
            (stage.root / stage.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "SHELL":
            stage.shell = json.loads(rest)
        elif name == "USER":
            stage.user = rest
        elif name in {"LABEL", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}:
            stage.said[name] = rest
        else:
            raise DockerfileError(f"{name} is not done here")
    if stage is None:
        raise DockerfileError("there is no FROM")
    return stage


def image_of(stage: Stage) -> dict[str, Any]:
    """What an engine would remember of an image: how it is started, as whom, and how its health is asked."""
    options, _, asked = stage.said["HEALTHCHECK"].partition("CMD ")
    return {
        "root": str(stage.root),
        "env": stage.env,
        "user": stage.user,
        "folder": stage.folder,
        "entrypoint": json.loads(stage.said["ENTRYPOINT"]),
        "cmd": json.loads(stage.said["CMD"]),
        "healthcheck": json.loads(asked),
        "healthcheck_options": dict(re.findall(r"--([a-z-]+)=(\S+)", options)),
    }


def start_line(image: Mapping[str, Any], command: Sequence[str] | None = None) -> list[str]:
    """The command line that starts what the image would start, as its user, without any of root's rights."""
    variables = [f"{name}={value}" for name, value in image["env"].items()]
    user, _, group = image["user"].partition(":")
    started = [*image["entrypoint"], *(image["cmd"] if command is None else command)]
    return [
        "chroot", image["root"],
        "/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs",
        "--bounding-set=-all", "--inh-caps=-all",
        "/usr/bin/env", "-i", "-C", image["folder"], *variables, *started,
    ]  # fmt: skip


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--work", type=Path, required=True, help="folder, not there yet, where the stages' roots go"
    )
    parser.add_argument("--base", type=Path, help="a clean root with python3 and its venv; else one is made")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--put", action="append", default=[], metavar="HERE=THERE", help="copy into the base")
    asked = parser.parse_args()
    began = time.monotonic()
    if asked.work.exists():
        parser.error(f"{asked.work} is there already")
    base = asked.base or asked.work / "base"
    if asked.base is None:
        asked.work.mkdir(parents=True)
        pairs = [pair.partition("=") for pair in asked.put]
        make_base(base, [(Path(here), Path(there)) for here, _, there in pairs])
    given = dict(pair.split("=", 1) for pair in asked.build_arg)
    last = build((REPOSITORY / "docker/Dockerfile").read_text(encoding="utf-8"), base, asked.work, given)
    image = image_of(last)
    (asked.work / IMAGE).write_text(json.dumps(image, indent=2) + "\n", encoding="utf-8")
    print(
        f"{last.root}: built in {time.monotonic() - began:.0f} s; {size_mb(last.root):,.0f} MB, "
        f"of which the base is {size_mb(base):,.0f} MB"
    )
    print(shlex.join(start_line(image)))


if __name__ == "__main__":
    sys.exit(main())
