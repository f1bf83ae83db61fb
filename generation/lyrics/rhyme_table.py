"""The sounds that rhyming asks for, of 125,000 words, in a file that ships.

`rhymes.txt.xz` is made from the data of the CMU Pronouncing Dictionary (`rhymes-LICENSE.txt`): of each word's
first pronunciation only the phones from its last stressed vowel on are kept, and how many syllables come
before. A line is an ending, a tab, and the words that end so, each behind its number of syllables before:

    AE1 T	0cat 0hat 2acrobat

`save_rhymes(read_cmudict(path))` makes it anew.
"""

from __future__ import annotations

import lzma
import os
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).parent / "rhymes.txt.xz"
_BEFORE = "_0"  # Stands for a syllable before: a vowel without stress, whichever.


class RhymeTableError(ValueError):
    """A file holds no table of rhymes."""


def ending_of(phones: tuple[str, ...]) -> tuple[str, ...]:
    """The phones from the last stressed vowel on; without one, from the last vowel on, or all.

    >>> ending_of(("AH0", "B", "AW1", "T"))
    ('AW1', 'T')
    """
    stressed = [i for i, phone in enumerate(phones) if phone[-1] in "12"]
    vowels = [i for i, phone in enumerate(phones) if phone[-1].isdigit()]
    return phones[(stressed or vowels or [0])[-1] :]


def read_cmudict(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a file of the dictionary: `word P1 P2 ... # comment` a line; of several pronunciations one."""
    found: dict[str, tuple[str, ...]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        word, *phones = line.split("#")[0].split() or [""]
        if phones and "(" not in word and not word.startswith(";;;"):
            found.setdefault(word.lower(), tuple(phones))
    return found


def save_rhymes(pronunciations: Mapping[str, tuple[str, ...]], path: Path = FILE) -> None:
    """Write the table of some pronunciations (word -> phones, stress as a digit)."""
    words: dict[str, list[str]] = {}
    for word, phones in sorted(pronunciations.items()):
        ending = ending_of(phones)
        before = sum(phone[-1].isdigit() for phone in phones[: len(phones) - len(ending)])
        if before < 10 and any(phone[-1].isdigit() for phone in ending):
            # A stress is a stress to a rhyme, and a vowel without one begins no other.
            first, *rest = ending
            sound = " ".join([first[:-1] + "1", *rest])
            words.setdefault(sound, []).append(f"{before}{word}")
    text = "".join(f"{ending}\t{' '.join(words[ending])}\n" for ending in sorted(words))
    beside = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        beside.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_rhymes(path: Path = FILE) -> dict[str, tuple[str, ...]]:
    """Read the table as pronunciations: a stand-in for each syllable before, and the ending.

    Raises
    ------
    RhymeTableError
    """
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = lzma.decompress(path.read_bytes()).decode().splitlines()
        for line in lines:
            ending, words = line.split("\t")
            phones = tuple(ending.split())
            sounds = [(_BEFORE,) * before + phones for before in range(10)]
            for word in words.split(" "):
                found[word[1:]] = sounds[int(word[0])]
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise RhymeTableError(f"{path} holds no table of rhymes: {error}") from None
    return found
