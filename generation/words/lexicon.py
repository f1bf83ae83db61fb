"""All the words in one place: phrase -> what it says, for matching the longest phrase first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from generation.studio.band.instruments import INSTRUMENTS
from generation.words import genres, instruments, moods
from generation.words.ensembles import ENSEMBLES

# Said only where a "no" stands before it: "no beat" means no drums.
_IN_DENIALS: Mapping[str, str] = {
    "beat": "drums",
    "beats": "drums",
    "rhythm section": "drums",
    "words": "voice",
}


@dataclass
class Phrase:
    """What a phrase says: facts as (kind, value), those it implies, and whether it is an everyday word."""

    words: tuple[str, ...]
    facts: list[tuple[str, object]] = field(default_factory=list)
    implied: list[tuple[str, object]] = field(default_factory=list)
    everyday: bool = False


@cache
def lexicon() -> Mapping[str, tuple[Phrase, ...]]:
    """Return the phrases by their first word, the longest first."""
    phrases: dict[str, Phrase] = {}

    def say(text: str, kind: str, value: object) -> Phrase:
        words = tuple(text.replace("'", " ").split()) if " " in text else (text,)
        phrase = phrases.setdefault(text, Phrase(words))
        if (kind, value) not in phrase.facts:
            phrase.facts.append((kind, value))
        return phrase

    _say_genres(say)
    for kind, table in (("mood", moods.MOODS), ("loudness", moods.LOUDNESS), ("shape", moods.SHAPES)):
        _say_all(say, kind, table)
    _say_all(say, "density", moods.DENSITIES)
    _say_all(say, "mode", moods.MODES)
    for text, span in moods.TEMPOS.items():
        say(text, "tempo_range", span)
    for text, meter in moods.METERS.items():
        say(text, "meter", meter)
    for name in INSTRUMENTS:
        say(name, "instrument", name)
    _say_all(say, "instrument", instruments.WORDS)
    for kind in instruments.KINDS:
        say(kind, "instrument", kind)
    for text, ensemble in ENSEMBLES.items():
        say(text, "ensemble", ensemble)
    for text, name in _IN_DENIALS.items():
        say(text, "in_denial", name)
    for text, implied in genres.IMPLIED.items():
        phrases[text].implied.extend(implied)
    for text, mood in moods.SUGGESTED.items():
        phrases[text].implied.append(("mood", mood))
    for word in genres.EVERYDAY | moods.EVERYDAY:
        if word in phrases:
            phrases[word].everyday = True
    by_first: dict[str, list[Phrase]] = {}
    for phrase in phrases.values():
        by_first.setdefault(phrase.words[0], []).append(phrase)
    return {
        first: tuple(sorted(found, key=lambda one: len(one.words), reverse=True))
        for first, found in by_first.items()
    }


def _say_all(say: object, kind: str, table: Mapping[str, str]) -> None:
    """Enter a table of names with their words, the names themselves included where they are words."""
    assert callable(say)
    for name, words in table.items():
        for text in [*([name] if kind == "instrument" else []), *words.split(";")]:
            if text:
                say(text, kind, name)


def _say_genres(say: object) -> None:
    assert callable(say)
    for name, words in genres.WORDS.items():
        for text in words.split(";"):
            say(text, "genre", ((name, 1.0),))
    for text, mixture in genres.MIXED.items():
        say(text, "genre", tuple(mixture.items()))
    for text, name in genres.COLOURS.items():
        say(text, "colour", name)
    for text, name in genres.VAGUE.items():
        say(text, "vague_genre", name)
