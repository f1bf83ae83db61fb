"""Where a command writes its answers: ordinary files whole, anything else never replaced."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from service.cli.files import file_to_write


def write(out: Path, text: str) -> None:
    """Write as the use cases do: beside, then moved into its place."""
    with file_to_write(out) as path:
        beside = path.with_name("beside")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)


def test_a_new_file_is_written(tmp_path: Path) -> None:
    write(tmp_path / "out", "answers")
    assert (tmp_path / "out").read_text() == "answers"


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write(pipe, "answers")
    reader.join(10)
    assert (read, pipe.is_fifo()) == (["answers"], True)


@pytest.mark.parametrize("place", ["/dev/null", "/dev/stdout", "/proc/self/fd/1", "-"])
def test_what_stands_for_a_device_is_never_the_path_that_is_moved_onto(place: str) -> None:
    # Left with an error before anything would be copied: this looks at the path only.
    with suppress(InterruptedError), file_to_write(Path(place)) as path:
        name = path.name
        raise InterruptedError
    assert name == "out.jsonl"


def test_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write(Path("-"), "answers")
    assert capfdbinary.readouterr().out == b"answers"


@pytest.mark.parametrize("place", [".", "missing/out"])
def test_no_place_for_a_file_is_refused_before_the_work(tmp_path: Path, place: str) -> None:
    with pytest.raises(ValueError, match="folder"), file_to_write(tmp_path / place):
        raise AssertionError("nothing may be done")
