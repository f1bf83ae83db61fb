"""New sound beside given sound: as loud, in step, and crossfaded without a dip."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.edit.joining import (
    best_lag,
    channel_levels,
    correlation,
    crossfaded,
    levelled,
    resampled,
    rms,
)

RNG = np.random.default_rng(0)
NOISE, OTHER = RNG.normal(0, 0.1, (2, 20_000))


@pytest.mark.parametrize("new", [NOISE, OTHER, (NOISE + OTHER) / np.sqrt(2)])
def test_a_crossfade_is_as_loud_as_its_ends_however_alike_they_are(new: np.ndarray) -> None:
    made = crossfaded(NOISE, new)
    middle = made[8_000:12_000]
    assert rms(middle) == pytest.approx(0.1, rel=0.05)
    assert np.allclose(made[[0, -1]], [NOISE[0], new[-1]], atol=1e-4)


def test_a_crossfade_of_a_sound_with_itself_is_that_sound() -> None:
    assert np.allclose(crossfaded(NOISE, NOISE), NOISE)


@pytest.mark.parametrize("lag", [-30, 0, 17])
def test_the_lag_is_found_at_which_waves_meet(lag: int) -> None:
    assert best_lag(NOISE[1000:3000], 0.3 * NOISE[1000 - 40 - lag : 3000 + 40 - lag], 40) == lag


def test_new_sound_is_brought_to_within_three_decibels_of_a_level() -> None:
    new = np.stack([OTHER, OTHER], axis=1)
    for level, expected in ((0.2, 0.2 / 10**0.15), (0.12, 0.1), (0.01, 0.01 * 10**0.15)):
        assert rms(levelled(new, level, slice(None), 22_050)) == pytest.approx(expected, rel=0.01)


def test_nothing_new_goes_beyond_full_scale() -> None:
    assert 0.8 < np.abs(levelled(NOISE[:, None] * 5, 0.5, slice(None), 22_050)).max() < 0.9


def test_each_channel_keeps_its_level() -> None:
    given = np.stack([NOISE, 0.1 * NOISE, 0 * NOISE], axis=1)
    assert channel_levels(given, 2 * NOISE) == pytest.approx([0.5, 0.05, 0.0])


def test_silence_is_like_nothing() -> None:
    assert correlation(NOISE, 0 * NOISE) == 0
    assert rms(NOISE[:0]) == 0


def test_at_another_rate_it_lasts_as_long() -> None:
    assert len(resampled(NOISE, 22_050, 44_100)) == 40_000
    assert np.array_equal(resampled(NOISE, 22_050, 22_050), NOISE)
