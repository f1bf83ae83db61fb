"""Covers of songs, albums, artists and playlists: drawn where their songs lie, and kept."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipelines.release import Release
from service.http.kept import Kept
from service.pictures.cover import CoverSpace, draw_cover, random_traits

# Some 30 KB each.
_MOST = 1_000
# Of a long list the first songs are what it is about.
MOST_SONGS = 50


@dataclass
class Covers:
    """Draws covers, one at a time, and keeps the last ones."""

    _drawn: Kept[tuple[str, str, int], bytes] = field(default_factory=lambda: Kept(_MOST))
    _space: tuple[str, CoverSpace] | None = None
    _drawing: threading.Lock = field(default_factory=threading.Lock)

    def of(self, release: Release | None, name: str, song_ids: Sequence[int], size: int) -> bytes:
        """The cover of what goes by a name, as a JPEG: where its songs lie, or by the name without any."""
        shown = f"{name}:{zlib.crc32(np.array(song_ids, np.int64).tobytes())}"
        key = ("" if release is None else release.name, shown, size)
        known = self._drawn.get(key)
        if known is not None:
            return known
        with self._drawing:
            drawn = draw_cover(self._traits(release, name, song_ids), size)
        self._drawn.put(key, drawn)
        return drawn

    def _traits(self, release: Release | None, name: str, song_ids: Sequence[int]) -> np.ndarray:
        if release is not None and len(song_ids):
            rows = release.rows(np.array(song_ids, dtype=np.int64))
            vectors = release.vectors[rows[rows >= 0]]
            place = vectors[vectors.any(1)].sum(0) if len(vectors) else np.zeros(0)
            norm = float(np.linalg.norm(place))
            if norm > 0:
                return self._space_of(release).traits(place / norm)
        return random_traits(np.random.default_rng(zlib.crc32(name.encode())))

    def _space_of(self, release: Release) -> CoverSpace:
        if self._space is None or self._space[0] != release.name:
            self._space = (release.name, CoverSpace.of(release.vectors))
        return self._space[1]
