"""Sound files are written whole, in the format of their name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from generation.audio_files import FORMATS, encoded, write_audio

soundfile = pytest.importorskip("soundfile")
TONE = 0.5 * np.sin(np.arange(22_050) * 0.1)[:, None] * np.ones(2)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_written_can_be_read(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"a{suffix}"
    write_audio(file, TONE, 22_050)
    read, sample_rate = soundfile.read(file)
    assert (read.shape[1], sample_rate) == (2, 22_050)
    assert abs(len(read) - len(TONE)) < 4000  # mp3 is padded
    assert read.std() == pytest.approx(TONE.std(), rel=0.1)


def test_the_same_waveform_gives_the_same_flac(tmp_path: Path) -> None:
    for name in ("a.flac", "b.flac"):
        write_audio(tmp_path / name, TONE, 22_050)
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_a_file_read_and_written_is_the_same_sample_for_sample(
    suffix: str, subtype: str, bits: int, tmp_path: Path
) -> None:
    before, after = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    soundfile.write(before, np.random.default_rng(0).uniform(-1, 1, 5000), 22_050, subtype=subtype)
    write_audio(after, soundfile.read(before, dtype="float32")[0], 22_050, bits=bits)
    assert np.array_equal(soundfile.read(before)[0], soundfile.read(after)[0])


def test_samples_that_are_floats_stay_floats_in_a_wav(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, 500).astype(np.float32)
    write_audio(tmp_path / "a.wav", samples, 22_050, bits=32)
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], samples)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_is_decoded_is_not_clipped(suffix: str) -> None:
    noise = np.clip(np.random.default_rng(0).normal(size=44_100), -0.99, 0.99)  # the hardest to encode
    decoded, _ = soundfile.read(io.BytesIO(encoded(noise, 22_050, suffix)))
    assert 0.6 < np.abs(decoded).max() <= 1


def test_an_unknown_suffix_is_refused_with_those_known(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.flac"):
        write_audio(tmp_path / "a.aiff", TONE, 22_050)


@pytest.mark.parametrize("bad", [TONE * 3, TONE * np.nan, TONE[:0]])
def test_what_is_no_sound_is_refused_and_leaves_the_old_file(bad: np.ndarray, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    write_audio(file, TONE, 22_050)
    before = file.read_bytes()
    with pytest.raises(ValueError, match="waveform"):
        write_audio(file, bad, 22_050)
    assert file.read_bytes() == before


def test_a_failed_write_leaves_nothing_beside(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Hz"):
        write_audio(tmp_path / "a.mp3", TONE, 12_345)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        write_audio(tmp_path / "nowhere" / "a.wav", TONE, 22_050)
