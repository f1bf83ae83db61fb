"""Small music files for tests: tones in every format that libsndfile writes, with tags of our own making."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

RATES = {".opus": 48_000}
_ID3_FRAMES = {
    "title": b"TIT2",
    "artist": b"TPE1",
    "album": b"TALB",
    "tracknumber": b"TRCK",
    "genre": b"TCON",
    "isrc": b"TSRC",
}


def tone(
    *, seconds: float = 4.0, pitch_hz: float = 220.0, beat_s: float = 0.5, sample_rate: int = 44_100
) -> np.ndarray:
    """Give a minor chord that is struck every beat, float32, shape (n_samples,)."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    chord = sum(np.sin(2 * np.pi * pitch_hz * ratio * time) for ratio in (1.0, 1.2, 1.5))
    return np.asarray(0.2 * chord * np.exp(-6 * (time % beat_s) / beat_s), dtype=np.float32)


def write_music(path: Path, tags: Mapping[str, str] | None = None, **sound: float) -> Path:
    """Write a tone, with its tags, in the format that the name ends in; return the path."""
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    rate = RATES.get(path.suffix, 44_100)
    options = {"format": "OGG", "subtype": "OPUS"} if path.suffix == ".opus" else {}
    with soundfile.SoundFile(str(path), "w", rate, 1, **options) as file:
        for name in ("title", "artist", "album", "genre", "tracknumber"):
            if tags and path.suffix in (".ogg", ".opus", ".flac") and name in tags:
                setattr(file, name, tags[name])
        file.write(tone(sample_rate=rate, **sound))  # type: ignore[arg-type]
    if tags and path.suffix == ".mp3":
        path.write_bytes(id3(tags) + path.read_bytes())
    return path


def write_generated(path: Path, prompt: str = "slow jazz", **sound: float) -> Path:
    """Write a tone as `songspace generate` writes its tracks, marked as AI-generated; return the path."""
    from datetime import UTC, datetime

    from generation.audio.export import export
    from generation.audio.request import Generation, Request, Track

    track = Track(tone(**sound), 44_100, 3)  # type: ignore[arg-type]
    made = Generation((track,), Request(prompt, seed=3), "songspace", "ab" * 32, threads=1)
    export(made, [path], made_at=datetime(2026, 11, 21, tzinfo=UTC))
    return path


def id3(tags: Mapping[str, str]) -> bytes:
    """Make an ID3v2.4 tag of text frames."""
    frames = b"".join(
        _ID3_FRAMES[name] + _syncsafe(len(text.encode()) + 1) + b"\0\0\x03" + text.encode()
        for name, text in tags.items()
    )
    return b"ID3\x04\0\0" + _syncsafe(len(frames)) + frames


def wav_header(data_bytes: int, *, sample_rate: int = 44_100) -> bytes:
    """Make the header of a mono 16-bit WAV that promises so many bytes of samples."""
    format = struct.pack("<HHIIHH", 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    head = b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt " + struct.pack("<I", 16) + format
    return head + b"data" + struct.pack("<I", data_bytes)


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))
