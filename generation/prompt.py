"""What a prompt asks for in plain words: genre, mood, tempo, key, meter, instruments, length, and more.

`parse_prompt` reads any text and never fails: what it does not know it leaves alone. Phrases of
`generation.words` are matched longest first; numbers and keys are read by their own patterns. Where a prompt
says a thing twice the first one counts; an exact tempo goes before a word for it, and what is said before
what is implied.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from generation.words.ensembles import EnsembleWord
from generation.words.mixture import mixture
from generation.words.reading import Reading, Token, kinds_of, read, split_tokens
from generation.words.tunes import TuneReading, find_tune_name

_SPACES = {0xA0: " ", 0x202F: " ", 0x2009: " ", 0x2011: "-", 0x2010: "-", 0x2019: "'"}


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


def parse_prompt(text: str) -> Wanted:
    """Read what a text asks for; never fails, and costs a few milliseconds for ten thousand characters.

    Upper and lower case are one but for keys (`words.keys`); hyphens join as spaces do.
    """
    plain = text.translate(_SPACES)
    tokens = split_tokens(plain)
    readings = read(tokens, plain)
    tune = find_tune_name(
        plain,
        tokens,
        [(one.first, one.last, kinds_of(one)) for one in readings if not one.denied],
    )
    if tune is not None:
        readings = [_outside(one, tune) for one in readings]
    return _gather([one for one in readings if one.facts], tokens, tune)


def _outside(reading: Reading, tune: TuneReading) -> Reading:
    """Forget what words within a tune's name would say of the music, but for what still holds."""
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
    genres = mixture([one.facts for one in readings if not one.denied], but=denied_genres)
    return Wanted(
        genres=genres,
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
        kind, value = next(
            (fact for fact in reading.facts if fact[0] != "in_denial" or reading.denied), ("", "")
        )
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
