"""Takes on the command line: the best first, copies last and named; whose tags `listen` shows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from generation.audio.request import Track
from service.cli.generate_checks import found, ranked
from service.cli.main import main


def take(seed: int, score: float, *, is_copy: bool = False) -> Any:
    """An exported take, as far as its checks go."""
    checks = {
        "judge": {"score": score},
        "memorisation": {"is_copy": is_copy, "mel_item": 12, "mel_similarity": 0.41},
    }
    track = Track(np.zeros(4, np.float32), 22_050, seed, checks=checks)
    return SimpleNamespace(track=track, record=SimpleNamespace(checks=checks))


def test_the_best_take_is_listed_first_and_a_copy_last() -> None:
    done = ranked([take(1, 0.2), take(2, 5.0, is_copy=True), take(3, 1.5)])
    assert [one.track.seed for one in done] == [3, 1, 2]


def test_a_line_says_the_score_and_the_nearest_training_clip() -> None:
    assert found(take(1, 0.25)) == ", score 0.25, no copy, nearest training clip 12 (0.41)"
    assert "A COPY of training clip 12" in found(take(1, 0.25, is_copy=True))
    assert found(SimpleNamespace(record=SimpleNamespace(checks={}))) == ""  # type: ignore[arg-type]


def test_the_picture_is_the_listeners_and_not_the_judges(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["listen", "--judge", "--spectrogram", str(tmp_path / "x.png"), str(tmp_path / "a.ogg")]) == 1
    assert capsys.readouterr().err.startswith("error: --spectrogram shows what decided the listener's tags")
    assert not (tmp_path / "x.png").exists()
