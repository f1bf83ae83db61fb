"""What is mapped of a folder's files is read in, unless memory is short; other files are let alone."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import numpy as np
import pytest

from pipelines import mapped_files
from pipelines.mapped_files import available_bytes, read_in

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="Linux alone tells")

N_BYTES = 8 * 2**20
KERNEL = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])


@pytest.fixture
def mapped(tmp_path: Path) -> np.ndarray:
    path = tmp_path / "release" / "vectors.npy"
    path.parent.mkdir()
    np.save(path, np.ones(N_BYTES // 4, np.float32))
    return np.load(path, mmap_mode="r")


def pages_of(path: Path) -> int:
    """Bytes of a mapped file that are entered in this process's table of pages."""
    found, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if line[0] in "0123456789abcdef":
            ours = line.endswith(f" {path}")
        elif ours and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found


@pytest.mark.skipif(KERNEL < (5, 14), reason="an older kernel cannot")
def test_every_page_is_there_before_it_is_asked_for(mapped: np.memmap, tmp_path: Path) -> None:
    path = Path(str(mapped.filename))
    assert pages_of(path) < N_BYTES / 2
    assert read_in([path.parent]) >= N_BYTES
    assert pages_of(path) >= N_BYTES


def test_files_of_other_folders_are_let_alone(mapped: np.memmap, tmp_path: Path) -> None:
    assert read_in([tmp_path, tmp_path / "releas"]) == 0
    assert pages_of(Path(str(mapped.filename))) < N_BYTES / 2


def test_nothing_is_read_in_where_memory_is_short(mapped: np.memmap, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(str(mapped.filename)).parent
    monkeypatch.setattr(mapped_files, "available_bytes", lambda: 2 * N_BYTES - 1)
    assert read_in([folder]) == 0


def test_a_disk_that_is_too_slow_is_not_waited_for(mapped: np.memmap) -> None:
    assert read_in([Path(str(mapped.filename)).parent], within_s=-1.0) == 0


def test_the_memory_of_a_container_is_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = available_bytes()
    assert machine > 0
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(mapped_files, "_LIMIT", limit)
    limit.write_text("4096\n")
    assert available_bytes() == 4096
    limit.write_text("max\n")
    assert available_bytes() > 4096
    monkeypatch.setattr(mapped_files, "_MEMORY", tmp_path / "missing")
    assert available_bytes() == 0
