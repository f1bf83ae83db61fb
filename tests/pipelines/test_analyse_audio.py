"""Facts about music in the database: what is analysed, what is known again, and what happens when it is not
there, cut short, or killed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from db.repositories import audio, playlists, songs
from db.repositories.audio import Features, StoredFile
from db.repositories.catalogue import facts_of
from db.session import SessionFactory
from pipelines import analyse_audio as module
from pipelines.analyse_audio import AudioReport, Outcome, analyse_audio
from pipelines.audio_analysis import VERSION, analyse_file, current_version
from pipelines.engine import Local
from pipelines.ingest import IngestReport, ingest
from pipelines.sources.audio_stream import AudioError
from tests.databases import *  # noqa: F403
from tests.music_files import tone, write_music


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyse by a fake that tells files apart by their length; loading nothing."""
    monkeypatch.setattr(module, "warm_up", lambda: None)
    monkeypatch.setattr(
        module.analyse_audio, "__kwdefaults__", module.analyse_audio.__kwdefaults__ | {"analyse": fake}
    )


def fake(path: str, version: str) -> Outcome:
    """Pass for an analysis."""
    if "hopeless" in path:
        return Outcome(reason="cannot be decoded", is_lasting=True)
    if "locked" in path:
        return Outcome(reason="cannot be read: Permission denied")
    size = os.stat(path).st_size
    return Outcome(Features({"tempo_bpm": float(size)}, np.array([size, 1.0], np.float32)), seconds=0.01)


def dies(path: str, version: str) -> Outcome:
    """Take the worker process down over one file."""
    if "deadly" in path:
        os._exit(1)
    return Outcome(Features({}), seconds=0.01)


