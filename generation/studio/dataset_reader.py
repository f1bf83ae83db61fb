"""Data sets as `dataset` writes them, read back: descriptions a split, and the spectrogram of each clip."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.spectrogram import SpectrogramConfig
from generation.studio.dataset import MANIFEST, DatasetError


class DatasetReader:
    """A finished data set; spectrograms stay on disk until they are asked for.

    Raises
    ------
    DatasetError
        There is none in the folder, or it is not finished.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            complete, self._per_shard = self.manifest["complete"], int(self.manifest["clips_per_shard"])
        except (OSError, ValueError, KeyError, TypeError):
            raise DatasetError(f"{folder} holds no data set") from None
        if not complete:
            raise DatasetError(f"{folder} is not finished: build it with the same settings to go on")

    def __len__(self) -> int:
        """How many clips it has."""
        return int(self.manifest["clips"])

    @property
    def spectrogram(self) -> SpectrogramConfig:
        """How the spectrograms were computed."""
        return SpectrogramConfig(**self.manifest["spectrogram"])

    def rows(self, split: str | None = None) -> Iterator[dict[str, Any]]:
        """Yield the description of each clip in order, of one split or of all."""
        for path in sorted((self.folder / "shards").glob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if split is None or row["split"] == split:
                    yield row

    def log_mel(self, clip: int) -> np.ndarray:
        """Return the log-mel spectrogram of a clip: float32 of shape (n_mels, n_frames).

        Raises
        ------
        IndexError
            It has no such clip.
        """
        if not 0 <= clip < len(self):
            raise IndexError(f"clips are 0 to {len(self) - 1}, got {clip}")
        shard = _open_shard(self.folder / "shards" / f"{clip // self._per_shard:05d}.npy")
        return np.asarray(shard[clip % self._per_shard], dtype=np.float32)


@lru_cache(maxsize=256)
def _open_shard(path: Path) -> np.ndarray:
    """Map a shard into memory."""
    shard: np.ndarray = np.load(path, mmap_mode="r")
    return shard
