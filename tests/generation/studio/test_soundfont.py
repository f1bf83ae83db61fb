"""Which SoundFont is used, and what is said where there is none."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from generation.studio import soundfont
from generation.studio.soundfont import SoundFontMissingError, find_soundfont, load_synth


def test_a_given_path_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "my.sf2"
    file.write_bytes(b"music")
    font = find_soundfont(file)
    assert (font.name, font.sha256) == ("my.sf2", hashlib.sha256(b"music").hexdigest())


def test_a_changed_file_is_another_soundfont(tmp_path: Path) -> None:
    file = tmp_path / "my.sf2"
    file.write_bytes(b"music")
    before = find_soundfont(file)
    file.write_bytes(b"other music")
    assert find_soundfont(file).sha256 != before.sha256


def test_the_systems_goes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "FluidR3_GM.sf2"
    file.write_bytes(b"better")
    monkeypatch.setattr(soundfont, "SYSTEM_SOUNDFONTS", (file,))
    assert find_soundfont().path == file


def test_what_has_to_be_the_same_everywhere_takes_the_wheels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pretty_midi")
    file = tmp_path / "FluidR3_GM.sf2"
    file.write_bytes(b"better")
    monkeypatch.setattr(soundfont, "SYSTEM_SOUNDFONTS", (file,))
    assert find_soundfont(portable=True).name == "TimGM6mb.sf2"


def test_none_at_all_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfont, "SYSTEM_SOUNDFONTS", ())
    monkeypatch.setattr(soundfont, "find_spec", lambda _name: None)
    with pytest.raises(SoundFontMissingError, match="pip install pretty_midi"):
        find_soundfont()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundFontMissingError, match=r"gone\.sf2"):
        find_soundfont(tmp_path / "gone.sf2")


def test_a_file_that_is_no_soundfont_is_named(tmp_path: Path) -> None:
    pytest.importorskip("tinysoundfont")
    file = tmp_path / "my.sf2"
    file.write_bytes(b"no music at all")
    with pytest.raises(SoundFontMissingError, match=r"my\.sf2"):
        load_synth(find_soundfont(file))


def test_a_missing_synthesiser_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my.sf2"
    file.write_bytes(b"any")
    monkeypatch.setitem(sys.modules, "tinysoundfont", None)
    with pytest.raises(SoundFontMissingError, match="pip install --no-deps tinysoundfont"):
        load_synth(find_soundfont(file))
