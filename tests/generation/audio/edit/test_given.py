"""Given sound is read as it is, and what nothing can come of is refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.audio.edit.given import Given, GivenError, given_of_json, read_given

soundfile = pytest.importorskip("soundfile")
RATE = 8_000
TONE = 0.5 * np.sin(np.arange(2 * RATE) * 0.3)


def written(folder: Path, samples: np.ndarray, name: str = "a.wav", subtype: str = "PCM_16") -> Path:
    soundfile.write(folder / name, samples, RATE, subtype=subtype)
    return folder / name


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24), ("FLOAT", 32)])
def test_samples_rate_and_bits_are_the_files_own(subtype: str, bits: int, tmp_path: Path) -> None:
    stereo = np.stack([TONE, -TONE], axis=1)
    given = read_given(written(tmp_path, stereo, subtype=subtype))
    assert (given.waveform.shape, given.sample_rate, given.bits) == ((2 * RATE, 2), RATE, bits)
    assert np.abs(given.waveform - stereo).max() < 1e-4
    assert given.seconds == 2.0


def test_channels_that_cancel_out_are_heard_all_the_same() -> None:
    left = TONE.astype(np.float32)
    assert np.array_equal(Given(np.stack([left, -left], axis=1), RATE).mono, left)
    assert np.allclose(Given(np.stack([left, left / 2], axis=1), RATE).mono, 0.75 * left)


@pytest.mark.parametrize(
    ("samples", "complaint"),
    [
        (TONE[:1], "1 sample, at least 1 s"),
        (TONE[:0], "no samples, at least 1 s"),
        (np.resize(TONE, RATE * 3600), "3,600 s, at most 600 s"),
        (np.zeros(2 * RATE), "silent"),
        (np.full(2 * RATE, 1e-5), "silent"),
    ],
)
def test_what_nothing_can_come_of_is_refused(samples: np.ndarray, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(GivenError, match=complaint):
        read_given(written(tmp_path, samples))


@pytest.mark.parametrize("content", [b"not music" * 99, b"RIFF", b""])
def test_what_is_no_sound_is_refused_without_a_word_on_the_console(
    content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(GivenError, match="no sound that can be read"):
        read_given(tmp_path / "a.wav")
    assert capfd.readouterr() == ("", "")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(GivenError, match=r"there is no file .*nowhere\.wav"):
        read_given(tmp_path / "nowhere.wav")
    with pytest.raises(GivenError, match="is no file"):
        read_given(tmp_path)


def test_floats_that_are_not_finite_or_too_loud_are_refused() -> None:
    for value, complaint in ((np.nan, "not finite"), (1.5, "louder than full scale")):
        samples = np.append(TONE, value).astype(np.float32)[:, None]
        with pytest.raises(GivenError, match=complaint):
            Given(samples, RATE)


def test_a_record_names_the_file_and_knows_when_it_is_another(tmp_path: Path) -> None:
    path = written(tmp_path, TONE)
    document = read_given(path).to_json()
    assert given_of_json(document) == read_given(path)
    written(tmp_path, TONE * 0.9)
    with pytest.raises(GivenError, match="not the file that it was"):
        given_of_json(document)
