"""Sound files: a waveform written whole, or not at all."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np

# Suffix -> format and encoding, as libsndfile names them.
FORMATS = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
}
LOSSY = frozenset({".ogg", ".mp3"})
_DECODED_PEAK = 0.99
_ROUNDS = 4
BITS = (16, 24, 32)


def audio_format(path: Path) -> str:
    """Return the suffix of `FORMATS` that a file's name asks for.

    Raises
    ------
    ValueError
        It asks for none of them.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{path.name}: a sound file ends in {', '.join(FORMATS)}")
    return suffix


def write_audio(path: Path, waveform: np.ndarray, sample_rate: int, *, bits: int = 16) -> None:
    """Write a sound file in the format of its name, beside and then moved into its place.

    Samples that were read from a WAV or FLAC file of so many bits come out as they were.

    Parameters
    ----------
    path : Path
        Ends in one of `FORMATS`.
    waveform : float array, shape (n_samples,) or (n_samples, channels)
        Within -1 .. 1.
    sample_rate : int
    bits : 16, 24 or 32
        Of each sample in WAV and FLAC files; 32 are floats, in place of which FLAC has 24.

    Raises
    ------
    ValueError
        As `encoded`; another suffix.
    OSError
        The file cannot be written.
    """
    suffix = audio_format(path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in")
    try:
        content = encoded(waveform, sample_rate, suffix, bits=bits)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
    write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file beside and move it into its place, so that it is there whole or not at all.

    Raises
    ------
    OSError
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def encoded(waveform: np.ndarray, sample_rate: int, suffix: str, *, bits: int = 16) -> bytes:
    """Return a waveform as the bytes of a sound file.

    MP3 and Ogg Vorbis decode to other samples than they were given. What would lie beyond -1 .. 1, and be cut
    off by a player, is turned down before, as a whole.

    Parameters
    ----------
    waveform : float array, shape (n_samples,) or (n_samples, channels)
        Within -1 .. 1.
    suffix : str
        One of `FORMATS`.
    bits : 16, 24 or 32
        Of each sample, as `write_audio`.

    Raises
    ------
    ValueError
        Other bits; a waveform that is empty, not finite, or beyond -1 .. 1; a sample rate that the format
        does not know.
    """
    import soundfile

    format, subtype = FORMATS[suffix]
    if bits not in BITS:
        raise ValueError(f"samples have {', '.join(map(str, BITS))} bits, got {bits}")
    if waveform.ndim not in (1, 2) or not waveform.size:
        raise ValueError(f"a waveform has samples, or samples x channels; got shape {waveform.shape}")
    # Not `> 1`, which NaN is not.
    if not np.abs(waveform).max() <= 1:
        raise ValueError("a waveform is finite and within -1 .. 1")
    if subtype == "PCM_16":
        waveform, subtype = _samples(waveform, bits, format)
    try:
        content = _encoded(waveform, sample_rate, format, subtype)
        gain = 1.0
        for _ in range(_ROUNDS if suffix in LOSSY else 0):
            peak = float(np.abs(soundfile.read(io.BytesIO(content))[0]).max(initial=0.0))
            if peak <= 1:
                break
            gain *= _DECODED_PEAK / peak
            content = _encoded(waveform * gain, sample_rate, format, subtype)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"cannot be written at {sample_rate} Hz: {error.error_string}") from None
    return content


def _samples(waveform: np.ndarray, bits: int, format: str) -> tuple[np.ndarray, str]:
    """Samples as a file holds them, and the name of their encoding.

    libsndfile reads whole numbers as n / 2^15 but writes floats times 2^15 - 1: a file read and written again
    would be another. So they are made whole here.
    """
    if bits == 32 and format == "WAV":
        return waveform.astype(np.float32), "FLOAT"
    bits = min(bits, 24)
    scale = 2 ** (bits - 1)
    whole = np.rint(waveform.astype(np.float64) * scale).clip(-scale, scale - 1)
    if bits == 16:
        return whole.astype(np.int16), "PCM_16"
    return whole.astype(np.int32) << 8, "PCM_24"


def _encoded(waveform: np.ndarray, sample_rate: int, format: str, subtype: str) -> bytes:
    import soundfile

    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", sample_rate, channels, subtype=subtype, format=format) as out:
        # libvorbis overflows its stack on long buffers, so a second at a time.
        for start in range(0, len(waveform), sample_rate):
            out.write(waveform[start : start + sample_rate])
    return file.getvalue()
