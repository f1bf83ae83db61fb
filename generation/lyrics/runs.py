"""Runs of six words that stand in the training text, as a set of hashes: enough to tell whether a song
copies, and no text can be read out of it.

A Bloom filter (Bloom, CACM 1970): `n_hashes` bits a run, of `n_bits`. What is in it is always found; what is
not is found by mistake about once in ten thousand at 20 bits a run. A million runs take 2.5 MiB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from generation.checkpoint import load_checkpoint, save_checkpoint
from generation.lyrics.song import words_of

RUN = 6  # Words.
KIND = "lyric-runs-1"
MOST_BYTES = 4 * 2**20
_BITS_PER_RUN = 20
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def run_hashes(lines: Iterable[str], n_words: int = RUN) -> np.ndarray:
    """Hash every run of so many words, across line ends; uint64 (n_runs,), none in a shorter text."""
    words = [word for line in lines for word in words_of(line)]
    if len(words) < n_words:
        return np.zeros(0, np.uint64)
    hashed = np.array([_word_hash(word) for word in words], np.uint64)
    runs = np.zeros(len(words) - n_words + 1, np.uint64)
    for at in range(n_words):
        runs = _mixed(runs ^ hashed[at : len(words) - n_words + 1 + at])
    return runs


@dataclass(frozen=True)
class RunSet:
    """The set: uint8 `bits` of shape (n_bits / 8,), and how many of them each run sets."""

    bits: np.ndarray
    n_hashes: int

    def contains(self, hashes: np.ndarray) -> np.ndarray:
        """Which hashes are in the set, bool of their shape."""
        found = np.ones(len(hashes), bool)
        for place in _places(hashes, 8 * len(self.bits), self.n_hashes):
            found &= (self.bits[place >> np.uint64(3)] >> (place & np.uint64(7)).astype(np.uint8)) & 1 == 1
        return found

    def save(self, folder: Path) -> None:
        """Write the set."""
        save_checkpoint(
            folder, kind=KIND, config={"n_hashes": self.n_hashes, "run": RUN}, arrays={"bits": self.bits}
        )


def build_run_set(
    texts: Iterable[Iterable[str]], *, most_bytes: int = MOST_BYTES, n_words: int = RUN
) -> RunSet:
    """Gather the runs of so many words of texts, each an iterable of lines.

    Raises
    ------
    ValueError
        More runs than the room is for: mistakes would be frequent.
    """
    parts = [run_hashes(lines, n_words) for lines in texts]
    hashes = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.uint64)
    n_bits = max(64, (_BITS_PER_RUN * len(hashes) + 7) // 8 * 8)
    n_bits = min(n_bits, 8 * most_bytes)
    if n_bits < 10 * len(hashes):
        raise ValueError(f"{len(hashes):,} runs do not fit into {most_bytes:,} bytes")
    n_hashes = max(1, round(0.7 * n_bits / max(len(hashes), 1))) if len(hashes) else 1
    n_hashes = min(n_hashes, 14)
    flags = np.zeros(n_bits, bool)
    for place in _places(hashes, n_bits, n_hashes):
        flags[place] = True
    return RunSet(np.packbits(flags, bitorder="little"), n_hashes)


def load_run_set(folder: Path) -> RunSet:
    """Read what `RunSet.save` wrote.

    Raises
    ------
    CheckpointError
    """
    saved = load_checkpoint(folder, kind=KIND)
    return RunSet(saved.arrays["bits"], int(saved.config["n_hashes"]))


def _places(hashes: np.ndarray, n_bits: int, n_hashes: int) -> list[np.ndarray]:
    """Bits of each hash, by double hashing (Kirsch & Mitzenmacher, ESA 2006)."""
    step = _mixed(hashes + _PRIME) | np.uint64(1)
    return [(hashes + np.uint64(k) * step) % np.uint64(n_bits) for k in range(n_hashes)]


def _mixed(x: np.ndarray) -> np.ndarray:
    """Scramble 64 bits (the finaliser of splitmix64: Steele et al., OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


@lru_cache(maxsize=1 << 17)
def _word_hash(word: str) -> int:
    """A word's hash: FNV-1a of its bytes, 64 bits."""
    found = 0xCBF29CE484222325
    for byte in word.encode("utf-8", "replace"):
        found = ((found ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return found
