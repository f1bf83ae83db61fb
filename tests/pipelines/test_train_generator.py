"""What the generator learns of a catalogue: its files, and what is known of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from db.repositories.songs import SongDescription
from generation.audio.training.music import MusicError
from generation.audio.training.sources import FileSource, SoundFile
from generation.audio.wishes import Wishes
from pipelines.train_generator import _captions, decode_windows

SONG = SongDescription(1, "Blue Rain", "Ada")


def sound(folder: Path, seconds: float, name: str = "a.wav") -> Path:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, round(8000 * seconds))
    soundfile.write(folder / name, noise, 8000)
    return folder / name


def test_captions_say_title_artist_tags_and_what_was_measured() -> None:
    assert _captions(SONG, ["jazz", "calm"], 91.6, "A minor") == (
        "jazz, calm",
        "jazz, calm, 92 bpm, in A minor",
        "Blue Rain by Ada",
        "Blue Rain by Ada, jazz, calm",
    )


def test_audio_without_words_has_no_captions() -> None:
    assert _captions(None, [], 120.0, "C major") == ()
    assert _captions(SongDescription(1, "", ""), [], None, None) == ()


def test_windows_are_spread_over_a_file(tmp_path: Path) -> None:
    windows, rate = decode_windows(sound(tmp_path, 40), 10.0, 3)
    assert (rate, [len(window) for window in windows]) == (8000, [80_000] * 3)
    windows, _ = decode_windows(sound(tmp_path, 13), 10.0, 3)
    assert [len(window) for window in windows] == [80_000, 24_000]


def test_a_file_that_is_no_audio_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(b"no audio at all")
    files = (SoundFile(tmp_path / "b.wav", "00" * 32), SoundFile(sound(tmp_path, 40), "01" * 32))
    source = FileSource(files, decode_windows)
    assert source.n_items == 6
    assert [source.item(number) is None for number in range(6)] == [True] * 3 + [False] * 3


def test_a_window_knows_what_its_file_knows(tmp_path: Path) -> None:
    wishes = Wishes(tempo_bpm=90.0, tonic=2, mode="major")
    item = FileSource((SoundFile(sound(tmp_path, 40), "01" * 32, wishes, ("x",)),), decode_windows).item(1)
    assert item is not None
    assert (item.wishes, item.captions, item.split) == (wishes, ("x",), "generator")


def test_a_source_is_named_by_what_is_in_it(tmp_path: Path) -> None:
    one = FileSource((SoundFile(tmp_path, "01" * 32),), decode_windows)
    other = FileSource((SoundFile(tmp_path, "01" * 32, captions=("x",)),), decode_windows)
    assert one.name != other.name
    with pytest.raises(MusicError, match="no sound files"):
        FileSource((), decode_windows)
