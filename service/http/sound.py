"""A song's sound for the routes: its file, found or composed once, and the pictures of it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from generation.audio.spectrogram import SpectrogramConfig, log_mel
from pipelines.hear_song import whole_waveform
from pipelines.song_sound import play, sound_of
from service.http.service import Service, SongFile
from service.pictures.spectrogram import Spectrogram, draw_spectrogram
from service.pictures.waveform import draw_waveform

_TYPES = {
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".wav": "audio/wav",
}


class Drawing(StrEnum):
    """What is drawn of a song."""

    spectrogram = "spectrogram"
    waveform = "waveform"


def song_file(service: Service, song_id: int) -> SongFile:
    """Find the file of a song. One that has to be composed is rendered, one at a time, and kept.

    The path is the one that an ingest stored, or our own: nothing of a request gets into it.

    Raises
    ------
    NotFoundError, NoSoundError, SoundFontMissingError, OSError
    """
    known = service.files.get(song_id)
    if known is not None and known.path.is_file():
        return known
    settings = service.settings
    with service.playing:
        sound = sound_of(service.session_factory, settings.home, song_id)
        path = play(service.session_factory, sound, settings.soundfont)
    by = f"{sound.title} - {sound.artist}" if sound.artist else sound.title
    found = SongFile(song_id, path, by)
    service.files.put(song_id, found)
    return found


def media_type(path: Path) -> str:
    """The type of an audio file by its suffix."""
    return _TYPES.get(path.suffix.lower(), "application/octet-stream")


def draw_song(service: Service, sound: SongFile, drawing: Drawing, format: str) -> bytes:
    """Draw the sound of a song; one picture at a time.

    Raises
    ------
    AudioError, OSError
    """
    config = SpectrogramConfig()
    heard = whole_waveform(sound.path, config.sample_rate)
    if drawing is Drawing.waveform:
        with service.drawing:
            return draw_waveform(heard, config.sample_rate, sound.title, format=format)
    clip = Spectrogram(log_mel(heard, config), config, sound.title)
    with service.drawing:
        return draw_spectrogram(clip, format=format)
