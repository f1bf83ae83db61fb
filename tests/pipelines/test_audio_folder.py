"""Facts about the reader of music: what tags and paths say, and what is refused."""

from __future__ import annotations

from pathlib import Path, PurePath

import numpy as np
import pytest

from pipelines.sources import audio_folder
from pipelines.sources.audio_folder import FileStamp, read
from pipelines.sources.audio_names import Named, are_numbered, names_in
from pipelines.sources.audio_stream import AudioDecoderMissingError, kind_of, open_audio
from pipelines.sources.audio_whole import fault_in
from pipelines.sources.batch import Batch
from pipelines.sources.detect import detect, read_any
from tests.music_files import wav_header, write_music

TAGS = {"title": "Añoranza", "artist": "Bé", "album": "C", "genre": "Folk; Jazz", "tracknumber": "3"}
FORMATS = (".mp3", ".ogg", ".opus", ".flac", ".wav")


def problems(batches: list[Batch]) -> dict[str, str]:
    return {problem.file.name: problem.reason for batch in batches for problem in batch.problems}


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_gives_a_song_and_a_file_of_one_ref(suffix: str, tmp_path: Path) -> None:
    file = write_music(tmp_path / f"a{suffix}")
    (batch,) = read(file)
    assert batch.problems == ()
    assert batch.songs["song_ref"].tolist() == batch.files["song_ref"].tolist()
    assert batch.files["song_ref"][0] == f"file:{batch.files['sha256'][0]}"
    assert batch.files["path"].tolist() == [str(file)]
    assert batch.files["duration_s"][0] == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus", ".flac"])
def test_tags_name_the_song_and_genres_tag_it(suffix: str, tmp_path: Path) -> None:
    (batch,) = read(write_music(tmp_path / f"01 - X - Y{suffix}", TAGS))
    (song,) = batch.songs.to_dict("records")
    assert (song["title"], song["artist"], song["album"]) == ("Añoranza", "Bé", "C")
    assert batch.tags["tag"].tolist() == ["Folk", "Jazz"]


def test_a_recording_code_in_the_tags_is_an_alias(tmp_path: Path) -> None:
    file = write_music(tmp_path / "a.mp3", {"title": "A", "isrc": "GB-AAA-90-00001"})
    (batch,) = read(file)
    aliases = dict(zip(batch.aliases["scheme"], batch.aliases["value"], strict=True))
    assert aliases == {"path": str(file), "isrc": "GBAAA9000001"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Miles Davis/Kind of Blue/01 - So What.mp3", ("So What", "Miles Davis", "Kind of Blue")),
        (
            "Miles Davis/1959 - Kind of Blue [FLAC]/1-01 So What.flac",
            ("So What", "Miles Davis", "Kind of Blue"),
        ),
        ("Miles Davis/Kind of Blue/CD1/01. So What.mp3", ("So What", "Miles Davis", "Kind of Blue")),
        ("Miles Davis - Kind of Blue/01_so_what.mp3", ("so what", "Miles Davis", "Kind of Blue")),
        ("Nina Simone - Feeling Good.ogg", ("Feeling Good", "Nina Simone", "")),
        ("Mix/Nina Simone - Feeling Good.ogg", ("Feeling Good", "Nina Simone", "Mix")),
        ("A - B - 07 - C.mp3", ("C", "A", "B")),
        ("Jay-Z/99 Problems.mp3", ("99 Problems", "Jay-Z", "")),
        ("1979.mp3", ("1979", "", "")),
        ("07.mp3", ("07", "", "")),
        (" - .mp3", ("-", "", "")),
    ],
)
def test_paths_name_songs_whose_tags_do_not(path: str, expected: tuple[str, str, str]) -> None:
    assert names_in(PurePath(path)) == Named(*expected)


def test_numbers_of_an_album_are_no_part_of_titles() -> None:
    assert are_numbered(["1 One", "2 Two", "3 Three"])
    assert not are_numbered(["99 Problems", "Hello", "Yes"])
    assert names_in(PurePath("2 Become 1.mp3"), numbered=False).title == "2 Become 1"
    assert names_in(PurePath("4 Two.mp3"), numbered=True).title == "Two"


