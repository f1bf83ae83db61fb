"""Sounds that are sent in to be changed: looked at, decoded once, and kept for a day under their hash."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from db.errors import NotFoundError
from db.repositories import songs as songs_repository
from generation.audio.edit.given import Given
from service.work.folders import sounds_folder, take_path
from service.work.order import SoundSource, read_bounded
from service.work.place import Place
from service.work.states import job_of

_MOST_UPLOADS = 50


class TooManySoundsError(Exception):
    """A user has as many uploads waiting as may be."""


@dataclass(frozen=True)
class UploadedSound:
    """A sound that was taken in: `sound` names it in an order."""

    sound: str
    seconds: float
    sample_rate: int
    channels: int


def take_sound(place: Place, data: bytes, *, user_id: int | None) -> UploadedSound:
    """Keep a sound file for a day: WAV, FLAC, Ogg, MP3 or AIFF, of a second to ten minutes.

    Raises
    ------
    GivenError
        It is none, too short, too long or silent.
    TooManySoundsError
    """
    folder = sounds_folder(place.settings.home, user_id)
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(data).hexdigest()
    kept = folder / name
    if not kept.exists() and sum(1 for _ in folder.iterdir()) >= _MOST_UPLOADS:
        raise TooManySoundsError(f"{_MOST_UPLOADS} sounds wait to be used: use some, or come back tomorrow")
    beside = folder / f".{name[:16]}.{secrets.token_hex(4)}"
    try:
        beside.write_bytes(data)
        given = read_bounded(beside)
        os.replace(beside, kept)
    finally:
        beside.unlink(missing_ok=True)
    return UploadedSound(name, round(given.seconds, 3), given.sample_rate, given.waveform.shape[1])


def sound_path(place: Place, source: SoundSource, *, user_id: int | None) -> Path:
    """Where a sound lies that a user names; nothing that is somebody else's is found.

    Raises
    ------
    NotFoundError
        There is no such upload, song or take.
    NoSoundError
        Nothing is known of how a song sounds.
    """
    if source.upload is not None:
        path = sounds_folder(place.settings.home, user_id) / source.upload
        if not _is_hash(source.upload) or not path.is_file():
            raise NotFoundError("sound", source.upload)
        return path
    if source.song is not None:
        return _of_song(place, source.song)
    assert source.generation is not None
    return _of_take(place, source.generation, source.take, user_id)


def read_sound(place: Place, source: SoundSource, *, user_id: int | None) -> tuple[Path, Given]:
    """Find a sound and decode it.

    Raises
    ------
    NotFoundError, NoSoundError, GivenError
    """
    path = sound_path(place, source, user_id=user_id)
    return path, read_bounded(path)


def _is_hash(name: str) -> bool:
    return len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)


def _of_song(place: Place, ref: str) -> Path:
    from pipelines.song_sound import play, sound_of

    with place.session_factory() as session:
        song_id = songs_repository.find_song(session, ref)
    sound = sound_of(place.session_factory, place.settings.home, song_id)
    return play(place.session_factory, sound, place.settings.soundfont)


def _of_take(place: Place, token: str, number: int, user_id: int | None) -> Path:
    job = job_of(place, token)
    takes = (job.result or {}).get("takes", [])
    if (user_id is not None and job.user_id != user_id) or not 1 <= number <= len(takes):
        raise NotFoundError("generation", token)
    assert job.result is not None
    return take_path(place.settings.home, token, str(job.result["folder"]), number, "wav")
