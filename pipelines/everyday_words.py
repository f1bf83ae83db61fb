"""Everyday words: a name that holds nothing else ("Home", "Slow Jazz") is most likely not meant as a name.

They are those that occur in two or more of the project's own lyrics, those that prompts are made of
(generation/words), and the words below.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

from db.text import fold
from generation.lyrics.own_songs import FOLDER
from generation.words.lexicon import lexicon

_FEWEST_SONGS = 2
_END = "\n==="
_WORDS = frozenset(
    "a about after again all am an and are artist as at away back band be because beat been before best "
    "big black blue bpm but by can come could day dark deep do dont down dream duo every everything fast "
    "feel fire for free from gave girl give go goes going gold gone good got great green had hard has "
    "have he heart heaven hello her here high him his hold home how i if im in into is it its just key "
    "king know la last lead less let life light like little live long look lost loud love made make man "
    "me mood more music my need never new night no nobody not nothing now of off oh old on one only open "
    "or our out over play quiet rain red river road run same say sea see shape she singing slow so soft "
    "solo some somebody song sound star stay still stop style summer sun sweet take tell tempo than that "
    "the their them then there they thing this time to today tonight too track tune two under up very "
    "voice want was water way we well what when where white who why wild will winter with without woman "
    "world would year yes you young your".split()
)


@cache
def everyday_words() -> frozenset[str]:
    """Return the words, folded; reading the lyrics takes some 0.2 s, once a process."""
    counts: Counter[str] = Counter()
    for file in sorted(FOLDER.glob("*.txt")):
        for song in file.read_text(encoding="utf-8").split(_END):
            counts.update(set(fold(song).split()))
    sung = {word for word, count in counts.items() if count >= _FEWEST_SONGS}
    return frozenset(sung | asked_words() | _WORDS)


@cache
def asked_words() -> frozenset[str]:
    """Return the words that prompts are made of, folded: genres, instruments, moods, tempos."""
    phrases = (phrase for found in lexicon().values() for phrase in found)
    return frozenset(word for phrase in phrases for word in fold(" ".join(phrase.words)).split())
