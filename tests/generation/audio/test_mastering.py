"""A finished track has the usual loudness, ends that fade, and peaks that no decoder clips."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.mastering import CEILING, LOUDNESS_LUFS, master, true_peak
from generation.studio.loudness import integrated_loudness

RATE = 22_050
TIME = np.arange(4 * RATE) / RATE
RNG = np.random.default_rng(0)
WORLDS = {
    "soft noise": 0.01 * RNG.normal(size=len(TIME)),
    "a loud square wave": 0.98 * np.sign(np.sin(2 * np.pi * 110 * TIME)),
    "a plucked string": 0.5 * np.sin(2 * np.pi * 220 * TIME) * np.exp(-8 * (TIME % 0.5)),
    "drums": RNG.normal(size=len(TIME)) * 0.3 * np.exp(-8 * (TIME % 0.5)),
    "a deep note": 0.3 * np.sin(2 * np.pi * 41 * TIME) + 0.05 * RNG.normal(size=len(TIME)),
    "stereo": np.stack([0.1 * np.sin(2 * np.pi * 330 * TIME), 0.6 * np.sin(2 * np.pi * 5500.0 * TIME)], 1),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_track_has_the_loudness_and_no_peak_above_the_ceiling(name: str) -> None:
    made = master(WORLDS[name], RATE)
    assert integrated_loudness(made.waveform, RATE) == pytest.approx(LOUDNESS_LUFS, abs=0.2)
    assert true_peak(made.waveform) <= CEILING + 1e-6


def test_the_peak_between_samples_counts() -> None:
    between = np.sin(2 * np.pi * (RATE / 4) * TIME + np.pi / 4)  # no sample hits the top
    assert np.abs(between).max() < 0.71
    assert true_peak(between) == pytest.approx(1, abs=0.05)


def test_what_would_need_too_much_limiting_stays_softer() -> None:
    click = np.zeros(len(TIME))
    click[RATE] = 0.5
    made = master(click + 1e-4 * RNG.normal(size=len(TIME)), RATE)
    assert made.loudness_lufs < LOUDNESS_LUFS
    assert made.limited_db <= 12.1


def test_a_sound_that_fits_is_turned_as_a_whole() -> None:
    tone = 0.05 * np.sin(2 * np.pi * 440 * TIME)
    made = master(tone, RATE)
    middle = slice(RATE, 3 * RATE)
    factors = made.waveform[middle][np.abs(tone[middle]) > 0.01] / tone[middle][np.abs(tone[middle]) > 0.01]
    assert factors.std() < 1e-5 * factors.mean()
    assert made.limited_db == 0


def test_the_end_fades_and_does_not_break_off() -> None:
    made = master(WORLDS["a loud square wave"], RATE)
    loudness = [float(np.abs(part).max()) for part in np.split(made.waveform[-RATE * 4 // 10 :][:8820], 4)]
    assert loudness == sorted(loudness, reverse=True)
    assert made.waveform[-1] == 0
    assert made.fade_out_s == pytest.approx(0.4)


def test_what_keeps_level_and_ends_is_untouched() -> None:
    given = WORLDS["drums"].astype(np.float32)
    assert np.array_equal(master(given, RATE, keep_level=True, keep_ends=True).waveform, given)


def test_the_same_track_is_the_same_to_the_bit() -> None:
    one, other = (master(WORLDS["stereo"], RATE).waveform for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("bad", [np.zeros(0), np.full(RATE, np.nan)])
def test_what_is_no_sound_is_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="finite"):
        master(bad, RATE)
