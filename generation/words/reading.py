"""Reading a text word by word: what is understood where, and how far a "no" reaches."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from generation.words.ensembles import EnsembleWord
from generation.words.genres import NOUNS
from generation.words.keys import read_keys
from generation.words.lexicon import Phrase, lexicon
from generation.words.mixture import share_of
from generation.words.quantities import read_quantities

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
_DETERMINERS = frozenset(
    "a an the my your our his her their this that these those every another its each any".split()
)
# After these, or before them, a phrase of the prompt is complete.
_JOINTS = frozenset(
    "with in at and for or meets featuring feat from as please that which about without no "
    "played plus x by style "
    "on but using to mixed crossed vs versus into & +".split()
)
_BETWEEN = _JOINTS | _DETERMINERS | {"not", "or", "i", "it", "is"}
_DENIERS = frozenset(
    "no without not sans minus excluding lacking avoid omit nor neither never zero except".split()
)
# These deny one thing said of the music ("not sad"); the others deny what plays, through its adjectives.
_DENY_ONE = frozenset(["not", "never"])
_DENY_LISTS = frozenset("without sans minus excluding lacking avoid omit except neither but than".split())
_ALL = frozenset("anything everything all whatever".split())
_WHAT = frozenset("genre genres style styles music instrument instruments".split())
_FILLERS = frozenset(
    "a an the any of more some too very real kind sort much other no nor to so want be music".split()
)
_NOT_DENIED = frozenset("only just doubt problem matter limits fuss one".split())
_LEAD_AFTER = frozenset("lead leads melody solo solos soloist leading theme soloing".split())
# With these before it, "a guitar solo" is a part of the music.
_ACCOMPANIED = frozenset("with and featuring feat has having plus including no without then long".split())
_LEAD_BEFORE = (
    "lead",
    "led by",
    "featuring",
    "melody on",
    "melody played by",
    "melody by",
    "carried by",
    "fronted by",
    "melody played on",
    "theme on",
    "tune on",
    "led on",
    "lead on",
)


class Token(NamedTuple):
    """A word or mark of the text: lower case, without accents."""

    word: str
    start: int
    end: int

    @property
    def is_mark(self) -> bool:
        """Whether it is punctuation that ends a phrase."""
        return not self.word[0].isalnum() and self.word not in "&#+"


@dataclass
class Reading:
    """Something understood: tokens `first` up to `last`, what it says, and how it is meant."""

    first: int
    last: int
    facts: list[tuple[str, object]]
    implied: list[tuple[str, object]]
    denied: bool = False


def split_tokens(text: str) -> list[Token]:
    """Split into words and marks; hyphens within words and single quotes are dropped."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word == "'" or (word == "-" and _within_word(text, match.start())):
            continue
        if not word.isascii():
            bare = unicodedata.normalize("NFKD", word)
            word = "".join(c for c in bare if not unicodedata.combining(c)) or word
        found.append(Token(word.lower(), match.start(), match.end()))
    return found


