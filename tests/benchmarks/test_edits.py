"""The measures of edits find seams, drift and clicks where there are some, and none where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.edits import change_at, drift, flux, is_monotonic, step_at_seam

RATE = 22_050
T = np.arange(8 * RATE) / RATE
HUM = 0.1 * np.sin(2 * np.pi * 220 * T) * (1 + 0.5 * np.sin(2 * np.pi * 3 * T))


def test_a_seam_changes_more_than_anything_else_and_a_moment_like_others_does_not() -> None:
    broken = np.concatenate([HUM[: 3 * RATE], 3 * HUM[5 * RATE : 8 * RATE]]) + 1e-4
    broken[3 * RATE : 3 * RATE + 40] += 0.5
    seam, other = change_at(flux(broken, RATE), [3.0, 1.7])
    assert seam == 1.0
    assert other < 0.99


def test_joins_everywhere_are_refused() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        change_at(np.ones(10), [0.05])


def test_drift_is_measured_over_parts_of_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    tempos, keys = iter([120.0, 60.5, 131.0]), iter(["C major", "A minor", "C major"])
    monkeypatch.setattr("benchmarks.edits.tempo_of", lambda *_: next(tempos))
    monkeypatch.setattr("benchmarks.edits.key_in", lambda *_: next(keys))
    growing = np.concatenate([gain * HUM[: 5 * RATE] for gain in (1, 1, 2, 2, 4, 4)])
    found = drift(growing, RATE, tempo_bpm=120)
    assert (found.in_tempo, found.in_key) == (2 / 3, 2 / 3)
    assert found.loudness_range_db == pytest.approx(12, abs=0.1)
    assert found.loudness_slope_db == pytest.approx(36, abs=0.5)


def test_drift_of_one_part_means_nothing() -> None:
    with pytest.raises(ValueError, match="two parts"):
        drift(HUM, RATE, tempo_bpm=120)


def test_a_loop_that_does_not_meet_itself_steps() -> None:
    ring = np.sin(np.arange(1000) * 2 * np.pi / 1000)
    assert step_at_seam(ring) <= 1
    assert step_at_seam(ring[:700]) == 1
    assert step_at_seam(ring[:700]) >= step_at_seam(ring)


def test_a_course_that_goes_back_is_not_monotonic() -> None:
    assert is_monotonic([0.0, 0.5, 0.5, 1.0])
    assert not is_monotonic([0.0, 0.5, 0.4])
