"""Numbers in prompts: tempos in beats a minute, lengths in seconds, time signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MIN_BPM, MAX_BPM = 20.0, 300.0
MAX_DURATION_S = 3600.0
_NUMBER = r"\d{1,4}(?:[.,]\d{1,3})?"
_WORDS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "forty five": 45,
    "forty-five": 45,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "a hundred": 100,
    "one hundred": 100,
    "hundred": 100,
    "one hundred and twenty": 120,
    "a hundred and twenty": 120,
    "one twenty": 120,
    "a couple of": 2,
    "half a": 0.5,
    "a": 1,
    "one and a half": 1.5,
    "two and a half": 2.5,
    "a quarter of a": 0.25,
}
_WORD = "|".join(re.escape(word) for word in sorted(_WORDS, key=len, reverse=True))
_S = r"\s{0,3}"
_BPM = (
    rf"(?:b\.?p\.?m\.?(?!\w)|(?:quarter{_S}notes?|beats?){_S}(?:per|a|/|each|every){_S}minute(?!\w)"
    r"|beats/min(?!\w))"
)
_TEMPO = re.compile(
    rf"(?<![\w.,])(?:(?P<low>{_NUMBER}){_S}(?:-|–|to|and){_S}(?P<high>{_NUMBER})|(?P<one>{_NUMBER})|(?P<word>{_WORD}))"
    rf"[\s-]{{0,3}}{_BPM}",
    re.IGNORECASE | re.ASCII,
)
_ANY_TEMPO = re.compile(
    rf"(?<![\w.,])(?P<number>\d{{1,12}}(?:[.,]\d{{1,3}})?)[\s-]{{0,3}}{_BPM}", re.IGNORECASE | re.ASCII
)
_LABELLED = re.compile(
    rf"(?<!\w)(?:bpm|tempo|♩|metronome|mm){_S}(?:of|is|at|around|about|marking|[:=~≈]){{0,1}}{_S}(?:around|about)?{_S}"
    rf"(?P<one>{_NUMBER})(?:{_S}{_BPM}|(?![\w/%]))",
    re.IGNORECASE | re.ASCII,
)
# "jazz at 120": only where nothing else follows that the number could count.
_PLAIN = re.compile(
    rf"(?<!\w)at{_S}(?:around|about|roughly|exactly)?{_S}(?P<one>\d{{2,3}})(?=\s{{0,3}}(?:$|[,;!?)]|\.(?!\d)))",
    re.IGNORECASE | re.ASCII,
)
_DURATION = re.compile(
    rf"(?<![\w.,:])(?<!beats )(?<!beat )(?<!once )(?:(?P<number>{_NUMBER})|(?P<word>{_WORD}))[\s-]{{0,3}}"
    r"(?P<unit>seconds?|secs?|s|minutes?|mins?|m)(?![\w'’])"
    rf"(?P<half>{_S}and{_S}a{_S}half(?!\w))?(?:{_S}(?:and{_S})?(?P<more>\d{{1,2}}){_S}(?:seconds?|secs?|s)(?!\w))?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK = re.compile(r"(?<![\w:.,])(?P<minutes>\d{1,2}):(?P<seconds>[0-5]\d)(?![\w:])")
_METER = re.compile(
    rf"(?<![\w/.,])(?P<upper>\d{{1,2}})(?P<slash>{_S}/{_S})(?P<lower>2|4|8|16)(?![\w/%])",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True)
class Quantity:
    """A number found in a text: `kind` is tempo_bpm, tempo_range, duration or meter."""

    start: int
    end: int
    kind: str
    value: float | tuple[float, float] | str


def read_quantities(text: str) -> Iterator[Quantity]:
    """Yield tempos, lengths and meters in a text; numbers that no music has are left out."""
    for pattern in (_TEMPO, _LABELLED, _PLAIN):
        for found in pattern.finditer(text):
            yield from _tempo(found)
    for found in _DURATION.finditer(text):
        seconds = 0.0 if _is_name(text, found) else _duration(found)
        if 0 < seconds <= MAX_DURATION_S:
            yield Quantity(found.start(), found.end(), "duration", seconds)
    for found in _CLOCK.finditer(text):
        seconds = 60.0 * int(found["minutes"]) + int(found["seconds"])
        if 0 < seconds <= MAX_DURATION_S:
            yield Quantity(found.start(), found.end(), "duration", seconds)
    for found in _METER.finditer(text):
        if 1 <= int(found["upper"]) <= 16:
            value = f"{int(found['upper'])}/{found['lower']}"
            yield Quantity(found.start(), found.end(), "meter", value)


def unread_tempos(text: str) -> list[str]:
    """What a text says of a tempo that no music has, as it is written: "1000 bpm"."""
    found = []
    for match in _ANY_TEMPO.finditer(text):
        tempo = float(match["number"].replace(",", "."))
        if not MIN_BPM <= tempo <= MAX_BPM:
            found.append(match.group().strip())
    return found


def _tempo(found: re.Match[str]) -> Iterator[Quantity]:
    groups = found.groupdict()
    if groups.get("low"):
        low, high = sorted((_number(groups["low"]), _number(groups["high"])))
        if MIN_BPM <= low < high <= MAX_BPM:
            yield Quantity(found.start(), found.end(), "tempo_range", (low, high))
        return
    bpm = _number(groups["one"]) if groups["one"] else float(_WORDS[" ".join(groups["word"].lower().split())])
    if MIN_BPM <= bpm <= MAX_BPM:
        yield Quantity(found.start(), found.end(), "tempo_bpm", bpm)


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Tell whether it is a drum machine ("808s") or a decade ("80s pop", "the 60s") and no length."""
    if found.group().lower() in ("808s", "909s"):
        return True
    decade = re.fullmatch(r"[5-9]0s|[1-4]0s", found.group(), re.IGNORECASE) is not None
    if not decade:
        return False
    follows = text[found.end() : found.end() + 4].lower()
    return text[max(0, found.start() - 4) : found.start()].lower() == "the " or (
        found.group()[0] in "56789" and re.match(r" (?!of|at|in)[a-z]", follows) is not None
    )


def _duration(found: re.Match[str]) -> float:
    """Return the length in seconds; 0 where the letters only look like one ("5 m")."""
    unit = found["unit"].lower()
    minutes = unit.startswith("m")
    if (unit == "m" and not found["number"]) or (unit == "s" and not found["number"]):
        return 0.0
    amount = (
        _number(found["number"])
        if found["number"]
        else float(_WORDS[" ".join(found["word"].lower().split())])
    )
    amount += 0.5 if found["half"] else 0.0
    return amount * (60.0 if minutes else 1.0) + float(found["more"] or 0)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def percentage(word: str) -> float:
    """Return a number before a percent sign as a share from 0 to 1; 1 where it is none."""
    return min(int(word), 100) / 100 if word.isascii() and word.isdigit() and len(word) <= 3 else 1.0
