"""A window is made anew, and outside it not a sample changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.audio.edit.edits import Inpainting
from generation.audio.edit.given import Given, read_given
from generation.audio.edit.joining import rms
from generation.audio.edit.masks import band_part

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def inpainted(pipe: Any, edit: Inpainting, **wishes: Any) -> Any:
    return pipe("jazz", edit=edit, **({"num_inference_steps": 4} | wishes)).tracks[0]


def changed(track: Any, given: Given) -> np.ndarray:
    """Seconds at which samples differ."""
    return np.flatnonzero((track.waveform != given.waveform).any(axis=1)) / given.sample_rate


@pytest.mark.parametrize(
    ("window", "band"),
    [
        ((2.0, 4.5), (None, None)),
        ((0.0, 1.0), (None, None)),
        ((5.0, 6.0), (None, None)),
        ((3.3, 3.45), (None, None)),
        ((2.0, 4.5), (1000.0, 11_025.0)),
        ((0.0, 6.0), (1000.0, 11_025.0)),
    ],
)
def test_outside_the_window_every_sample_is_kept_and_inside_it_is_another(
    pipe: Any, given: Given, window: tuple[float, float], band: tuple[Any, Any]
) -> None:
    track = inpainted(pipe, Inpainting(given, *window, *band))
    assert (track.waveform.shape, track.sample_rate) == (given.waveform.shape, given.sample_rate)
    at = changed(track, given)
    assert window[0] <= at[0] < window[0] + 0.01
    assert window[1] - 0.01 < at[-1] < window[1]
    assert len(at) > 0.95 * (window[1] - window[0]) * given.sample_rate


def test_the_new_part_is_as_loud_as_what_is_around_it_in_each_channel(pipe: Any, given: Given) -> None:
    new = inpainted(pipe, Inpainting(given, 2.0, 4.0)).waveform[64_000:128_000]
    for channel in range(2):
        ratio = rms(new[:, channel]) / rms(given.waveform[:, channel])
        assert 10 ** (-3.5 / 20) < ratio < 10 ** (3.5 / 20)


def test_of_a_band_the_other_frequencies_stay(pipe: Any, given: Given) -> None:
    track = inpainted(pipe, Inpainting(given, 2.0, 4.0, 2000.0, 8000.0))
    before, after = (
        band_part(sound[64_000:128_000].astype(float), given.sample_rate, 0, 1500)
        for sound in (given.waveform, track.waveform)
    )
    assert rms(after - before) < 0.02 * rms(before)
    high = [
        band_part(sound[64_000:128_000].astype(float), given.sample_rate, 2500, 7000)
        for sound in (given.waveform, track.waveform)
    ]
    assert rms(high[1] - high[0]) > 0.5 * rms(high[0])


def test_there_is_no_click_where_the_window_begins_and_ends(pipe: Any, given: Given) -> None:
    track = inpainted(pipe, Inpainting(given, 2.0, 4.0))
    steps = np.abs(np.diff(track.waveform[:, 0]))
    for at in (64_000, 128_000):
        assert steps[at - 40 : at + 40].max() <= 1.2 * steps.max(initial=0, where=np.arange(len(steps)) != at)
        assert steps[at - 40 : at + 40].max() < 4 * np.quantile(steps, 0.99)


def test_the_same_seed_gives_the_same_and_another_another(pipe: Any, given: Given) -> None:
    edit = Inpainting(given, 2.0, 3.0)
    one, again, other = (inpainted(pipe, edit, seed=seed).waveform for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_low_strength_stays_nearer_to_what_was_there(pipe: Any, given: Given) -> None:
    import torch

    from generation.audio.edit.codec import encoded
    from generation.audio.edit.inpainting import _denoised, scene_of
    from generation.audio.edit.take import Take
    from generation.audio.request import Request
    from generation.audio.sampler import Sampler

    distances = []
    for strength in (0.2, 1.0):
        edit = Inpainting(given, 2.0, 4.0, strength=strength)
        request = Request("jazz", edit=edit)
        sampler = Sampler(pipe.scheduler, pipe.prediction_type, 10)
        take = Take(pipe, request, 3, (pipe.told_of(request),), sampler, lambda *_: None)
        with torch.inference_mode():
            scene = scene_of(pipe, edit)
            known = encoded(pipe, scene.mono)
            distances.append(float((_denoised(take, edit, scene, known) - known).square().mean()))
    assert distances[0] < 0.5 * distances[1]


def test_a_file_comes_back_bit_for_bit_but_for_the_window(pipe: Any, given: Given, tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    from generation.audio_files import write_audio

    for bits in (16, 24):
        before, after = tmp_path / f"{bits}.flac", tmp_path / f"{bits}-made.flac"
        soundfile.write(before, given.waveform, given.sample_rate, subtype=f"PCM_{bits}")
        track = inpainted(pipe, Inpainting(read_given(before), 2.0, 3.0))
        write_audio(after, track.waveform, track.sample_rate, bits=track.bits)
        outside = [
            np.delete(soundfile.read(path, dtype="int32")[0], slice(64_000, 96_000), axis=0)
            for path in (before, after)
        ]
        assert np.array_equal(*outside)


def test_finishing_is_told_to_leave_level_and_ends(pipe: Any, given: Given) -> None:
    assert inpainted(pipe, Inpainting(given, 2.0, 3.0)).keeps == {"level", "ends"}
