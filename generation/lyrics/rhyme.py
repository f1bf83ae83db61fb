"""Which words rhyme, and how many syllables they have.

By pronunciation (`rhyme_table`, after the CMU Pronouncing Dictionary), and for words that are not in it by
spelling. Two words rhyme when they sound the same from the last stressed vowel on, and are not the same word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache

from generation.lyrics.rhyme_table import ending_of, load_rhymes
from generation.lyrics.song import words_of

_VOWELS = re.compile(r"[aeiouy]+")
_SILENT_E = re.compile(r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzh])es$")
_TWO_VOWELS = re.compile(r"(?:ia|io|iu|eo|ua|uo|ying|eing|oing)")
# Endings that sound alike and are spelled in several ways.
_SOUNDS = (
    (re.compile(p), r)
    for p, r in (
        (r"ight$|ite$|yte$|eight$", "ite"),
        (r"ough$|ow$|oe$|o$|eau$|ew(?=$)", "o"),
        (r"ay$|ey$|eigh$|ae$", "ay"),
        (r"ee$|ea$|y$|ie$|i$", "ee"),
        (r"air$|are$|ear$|ere$|eir$", "air"),
        (r"ue$|oo$|ou$|u$", "oo"),
        (r"ain$|ane$|eign$|ein$", "ane"),
        (r"ail$|ale$", "ale"),
        (r"eep$|eap$", "eep"),
        (r"eed$|ead$", "eed"),
        (r"eel$|eal$", "eel"),
        (r"een$|ean$|ene$", "een"),
        (r"eet$|eat$|ete$", "eet"),
        (r"oan$|one$|own$", "one"),
        (r"oad$|ode$|owed$", "ode"),
        (r"oat$|ote$", "ote"),
        (r"oal$|ole$|oll$|oul$", "ole"),
        (r"ore$|oor$|oar$|our$|or$", "ore"),
        (r"ine$|ign$", "ine"),
        (r"ime$|yme$", "ime"),
        (r"ied$|ide$|yed$", "ide"),
        (r"ies$|ize$|ise$|yes$", "ize"),
        (r"une$|oon$", "oon"),
        (r"oom$|ume$|omb$", "oom"),
        (r"ool$|ule$", "ool"),
        (r"urn$|earn$|ern$", "urn"),
        (r"ird$|eard$|erd$|urd$|ord$", "urd"),
        (r"er$|ir$|ur$|or$", "er"),
        (r"aught$|ought$|ot$", "ot"),
    )
)
_SPELLINGS = tuple(_SOUNDS)


class Rhymer:
    """Rhymes and syllables, from pronunciations (word -> phones, stress as a digit) as far as they go."""

    def __init__(self, pronunciations: Mapping[str, tuple[str, ...]]) -> None:
        self._phones = pronunciations

    def ending(self, word: str) -> str:
        """What the word sounds like from its last stressed vowel on; "" for no word."""
        word = word.lower().strip("'")
        phones = self._phones.get(word) or self._phones.get(word.removesuffix("'s"))
        if not phones:
            return _spelled_ending(word)
        return " ".join(phone.rstrip("012") for phone in ending_of(phones))

    def rhymes(self, one: str, other: str) -> bool:
        """Whether two different words rhyme."""
        one, other = one.lower().strip("'"), other.lower().strip("'")
        if not one or not other or one == other:
            return False
        a, b = one in self._phones, other in self._phones
        if a != b:  # one of them has a sound and the other a spelling only: compare spellings
            return _spelled_ending(one) == _spelled_ending(other) != ""
        return self.ending(one) == self.ending(other) != ""

    def syllables(self, line: str) -> int:
        """How many syllables a line has, 0 for one without words."""
        return sum(self._word_syllables(word) for word in words_of(line))

    def words_that_rhyme(self, word: str) -> list[str]:
        """Known words that rhyme with one, in alphabetical order."""
        return [other for other in self._by_ending.get(self.ending(word), []) if other != word.lower()]

    def _word_syllables(self, word: str) -> int:
        phones = self._phones.get(word)
        return sum(phone[-1].isdigit() for phone in phones) if phones else _spelled_syllables(word)

    @cached_property
    def _by_ending(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for word in sorted(self._phones):
            found.setdefault(self.ending(word), []).append(word)
        return found


def last_word(line: str) -> str:
    """The word that a line ends with, "" where it has none."""
    return next(reversed(words_of(line)), "")


@lru_cache(maxsize=1)
def load_rhymer() -> Rhymer:
    """Load the rhymer that knows the words of the table that ships."""
    return Rhymer(load_rhymes())


def _spelled_ending(word: str) -> str:
    word = re.sub(r"[^a-z]", "", word.lower())
    for pattern, sound in _SPELLINGS:
        match = pattern.search(word)
        if match:
            return sound
    groups = list(_VOWELS.finditer(re.sub(r"e$", "", word) or word))
    return word[groups[-1].start() :] if groups else word


def _spelled_syllables(word: str) -> int:
    word = re.sub(r"[^a-z]", "", word.lower())
    if not word:
        return 1
    trimmed = _SILENT_E.sub("", word)
    return max(1, len(_VOWELS.findall(trimmed)) + len(_TWO_VOWELS.findall(trimmed)))
