"""`songspace demo`: shows everything, touches nobody's data, and is quick the second time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.slow
def test_the_demo_shows_everything_and_is_quick_the_second_time(run: Run) -> None:
    code, first, err = run("demo")
    assert (code, err) == (0, "")
    assert first.count("because of") == 10
    assert all(name in first for name in ("item-kNN", "EASE", "iALS", "BPR", "popularity"))
    assert os.listdir(os.environ["SONGSPACE_HOME"]) == ["demo"]
    started = time.monotonic()
    assert "Nothing new since the last night." in run("demo")[1]
    assert time.monotonic() - started < 30


def test_a_damaged_evaluation_is_measured_anew(tmp_path: Path) -> None:
    from service.cli.demo import _read_evaluation

    for text in ("", "[]", '{"release": "a", "evaluation": {"rows": 1}}', '{"release": "b"}'):
        (tmp_path / "evaluation.json").write_text(text)
        assert _read_evaluation(tmp_path / "evaluation.json", "a") is None
