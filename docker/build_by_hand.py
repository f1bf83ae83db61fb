"""Do what docker/Dockerfile says without any container engine: every step in a clean root of its own.

    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates bookworm /srv/base
    python docker/build_by_hand.py --base /srv/base --work /srv/songspace
    chroot --userspec=10001:10001 /srv/songspace/1 ...        # printed at the end

As root, on Linux. A stage begins with a copy of the base; RUN runs in it by chroot, with the ENV and ARG of
the stage; COPY copies from the repository or from an earlier stage. It is for machines without an engine, and
for seeing that the Dockerfile's own words give a working service; an image is not made. What an engine
mounts is left to whoever starts it: /proc, and /dev/shm with mode 1777.
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
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
            run(stage, rest)
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


def start_line(stage: Stage) -> list[str]:
    """The command line that starts what the image would start, as its user."""
    variables = [f"{name}={value}" for name, value in stage.env.items()]
    started = json.loads(stage.said["ENTRYPOINT"]) + json.loads(stage.said["CMD"])
    return [
        "chroot", f"--userspec={stage.user}", str(stage.root),
        "/usr/bin/env", "-i", "-C", stage.folder, *variables, *started,
    ]  # fmt: skip


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="a clean root with python3 and its venv")
    parser.add_argument("--work", type=Path, required=True, help="where the stages' roots go; not there yet")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    asked = parser.parse_args()
    given = dict(pair.split("=", 1) for pair in asked.build_arg)
    last = build(
        (REPOSITORY / "docker/Dockerfile").read_text(encoding="utf-8"), asked.base, asked.work, given
    )
    print(shlex.join(start_line(last)))


if __name__ == "__main__":
    sys.exit(main())
