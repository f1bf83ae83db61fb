"""librosa is compiled by one process at a time."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from generation.audio.compiled_librosa import _alone, import_librosa


def hold(lock: Path, held: Event, let_go: Event) -> None:
    """Hold the lock until told otherwise."""
    with _alone(lock):
        held.set()
        let_go.wait(60)


def take(lock: Path, taken: Event) -> None:
    """Take the lock, and say so."""
    with _alone(lock):
        taken.set()


def test_who_comes_second_waits(tmp_path: Path) -> None:
    processes = multiprocessing.get_context("spawn")
    held, let_go, taken = processes.Event(), processes.Event(), processes.Event()
    first = processes.Process(target=hold, args=(tmp_path / "lock", held, let_go))
    second = processes.Process(target=take, args=(tmp_path / "lock", taken))
    first.start()
    assert held.wait(60)
    second.start()
    assert not taken.wait(0.5)
    let_go.set()
    assert taken.wait(60)
    first.join()
    second.join()


def test_where_no_lock_can_be_made_it_goes_on(tmp_path: Path) -> None:
    with _alone(tmp_path / "missing" / "lock"):
        pass


def test_what_is_compiled_is_there() -> None:
    assert import_librosa().util.utils is not None
    assert {"librosa.beat", "librosa.core.pitch", "librosa.core.audio"} <= set(sys.modules)


@pytest.mark.slow
def test_processes_that_compile_at_once_all_measure(tmp_path: Path) -> None:
    code = (
        "import numpy as np; from pipelines.features import key_of;"
        "print(key_of([np.sin(np.arange(44100) / 8).astype('float32')]))"
    )
    cold = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    running = [
        subprocess.Popen([sys.executable, "-c", code], env=cold, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [process.communicate(timeout=300)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert len(set(said)) == 1
