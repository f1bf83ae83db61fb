"""Weights of genres that are named together: "jazz with a touch of hip hop", "70% rock, 30% country"."""

from __future__ import annotations

from collections.abc import Sequence

from generation.words.quantities import percentage

# What a genre weighs beside one that is simply named.
_MINOR, _COLOUR, _MAJOR = 0.35, 0.4, 2.3
_MINOR_BEFORE = (
    "touch of",
    "touches of",
    "hint of",
    "hints of",
    "bit of",
    "dash of",
    "pinch of",
    "splash of",
    "tinge of",
    "elements of",
    "flavour of",
    "flavor of",
    "shades of",
    "influences from",
    "traces of",
    "little",
    "slightly",
    "undertones of",
    "twist of",
    "some",
    "influenced by",
    "notes of",
    "sprinkle of",
)
_MINOR_AFTER = frozenset(
    "influenced tinged inflected flavoured flavored infused influences influence elements touches undertones "
    "flavour flavor ish tinge twist".split()
)
_MAJOR_BEFORE = frozenset("mostly mainly primarily predominantly chiefly largely".split())


def share_of(before: Sequence[str], after: Sequence[str]) -> float:
    """Return the weight of a genre by the words before and after its name; 1 where they say nothing."""
    words = [word for word in before if word not in ("a", "an", "the")]
    if len(before) >= 2 and before[-1] == "%":
        return percentage(before[-2])
    if len(before) >= 3 and before[-2] == "%":
        return percentage(before[-3])
    if words and words[-1] in _MAJOR_BEFORE:
        return _MAJOR
    text = " " + " ".join(words)
    if text.endswith(tuple(" " + cue for cue in _MINOR_BEFORE if cue != "some")):
        return _MINOR
    if text.endswith((" with some", " plus some")) or (after and after[0] in _MINOR_AFTER):
        return _MINOR
    return 1.0


def mixture(
    facts: Sequence[Sequence[tuple[str, object]]], *, but: Sequence[str] = ()
) -> tuple[tuple[str, float], ...]:
    """Add up the genres of all readings to weights that sum to 1, the heaviest first; empty without any.

    A genre that is named twice counts once; adjectives ("jazzy") weigh less than names, unless alone; vague
    words ("electronic") count only where nothing else is named. Genres of `but` are left out.
    """
    weights: dict[str, float] = {}
    vague: dict[str, float] = {}
    for reading in facts:
        share = next((value for kind, value in reading if kind == "share"), 1.0)
        assert isinstance(share, float)
        for kind, value in reading:
            if kind == "genre":
                assert isinstance(value, tuple)
                for name, weight in value:
                    weights[name] = max(weights.get(name, 0.0), weight * share)
            elif kind == "colour":
                weights.setdefault(str(value), _COLOUR * share)
            elif kind == "vague_genre":
                vague.setdefault(str(value), 1.0)
    chosen = {name: weight for name, weight in (weights or vague).items() if weight > 0 and name not in but}
    total = sum(chosen.values())
    return tuple((name, weight / total) for name, weight in sorted(chosen.items(), key=lambda item: -item[1]))
