"""Tags are found by those who read tags, the sound stays as it was, and the same is the same to the byte."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from tinytag import TinyTag

from generation.audio_files import FORMATS, encoded
from generation.file_tags.ogg import checksum, pages
from generation.file_tags.tagged import tagged

soundfile = pytest.importorskip("soundfile")
RATE = 22_050
SOUND = 0.5 * np.sin(np.arange(RATE) * 0.1)
TAGS = {
    "TITLE": "Añoranza 夜",
    "ARTIST": "Songspace",
    "DATE": "2026-11-21T14:46:52Z",
    "COMMENT": "AI-generated",
    "ENCODER": "Songspace 1",
    "PROMPT": 'slow "jazz" = ünïcödé',
    "SEED": "3",
    "PROVENANCE": "AI-generated",
}


def written(suffix: str, tags: dict[str, str] | None = None) -> bytes:
    return tagged(encoded(SOUND, RATE, suffix), suffix, TAGS if tags is None else tags)


def read_by_mutagen(content: bytes) -> dict[str, str]:
    mutagen = pytest.importorskip("mutagen")
    found: Any = mutagen.File(io.BytesIO(content)).tags
    if not hasattr(found, "getall"):
        return {name.upper(): values[0] for name, values in dict(found).items()}
    plain = {"TIT2": "TITLE", "TPE1": "ARTIST", "TDRC": "DATE", "TSSE": "ENCODER", "COMM": "COMMENT"}
    return {
        frame.desc if frame.FrameID == "TXXX" else plain[frame.FrameID]: str(frame.text[0])
        for frame in found.values()
    }


@pytest.mark.parametrize("suffix", FORMATS)
def test_another_reader_finds_every_tag(suffix: str) -> None:
    found = read_by_mutagen(written(suffix))
    if suffix in (".mp3", ".wav"):  # ID3 writes UTC without its letter
        found["DATE"] = found["DATE"].replace(" ", "T") + "Z"
    assert found == TAGS


@pytest.mark.parametrize("suffix", FORMATS)
def test_our_own_reader_finds_them(suffix: str) -> None:
    tag = TinyTag.get(f"a{suffix}", io.BytesIO(written(suffix)))
    assert (tag.title, tag.artist) == (TAGS["TITLE"], TAGS["ARTIST"])
    assert tag.other["prompt"] == [TAGS["PROMPT"]]
    assert tag.duration == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_sound_is_not_touched(suffix: str) -> None:
    before, after = encoded(SOUND, RATE, suffix), written(suffix)
    assert np.array_equal(soundfile.read(io.BytesIO(before))[0], soundfile.read(io.BytesIO(after))[0])


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_sound_and_tags_are_the_same_bytes(suffix: str) -> None:
    assert written(suffix) == written(suffix)


@pytest.mark.parametrize("suffix", FORMATS)
def test_new_tags_take_the_place_of_old_ones(suffix: str) -> None:
    assert tagged(written(suffix, {"TITLE": "Old", "SEED": "9"}), suffix, TAGS) == written(suffix)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("length", [244, 245, 4000])
def test_long_tags_are_whole(suffix: str, length: int) -> None:
    text = "x" * length
    assert read_by_mutagen(written(suffix, {"PROMPT": text})) == {"PROMPT": text}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_tag_of_control_characters_and_half_characters_is_one_line(suffix: str) -> None:
    found = read_by_mutagen(written(suffix, {"TITLE": "a\x00b\r\nc\ud800d", "SEED": ""}))
    assert found == {"TITLE": "a b c d"}


def test_a_wav_of_floats_does_not_hold_the_time_of_writing() -> None:
    content = tagged(encoded(SOUND, RATE, ".wav", bits=32), ".wav", TAGS)
    assert b"PEAK" not in content
    assert np.array_equal(soundfile.read(io.BytesIO(content), dtype="float32")[0], SOUND.astype(np.float32))


def test_pages_that_libogg_wrote_have_the_sum_that_we_compute() -> None:
    content = encoded(SOUND, RATE, ".ogg")
    n_segments = content[26]
    first = bytearray(content[: 27 + n_segments + sum(content[27 : 27 + n_segments])])
    said = int.from_bytes(first[22:26], "little")
    first[22:26] = bytes(4)
    assert checksum(bytes(first)) == said


def test_pages_are_numbered_from_0_and_sound_begins_on_one_of_its_own() -> None:
    content = written(".ogg", {"PROMPT": "x" * 4000, "COMMENT": "y" * 4000})
    numbers, at = [], 0
    for page in pages(content):
        numbers.append(int.from_bytes(content[at + 18 : at + 22], "little"))
        at += 27 + len(page.lengths) + len(page.body)
    assert numbers == list(range(len(numbers)))
    assert next(pages(content)).flags == 2


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
@pytest.mark.parametrize("content", [b"", b"no sound", b"fLaC\x00\x00\x00\x22", b"OggS" + b"\0" * 40])
def test_what_is_no_such_file_is_refused(suffix: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        tagged(content, suffix, TAGS)


def test_a_name_that_no_format_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="capital letters"):
        tagged(encoded(SOUND, RATE, ".flac"), ".flac", {"a=b": "x"})
