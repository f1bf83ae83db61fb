"""Stages: whole or not at all, done once for the same input, one process at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pipelines.stages import JobRunningError, Work, fingerprint, only_one

HOLDER = """
import sys, time
from pathlib import Path
from pipelines.stages import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def writing(text: str) -> Callable[[Path], Mapping[str, Any]]:
    def write(folder: Path) -> Mapping[str, Any]:
        (folder / "out.txt").write_text(text, encoding="utf-8")
        return {"letters": len(text)}

    return write


def failing(folder: Path) -> Mapping[str, Any]:
    (folder / "out.txt").write_text("half", encoding="utf-8")
    raise OSError(28, "No space left on device")


def test_a_stage_leaves_its_files_and_says_what_came_of_it(tmp_path: Path) -> None:
    work = Work(tmp_path)
    report = work.run("a", writing("abc"), inputs=[1])
    assert work.path("a", "out.txt").read_text(encoding="utf-8") == "abc"
    assert (report.name, report.counts, report.done_before) == ("a", {"letters": 3}, False)


def test_a_stage_is_not_done_twice_for_the_same_input(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.run("a", writing("abc"), inputs=[1])
    again = work.run("a", failing, inputs=[1])
    assert again.done_before
    assert again.counts == {"letters": 3}


def test_a_stage_is_done_again_when_its_input_changes(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.run("a", writing("abc"), inputs=[1])
    assert not work.run("a", writing("xy"), inputs=[2]).done_before
    assert work.path("a", "out.txt").read_text(encoding="utf-8") == "xy"


def test_a_stage_is_done_again_when_asked(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.run("a", writing("abc"), inputs=[1])
    assert not work.run("a", writing("abc"), inputs=[1], again=True).done_before


def test_another_outcome_is_news_to_those_who_read_it_and_the_same_is_not(tmp_path: Path) -> None:
    work = Work(tmp_path)
    marks = []
    for text in ("abc", "abc", "abd"):
        work.run("a", writing(text), inputs=[1], again=True)
        marks.append(work.mark_of("a"))
    assert marks[0] == marks[1] != marks[2]


def test_an_error_while_writing_leaves_the_old_folder(tmp_path: Path) -> None:
    work = Work(tmp_path)
    work.run("a", writing("abc"), inputs=[1])
    with pytest.raises(OSError, match="No space"):
        work.run("a", failing, inputs=[2])
    assert work.path("a", "out.txt").read_text(encoding="utf-8") == "abc"
    assert work.run("a", failing, inputs=[1]).done_before


def test_an_error_before_the_stamp_means_that_the_stage_was_never_done(tmp_path: Path) -> None:
    work = Work(tmp_path)
    with pytest.raises(OSError, match="No space"):
        work.run("a", failing, inputs=[1])
    assert work.stamp("a") is None
    with pytest.raises(ValueError, match="'a' has not been done yet"):
        work.mark_of("a")


@pytest.mark.parametrize("n", range(1, 6))
def test_a_crash_at_any_move_leaves_a_stage_whole_or_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    work = Work(tmp_path)
    work.run("a", writing("abc"), inputs=[1])
    crash_at(monkeypatch, n, "rename", "rmdir", "unlink")
    with suppress(KeyboardInterrupt):
        work.run("a", writing("xy"), inputs=[1], again=True)
    monkeypatch.undo()
    stamp = work.stamp("a")
    assert (
        stamp is None
        or len(work.path("a", "out.txt").read_text(encoding="utf-8")) == stamp["counts"]["letters"]
    )
    assert work.run("a", writing("xy"), inputs=[2]).counts == {"letters": 2}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def crash_at(monkeypatch: pytest.MonkeyPatch, n: int, *names: str) -> None:
    """End the process, as it were, at the n-th call of any of these functions of `os`."""
    calls = 0

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls >= n:
                raise KeyboardInterrupt
            return real(*args, **kwargs)

        return call

    for name in names:
        monkeypatch.setattr(os, name, wrapped(getattr(os, name)))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"fingerprint": 1}'])
def test_a_stamp_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "stamp.json").write_text(text, encoding="utf-8")
    assert Work(tmp_path).stamp("a") is None
    assert not Work(tmp_path).run("a", writing("abc"), inputs=[1]).done_before


def test_fingerprints_tell_inputs_apart_and_repeat_themselves() -> None:
    assert fingerprint("a", [1, {"x": 2, "y": 3}]) == fingerprint("a", [1, {"y": 3, "x": 2}])
    different = [fingerprint(*parts) for parts in (("a",), ("b",), ("a", 1), ("a", "1"), ("a", [1]))]
    assert len(set(different)) == len(different)


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path, repository: Path) -> None:
    lock = tmp_path / "deep" / "job.lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], cwd=repository, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(JobRunningError, match=r"job\.lock"), only_one(lock):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        with only_one(lock):
            pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), only_one(tmp_path / "lock"):
        raise RuntimeError
    with only_one(tmp_path / "lock"):
        pass
