"""Facts about excerpts: where they lie, and what is decoded of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipelines.decode import read_excerpts
from pipelines.sources.audio_stream import AudioError
from tests.music_files import write_music

RATE = 8_000


def ramp(path: Path, seconds: float) -> Path:
    """Write a waveform that rises from 0 to 1, so that a sample tells where it lies."""
    soundfile.write(path, np.linspace(0, 1, round(seconds * RATE), dtype=np.float32), RATE, subtype="FLOAT")
    return path


def test_three_excerpts_lie_around_the_sixths_of_a_long_file(tmp_path: Path) -> None:
    excerpts = read_excerpts(ramp(tmp_path / "a.wav", 120))
    assert [len(part) for part in excerpts.waveforms] == [10 * RATE] * 3
    assert [float(part.mean()) for part in excerpts.waveforms] == pytest.approx(
        [1 / 6, 1 / 2, 5 / 6], abs=0.001
    )
    assert excerpts.duration_s == 120


def test_a_short_file_is_one_excerpt(tmp_path: Path) -> None:
    excerpts = read_excerpts(ramp(tmp_path / "a.wav", 12))
    assert [len(part) for part in excerpts.waveforms] == [12 * RATE]


def test_channels_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.tile([0.5, -0.1], (RATE, 1)), RATE, subtype="FLOAT")
    assert np.allclose(read_excerpts(tmp_path / "a.wav").waveforms[0], 0.2)


def test_excerpts_come_at_any_sampling_rate(tmp_path: Path) -> None:
    excerpts = read_excerpts(write_music(tmp_path / "a.ogg"))
    assert [len(part) / 16_000 for part in excerpts.at(16_000)] == pytest.approx([4.0], abs=0.1)
    assert excerpts.at(44_100)[0] is excerpts.waveforms[0]


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus", ".flac"])
def test_excerpts_of_every_format_lie_where_they_should(suffix: str, tmp_path: Path) -> None:
    excerpts = read_excerpts(write_music(tmp_path / f"a{suffix}", seconds=40, beat_s=1.0))
    for part in excerpts.waveforms:
        # A chord is struck every second, so that as much sounds in each excerpt.
        assert len(part) == 10 * excerpts.sample_rate
        assert np.abs(part).max() == pytest.approx(0.5, abs=0.15)


def test_samples_that_are_not_finite_are_silence(tmp_path: Path) -> None:
    samples = np.full(RATE, 0.1, np.float32)
    samples[::2], samples[1::4] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    (waveform,) = read_excerpts(tmp_path / "a.wav").waveforms
    assert np.isfinite(waveform).all()
    assert np.allclose(waveform[::2], 0)
    assert np.allclose(waveform[3::4], 0.1)


def test_a_file_that_holds_much_less_than_it_says_is_told(tmp_path: Path) -> None:
    whole = write_music(tmp_path / "a.flac", seconds=60).read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 20])
    with pytest.raises(AudioError, match=r"cut off|cannot be decoded"):
        read_excerpts(tmp_path / "a.flac")


def test_a_moment_is_no_music(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="there is no audio in it"):
        read_excerpts(ramp(tmp_path / "a.wav", 0.01))
