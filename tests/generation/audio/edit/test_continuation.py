"""A continuation keeps what is given, goes on as long as it is asked to, and has no seams."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.edit.continuation import Window, joined, windows_of
from generation.audio.edit.edits import Continuation, Section
from generation.audio.edit.given import Given
from generation.audio.edit.joining import rms

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def continued(pipe: Any, given: Given | None, seconds: float, **wishes: Any) -> Any:
    wishes = {"prompt": "jazz", "num_inference_steps": 3} | wishes
    return pipe(edit=Continuation(given), seconds=seconds, **wishes).tracks[0]


@pytest.mark.parametrize("known", [0, 5, 43, 108])
def test_windows_cover_all_that_is_new_once_and_know_what_came_before(known: int) -> None:
    windows = windows_of(known, 900, [0, 300, 310], width=108, overlap=43)
    new = [frame for window in windows for frame in range(window.new, window.end)]
    assert new == list(range(known, 900))
    for window in windows:
        assert window.end - window.start <= 108
        assert window.new - window.start >= min(43, window.new)
        assert window.section == sum(window.new >= cut for cut in (300, 310))


def test_what_fits_one_window_is_one() -> None:
    assert windows_of(0, 80, [0], width=108, overlap=43) == [Window(0, 0, 80, 0)]


def test_a_section_that_begins_within_the_given_sound_begins_after_it() -> None:
    windows = windows_of(50, 100, [0, 20, 40], width=108, overlap=43)
    assert [window.section for window in windows] == [2]


def test_given_samples_are_kept_up_to_the_crossfade(pipe: Any, given: Given) -> None:
    track = continued(pipe, given, 14.0)
    kept = len(given.waveform) - round(0.05 * given.sample_rate)
    assert track.waveform.shape == (14 * given.sample_rate, 2)
    assert np.array_equal(track.waveform[:kept], given.waveform[:kept])
    assert not np.array_equal(track.waveform[kept : len(given.waveform)], given.waveform[kept:])


def test_what_comes_after_is_as_loud_in_each_channel_and_fades_out(pipe: Any, given: Given) -> None:
    new = continued(pipe, given, 12.0).waveform[len(given.waveform) :]
    for channel in range(2):
        ratio = rms(new[: 3 * given.sample_rate, channel]) / rms(given.waveform[:, channel])
        assert 10 ** (-3.5 / 20) < ratio < 10 ** (3.5 / 20)
    assert np.abs(new[-10:]).max() < 0.001


def test_beyond_a_minute_it_is_made_in_windows(pipe: Any) -> None:
    steps: list[int] = []
    track = continued(
        pipe, None, 70.0, num_inference_steps=1, callback=lambda step: steps.append(step.n_steps)
    )
    assert len(track.waveform) == 70 * 22_050
    # 754 latent frames: a window of 108, then at most 64 new ones in each.
    assert steps == [12] * 12


def test_a_section_changes_what_comes_after_it_and_nothing_before(pipe: Any) -> None:
    one, other = (
        continued(pipe, None, 20.0, sections=(Section(prompt, 12.0),)).waveform
        for prompt in ("folk", "techno")
    )
    assert np.corrcoef(one[: 11 * 22_050], other[: 11 * 22_050])[0, 1] > 0.99
    assert np.corrcoef(one[13 * 22_050 :], other[13 * 22_050 :])[0, 1] < 0.9


def test_every_window_is_told_where_in_a_bar_it_begins(pipe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    predictor = type(pipe).predictor

    def watched(self: Any, one: Any) -> Any:
        told.append(one.conditions)
        return predictor(self, one)

    monkeypatch.setattr(type(pipe), "predictor", watched)
    continued(pipe, None, 24.0, tempo_bpm=90.0, num_inference_steps=1)
    frame_s = 2048 / 22_050
    starts = [0, *(round(float(c.bar_phase[0]) * 8 / 3 / frame_s) for c in told[1:])]
    assert all(bool(c.has_bars[0]) and float(c.tempo_bpm[0]) == 90 for c in told)
    # A bar of 90 beats a minute is 8/3 s, 28.7 frames: the windows' starts, less whole bars.
    frames = [window.start for window in windows_of(0, 259, [0], width=108, overlap=43)]
    assert [round(start % (8 / 3 / frame_s)) for start in frames] == starts


def test_of_a_given_sound_nobody_knows_the_bars(pipe: Any, given: Given) -> None:
    from generation.audio.request import Request
    from generation.audio.wanted import wishes_of

    wishes = wishes_of(Request("jazz at 120 bpm", seconds=12.0, edit=Continuation(given)))
    assert (wishes.tempo_bpm, wishes.bar_phase) == (120, None)


def test_tempo_and_key_hold_until_a_section_names_others() -> None:
    from generation.audio.request import Request
    from generation.audio.wanted import wishes_of_sections

    sections = (Section("folk", 10.0), Section("techno at 140 bpm in A minor", 20.0), Section("quiet", 30.0))
    wished = wishes_of_sections(
        Request("jazz at 120 bpm in D", seconds=40.0, edit=Continuation(), sections=sections)
    )
    assert [one.tempo_bpm for one in wished] == [120, 120, 140, 140]
    assert [one.tonic for one in wished] == [2, 2, 9, 9]


def test_new_sound_is_moved_to_where_waves_meet() -> None:
    rate, t = 8_000, np.arange(40_000) / 8_000
    tone = (0.5 * np.sin(2 * np.pi * 50 * t)).astype(np.float32)
    given = Given(tone[:16_000, None], rate)
    late = np.roll(tone, 37).astype(np.float64)
    whole = joined(given, late[8_000:], 8_000, 30_000)
    assert np.abs(whole[:20_000, 0] - tone[:20_000]).max() < 0.02
