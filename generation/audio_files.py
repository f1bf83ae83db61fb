"""Sound files: a waveform written whole, or not at all."""

from __future__ import annotations

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


def write_audio(path: Path, waveform: np.ndarray, sample_rate: int) -> None:
    """Write a sound file in the format of its name, beside and then moved into its place.

    Parameters
    ----------
    path : Path
        Ends in one of `FORMATS`.
    waveform : float array, shape (n_samples,) or (n_samples, channels)
        Within -1 .. 1.
    sample_rate : int

    Raises
    ------
    ValueError
        Another suffix; a waveform that is empty, not finite, or beyond -1 .. 1; a sample rate that the format
        does not know.
    OSError
        The file cannot be written.
    """
    import soundfile

    format, subtype = FORMATS[audio_format(path)]
    if waveform.ndim not in (1, 2) or not waveform.size:
        raise ValueError(f"a waveform has samples, or samples x channels; got shape {waveform.shape}")
    # Not `> 1`, which NaN is not.
    if not np.abs(waveform).max() <= 1:
        raise ValueError("a waveform is finite and within -1 .. 1")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.parent} to write {path.name} in")
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            _write(file, waveform, sample_rate, format, subtype)
        os.replace(beside, path)
    except soundfile.LibsndfileError as error:
        raise ValueError(f"{path.name} cannot be written at {sample_rate} Hz: {error.error_string}") from None
    finally:
        beside.unlink(missing_ok=True)


def _write(file: object, waveform: np.ndarray, sample_rate: int, format: str, subtype: str) -> None:
    import soundfile

    channels = 1 if waveform.ndim == 1 else waveform.shape[1]
    with soundfile.SoundFile(file, "w", sample_rate, channels, subtype=subtype, format=format) as out:
        # libvorbis overflows its stack on long buffers, so a second at a time.
        for start in range(0, len(waveform), sample_rate):
            out.write(waveform[start : start + sample_rate])
