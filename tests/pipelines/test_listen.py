"""Listening to files: the same file has the same tags, and what is no music is said to be none."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.audio.listener import Tags, weights_folder
from generation.prompt import parse_prompt
from pipelines import listen
from pipelines.features import Key, Measures
from pipelines.listen import Ear, NothingHeardError, tags_to_store, worth_seeing
from pipelines.sources.audio_stream import AudioError

soundfile = pytest.importorskip("soundfile")
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("musicnn") is None or not (weights_folder() / "config.json").is_file(),
    reason="the encoder's wheel or the listener's weights are not installed",
)
RATE = 22_050
TAGS = Tags(
    genres={"jazz": 0.9, "funk": 0.1},
    moods={"calm": 0.9},
    leads={"piano": 0.9},
    instruments={"drums": 0.95, "piano": 0.9, "jazz drums": 0.9},
    strangeness=1.0,
    is_strange=False,
)
MEASURES = Measures(np.zeros(256, dtype=np.float32), 92.3, Key("F", "minor", 0.2), -14.0, False)


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear()


def chords(seconds: float) -> np.ndarray:
    """Give a plucked chord twice a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hz * time) for hz in (220.0, 277.2, 329.6))
    return np.asarray(0.2 * tones * np.exp(-4 * (2 * time % 1)), dtype=np.float32)


def write(path: Path, waveform: np.ndarray, *, rate: int = RATE) -> Path:
    soundfile.write(path, waveform, rate)
    return path


def test_a_file_is_heard(ear: Ear, tmp_path: Path) -> None:
    heard = ear.hear(write(tmp_path / "a.wav", chords(6)))
    assert sum(heard.tags.genres.values()) == pytest.approx(1)
    assert heard.duration_s == pytest.approx(6, abs=0.01)
    assert heard.heard_s[0] == pytest.approx((0, 6), abs=0.01)
    assert heard.sentence.endswith(".")
    assert heard.tagger.startswith("listener-1 ")
    assert not heard.is_judge


def test_the_same_file_has_the_same_tags(ear: Ear, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chords(4))
    assert ear.hear(path) == ear.hear(path) == Ear().hear(path)


def test_a_long_file_is_heard_in_three_places(ear: Ear, tmp_path: Path) -> None:
    heard = ear.hear(write(tmp_path / "a.wav", chords(60)))
    assert [round(start) for start, _ in heard.heard_s] == [5, 25, 45]
    assert [round(end) for _, end in heard.heard_s] == [15, 35, 55]


def test_silence_is_refused(ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(NothingHeardError, match=r"quiet\.wav: there is silence"):
        ear.hear(write(tmp_path / "quiet.wav", np.zeros(4 * RATE, dtype=np.float32)))


def test_one_sample_is_no_music(ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"one\.wav: there is no audio in it"):
        ear.hear(write(tmp_path / "one.wav", np.ones(1, dtype=np.float32)))


def test_what_is_no_audio_is_refused_by_name(ear: Ear, tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("These are words.")
    with pytest.raises(AudioError, match=r"text\.mp3: "):
        ear.hear(tmp_path / "text.mp3")


def test_a_missing_file_and_a_folder_are_said(ear: Ear, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file"):
        ear.hear(tmp_path / "gone.mp3")
    with pytest.raises(IsADirectoryError, match="is a folder"):
        ear.hear(tmp_path)


def test_half_as_loud_is_the_same_genre(ear: Ear, tmp_path: Path) -> None:
    pytest.importorskip("tinysoundfont")
    from generation.studio.showcase import showcase

    rendered, _ = showcase("metal", seed=3, seconds=6.0)
    for gain in (1.0, 0.5):
        heard = ear.hear(write(tmp_path / "a.wav", gain * rendered.waveform, rate=rendered.sample_rate))
        assert next(iter(heard.tags.genres)) == "metal"
        assert not heard.tags.is_strange


def test_noise_is_strange(ear: Ear, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 5 * RATE).astype(np.float32)
    heard = ear.hear(write(tmp_path / "noise.wav", noise))
    assert heard.tags.is_strange
    assert "its tags are guesses" in heard.sentence
    assert parse_prompt(heard.sentence).genres == ()


def test_the_regions_of_tags_are_found(ear: Ear, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", chords(4))
    heard = ear.hear(path)
    seen = ear.look(path, worth_seeing(heard.tags, most=1))
    assert seen.patches.shape == seen.regions[0].relevance.shape == (1, 187, 96)
    assert seen.starts_s == (0.0,)


def test_the_sentence_says_what_was_measured() -> None:
    text = listen._sentence(TAGS, MEASURES)
    assert text == "A calm jazz piece with piano and jazz drums, about 92 beats per minute, in F minor."
    found = parse_prompt(text)
    assert (found.tempo_bpm, found.tonic, found.mode) == (92, 5, "minor")


def test_an_unsure_key_is_said_so_or_not_at_all() -> None:
    likely, unknown = (
        listen._sentence(TAGS, replace(MEASURES, key=Key("F", "minor", confidence)))
        for confidence in (0.1, 0.01)
    )
    assert likely.endswith("probably in F minor.")
    assert parse_prompt(unknown).tonic is None


def test_a_beat_without_drums_is_unsure() -> None:
    text = listen._sentence(replace(TAGS, instruments={"piano": 0.9, "drums": 0.1}), MEASURES)
    assert "perhaps about 92 beats per minute" in text


def test_of_what_is_strange_neither_a_beat_nor_a_doubtful_key_is_said() -> None:
    measures = replace(MEASURES, key=Key("F", "minor", 0.1))
    text = listen._sentence(replace(TAGS, is_strange=True), measures)
    assert "minute" not in text
    assert "minor" not in text


def test_without_a_beat_or_a_key_there_is_none() -> None:
    text = listen._sentence(TAGS, Measures(MEASURES.timbre, None, None, None, False))
    assert text == "A calm jazz piece with piano and jazz drums."


def test_what_is_stored_is_what_is_likely() -> None:
    stored = tags_to_store(replace(TAGS, instruments={"piano": 0.9, "harp": 0.2}), "toy")
    assert stored["genres"] == {"jazz": 0.9, "funk": 0.1}
    assert stored["instruments"] == {"piano": 0.9}
    assert tags_to_store(replace(TAGS, is_strange=True), "toy") == {"tagger": "toy", "is_strange": True}
