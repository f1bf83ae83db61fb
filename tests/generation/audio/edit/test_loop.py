"""A loop has its bars to the sample, and its end leads into its beginning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from generation.audio.edit.edits import Loop
from generation.audio.edit.loop import closed, default_tempo, loop_samples, stretched, turned_to_sound
from generation.audio.wishes import wishes_of_prompt

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def flux(sound: np.ndarray) -> np.ndarray:
    """How much the spectrum rises from each frame of 256 samples to the next."""
    windows = np.lib.stride_tricks.sliding_window_view(sound, 512)[::64] * np.hanning(512)
    spectra = np.abs(np.fft.rfft(windows, axis=1))
    return np.asarray(np.maximum(np.diff(spectra, axis=0), 0).sum(axis=1))


@pytest.mark.parametrize(("bars", "tempo"), [(1, 123.0), (4, 97.3), (2, 240.0)])
def test_it_has_its_bars_to_the_sample(pipe: Any, bars: int, tempo: float) -> None:
    made = pipe("jazz", edit=Loop(bars), tempo_bpm=tempo, num_inference_steps=2)
    assert len(made.tracks[0].waveform) == round(bars * 4 * 60 / tempo * 22_050)
    assert made.tracks[0].keeps == {"ends"}
    assert made.settings["loop"]["tempo_bpm"] == tempo


def test_ten_rounds_have_no_click(pipe: Any) -> None:
    loop = pipe("jazz", edit=Loop(1), tempo_bpm=117.0, num_inference_steps=4).tracks[0].waveform
    ten = np.tile(loop.astype(np.float64), 10)
    seams = np.arange(1, 10) * len(loop)
    steps = np.abs(np.diff(ten))
    assert steps[seams - 1].max() <= np.quantile(np.abs(np.diff(loop)), 0.99)
    changes = flux(ten)
    near = np.unique((seams[:, None] + np.arange(-512, 1, 64)).ravel() // 64)
    assert changes[near].max() <= np.quantile(flux(loop), 0.999)


def test_a_ring_of_latents_that_is_turned_is_heard_turned(pipe: Any) -> None:
    import torch

    latent = pipe.noise_of(40, 3)
    with torch.inference_mode():
        one = turned_to_sound(pipe, latent, 40 * 2048)
        other = turned_to_sound(pipe, torch.roll(latent, 13, dims=-1), 40 * 2048)
    spectra = [
        np.abs(np.fft.rfft(sound.reshape(-1, 2048), axis=1)) for sound in (np.roll(one, 13 * 2048), other)
    ]
    assert np.corrcoef(spectra[0].ravel(), spectra[1].ravel())[0, 1] > 0.8


def test_no_frame_lies_at_an_end_and_bars_go_on_around_the_ring(
    pipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    predictor = type(pipe).predictor

    def watched(self: Any, one: Any) -> Any:
        told.append(one.conditions)
        return predictor(self, one)

    monkeypatch.setattr(type(pipe), "predictor", watched)
    pipe("jazz", edit=Loop(1), tempo_bpm=120.0, num_inference_steps=8)
    phases = [float(c.bar_phase[0]) for c in told]
    assert len(set(phases)) > 4
    # 2 s are 22 frames: a place of the ring is so many 22nds of a bar.
    assert np.allclose(np.array(phases) * 22 % 1, 0, atol=1e-3) or np.allclose(
        (np.array(phases) * 22 + 0.5) % 1, 0.5, atol=1e-3
    )
    assert all(float(c.seconds[0]) > 10 for c in told)


def test_sound_that_has_a_period_is_left_alone() -> None:
    t = np.arange(60_000)
    sound = np.sin(2 * np.pi * 31 * t / 20_000) * (1 + np.sin(2 * np.pi * t / 20_000))
    assert np.allclose(closed(sound, 20_000, 5_000, 1_000), sound[5_000:25_000])


def test_sound_that_has_none_is_closed_without_a_click() -> None:
    sound = np.sin(np.arange(60_000) * 0.05)  # 20,000 samples are 159.15 of its waves
    ring = closed(sound, 20_000, 5_000, 1_000)
    assert len(ring) == 20_000
    assert np.abs(np.diff(np.tile(ring, 2))).max() < 1.2 * np.abs(np.diff(sound)).max()


def test_a_ring_is_stretched_without_a_seam() -> None:
    import torch

    wave = torch.sin(torch.arange(40) * 2 * torch.pi / 40)[None, None]
    longer = stretched(wave, 43)
    assert torch.allclose(longer, torch.sin(torch.arange(43) * 2 * torch.pi / 43)[None, None], atol=0.01)
    assert stretched(wave, 40) is wave


@pytest.mark.parametrize(("bars", "tempo"), [(1, 600.0), (32, 60.0)])
def test_loops_that_are_too_short_or_too_long_are_refused(bars: int, tempo: float) -> None:
    with pytest.raises(ValueError, match=r"a loop has 0\.5 to 60"):
        loop_samples(bars, tempo, 4, 22_050)


def test_without_a_tempo_it_has_that_of_its_genre() -> None:
    from generation.studio.idioms import IDIOMS

    assert default_tempo(wishes_of_prompt("something")) == 120
    assert default_tempo(wishes_of_prompt("techno")) == IDIOMS["techno"].tempo[1]


def test_a_waltz_has_three_beats_to_the_bar(pipe: Any) -> None:
    made = pipe("a waltz in 3/4", edit=Loop(2), tempo_bpm=120.0, num_inference_steps=1)
    assert len(made.tracks[0].waveform) == 3 * 22_050