@pytest.mark.parametrize("suffix", FORMATS)
def test_half_a_file_is_refused(suffix: str, tmp_path: Path) -> None:
    whole = write_music(tmp_path / f"whole{suffix}").read_bytes()
    (tmp_path / f"half{suffix}").write_bytes(whole[: len(whole) // 2])
    batches = list(read(tmp_path))
    assert list(problems(batches)) == [f"half{suffix}"]
    assert "cut off" in problems(batches)[f"half{suffix}"]
    assert sum(len(batch.files) for batch in batches) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.mp3", b"", "is empty"),
        ("a.mp3", b"Dear diary, today I made no music. " * 300, "no audio format that is known"),
        ("a.ogg", b"\0" * 5000, "no audio format that is known"),
        ("a.flac", b"fLaC" + b"\1" * 3000, "no audio that can be decoded"),
        ("a.wav", wav_header(0), "there is no audio in it"),
        ("a.wav", wav_header(200_000) + b"\0" * 90_000, "cut off"),
        ("a.m4a", b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\0\0\1\0mdat" + b"\0" * 20, "cut off"),
        ("a.mp3", b"ID3\x04\0\0\0\0\x7f\x7f" + b"\0" * 100, "cut off within its tags"),
    ],
)
def test_what_is_no_music_has_a_reason(name: str, content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (batch,) = read(tmp_path)
    assert len(batch.files) == 0
    assert reason in problems([batch])[name]


def test_one_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(b"")
    write_music(tmp_path / "b.ogg")
    (tmp_path / "c.opus").symlink_to(tmp_path / "gone")
    write_music(tmp_path / "d.wav")
    batches = list(read_any(tmp_path))
    assert [Path(path).name for batch in batches for path in batch.files["path"]] == ["b.ogg", "d.wav"]
    assert set(problems(batches)) == {"a.mp3", "c.opus"}


def test_the_content_tells_the_format_whatever_the_name(tmp_path: Path) -> None:
    write_music(tmp_path / "a.ogg", TAGS).rename(tmp_path / "a.mp3")
    (batch,) = read(tmp_path)
    assert batch.songs["title"].tolist() == ["Añoranza"]
    assert detect(write_music(tmp_path / "b.flac").rename(tmp_path / "unnamed")) == "audio"


def test_links_in_a_loop_are_not_followed_and_the_order_is_fixed(tmp_path: Path) -> None:
    for name in ("b/2.wav", "a/1.wav", "c.wav"):
        write_music(tmp_path / name, seconds=0.5)
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    batches = list(read_any(tmp_path))
    assert [Path(p).name for batch in batches for p in batch.files["path"]] == ["1.wav", "2.wav", "c.wav"]


def test_a_file_that_is_as_it_was_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_music(tmp_path / "a.wav")
    status = file.stat()
    monkeypatch.setattr(audio_folder, "head_of", lambda _: pytest.fail("the file was opened"))
    stamp = FileStamp(status.st_size, status.st_mtime_ns, "ab" * 32, 4.0)
    (batch,) = read(tmp_path, known={str(file): stamp})
    assert len(batch.songs) == 0
    assert batch.files["song_ref"].tolist() == [f"file:{'ab' * 32}"]


def test_a_path_that_cannot_be_stored_is_a_problem(tmp_path: Path) -> None:
    write_music(tmp_path / ("x" * 200) / ("y" * 250 + ".wav"), seconds=0.2)
    (batch,) = read(tmp_path)
    assert "longer than 400 characters" in batch.problems[0].reason


def test_an_m4a_whose_decoder_is_missing_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "av", None)
    box = b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + b"\0\0\0\x08moov"
    (tmp_path / "a.m4a").write_bytes(box)
    with pytest.raises(AudioDecoderMissingError, match="pip install av"), open_audio(tmp_path / "a.m4a"):
        pass


def test_an_m4a_plays_where_its_decoder_is_installed(tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    from tests.music_files import tone

    with av.open(str(tmp_path / "a.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=44_100, layout="mono")
        frame = av.AudioFrame.from_ndarray(tone(seconds=4)[None], format="fltp", layout="mono")
        frame.sample_rate = 44_100
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert fault_in(tmp_path / "a.m4a") == ""
    with open_audio(tmp_path / "a.m4a") as opened:
        assert opened.n_frames / opened.sample_rate == pytest.approx(4, abs=0.1)
        assert len(opened.read(44_100, 22_050)) == 22_050
    (batch,) = read(tmp_path)
    assert batch.files["duration_s"][0] == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize(
    "head", [b"", b"\xff", b"\xff\xfb", b"\xff" * 5000, b"RIFF", b"ID", bytes(range(256)) * 9]
)
def test_a_few_bytes_are_no_format(head: bytes) -> None:
    assert kind_of(head) == ""


def harmed(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a file with some bytes changed, taken out or put in, mostly where its headers are."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 8))):
        place = int(rng.integers(min(len(out), 600 if rng.random() < 0.7 else len(out))))
        kind = int(rng.integers(3))
        if kind == 0:
            out[place] = int(rng.integers(256))
        elif kind == 1:
            del out[place : place + int(rng.integers(1, 50))]
        else:
            out[place:place] = rng.bytes(5)
    return bytes(out)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_harmed_file_is_read_or_refused_and_never_raises(suffix: str, tmp_path: Path) -> None:
    whole = write_music(tmp_path / f"a{suffix}", TAGS, seconds=0.5).read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(40):
        (tmp_path / f"a{suffix}").write_bytes(harmed(whole, rng))
        batches = list(read(tmp_path))
        assert sum(len(batch.files) + len(batch.problems) for batch in batches) > 0
