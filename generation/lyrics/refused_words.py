"""Words that no song here says: slurs and crude words, kept as hashes, so that the list itself says none.

`refused_words.txt` holds one hash a line, of a word in small letters without marks (`generation.folding`);
behind a hash a `~` marks a word that has a harmless meaning, too, or a place in history: songs do not say it,
but a prompt may. Whoever wants to know whether a word is on the list can ask; reading it off takes a
dictionary. Words are found however they are spelled ("f4ncy", "f a n c y"), as the operator's policy finds
its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from generation.folding import readings, words_of
from generation.lyrics.song import clean_line

FILE = Path(__file__).parent / "refused_words.txt"
_NAME = b"songspace-lyrics"  # So that the hashes are of this list alone.
_HISSES = ("s", "x", "z", "ch", "sh", "o")
"""Behind which a plural is in -es: elsewhere -es ends another word ("spices" has no stem without its e)."""


@dataclass(frozen=True)
class RefusedWords:
    """Hashes of words that are never said, and of those among them that nobody may ask with."""

    said: frozenset[str]
    asked: frozenset[str]

    def says(self, text: str) -> bool:
        """Whether a text says a word that no song says."""
        return _holds(text, self.said)

    def ends_with(self, line: str) -> bool:
        """Whether the last word of a line is one that no song says."""
        # What cannot be printed parts words on paper and hides between them on a screen.
        last = line.rsplit(" ", 1)[-1]
        ways = [*words_of(last), *words_of(clean_line(last)), *words_of(line)[-1:]]
        return any(_is_one_of(word, self.said) for word in ways)

    def asks(self, prompt: str) -> bool:
        """Whether a prompt has a word that nobody may ask with."""
        return _holds(prompt, self.asked)


def hash_of(word: str) -> str:
    """The hash of a word, sixteen hexadecimal digits."""
    return blake2b(word.encode("utf-8", "replace"), digest_size=8, person=_NAME).hexdigest()


def refused(words: Iterable[str], *, only_said: Iterable[str] = ()) -> RefusedWords:
    """Make a list of words; `only_said` are those that a prompt may hold."""
    asked = frozenset(hash_of(word) for word in words)
    return RefusedWords(asked | frozenset(hash_of(word) for word in only_said), asked)


@lru_cache(maxsize=1)
def load_refused_words(path: Path = FILE) -> RefusedWords:
    """Read the list that ships."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    hashes = [line for line in lines if line and not line.startswith("#")]
    return RefusedWords(
        frozenset(one.rstrip("~") for one in hashes),
        frozenset(one for one in hashes if not one.endswith("~")),
    )


def _holds(text: str, hashes: frozenset[str]) -> bool:
    return any(_is_one_of(word, hashes) for word in words_of(text))


@lru_cache(maxsize=1 << 14)
def _is_one_of(word: str, hashes: frozenset[str]) -> bool:
    """Whether a plain word, in any reading, or the one that it is the plural of, is in the list."""
    ways = readings(word)
    stems = {way.removesuffix("s") for way in ways}
    stems |= {way[:-2] for way in ways if way.endswith("es") and way[:-2].endswith(_HISSES)}
    return any(hash_of(one) in hashes for one in ways | stems)
