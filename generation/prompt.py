"""What a prompt asks for in plain words: genre, mood, tempo, key, meter, instruments, length, and more.

`parse_prompt` reads any text and never fails: what it does not know it leaves alone. Phrases of
`generation.words` are matched longest first; numbers and keys are read by their own patterns. Where a prompt says
a thing twice the first one counts, an exact tempo before a word for it, what is said before what is implied.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from generation.words.ensembles import EnsembleWord
from generation.words.genres import NOUNS
from generation.words.keys import read_keys
from generation.words.lexicon import Phrase, lexicon
from generation.words.mixture import mixture, share_of
from generation.words.quantities import read_quantities
from generation.words.tunes import TuneReading, find_tune_name

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
_DETERMINERS = frozenset("a an the my your our his her their this that these those every another its each any".split())
# After these, or before them, a phrase of the prompt is complete.
_JOINTS = frozenset(
    "with in at and for or meets featuring feat from as please that which about without no played plus x by style "
    "on but using to mixed crossed vs versus into & +".split()
)
_DENIERS = frozenset("no without not sans minus excluding lacking avoid omit nor neither never zero except".split())
# These deny one thing said of the music ("not sad"); the others deny what plays, through its adjectives.
_DENY_ONE = frozenset(["not", "never"])
_DENY_LISTS = frozenset("without sans minus excluding lacking avoid omit except neither".split())
_FILLERS = frozenset("a an the any of more some too very real kind sort much other no nor to so want be music".split())
_NOT_DENIED = frozenset("only just doubt problem matter limits fuss one".split())
_LEAD_AFTER = frozenset("lead leads melody solo solos soloist leading theme soloing".split())
_LEAD_BEFORE = ("lead", "led by", "featuring", "melody on", "melody played by", "melody by", "carried by", "fronted by",
                "melody played on", "theme on", "tune on", "led on", "lead on")  # fmt: skip


@dataclass(frozen=True)
class Span:
    """A stretch of the prompt, characters `start` up to `end`, that was understood: as what, and as which."""

    start: int
    end: int
    kind: str
    value: str


@dataclass(frozen=True)
class Wanted:
    """What a prompt asks for; what it leaves open is None or empty.

    Attributes
    ----------
    genres : tuple of (str, float)
        Names of `generation.studio.piece.GENRES` with weights that sum to 1, the heaviest first.
    denied_genres : tuple of str
    mood : str or None
        A name of MOODS.
    tempo_bpm : float or None
        Felt beats a minute, where a number (or a genre with one, as drum and bass) is named.
    tempo_range : (float, float) or None
        Where a word or a range is: "slow", "90-100 bpm". Never beside `tempo_bpm`.
    tonic : int or None
        Pitch class.
    mode : str or None
        A name of `score.MODES`; "major" where only a note is named ("in D").
    meter : str or None
        As it is written: "6/8".
    instruments, denied : tuple of str
        Names of the band's instruments, or of kinds of them (`words.instruments`): asked for; unwanted.
    lead : str or None
        The one asked for in front; it is among `instruments`.
    ensemble : str or None
        "trio", "string quartet", "orchestra", "a cappella", "solo".
    size : int or None
        How many play.
    duration_s : float or None
    loudness, shape, density : str or None
        "soft" or "loud"; "building", "fading" or "steady"; "sparse" or "busy".
    tune : str
        Words that name a tune to be arranged: "The Kesh jig" in "The Kesh jig as techno".
    spans : tuple of Span
        What was understood, in order, without overlaps.
    """

    genres: tuple[tuple[str, float], ...] = ()
    denied_genres: tuple[str, ...] = ()
    mood: str | None = None
    tempo_bpm: float | None = None
    tempo_range: tuple[float, float] | None = None
    tonic: int | None = None
    mode: str | None = None
    meter: str | None = None
    instruments: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    lead: str | None = None
    ensemble: str | None = None
    size: int | None = None
    duration_s: float | None = None
    loudness: str | None = None
    shape: str | None = None
    density: str | None = None
    tune: str = ""
    spans: tuple[Span, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Token:
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


def parse_prompt(text: str) -> Wanted:
    """Read what a text asks for; never fails, and costs a few milliseconds for ten thousand characters.

    Upper and lower case are one but for keys (`words.keys`); hyphens join as spaces do.
    """
    plain = text.translate(_SPACES)
    tokens = _tokens(plain)
    readings = _read(tokens, plain)
    tune = find_tune_name(
        plain,
        [(token.word, token.start, token.end) for token in tokens],
        [(one.first, one.last, _kinds(one)) for one in readings if not one.denied],
    )
    if tune is not None:
        readings = [_outside(one, tune) for one in readings]
    return _gather([one for one in readings if one.facts], tokens, tune)


_SPACES = {0xA0: " ", 0x202F: " ", 0x2009: " ", 0x2011: "-", 0x2010: "-", 0x2019: "'"}


def _tokens(text: str) -> list[Token]:
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


def _read(tokens: list[Token], text: str) -> list[Reading]:
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
        denier = tokens[row].word in _DENIERS or tokens[row].word.endswith("n't")
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
        if {"instrument", "genre", "in_denial", "ensemble"} & _kinds(reading):
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
        before = " ".join(token.word for token in tokens[max(0, first - 4) : first] if token.word not in ("a", "an", "the"))
        after = tokens[last].word if last < len(tokens) else ""
        if f" {before}".endswith(tuple(f" {cue}" for cue in _LEAD_BEFORE)) or after in _LEAD_AFTER:
            facts.append(("lead", names[0]))
        elif phrase.words[-1] == "lead":
            facts.append(("lead", names[0]))
        if before.split()[-1:] in (["solo"], ["unaccompanied"]):
            facts.append(("ensemble", EnsembleWord("solo", 1)))
        if before.split()[-1:] in (["only"], ["just"]) or after in ("only", "alone"):
            facts.append(("exclusive", True))
    if any(kind in ("genre", "colour") for kind, _ in facts):
        words = [token.word for token in tokens[max(0, first - 4) : first]]
        after_words = [token.word for token in tokens[last : last + 2]]
        facts.append(("share", share_of(words, after_words)))
    return Reading(first, last, facts, list(phrase.implied))


def _in_company(tokens: list[Token], first: int, last: int, fixed: dict[int, Reading]) -> bool:
    """Tell whether an everyday word stands where a musical one would: "house" in "a house track", not in "my house"."""
    before = tokens[first - 1] if first else None
    after = tokens[last] if last < len(tokens) else None
    if after is not None and (after.word in NOUNS or last in fixed or after.word in lexicon()):
        return before is None or before.word not in _DETERMINERS - {"a", "an", "the", "this", "some"}
    complete = after is None or after.is_mark or after.word in _JOINTS
    return complete and (before is None or before.word not in _DETERMINERS)


def _kinds(reading: Reading) -> set[str]:
    return {kind for kind, _ in reading.facts}


def _outside(reading: Reading, tune: TuneReading) -> Reading:
    """Forget what words within a tune's name would say of the music: tempo, key and mood hold, genres do not."""
    if not tune.first <= reading.first < tune.last:
        return reading
    kept = [fact for fact in reading.facts if fact[0] in tune.keeps]
    return Reading(reading.first, reading.last, kept, [], reading.denied)


