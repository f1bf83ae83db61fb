"""Audio files as streams of samples: opened by what is in them, sought, read in parts.

libsndfile (soundfile) decodes WAV, AIFF, FLAC, Ogg Vorbis, Opus and MP3. What it does not know (AAC and ALAC
in M4A) is decoded by PyAV where that is installed, and is an `AudioDecoderMissingError` where it is not.
Samples are mono float32, the mean of the channels; what is not finite in a file is silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

# Decoded by libsndfile, then by others.
SUFFIXES = frozenset(
    {".mp3", ".flac", ".ogg", ".oga", ".opus", ".wav", ".wave", ".aif", ".aiff", ".m4a", ".aac"}
)
HEAD_BYTES = 1 << 14
_MOST_CHANNELS = 32
_RATES = range(1_000, 768_001)
_LOUDEST = 8.0  # Float files may hold anything; full scale is 1.
# Kilobits a second of layer III, by index from 1, of MPEG-1 and of MPEG-2 and 2.5; sampling rates of MPEG-1.
_KBITS_1 = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_2 = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_HERTZ = (44_100, 48_000, 32_000)


class AudioError(Exception):
    """The audio in a file cannot be read; the message says why, without the path."""


class AudioDecoderMissingError(AudioError):
    """The file may be whole, but what decodes it is not installed."""


class AudioStream(Protocol):
    """An open file: `n_frames` samples a channel, as its header says, at `sample_rate`."""

    sample_rate: int
    n_frames: int

    def read(self, start: int, n: int) -> np.ndarray:
        """Samples from `start` on, mono float32; fewer than n where the file ends."""


def kind_of(head: bytes) -> str:
    """What a file's first bytes say that it is: mp3, flac, ogg, wav, aiff, m4a, aac, or "".

    Twelve bytes tell most; an MP3 without tags may begin with rubbish, and is found in a `HEAD_BYTES` of it.
    """
    if head.startswith(b"fLaC"):
        return "flac"
    if head.startswith(b"OggS"):
        return "ogg"
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
        return "wav"
    if head.startswith(b"FORM") and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] == b"ftyp":
        return "m4a"
    if head.startswith(b"ID3"):
        return "mp3"
    if len(head) > 6 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:  # An ADTS frame.
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return "aac" if head[length : length + 2] in (head[:2], b"") else ""
    return "mp3" if _has_mpeg_frames(head) else ""


def head_of(path: Path) -> bytes:
    """The first bytes of a file, enough for `kind_of`."""
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _has_mpeg_frames(head: bytes) -> bool:
    """Whether a frame of MPEG audio is followed by another where its header says."""
    at = head.find(b"\xff")
    while 0 <= at < len(head) - 4:
        length = _mpeg_frame_bytes(head[at : at + 4])
        if length and _mpeg_frame_bytes(head[at + length : at + length + 4]):
            return True
        at = head.find(b"\xff", at + 1)
    return False


def _mpeg_frame_bytes(header: bytes) -> int:
    """Length of the frame of MPEG audio, layer III, that begins so; 0 where none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:
        return 0
    version, rate, bit_rate = header[1] >> 3 & 3, header[2] >> 2 & 3, header[2] >> 4
    if version == 1 or rate == 3 or bit_rate in (0, 15):
        return 0
    is_first = version == 3
    kbits = (_KBITS_1 if is_first else _KBITS_2)[bit_rate - 1]
    hertz = _HERTZ[rate] // {3: 1, 2: 2, 0: 4}[version]
    return (144_000 if is_first else 72_000) * kbits // hertz + (header[2] >> 1 & 1)


@contextmanager
def open_audio(path: Path) -> Iterator[AudioStream]:
    """Open an audio file, whatever its name ends in.

    Raises
    ------
    AudioError
        No audio, or none that can be decoded.
    OSError
    """
    kind = kind_of(head_of(path))
    if not kind:  # libsndfile would look for a beginning in any bytes, and tell standard error of it.
        raise AudioError("no audio format that is known")
    with closing(_av_stream(path) if kind in ("m4a", "aac") else _sound_file(path)) as opened:
        if not 0 < opened.channels <= _MOST_CHANNELS or opened.sample_rate not in _RATES:
            raise AudioError(f"{opened.channels} channels at {opened.sample_rate} Hz are not music")
        yield opened


