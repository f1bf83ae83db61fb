"""README.md, docs/http.md, work.md and doors.md: every call that they show works as it stands."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from db.repositories.audio import StoredFile, add_files
from db.session import write_transaction
from generation.audio_files import write_audio
from pipelines.make_user import UserTakenError, make_user
from service.http.keys import create_key
from tests.running_service import running
from tests.test_docs import code
from tests.tiny_world import TinyWorld

SHOWN = "http://127.0.0.1:8000"
PLAYER = "sample:amina_in_mono"
FAILED = ('"status":"failed"', 'status="failed"', '"valid":false')
CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def calls(page: Path) -> list[str]:
    """The calls of a page; one goes on for as long as its quotes are open."""
    found: list[str] = []
    for line in code(page):
        if found and is_open(found[-1]):
            found[-1] += f"\n{line}"
        elif line.startswith("curl "):
            found.append(line)
    return found


def is_open(line: str) -> bool:
    try:
        shlex.split(line)
    except ValueError:
        return True
    return False


def prepare(world: TinyWorld, folder: Path, *users: str) -> None:
    """Put there what the pages expect: who listens, a song with a sound, a file to send."""
    for user in users:
        with suppress(UserTakenError):
            make_user(world.factory, world.home, user)
    tone = np.sin(np.arange(44_100) / 8).astype(np.float32) / 2
    for name in ("sound.flac", "piece.wav"):
        write_audio(folder / name, tone, 22_050)
    sound = folder / "sound.flac"
    file = StoredFile(0, 6, str(sound), "0" * 64, sound.stat().st_size, None, 2.0)
    with write_transaction(world.factory) as session:
        add_files(session, [file])


def failures(lines: list[str], url: str, key: str, folder: Path) -> list[tuple[str, ...]]:
    """What did not work of the calls of a page, typed one after the other into a shell."""
    failed = []
    for line in lines:
        typed = line.replace("curl ", "curl --silent --show-error --write-out '\\n%{http_code}' ", 1)
        done = subprocess.run(
            ["bash", "-c", typed.replace(SHOWN, url)],
            cwd=folder,
            env={**os.environ, "KEY": key},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        said, _, status = done.stdout.rpartition("\n")
        if done.returncode or status[:1] != "2" or any(one in said for one in FAILED):
            failed.append((line, status, said[:300], done.stderr))
    return failed


# Who has to be there, whom a page does not make itself; the first one's key is the one that is used.
LISTENERS = {"README.md": (), "docs/http.md": (), "docs/work.md": ("app:ann",), "docs/doors.md": (PLAYER,)}


@CURL
@pytest.mark.parametrize("page", LISTENERS)
def test_every_call_that_is_shown_works(
    repository: Path, world_copy: TinyWorld, tmp_path: Path, page: str
) -> None:
    prepare(world_copy, tmp_path, *LISTENERS[page])
    owner = PLAYER if "doors" in page else None
    key = create_key(world_copy.factory, "admin" if owner is None else "user", owner).key
    with running(world_copy.home) as service:
        assert failures(calls(repository / page), service.url, key, tmp_path) == []
    if "http" in page:
        assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / "beginning").stat().st_size == 100


def test_most_addresses_are_shown(repository: Path) -> None:
    shown = {page: len(calls(repository / "docs" / f"{page}.md")) for page in ("http", "work", "doors")}
    assert shown["http"] > 35
    assert shown["work"] >= 11
    assert shown["doors"] >= 6
