"""Keys as people write them: "F# minor", "in Bb", "e-flat major", "in D dorian", "c-moll", "do majeur".

A lone small "a" is an article unless the sentence leaves no doubt: "in a minor" is a key, "in a minor mood"
is not. Where only a note is named ("in D"), the key is major, as musicians mean it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# "H" is B where German is spoken; alone, or after "in", it is left to the words.
_LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_SOLFEGE = {"do": 0, "ut": 0, "re": 2, "ré": 2, "mi": 4, "fa": 5, "sol": 7, "la": 9, "si": 11}
_GERMAN = {
    **_LETTERS,
    "h": 11,
    "b": 10,
    "cis": 1,
    "des": 1,
    "dis": 3,
    "es": 3,
    "fis": 6,
    "ges": 6,
    "gis": 8,
    "as": 8,
    "ais": 10,
}
_MODES = {
    "major": "major",
    "maj": "major",
    "minor": "minor",
    "min": "minor",
    "dorian": "dorian",
    "phrygian": "phrygian",
    "mixolydian": "mixolydian",
    "aeolian": "minor",
    "ionian": "major",
    "lydian": "major",
    "m": "minor",
    "dur": "major",
    "moll": "minor",
    "majeur": "major",
    "mineur": "minor",
    "maggiore": "major",
    "minore": "minor",
    "mayor": "major",
    "menor": "minor",
    "maior": "major",
}
_GAP = r"[\s-]{0,3}"
_MODE = (
    rf"(?P<mode>(?:(?:natural|harmonic|melodic|pure){_GAP})?(?:major|minor|maj|min)(?![a-z])"
    r"|(?:dorian|phrygian|mixolydian|aeolian|ionian|lydian)(?![a-z]))"
)
_NAMED = re.compile(
    rf"(?<![A-Za-z0-9#'’])(?P<letter>[A-Ha-h])(?:(?P<sign>\s?[#♯♭]|b(?=[\s-]|maj|min|$)|{_GAP}(?:flat|sharp)(?![a-z])))?"
    rf"{_GAP}{_MODE}",
    re.IGNORECASE | re.ASCII,
)
_CHORD = re.compile(r"(?<![A-Za-z0-9#'’])(?P<letter>[A-G])(?P<sign>[#♯♭b]?)(?P<mode>m)(?![A-Za-z0-9#'’])")
_BARE = re.compile(
    rf"(?<![A-Za-z0-9#'’])(?P<cue>in|key{_GAP}of|key|key:)\s{{1,3}}(?:the\s{{1,3}}key\s{{1,3}}of\s{{1,3}})?"
    rf"(?P<letter>[A-Ga-g])(?P<sign>[#♯♭b]|{_GAP}(?:flat|sharp)(?![a-z]))?(?![A-Za-z0-9#'’+&/])",
    re.IGNORECASE | re.ASCII,
)
_ACCIDENTAL = re.compile(
    r"(?<![A-Za-z0-9#'’])(?P<letter>[CDFG])(?P<sign>[#♯])(?![A-Za-z0-9#'’])|(?<![A-Za-z0-9#'’])"
    r"(?P<flat_letter>[BE])(?P<flat>b|♭)(?![A-Za-z0-9#'’])"
)
_FOREIGN = re.compile(
    rf"(?<![A-Za-z0-9#'’])(?:(?P<german>[A-Ha-h](?:is|es|s)?){_GAP}(?P<gmode>moll|dur)"
    rf"|(?P<solfege>do|ut|re|ré|mi|fa|sol|la|si){_GAP}(?P<sign>dièse|diese|diesis|sostenido|bémol|bemol|bemolle)?{_GAP}"
    r"(?P<smode>majeur|mineur|maggiore|minore|mayor|menor|maior))(?![A-Za-z])",
    re.IGNORECASE | re.ASCII,
)
# A letter that no note is called: "J major". "I" may be the speaker's, "s" the end of "it's".
_NO_NOTE = re.compile(
    rf"(?<![\w#'’.-])[J-Zj-rt-z](?:\s?[#♯♭]|{_GAP}(?:flat|sharp))?[\s-]{{1,3}}(?:major|minor|maj|min)(?!\w)",
    re.ASCII,
)
# After "in a minor" these end the phrase, so that "a" is a note.
_ENDS = re.compile(
    r"\s{0,3}(?:$|(?!-[A-Za-z])[^\w\s'’]|\d)|\s{1,3}(?:with|and|at|for|by|in|on|or|featuring|feat|without|about|around|no|played|"
    r"performed|from|to|that|which|of|plus|using|is|as|over|led|set|sung|running|lasting|please)(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_BEFORE_KEY = re.compile(r"(?:^|\W)(?:in|key\s{1,3}of|key|key:|an|of)\s{1,3}$", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class KeyReading:
    """A key found in a text, from character `start` up to `end`; the mode is empty of a lone note."""

    start: int
    end: int
    tonic: int
    mode: str


def read_keys(text: str) -> Iterator[KeyReading]:
    """Yield the keys that a text names; they may overlap, those first that say more."""
    for found in _NAMED.finditer(text):
        if not _is_article(text, found):
            mode = _MODES[re.split(r"[\s-]+", found["mode"].lower())[-1]] if found["mode"] else ""
            yield KeyReading(found.start(), found.end(), _pitch(found["letter"], found["sign"]), mode)
    for found in _FOREIGN.finditer(text):
        if found["german"]:
            name, mode = found["german"].lower(), found["gmode"].lower()
            if name in _GERMAN:
                yield KeyReading(found.start(), found.end(), _GERMAN[name], _MODES[mode])
        else:
            sign = (found["sign"] or "").lower()
            step = 0 if not sign else (-1 if sign.startswith(("b", "bé")) else 1)
            tonic = (_SOLFEGE[found["solfege"].lower()] + step) % 12
            yield KeyReading(found.start(), found.end(), tonic, _MODES[found["smode"].lower()])
    for found in _CHORD.finditer(text):
        yield KeyReading(found.start(), found.end(), _pitch(found["letter"], found["sign"]), "minor")
    for found in _BARE.finditer(text):
        if _is_bare_note(text, found):
            yield KeyReading(found.start("letter"), found.end(), _pitch(found["letter"], found["sign"]), "")
    for found in _ACCIDENTAL.finditer(text):
        letter, sign = found["letter"] or found["flat_letter"], found["sign"] or found["flat"]
        yield KeyReading(found.start(), found.end(), _pitch(letter, sign), "")


def unread_keys(text: str) -> list[str]:
    """What looks like a key in a text and is none, as it is written: "J major"."""
    return [found.group() for found in _NO_NOTE.finditer(text)]


def _pitch(letter: str, sign: str | None) -> int:
    mark = (sign or "").strip(" -\t\n").lower()
    step = 0 if not mark else (-1 if mark in ("b", "♭", "flat") else 1)
    return (_LETTERS[letter.lower()] + step) % 12


def _is_article(text: str, found: re.Match[str]) -> bool:
    """Tell whether the "a" of "a minor" is the article and no note."""
    if found["letter"].lower() != "a" or found["sign"]:
        return False
    before = text[max(0, found.start() - 12) : found.start()]
    capital = found["letter"] == "A" and before.strip() != "" and not text.isupper()
    if capital and before.rstrip()[-1] not in ".!?":
        return False
    if re.search(r"(?:^|\W)an\s{1,3}$", before, re.IGNORECASE | re.ASCII):
        return False
    return _ENDS.match(text, found.end()) is None


def _is_bare_note(text: str, found: re.Match[str]) -> bool:
    """Tell whether the letter after "in" is a note: "in G", and not "in a"."""
    letter, sign = found["letter"], found["sign"]
    if sign:
        return True
    ends = _ENDS.match(text, found.end()) is not None
    if letter == "a":
        return ends and found["cue"].lower().startswith("key")
    if letter == "A":
        return ends and not text.isupper()
    return ends or letter.isupper()
