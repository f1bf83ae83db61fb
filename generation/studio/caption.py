"""Captions: what is true of a clip, in many words; each says a few facts and nothing else.

A caption is drawn: which facts (one to six), how each is worded, in which frame, in which case. Every one is
then read back by `parse_prompt` and thrown away if what a reader would understand is not true.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from generation.prompt import parse_prompt
from generation.studio import wording
from generation.studio.agreement import disagreements
from generation.studio.facts import Facts, pick
from generation.studio.truth import Truth

MIN_WORDS, MAX_WORDS = 2, 40
_TRIES = 12
# Of captions: none of a frame's tails, one, ...
_FACTS = (0.12, 0.24, 0.26, 0.20, 0.11, 0.07)


def sentences(truth: Truth, *, rng: np.random.Generator, n: int = 1) -> list[str]:
    """Draw `n` captions of 2 to 40 words, as people would type or say them.

    They may repeat each other where little can be said. Same rng, same captions.

    Raises
    ------
    ValueError
        `n` below 0.
    """
    return _draw(truth, rng, n, _sentence)


def tag_lists(truth: Truth, *, rng: np.random.Generator, n: int = 1) -> list[str]:
    """Draw `n` lists of 2 to 8 tags, each one text with commas: "jazz, slow, F minor, piano".

    Raises
    ------
    ValueError
        `n` below 0.
    """
    return _draw(truth, rng, n, _tags)


def is_true(text: str, truth: Truth) -> bool:
    """Tell whether a reader of the caption would believe only what is true."""
    return not disagreements(parse_prompt(text), truth)


def _draw(
    truth: Truth, rng: np.random.Generator, n: int, make: Callable[[Facts, np.random.Generator], str]
) -> list[str]:
    if n < 0:
        raise ValueError(f"cannot make {n} captions")
    facts = Facts(truth)
    found = []
    for _ in range(n):
        drawn = (make(facts, rng) for _ in range(_TRIES))
        found.append(next((text for text in drawn if _fits(text) and is_true(text, truth)), _safe(truth)))
    return found


def _fits(text: str) -> bool:
    return MIN_WORDS <= len(text.split()) <= MAX_WORDS


def _safe(truth: Truth) -> str:
    """Return the plainest caption there is."""
    return f"{wording.GENRES[truth.genre][0]} {wording.NOUNS[truth.genre][0]}"


def _sentence(facts: Facts, rng: np.random.Generator) -> str:
    """Draw one caption."""
    n_facts = 1 + int(rng.choice(len(_FACTS), p=_FACTS))
    frames = [_noun_phrase, _noun_phrase, _mass, _mass, _asked, _two_sentences, _played, _clauses]
    if facts.truth.tune:
        frames += [_tune, _tune, _tune]
    return _cased(pick(rng, frames)(facts, rng, n_facts), rng)


def _chosen(facts: Facts, rng: np.random.Generator, n: int) -> tuple[list[str], list[str]]:
    """Draw facts: adjectives before the noun (at most three) and what follows it."""
    adjectives, tails = facts.adjectives(rng), facts.tails(rng)
    names = [("a", name) for name in adjectives] + [("t", name) for name in tails]
    order = [names[int(row)] for row in rng.permutation(len(names))]
    before: list[str] = []
    after: list[str] = []
    said: set[str] = set()
    for place, name in order:
        # Pace and tempo, or the key twice, would be one fact said again.
        about = {
            "pace": "tempo",
            "mode": "key",
            "drumless": "drums",
            "no drums": "drums",
            "with": "lead",
        }.get(name, name)
        if len(before) + len(after) >= n or about in said or (place == "a" and len(before) >= 3):
            continue
        said.add(about)
        if place == "a":
            before.append(adjectives[name])
        else:
            after.append(tails[name])
    return before, after


def _noun_phrase(facts: Facts, rng: np.random.Generator, n: int, *, article: bool = True) -> str:
    """Put "a slow jazz trio in F minor with piano" together."""
    n_genre = 0 if rng.random() < 0.12 and n > 1 else 1
    before, after = _chosen(facts, rng, n - n_genre)
    noun = facts.noun(rng) if n_genre else pick(rng, wording.PLAIN_NOUNS)
    phrase = " ".join([*before, noun])
    if article:
        phrase = _with_article(phrase)
    phrase = facts.placed(phrase, rng) if article and rng.random() < 0.12 else phrase
    return _joined(phrase, after, rng)


def _mass(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """Put "dreamy ambient music, no drums" together."""
    before, after = _chosen(facts, rng, max(n - 1, 1))
    return _joined(_described(before, facts.genre(rng)), after, rng)


def _described(adjectives: list[str], genre: str) -> str:
    """Put adjectives before a genre, or behind a phrase: "a mix of jazz and rock, slow"."""
    if genre.startswith(("mostly ", "a ")):
        return ", ".join([genre, *adjectives])
    return " ".join([*adjectives, genre])


def _asked(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """Ask for it: "give me a ..."."""
    seconds = facts.length(rng) if rng.random() < 0.15 else ""
    if seconds:
        return pick(rng, wording.ASKS).format(x=f"{seconds} of {_mass(facts, rng, max(n - 1, 1))}")
    return pick(rng, wording.ASKS).format(x=_noun_phrase(facts, rng, n))


def _two_sentences(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """Say a noun phrase, and one or two facts more in sentences of their own."""
    said = facts.said(rng)
    names = [list(said)[int(row)] for row in rng.permutation(len(said))[: min(2, max(n - 1, 1))]]
    first = _with_article(facts.noun(rng)) if rng.random() < 0.5 else facts.genre(rng)
    first = first[0].upper() + first[1:]
    return " ".join([first + ".", *(pick(rng, wording.SAYS[name]).format(v=said[name]) for name in names)])


def _played(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """Begin with who plays."""
    who = facts.players(rng, 1 + int(rng.integers(3)))
    if not who:
        return _noun_phrase(facts, rng, n)
    before, _ = _chosen(facts, rng, max(n - 2, 1))
    if rng.random() < 0.25:
        return " ".join([*before, who])
    return pick(rng, wording.PLAYS).format(x=who, m=_described(before, facts.genre(rng)))


def _clauses(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """String clauses after a noun: "jazz, slow, in F minor"."""
    before, after = _chosen(facts, rng, n)
    parts = [facts.genre(rng), *before, *after]
    return ", ".join(parts)


def _tune(facts: Facts, rng: np.random.Generator, n: int) -> str:
    """Name the tune and what became of it."""
    template = pick(rng, wording.TUNES)
    genre = pick(
        rng,
        wording.GENRES[facts.truth.genre] if template.startswith("{g}") else wording.MASS[facts.truth.genre],
    )
    text = template.format(t=facts.tune(rng), g=genre)
    if template.startswith("{g}") and rng.random() < 0.7:
        text = _with_article(text)
    after = [tail for name, tail in facts.tails(rng).items() if name != "shape"]
    after = [after[int(row)] for row in rng.permutation(len(after))[: min(n - 1, 2)]]
    return ", ".join([text, *after])


def _tags(facts: Facts, rng: np.random.Generator) -> str:
    """Draw a list of tags, in any order, the genre mostly first."""
    tags = facts.tags(rng)
    names = [name for name in tags if name != "genre"]
    count = 1 + int(rng.integers(min(7, len(names))))
    chosen = [tags[names[int(row)]] for row in rng.permutation(len(names))[:count]]
    place = 0 if rng.random() < 0.6 else int(rng.integers(len(chosen) + 1))
    if rng.random() < 0.93 or len(chosen) < 2:
        chosen.insert(place, tags["genre"])
    text = ", ".join(chosen)
    return text.lower() if rng.random() < 0.5 else text


def _joined(phrase: str, after: list[str], rng: np.random.Generator) -> str:
    """Hang tails on a phrase, with commas or without; denials follow a comma."""
    commas = rng.random() < 0.35
    text = phrase
    for row, tail in enumerate(after):
        comma = commas or row >= 2 or tail.startswith(("no ", "but ", "about", "around", "roughly", "tempo"))
        text += f"{',' if comma else ''} {tail}"
    return text


def _with_article(phrase: str) -> str:
    """Put "a" or "an" before a phrase that has none."""
    if phrase.startswith(("a ", "an ", "the ", "mostly ")):
        return phrase
    vowel = phrase[0].lower() in "aeio8" or phrase.startswith(("up", "un", "F ", "F#", "F♯", "F-"))
    return f"{'an' if vowel else 'a'} {phrase}"


def _cased(text: str, rng: np.random.Generator) -> str:
    """Write it as people do: with a capital and a full stop, without, or all in small letters."""
    drawn = rng.random()
    text = " ".join(text.split())
    if drawn < 0.25:
        return text.lower()
    if drawn < 0.6:
        text = text[0].upper() + text[1:]
        return text if text.endswith(".") or drawn < 0.35 else text + "."
    return text.upper() if drawn > 0.99 else text


__all__ = ["MAX_WORDS", "MIN_WORDS", "is_true", "sentences", "tag_lists"]
