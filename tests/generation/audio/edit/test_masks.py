"""Windows, fades and bands."""

from __future__ import annotations

import numpy as np
import pytest

from generation.audio.edit.masks import Span, band_of_mels, band_part, fade, frames_touching, samples_of
from generation.audio.spectrogram import SpectrogramConfig

RATE = 22_050
T = np.arange(2 * RATE) / RATE


def tone(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * T)[:, None]


def test_a_window_is_cut_off_at_the_end_of_the_clip() -> None:
    assert samples_of(1.0, 2.0, 100, 500) == Span(100, 200)
    assert samples_of(1.0, 9.0, 100, 500) == Span(100, 500)


def test_every_frame_that_a_window_touches_is_in_it() -> None:
    assert frames_touching(0.31, 0.59, 0.3, 20) == Span(1, 2)
    assert frames_touching(0.29, 0.61, 0.3, 20) == Span(0, 3)
    assert frames_touching(5.5, 6.0, 0.3, 20) == Span(18, 20)


def test_a_fade_rises_evenly_and_mirrors_itself() -> None:
    assert (np.diff(fade(50)) > 0).all()
    assert np.allclose(fade(50) + fade(50)[::-1], 1)


def test_of_tones_the_band_keeps_those_within_it() -> None:
    part = band_part(tone(100) + tone(1000) + tone(5000), RATE, 300, 3000)
    assert np.abs(part - tone(1000))[2000:-2000].max() < 0.01


def test_a_band_and_the_rest_make_the_whole() -> None:
    noise = np.random.default_rng(0).normal(size=(RATE, 2))
    low, high = band_part(noise, RATE, 0, 800), band_part(noise, RATE, 800, 11_025)
    assert low.shape == noise.shape
    assert np.abs(low + high - noise).max() < 1e-9


@pytest.mark.parametrize(("low", "high"), [(0.0, 11_025.0), (200.0, 2000.0)])
def test_bands_of_a_spectrogram_lie_within_or_without(low: float, high: float) -> None:
    share = band_of_mels(low, high, SpectrogramConfig())
    assert share.shape == (80,)
    assert share.max() == 1
    assert (share[0] == 1, share[-1] == 1) == ((low == 0), (high == 11_025.0))
