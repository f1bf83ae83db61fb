"""Large files read by another process: the same batches, no process left, problems where it is lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pandas as pd
import pytest

from pipelines import read_ahead as module
from pipelines.read_ahead import is_worth_it, read_ahead
from pipelines.sources.detect import read_any
from pipelines.sources.read_before import ReadBefore, mark_of, place_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Slices of the Million Playlist Dataset, one of them damaged."""
    folder = tmp_path_factory.mktemp("mpd")
    for number in range(3):
        tracks = [{"pos": i, "track_uri": f"spotify:track:{i}x{number}", "track_name": "a"} for i in range(4)]
        text = json.dumps({"playlists": [{"name": "n", "pid": number, "tracks": tracks}]})
        name = folder / f"mpd.slice.{number}-{number}.json"
        name.write_text(text[:-20] if number == 2 else text, encoding="utf-8")
    return folder


def test_the_batches_are_those_of_reading_here(folder: Path) -> None:
    there = list(read_ahead(folder, format=None, namespace="w", before=ReadBefore()))
    here = list(read_any(folder, namespace="w", before=ReadBefore()))
    assert [batch.problems for batch in there] == [batch.problems for batch in here]
    for one, other in zip(there, here, strict=True):
        pd.testing.assert_frame_equal(one.entries, other.entries)
        pd.testing.assert_frame_equal(one.songs, other.songs)
    assert multiprocessing.active_children() == []


def test_who_wants_no_more_leaves_no_process(folder: Path) -> None:
    batches = read_ahead(folder, format="mpd", namespace=None, before=ReadBefore())
    next(batches)
    batches.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_a_reader_that_is_killed_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_send", _die)
    (batch,) = read_ahead(folder, format="mpd", namespace=None, before=ReadBefore())
    assert "ended early" in str(batch.problems[0])


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_only_large_tables_are_read_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = ReadBefore()
    assert not is_worth_it(folder, None, None, nothing)
    monkeypatch.setattr(module, "LARGE_BYTES", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert is_worth_it(folder, None, None, nothing)
    assert not is_worth_it(folder, "audio", None, nothing)
    assert not is_worth_it(folder / "nowhere", None, None, nothing)


def test_what_is_left_of_many_slices_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slices = sorted(folder.iterdir())
    monkeypatch.setattr(module, "LARGE_BYTES", slices[0].stat().st_size + 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    one, two = (ReadBefore({place_of(file): mark_of(file, "mpd") for file in slices[:n]}) for n in (1, 2))
    assert is_worth_it(folder, None, None, one)
    assert not is_worth_it(folder, None, None, two)
    assert is_worth_it(folder, None, "other", two)