def music(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        write_music(folder / name, seconds=0.5 + number / 10)


def take(factory: SessionFactory, folder: Path) -> tuple[IngestReport, AudioReport]:
    report = ingest([folder], session_factory=factory)
    assert report.audio is not None
    return report, report.audio


def stored(factory: SessionFactory) -> list[StoredFile]:
    with factory() as session:
        return audio.all_files(session)


def test_a_folder_of_music_gives_songs_files_and_features(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    music(tmp_path, "A/B/01 - One.wav", "A/B/02 - Two.ogg")
    report, heard = take(session_factory, tmp_path)
    assert (report.songs.added, heard.analysed, report.problems) == (2, 2, ())
    with session_factory() as session:
        one, two = songs.describe_songs(session, [file.song_id for file in audio.all_files(session)]).values()
        found = audio.features_of_songs(session, current_version())
    assert [(song.title, song.artist, song.album) for song in (one, two)] == [
        ("One", "A", "B"),
        ("Two", "A", "B"),
    ]
    assert set(found) == {one.song_id, two.song_id}
    assert found[one.song_id].embedding is not None


def test_the_same_folder_again_changes_nothing(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path, "a.wav", "b.wav")
    take(session_factory, tmp_path)
    before = stored(session_factory)
    report, heard = take(session_factory, tmp_path)
    assert not report.changed_anything
    assert (heard.analysed, heard.unchanged, report.songs.unchanged) == (0, 2, 2)
    assert stored(session_factory) == before


def test_a_renamed_file_is_known_again(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path, "a.wav", "b.wav")
    take(session_factory, tmp_path)
    (first, _) = stored(session_factory)
    (tmp_path / "a.wav").rename(tmp_path / "c.wav")
    report, heard = take(session_factory, tmp_path)
    assert (report.songs.added, heard.analysed, heard.missing) == (0, 0, 0)
    (moved,) = (file for file in stored(session_factory) if file.path.endswith("c.wav"))
    assert (moved.file_id, moved.song_id) == (first.file_id, first.song_id)


def test_files_that_trade_names_keep_their_songs_and_features(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    music(tmp_path, "a.wav", "b.wav", "c.wav")
    take(session_factory, tmp_path)
    song_of = {file.sha256: file.song_id for file in stored(session_factory)}
    for old, new in (("a", "x"), ("b", "a"), ("c", "b"), ("x", "c")):
        (tmp_path / f"{old}.wav").rename(tmp_path / f"{new}.wav")
    _, heard = take(session_factory, tmp_path)
    assert heard.analysed == 0
    assert {file.sha256: file.song_id for file in stored(session_factory)} == song_of


def test_a_copy_is_one_more_file_of_the_same_song(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path, "a.wav")
    take(session_factory, tmp_path)
    shutil.copy(tmp_path / "a.wav", tmp_path / "copy.wav")
    report, heard = take(session_factory, tmp_path)
    assert (report.songs.added, heard.analysed, heard.recognised) == (0, 0, 1)
    assert len({file.song_id for file in stored(session_factory)}) == 1


def test_edited_tags_rename_the_song_that_it_was(session_factory: SessionFactory, tmp_path: Path) -> None:
    write_music(tmp_path / "a.mp3", {"title": "Helo", "artist": "A"})
    take(session_factory, tmp_path)
    write_music(tmp_path / "a.mp3", {"title": "Hello", "artist": "A", "genre": "Folk"})
    report, heard = take(session_factory, tmp_path)
    assert (report.songs.added, report.songs.changed, heard.analysed) == (0, 1, 1)
    assert len(stored(session_factory)) == 1
    with session_factory() as session:
        assert facts_of(session, [1])[1].title == "Hello"
    assert not take(session_factory, tmp_path)[0].changed_anything


def test_another_song_in_the_place_of_one_is_another_song(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    write_music(tmp_path / "a.mp3", {"title": "One", "artist": "A"}, seconds=2)
    take(session_factory, tmp_path)
    write_music(tmp_path / "a.mp3", {"title": "Two", "artist": "B"}, seconds=3)
    report, heard = take(session_factory, tmp_path)
    assert (report.songs.added, heard.analysed) == (1, 1)
    assert len(stored(session_factory)) == 1


def test_a_deleted_file_is_missing_until_it_is_back(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path / "m", "a.wav", "b.wav")
    take(session_factory, tmp_path / "m")
    (tmp_path / "m" / "a.wav").rename(tmp_path / "kept.wav")
    _, heard = take(session_factory, tmp_path / "m")
    assert heard.missing == 1
    assert [file.is_missing for file in stored(session_factory)] == [True, False]
    (tmp_path / "kept.wav").rename(tmp_path / "m" / "a.wav")
    report, heard = take(session_factory, tmp_path / "m")
    assert (report.songs.added, heard.analysed, heard.missing) == (0, 0, 0)
    assert not any(file.is_missing for file in stored(session_factory))


@pytest.mark.parametrize("playlist_first", [False, True])
def test_a_playlist_means_the_songs_whose_files_it_names(
    playlist_first: bool, session_factory: SessionFactory, tmp_path: Path
) -> None:
    music(tmp_path, "A/1.wav", "A/2.wav")
    (tmp_path / "p.m3u8").write_text("#EXTM3U\nA/2.wav\nA/1.wav\n")
    for path in [tmp_path / "p.m3u8", tmp_path / "A"] if playlist_first else [tmp_path]:
        ingest([path], session_factory=session_factory)
    with session_factory() as session:
        (number,) = playlists.read_playlists(session)["playlist_id"].tolist()
        named = playlists.playlist_songs(session, number)
    assert named == [file.song_id for file in reversed(stored(session_factory))]


def test_a_playlist_finds_a_file_where_it_lies_now(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path, "1.wav")
    take(session_factory, tmp_path)
    (tmp_path / "1.wav").rename(tmp_path / "2.wav")
    (tmp_path / "p.m3u8").write_text("#EXTM3U\n2.wav\n")
    report, _ = take(session_factory, tmp_path)
    assert report.songs.added == 0
    with session_factory() as session:
        assert songs.count_songs(session) == 1


def test_what_cannot_be_decoded_is_told_each_time_and_tried_once(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    music(tmp_path, "hopeless.wav", "good.wav")
    first, _ = take(session_factory, tmp_path)
    again, heard = take(session_factory, tmp_path)
    assert [problem.reason for problem in first.problems] == ["cannot be decoded"]
    assert again.problems == first.problems
    assert (heard.failed, heard.unchanged) == (1, 1)


def test_what_could_not_be_read_is_tried_again(session_factory: SessionFactory, tmp_path: Path) -> None:
    music(tmp_path, "locked.wav")
    _, heard = take(session_factory, tmp_path)
    assert heard.failed == 1
    report = analyse_audio(session_factory, analyse=lambda path, version: fake("/dev/null", version))
    assert (report.analysed, report.failed) == (1, 0)


def test_a_run_that_is_broken_off_goes_on_where_it_was(
    session_factory: SessionFactory, tmp_path: Path
) -> None:
    def broken_off(path: str, version: str) -> Outcome:
        if path.endswith("c.wav"):
            raise KeyboardInterrupt
        return fake(path, version)

    music(tmp_path, "a.wav", "b.wav", "c.wav", "d.wav")
    take(session_factory, tmp_path)
    with session_factory.begin() as session:
        audio.drop_features(session, [file.file_id for file in audio.all_files(session)])
    with pytest.raises(KeyboardInterrupt):
        analyse_audio(session_factory, analyse=broken_off)
    assert analyse_audio(session_factory, analyse=fake).analysed == 2


def test_a_worker_that_dies_costs_one_file(
    session_factory: SessionFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    music(tmp_path, "a.wav", "b deadly.wav", "c.wav", "d.wav")
    take(session_factory, tmp_path)
    with session_factory.begin() as session:
        audio.drop_features(session, [file.file_id for file in audio.all_files(session)])
    monkeypatch.setattr(module, "FEWEST_FOR_WORKERS", 1)
    monkeypatch.setattr(module, "_prepare_worker", int)
    report = analyse_audio(session_factory, engine=Local(2), analyse=dies)
    assert (report.analysed, report.failed) == (3, 1)
    assert [problem.file.name for problem in report.problems] == ["b deadly.wav"]


def test_whatever_is_wrong_with_a_file_becomes_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import audio_analysis

    def fails(path: Path, *, version: str) -> Features:
        raise AudioError("no sound in it")

    monkeypatch.setattr(audio_analysis, "analyse_file", fails)
    assert module.analyse_one(str(tmp_path), VERSION) == Outcome(reason="no sound in it", is_lasting=True)
    monkeypatch.undo()
    assert "No such file" in module.analyse_one(str(tmp_path / "gone.mp3"), VERSION).reason


def test_a_file_is_measured_named_and_placed(tmp_path: Path) -> None:
    found = analyse_file(write_music(tmp_path / "a.ogg", seconds=8), version=current_version())
    assert found.measures["key"] in ("A minor", "E minor", "C major")
    assert found.measures["tempo_bpm"] == pytest.approx(120, rel=0.03)
    assert found.measures["loudness_lufs"] < 0
    if current_version() == VERSION:
        assert found.embedding is not None
        assert np.isfinite(found.embedding).all()
        assert 0 <= found.measures["tags"]["rock"] <= 1


def test_silence_has_no_place(tmp_path: Path) -> None:
    import soundfile

    soundfile.write(tmp_path / "a.wav", 0 * tone(), 44_100)
    found = analyse_file(tmp_path / "a.wav", version=current_version())
    assert found.embedding is None
    assert found.measures["is_silent"]
