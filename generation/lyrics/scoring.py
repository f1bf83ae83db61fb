"""How well a model knows songs that it has not seen: bits per byte, and how that falls as the context grows.

Bits are those of all tokens, marks and line ends included; bytes are those of the song as books print it
(`song.plain`). So models with other tokens, or none, can be compared (GPT-2's word-level figures cannot).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.corpus import TokenStream
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.tokenizer import LyricTokenizer

EDGES = (0, 4, 8, 16, 32, 64, 128, 256, 512)
"""Places in a song between which bits are gathered, in tokens."""


@dataclass(frozen=True)
class PlaceBits:
    """Bits per byte of the tokens at places `first` .. `last` - 1 of their songs."""

    first: int
    last: int
    bits_per_byte: float
    n_tokens: int


def bits_per_byte(model: LanguageModel, songs: TokenStream, *, most_songs: int | None = None) -> float:
    """Return the mean bits a byte over songs, or evenly spread ones of them.

    Raises
    ------
    ValueError
        No songs.
    """
    rows = _spread(len(songs), most_songs)
    if not len(rows):
        raise ValueError("there are no songs to measure")
    bits = sum(float(-model.scores(songs.song(int(row))).sum(dtype=np.float64)) for row in rows)
    return float(bits / np.log(2) / songs.n_bytes[rows].sum())


def bits_by_place(
    model: LanguageModel,
    songs: TokenStream,
    tokenizer: LyricTokenizer,
    *,
    edges: Sequence[int] = EDGES,
    most_songs: int | None = None,
) -> list[PlaceBits]:
    """Return bits per byte by the number of tokens read before, places that no song reaches left out.

    A mark counts one byte, as the line end that it stands for.
    """
    lengths = np.array([max(1, len(token)) for token in tokenizer.token_bytes])
    bits, n_bytes, counts = (np.zeros(len(edges) - 1) for _ in range(3))
    for row in _spread(len(songs), most_songs):
        ids = songs.song(int(row))[: edges[-1]]
        place = np.searchsorted(edges, np.arange(len(ids)), side="right") - 1
        np.add.at(bits, place, -model.scores(ids).astype(np.float64) / np.log(2))
        np.add.at(n_bytes, place, lengths[ids])
        np.add.at(counts, place, 1)
    return [
        PlaceBits(edges[i], edges[i + 1], float(bits[i] / n_bytes[i]), int(counts[i]))
        for i in range(len(edges) - 1)
        if counts[i]
    ]


def _spread(n: int, most: int | None) -> np.ndarray:
    """Rows of at most so many of n songs, evenly over all."""
    if most is None or n <= most:
        return np.arange(n)
    return np.linspace(0, n - 1, most).round().astype(np.int64)
