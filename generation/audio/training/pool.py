"""Music in memory for the codec's training: spectrograms and waveforms, and batches cut from them by number.

Waveforms are kept as 16-bit numbers and spectrograms as float16: 100 minutes take 330 MiB, without waveforms
80. A batch depends on the seed and its number alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generation.audio.spectrogram import SpectrogramConfig, log_mel
from generation.studio.dataset import DatasetError
from generation.studio.dataset_reader import DatasetReader

_FULL_SCALE = 32767.0


@dataclass(frozen=True)
class Pool:
    """Pieces of music, each long enough for what is cut from it.

    Attributes
    ----------
    waveforms : sequence of int16 arrays, shape (n_samples,)
        None, where only spectrograms are needed.
    log_mels : sequence of float16 arrays, shape (n_mels, T)
        With T * hop_length samples or fewer of sound.
    name : str
        What the music is: part of what must be the same when a training goes on.
    """

    waveforms: Sequence[np.ndarray]
    log_mels: Sequence[np.ndarray]
    name: str

    @property
    def minutes(self) -> float:
        """How much music it is."""
        config = SpectrogramConfig()
        frames = sum(one.shape[1] for one in self.log_mels)
        return float(frames / config.frames_per_second / 60)

    def spectrograms(self, seed: int, number: int, *, clips: int, n_frames: int) -> np.ndarray:
        """Batch `number` of spectrograms: float32 of shape (clips, n_mels, n_frames)."""
        rng = np.random.default_rng([seed, number])
        cuts = []
        for _ in range(clips):
            log_mel = self.log_mels[int(rng.integers(len(self.log_mels)))]
            start = int(rng.integers(log_mel.shape[1] - n_frames + 1))
            cuts.append(log_mel[:, start : start + n_frames])
        return np.stack(cuts).astype(np.float32)

    def sounds(self, seed: int, number: int, *, clips: int, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
        """Batch `number`: spectrograms (clips, n_mels, n_frames) and their waveforms (clips, n_samples)."""
        rng = np.random.default_rng([seed, number])
        hop = SpectrogramConfig().hop_length
        log_mels, waveforms = [], []
        for _ in range(clips):
            row = int(rng.integers(len(self.waveforms)))
            start = int(
                rng.integers(min(len(self.waveforms[row]) // hop, self.log_mels[row].shape[1]) - n_frames + 1)
            )
            log_mels.append(self.log_mels[row][:, start : start + n_frames])
            waveforms.append(self.waveforms[row][start * hop : (start + n_frames) * hop])
        return np.stack(log_mels).astype(np.float32), np.stack(waveforms).astype(np.float32) / _FULL_SCALE


def pool_of_dataset(
    folder: Path,
    *,
    splits: Sequence[str] = ("generator",),
    first: int | None = None,
    sound: bool = True,
    progress: Callable[[int, str], None] = lambda _done, _note: None,
) -> Pool:
    """Read the clips of some splits of a finished data set that has sound; of its first so many where told,
    and without the waveforms where no `sound` is asked for.

    Raises
    ------
    DatasetError
        There is none, it has no sound, or no clip of these splits.
    """
    reader = DatasetReader(folder)
    if sound and not reader.manifest["audio"]:
        raise DatasetError(f"{folder} has no sound: build it with it")
    waveforms: list[np.ndarray] = []
    log_mels: list[np.ndarray] = []
    for row in reader.rows():
        clip = int(row["clip"])
        if row["split"] not in splits or (first is not None and clip >= first):
            continue
        if sound:
            waveforms.append(_read(folder / "audio" / f"{clip:07d}.flac"))
        log_mels.append(reader.log_mel(clip).astype(np.float16))
        progress(len(log_mels), "clips")
    if not log_mels:
        raise DatasetError(f"{folder} has no clips of {', '.join(splits)}")
    manifest = reader.manifest
    name = f"studio seed {manifest['seed']}, {len(log_mels)} clips, {manifest['soundfont']['sha256'][:8]}"
    return Pool(waveforms, log_mels, name)


def _read(path: Path) -> np.ndarray:
    """Mean of the channels of a sound file."""
    import soundfile

    try:
        channels, _ = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise DatasetError(f"the clip {path} cannot be read: {error}") from None
    return _int16(channels.mean(axis=1))


def pool_of_waveforms(waveforms: Iterable[np.ndarray], *, least_s: float = 4.0) -> Pool:
    """Make a pool of mono waveforms, float, at 22,050 Hz; those shorter than `least_s` are left out.

    Raises
    ------
    ValueError
        None is left.
    """
    from hashlib import sha256

    config = SpectrogramConfig()
    kept, log_mels, digest = [], [], sha256()
    for waveform in waveforms:
        if len(waveform) < least_s * config.sample_rate:
            continue
        kept.append(_int16(waveform))
        digest.update(kept[-1].tobytes())
        log_mels.append(log_mel(waveform, config).astype(np.float16))
    if not kept:
        raise ValueError(f"there is no music of {least_s:g} s or more to train on")
    return Pool(kept, log_mels, f"{len(kept)} pieces, {digest.hexdigest()[:8]}")


def _int16(waveform: np.ndarray) -> np.ndarray:
    return np.asarray(np.round(np.clip(waveform, -1, 1) * _FULL_SCALE), dtype=np.int16)