class _SoundFileStream:
    def __init__(self, file: Any) -> None:
        self._file = file
        self.channels, self.sample_rate = int(file.channels), int(file.samplerate)
        self.n_frames = int(file.frames)

    def read(self, start: int, n: int) -> np.ndarray:
        import soundfile

        try:
            if start:
                self._file.seek(start)
            return _mono(self._file.read(n, dtype="float32", always_2d=True))
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise AudioError(
                f"cannot be decoded at {start / self.sample_rate:.1f} s: {_said(error)}"
            ) from error

    def close(self) -> None:
        self._file.close()


def _sound_file(path: Path) -> _SoundFileStream:
    import soundfile

    try:
        return _SoundFileStream(soundfile.SoundFile(str(path)))
    except (soundfile.SoundFileError, RuntimeError) as error:
        # Its words for an MP3 without frames are about missing files.
        reason = "" if "not a regular file" in str(error) else f": {_said(error)}"
        raise AudioError(f"no audio that can be decoded{reason}") from error


class _AvStream:
    def __init__(self, container: Any) -> None:
        self._container = container
        self._stream = container.streams.audio[0]
        self.channels, self.sample_rate = int(self._stream.channels), int(self._stream.rate)
        seconds = (
            float(self._stream.duration * self._stream.time_base)
            if self._stream.duration is not None
            else (container.duration or 0) / 1e6
        )
        self.n_frames = round(seconds * self.sample_rate)

    def read(self, start: int, n: int) -> np.ndarray:
        import av

        first = start / self.sample_rate
        blocks: list[np.ndarray] = []
        have = 0
        try:
            self._container.seek(int(first / self._stream.time_base), stream=self._stream)
            for frame in self._container.decode(self._stream):
                block = _frames_of(frame)
                # Seeking lands on a frame that begins at or before what is wanted.
                late = round((first - (frame.time or 0.0)) * self.sample_rate) if not blocks else 0
                if late >= len(block):
                    continue
                blocks.append(block[max(late, 0) :])
                have += len(blocks[-1])
                if have >= n:
                    break
        except (av.FFmpegError, ValueError) as error:
            if not blocks:
                raise AudioError(f"cannot be decoded at {first:.1f} s: {_said(error)}") from error
        return _mono(np.concatenate(blocks)[:n]) if blocks else np.zeros(0, np.float32)

    def close(self) -> None:
        self._container.close()


def _av_stream(path: Path) -> _AvStream:
    try:
        import av
    except ImportError:
        raise AudioDecoderMissingError("AAC needs a decoder that is not installed: pip install av") from None
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError, ValueError) as error:
        raise AudioError(f"no audio that can be decoded: {_said(error)}") from error
    if not container.streams.audio:
        container.close()
        raise AudioError("there is no audio in it")
    return _AvStream(container)


def _frames_of(frame: Any) -> np.ndarray:
    """Samples of a decoded frame as float32, shape (n, channels)."""
    samples = frame.to_ndarray()
    if np.issubdtype(samples.dtype, np.integer):
        samples = samples / float(np.iinfo(samples.dtype).max + 1)
    samples = samples.astype(np.float32)
    if not frame.format.is_planar:
        return np.asarray(samples.reshape(-1, len(frame.layout.channels)))
    return np.ascontiguousarray(samples.T)


def _mono(frames: np.ndarray) -> np.ndarray:
    """Mean of the channels, (n, channels) -> (n,), finite and of sane loudness."""
    mean = frames.mean(1, dtype=np.float32) if frames.shape[1] > 1 else frames[:, 0]
    if not np.isfinite(mean).all():
        mean = np.nan_to_num(mean, nan=0.0, posinf=0.0, neginf=0.0)
    return np.asarray(np.clip(mean, -_LOUDEST, _LOUDEST))


def _said(error: BaseException) -> str:
    """What a library said, without the path that it names first."""
    text = getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
    return " ".join(str(text).split())[:200].rstrip(".") or type(error).__name__
