"""The sound of songs: found, composed, kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

import pipelines.song_sound as song_sound
from db.errors import NotFoundError
from db.repositories import audio as audio_repository
from db.repositories.songs import find_song
from pipelines.song_sound import NoSoundError, SongSound, play, render_library, sound_of, stream
from tests.tiny_world import RARE, TinyWorld


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens to tests."""
    monkeypatch.setattr(song_sound, "SAMPLE_RATE", 8000)


def sound(world: TinyWorld, ref: str) -> SongSound:
    with world.factory() as session:
        return sound_of(world.factory, world.home, find_song(session, ref))


def test_a_song_of_the_sample_world_is_composed_once_and_kept(world_copy: TinyWorld) -> None:
    asked = sound(world_copy, "sample:3")
    assert not asked.is_ready
    path = play(world_copy.factory, asked)
    assert soundfile.info(path).duration == pytest.approx(asked.piece.score.duration_s, abs=8)  # type: ignore[union-attr]
    written = path.stat().st_mtime_ns
    assert play(world_copy.factory, sound(world_copy, "sample:3")).stat().st_mtime_ns == written


def test_what_was_composed_is_the_songs_audio_file(world_copy: TinyWorld) -> None:
    asked = sound(world_copy, "sample:3")
    play(world_copy.factory, asked)
    with world_copy.factory() as session:
        (file,) = audio_repository.files_of_song(session, asked.song_id)
    assert (file.path, file.size_bytes) == (str(asked.path), asked.path.stat().st_size)


def test_the_first_chunk_comes_before_the_file(world_copy: TinyWorld) -> None:
    asked = sound(world_copy, "sample:5")
    chunks = stream(world_copy.factory, asked)
    assert next(chunks).shape[1] == 2
    assert not asked.is_ready
    rest = list(chunks)
    assert rest
    assert asked.is_ready


def test_a_stream_left_off_keeps_nothing(world_copy: TinyWorld) -> None:
    asked = sound(world_copy, "sample:5")
    chunks = stream(world_copy.factory, asked)
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    assert not list(Path(world_copy.home).glob("cache/sounds/*"))


def test_a_deleted_file_comes_again(world_copy: TinyWorld) -> None:
    asked = sound(world_copy, "sample:3")
    before, _ = soundfile.read(play(world_copy.factory, asked))
    asked.path.unlink()
    after, _ = soundfile.read(play(world_copy.factory, sound(world_copy, "sample:3")))
    assert np.array_equal(before, after)


def test_a_song_with_a_file_of_its_own_sounds_as_that(world_copy: TinyWorld, tmp_path: Path) -> None:
    own = tmp_path / "own.wav"
    soundfile.write(own, np.zeros(800), 8000)
    song_id = sound(world_copy, "sample:3").song_id
    with world_copy.factory.begin() as session:
        audio_repository.add_files(
            session, [audio_repository.StoredFile(0, song_id, str(own), "0" * 64, 1, 1, 0.1)]
        )
    assert sound(world_copy, "sample:3").path == own


def test_other_songs_without_a_file_have_no_sound(world_copy: TinyWorld) -> None:
    with pytest.raises(NoSoundError, match="no audio file"):
        sound(world_copy, RARE[0])
    with pytest.raises(NotFoundError):
        sound_of(world_copy.factory, world_copy.home, 10**9)


def test_a_library_is_rendered_once(world_copy: TinyWorld) -> None:
    ids = [sound(world_copy, f"sample:{row}").song_id for row in (1, 2)]
    assert render_library(world_copy.factory, world_copy.home, ids) == 2
    assert render_library(world_copy.factory, world_copy.home, ids) == 0
