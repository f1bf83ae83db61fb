"""What the songs of the sample world sound like: each is composed to fit what is true of it.

A song's piece depends on its artist, its title and its scores alone, so that it is the same on every machine
and needs no stored sound. Versions of one recording ("(live)") share their seed: the same tune and chords, as
their own scores would have them played.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from math import exp, log

from generation.studio.band import TEMPO_RANGES
from generation.studio.compose import compose, dice
from generation.studio.piece import Piece
from pipelines.recording_key import recording_key

# A genre below this score is not heard in the mixture; the two highest are, by their distance from it.
_HEARD_FROM, _MOST_HEARD = 0.35, 2
_LEAST_SHARE = 0.2
SHORTEST_S, LONGEST_S = 60.0, 90.0
# An attribute from this score on gives the lead its instrument.
_LEADS_FROM = 0.8
_GENTLE = ("folk", "jazz", "classical", "ambient", "pop")


def compose_song(title: str, artist: str, scores: Mapping[str, float]) -> Piece:
    """Compose the piece of one song.

    Parameters
    ----------
    scores : mapping of str to float
        Of the axes (`model.AXES`), 0..1; what is missing is undecided.

    Raises
    ------
    ValueError
        No genre is scored.
    """
    seed = zlib.crc32(recording_key(title, artist).encode())
    genres = genre_mixture(scores)
    return compose(
        seed,
        genres=genres,
        mood=mood_of(scores),
        tempo_bpm=_tempo(genres, scores.get("tempo", 0.5)),
        duration_s=float(dice(seed, "length").uniform(SHORTEST_S, LONGEST_S)),
        instruments=lead_instruments(genres, scores),
        title=title,
    )


def genre_mixture(scores: Mapping[str, float]) -> dict[str, float]:
    """Weights of the one or two genres that are heard most, summing to 1, in falling order.

    Raises
    ------
    ValueError
        No genre is scored.
    """
    from generation.studio.piece import GENRES

    found = {name: scores[name] for name in GENRES if name in scores}
    if not found:
        raise ValueError(f"a song needs the score of a genre, got {dict(scores)}")
    best = sorted(found, key=lambda name: -found[name])[:_MOST_HEARD]
    weights = {name: max(found[name] - _HEARD_FROM, 0.0) for name in best}
    if not sum(weights.values()):
        weights = {best[0]: 1.0}
    total = sum(weights.values())
    kept = {name: weight for name, weight in weights.items() if weight >= _LEAST_SHARE * total}
    return {name: weight / sum(kept.values()) for name, weight in kept.items()}


def mood_of(scores: Mapping[str, float]) -> str:
    """Name the mood that calm, cheerfulness and tempo make together."""
    calm, cheerful, tempo = (scores.get(name, 0.5) for name in ("calm", "cheerful", "tempo"))
    if calm >= 0.6:
        if cheerful < 0.35:
            return "sad"
        if cheerful >= 0.6:
            return "romantic"
        return "dreamy" if scores.get("synth", 0.0) >= 0.5 else "calm"
    if cheerful >= 0.6:
        return "happy"
    if cheerful < 0.35:
        return "dark" if calm >= 0.25 else "tense"
    return "energetic" if tempo >= 0.55 else "romantic" if calm >= 0.45 else "tense"


def _tempo(genres: Mapping[str, float], score: float) -> float:
    """A whole number of beats a minute: the score's place in the leading genre's range, by ratio."""
    slow, fast = TEMPO_RANGES[next(iter(genres))]
    return float(round(exp(log(slow) + score * (log(fast) - log(slow)))))


def lead_instruments(genres: Mapping[str, float], scores: Mapping[str, float]) -> Sequence[str]:
    """Name who leads, where one attribute speaks loudest; nobody in particular otherwise."""
    gentle = next(iter(genres)) in _GENTLE
    players = {
        "guitar": "acoustic guitar" if gentle else "electric guitar",
        "synth": "synth lead",
        "piano": "piano",
        "strings": "violin",
        "brass": "trumpet",
    }
    best = max(players, key=lambda name: scores.get(name, 0.0))
    return (players[best],) if scores.get(best, 0.0) >= _LEADS_FROM else ()
