"""README.md and docs/http.md: every call that they show works as it stands."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from db.repositories.audio import StoredFile, add_files
from db.session import write_transaction
from generation.audio_files import write_audio
from service.http.keys import create_key
from tests.running_service import running
from tests.test_docs import code
from tests.tiny_world import TinyWorld

SHOWN = "http://127.0.0.1:8000"


def calls(repository: Path) -> list[str]:
    lines = code(repository / "README.md") + code(repository / "docs" / "http.md")
    return [line for line in lines if line.startswith("curl ")]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_call_that_is_shown_works(repository: Path, world_copy: TinyWorld, tmp_path: Path) -> None:
    sound = tmp_path / "sound.flac"
    write_audio(sound, np.sin(np.arange(11_025) / 8).astype(np.float32) / 2, 22_050)
    file = StoredFile(0, 6, str(sound), "0" * 64, sound.stat().st_size, None, 0.5)
    with write_transaction(world_copy.factory) as session:
        add_files(session, [file])
    key = create_key(world_copy.factory, "admin").key
    failed = []
    with running(world_copy.home) as service:
        for line in calls(repository):
            words = shlex.split(line.replace("$KEY", key).replace(SHOWN, service.url))
            words[1:1] = ["--silent", "--show-error", "--write-out", "\n%{http_code}"]
            done = subprocess.run(
                words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
            )
            status = done.stdout.rpartition("\n")[2]
            if done.returncode or status[:1] != "2":
                failed.append((line, status, done.stdout[:300], done.stderr))
    assert failed == []
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "beginning").stat().st_size == 100


def test_every_address_is_shown_or_in_the_document(repository: Path) -> None:
    assert len(calls(repository)) > 35