def _gather(readings: list[Reading], tokens: list[Token], tune: TuneReading | None) -> Wanted:
    """Put readings together: the first of each kind, implied ones last."""
    said: dict[str, Any] = {}
    instruments: list[str] = []
    denied: list[str] = []
    denied_genres: list[str] = []
    for reading in readings:
        for kind, value in reading.facts:
            if reading.denied:
                denied += [str(value)] if kind in ("instrument", "in_denial") else []
                denied_genres += [name for name, _ in value] if kind == "genre" else []  # type: ignore[attr-defined]
            elif kind == "instrument":
                instruments.append(str(value))
            elif kind == "ensemble":
                assert isinstance(value, EnsembleWord)
                instruments += value.instruments
                denied += value.denied
                if value.name:
                    said.setdefault("ensemble", value.name)
                if value.size is not None:
                    said.setdefault("size", value.size)
            else:
                said.setdefault(kind, value)
    for reading in readings:
        for kind, value in [] if reading.denied else reading.implied:
            if kind == "instrument" and not instruments:
                instruments.append(str(value))
            elif kind.startswith("tempo") and {"tempo_bpm", "tempo_range"} & set(said):
                continue
            elif kind != "instrument":
                said.setdefault(kind, value)
    asked = tuple(dict.fromkeys(name for name in instruments if name not in denied))
    if said.get("exclusive") and "size" not in said:
        said["size"] = len(asked)
    tonic, mode = said.get("key", (None, None))
    genres = mixture([one.facts for one in readings if not one.denied])
    return Wanted(
        genres=tuple((name, weight) for name, weight in genres if name not in denied_genres),
        denied_genres=tuple(dict.fromkeys(denied_genres)),
        mood=said.get("mood"),
        tempo_bpm=said.get("tempo_bpm"),
        tempo_range=None if "tempo_bpm" in said else said.get("tempo_range"),
        tonic=tonic,
        mode=mode or said.get("mode") or ("major" if tonic is not None else None),
        meter=said.get("meter"),
        instruments=asked,
        denied=tuple(dict.fromkeys(denied)),
        lead=said["lead"] if said.get("lead") in asked else None,
        ensemble=said.get("ensemble"),
        size=said.get("size"),
        duration_s=said.get("duration"),
        loudness=said.get("loudness"),
        shape=said.get("shape"),
        density=said.get("density"),
        tune=tune.name if tune is not None else "",
        spans=tuple(_spans(readings, tokens)),
    )


def _spans(readings: list[Reading], tokens: list[Token]) -> list[Span]:
    spans = []
    for reading in readings:
        kind, value = next((fact for fact in reading.facts if fact[0] != "in_denial" or reading.denied), ("", ""))
        if kind:
            start, end = tokens[reading.first].start, tokens[reading.last - 1].end
            spans.append(Span(start, end, f"no {kind}" if reading.denied else kind, _in_words(value)))
    return spans


def _in_words(value: object) -> str:
    """Return a value as a page may show it."""
    if isinstance(value, EnsembleWord):
        return value.name or "no " + ", ".join(value.denied)
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return " + ".join(name for name, _ in value)
    if isinstance(value, tuple):
        return " ".join(f"{one:g}" if isinstance(one, float) else str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)