def _within_word(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()


def read(tokens: list[Token], text: str) -> list[Reading]:
    """Return what is understood, in order, with denials marked."""
    at_start = {token.start: row for row, token in enumerate(tokens)}
    fixed: dict[int, Reading] = {}
    found: list[tuple[int, int, list[tuple[str, object]]]] = [
        (one.start, one.end, [(one.kind, one.value)]) for one in read_quantities(text)
    ]
    found += [(key.start, key.end, [("key", (key.tonic, key.mode))]) for key in read_keys(text)]
    for start, end, facts in found:
        first = at_start.get(start)
        if first is None:
            continue
        last = first
        while last < len(tokens) and tokens[last].start < end:
            last += 1
        if first not in fixed or fixed[first].last < last:
            fixed[first] = Reading(first, last, facts, [])
    readings: list[Reading] = []
    row, denial = 0, _Denial()
    while row < len(tokens):
        reading = fixed.get(row) or _match(tokens, row, fixed)
        denier = tokens[row].word in _DENIERS or tokens[row].word.endswith("n't") or _all_but(tokens, row)
        if reading is None:
            if denier:
                denial.begin(tokens, row)
            else:
                denial.pass_over(tokens, row)
            row += 1
            continue
        reading.denied = denial.covers(reading)
        readings.append(reading)
        row = reading.last
    return readings


def _all_but(tokens: list[Token], row: int) -> bool:
    """Tell whether a word leaves out what follows it: "anything but metal", "everything other than rock"."""
    before = ["", *(token.word for token in tokens[max(0, row - 2) : row])][-2:]
    if tokens[row].word == "but":
        return before[-1] in _ALL or (before[0] in _ALL | {"any", "every"} and before[1] in _WHAT)
    return tokens[row].word == "than" and before[-1] in ("other", "else")


class _Denial:
    """How far a "no" or "without" reaches."""

    def __init__(self) -> None:
        self.word = ""
        self.patience = 0
        self.joined = False

    def begin(self, tokens: list[Token], row: int) -> None:
        """Open at a denying word, unless what follows makes it none: "not only"."""
        after = tokens[row + 1].word if row + 1 < len(tokens) else ""
        self.word = "" if after in _NOT_DENIED else ("not" if "'" in tokens[row].word else tokens[row].word)
        self.patience, self.joined = 2, True

    def pass_over(self, tokens: list[Token], row: int) -> None:
        """Go on over a word that is not understood, or end."""
        if not self.word:
            return
        word = tokens[row].word
        if word in ("or", "nor") or (word == "and" and self.word in _DENY_LISTS):
            self.joined = True
        elif tokens[row].is_mark or word in _JOINTS:
            self.word = ""
        elif word not in _FILLERS:
            self.patience -= 1
            if self.patience < 0 or not self.joined:
                self.word = ""

    def covers(self, reading: Reading) -> bool:
        """Tell whether it reaches over a reading, and end where that is the last."""
        if not self.word or not self.joined:
            self.word = ""
            return False
        if {"instrument", "genre", "in_denial", "ensemble"} & kinds_of(reading):
            self.joined = False
            if self.word in _DENY_ONE:
                self.word = ""
            return True
        denied = self.word
        if self.word in _DENY_ONE:
            self.word = ""
        return bool(denied)


def _match(tokens: list[Token], row: int, fixed: dict[int, Reading]) -> Reading | None:
    """Return the longest phrase of the lexicon at a row."""
    for phrase in lexicon().get(tokens[row].word, ()):
        last = row + len(phrase.words)
        if last > len(tokens) or any(tokens[row + i].word != word for i, word in enumerate(phrase.words)):
            continue
        if phrase.everyday and not _in_company(tokens, row, last, fixed):
            continue
        return _reading(phrase, tokens, row, last)
    return None


def _reading(phrase: Phrase, tokens: list[Token], first: int, last: int) -> Reading:
    facts = list(phrase.facts)
    names = [value for kind, value in facts if kind == "instrument"]
    if names:
        before = " ".join(
            token.word for token in tokens[max(0, first - 4) : first] if token.word not in ("a", "an", "the")
        )
        after = tokens[last].word if last < len(tokens) else ""
        if (
            f" {before}".endswith(tuple(f" {cue}" for cue in _LEAD_BEFORE))
            or after in _LEAD_AFTER
            or phrase.words[-1] == "lead"
        ):
            facts.append(("lead", names[0]))
        if before.split()[-1:] in (["solo"], ["unaccompanied"]) or _is_solo_piece(tokens, first, last):
            facts.append(("ensemble", EnsembleWord("solo", 1)))
        if before.split()[-1:] in (["only"], ["just"]) or after in ("only", "alone"):
            facts.append(("exclusive", True))
    if any(kind in ("genre", "colour") for kind, _ in facts):
        words = [token.word for token in tokens[max(0, first - 4) : first]]
        after_words = [token.word for token in tokens[last : last + 2]]
        facts.append(("share", share_of(words, after_words)))
    return Reading(first, last, facts, list(phrase.implied))


def _is_solo_piece(tokens: list[Token], first: int, last: int) -> bool:
    """Tell whether "piano solo" is a piece for one, as it is alone or with a key, and not a band's solo."""
    last -= tokens[last - 1].word == "solo"  # of the phrase "drum solo"
    if last >= len(tokens) or tokens[last].word != "solo":
        return False
    before = [token.word for token in tokens[:first]]
    if any(token.is_mark for token in tokens[:first]) or _ACCOMPANIED & set(before):
        return False
    after = [token.word for token in tokens[last + 1 : last + 3]]
    return (
        not after
        or tokens[last + 1].is_mark
        or (
            after[0] in ("in", "at", "of", "for", "lasting")
            and after[1:] != []
            and after[1] not in _DETERMINERS
        )
    )


def _in_company(tokens: list[Token], first: int, last: int, fixed: dict[int, Reading]) -> bool:
    """Tell whether an everyday word means music here: "a house track" does, "my house" does not."""
    before = tokens[first - 1] if first else None
    after = tokens[last] if last < len(tokens) else None
    if after is not None and (
        after.word in NOUNS or last in fixed or (after.word not in _BETWEEN and after.word in lexicon())
    ):
        return before is None or before.word not in _DETERMINERS - {"a", "an", "the", "this", "that", "some"}
    if before is not None and before.word in ("%", "percent"):
        return True
    complete = after is None or after.is_mark or after.word in _JOINTS
    return complete and (before is None or before.word not in _DETERMINERS)


def kinds_of(reading: Reading) -> set[str]:
    """Return the kinds of facts in a reading."""
    return {kind for kind, _ in reading.facts}
