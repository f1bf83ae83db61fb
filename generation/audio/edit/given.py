"""The sound file that is to be changed: read whole, at its own rate, and refused where no music is in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.soundness import loudest_rms

SHORTEST_S, LONGEST_S = 1.0, 600.0
_MOST_CHANNELS = 8
_SLOWEST_RATE, _FASTEST_RATE = 8_000, 192_000
_CANCELLED = 0.01  # Of the louder channel's power.
_SILENT_RMS = 1e-3  # -60 dB of full scale
# How files begin that libsndfile reads; of any others it would tell standard error what it looked for.
_BEGINNINGS = (b"RIFF", b"RF64", b"FORM", b"fLaC", b"OggS", b"ID3", b"caff", b".snd")
_BITS = {"PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 32}


class GivenError(ValueError):
    """A sound file that cannot be changed or gone on from; the message says why."""


@dataclass(frozen=True)
class Given:
    """A sound that is given.

    Attributes
    ----------
    waveform : float32 array, shape (n_samples, channels)
        Within -1 .. 1, as the file has it.
    sample_rate : int
        The file's own.
    bits : 16, 24 or 32
        That its samples need to be written again.
    path, digest : str
        Where it was read, and the SHA-256 of the file; empty for sound from elsewhere.
    """

    waveform: np.ndarray = field(compare=False, repr=False)
    sample_rate: int
    bits: int = 16
    path: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        """Refuse what is too short, too long, silent or no sound."""
        if self.waveform.ndim != 2 or not 1 <= self.waveform.shape[1] <= _MOST_CHANNELS:
            raise GivenError(f"sound has 1 to {_MOST_CHANNELS} channels, got shape {self.waveform.shape}")
        if not _SLOWEST_RATE <= self.sample_rate <= _FASTEST_RATE:
            raise GivenError(f"{self.sample_rate} Hz is no rate of music: {_SLOWEST_RATE} to {_FASTEST_RATE}")
        check_length(len(self.waveform), self.sample_rate)
        if not np.isfinite(self.waveform).all():
            raise GivenError("it holds values that are not finite")
        peak = float(np.abs(self.waveform).max())
        if peak > 1:
            raise GivenError(f"it is louder than full scale (peak {peak:.2f}): turn it down first")
        if loudest_rms(self.waveform, self.sample_rate) < _SILENT_RMS:
            raise GivenError("it is silent: there is nothing to start from")

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.waveform) / self.sample_rate

    @property
    def mono(self) -> np.ndarray:
        """The mean of its channels, shape (n_samples,); of channels that cancel out, the loudest one."""
        mean = np.asarray(self.waveform.mean(axis=1, dtype=np.float32))
        power = np.square(self.waveform, dtype=np.float32).mean(axis=0)
        if np.square(mean).mean() >= _CANCELLED * power.max():
            return mean
        return np.asarray(self.waveform[:, int(np.argmax(power))])

    def to_json(self) -> dict[str, Any]:
        """Return what names it; not its samples."""
        return {"path": self.path, "sha256": self.digest, "seconds": round(self.seconds, 3)}


def given_of_json(document: dict[str, Any]) -> Given:
    """Read the file again that `to_json` named.

    Raises
    ------
    GivenError
        It cannot be read, or is another one by now.
    """
    given = read_given(Path(document["path"]))
    if given.digest != document["sha256"]:
        raise GivenError(f"{given.path} is not the file that it was (SHA-256 {document['sha256'][:12]}...)")
    return given


def read_given(path: Path) -> Given:
    """Read a sound file: WAV, FLAC, Ogg, MP3, AIFF, CAF or AU.

    Raises
    ------
    GivenError
        Not there, no sound, cut off, shorter than a second, longer than ten minutes, silent.
    """
    import soundfile

    if not path.is_file():
        raise GivenError(f"{path} is no file" if path.exists() else f"there is no file {path}")
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if not (head.startswith(_BEGINNINGS) or _is_mp3(head) or head == b""):
            raise GivenError("no sound that can be read: expected WAV, FLAC, Ogg, MP3 or AIFF")
        with soundfile.SoundFile(str(path)) as file:
            rate, lossy = int(file.samplerate), file.format in ("MP3", "MPEG", "OGG")
            check_length(file.frames, rate)
            # One sample more than may be: an MP3 tells its length by guess.
            waveform = file.read(round(LONGEST_S * rate) + 1, dtype="float32", always_2d=True)
            bits = _BITS.get(file.subtype, 16)
        digest = sha256(path.read_bytes()).hexdigest()
        # Decoders of lossy files overshoot full scale, where players clip.
        return Given(waveform.clip(-1, 1) if lossy else waveform, rate, bits, str(path.resolve()), digest)
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise GivenError(f"{path} holds no sound that can be read") from error
    except OSError as error:
        raise GivenError(f"{path} cannot be read: {error.strerror}") from error
    except GivenError as error:
        raise GivenError(f"{path}: {error}") from None


def check_length(n_samples: int, sample_rate: int) -> None:
    """Refuse what is shorter than a second or longer than ten minutes."""
    if n_samples < SHORTEST_S * sample_rate:
        few = "1 sample" if n_samples else "no samples"
        long = f"{n_samples / sample_rate:.2f} s" if n_samples > 1 else few
        raise GivenError(f"it has {long}, at least {SHORTEST_S:g} s are needed")
    if n_samples > LONGEST_S * sample_rate:
        raise GivenError(f"it lasts {n_samples / sample_rate:,.0f} s, at most {LONGEST_S:g} s are read")


def _is_mp3(head: bytes) -> bool:
    """Tell the sync word of an MPEG audio frame."""
    return len(head) == 4 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
