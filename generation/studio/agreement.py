"""Whether music is what a prompt asks for: the test of captions, and of control."""

from __future__ import annotations

from collections.abc import Iterator

from generation.prompt import Wanted
from generation.studio.truth import Truth
from generation.words.instruments import covers, related

# A tempo is met within so many beats a minute or this share, whichever is more.
TEMPO_BPM, TEMPO_SHARE = 3.0, 0.03
# Weights of genres may be named in any order if they differ by less.
_WEIGHT = 0.2


def disagreements(wanted: Wanted, truth: Truth) -> tuple[str, ...]:
    """Return what a prompt asks for that is not true of the music, in words; empty where all is met.

    What the prompt leaves open cannot disagree.
    """
    return (*_character(wanted, truth), *_time_and_key(wanted, truth), *_players(wanted, truth))


def _character(wanted: Wanted, truth: Truth) -> Iterator[str]:
    asked = dict(wanted.genres)
    for name in asked:
        if name not in truth.genres:
            yield f"genre {name}, is {truth.genre}"
    for name in wanted.denied_genres:
        if name in truth.genres:
            yield f"no {name}"
    for one in asked:
        for other in asked:
            if (
                asked[one] > asked[other] + _WEIGHT
                and truth.genres.get(one, 0) < truth.genres.get(other, 0) - 0.02
            ):
                yield f"more {one} than {other}"
    for kind in ("mood", "loudness", "shape", "density"):
        said, actual = getattr(wanted, kind), getattr(truth, kind)
        if said is not None and said != actual:
            yield f"{kind} {said}, is {actual}"
    if wanted.tune and not truth.tune:
        yield f"the tune {wanted.tune!r}"


def _time_and_key(wanted: Wanted, truth: Truth) -> Iterator[str]:
    if wanted.tempo_bpm is not None:
        if abs(wanted.tempo_bpm - truth.tempo_bpm) > max(TEMPO_BPM, TEMPO_SHARE * truth.tempo_bpm):
            yield f"{wanted.tempo_bpm:g} bpm, is {truth.tempo_bpm:g}"
    elif (
        wanted.tempo_range is not None
        and not wanted.tempo_range[0] <= truth.tempo_bpm <= wanted.tempo_range[1]
    ):
        yield f"{wanted.tempo_range[0]:g} to {wanted.tempo_range[1]:g} bpm, is {truth.tempo_bpm:g}"
    if wanted.tonic is not None and wanted.tonic != truth.tonic:
        yield f"tonic {wanted.tonic}, is {truth.tonic}"
    if wanted.mode is not None and wanted.mode != truth.mode:
        yield f"mode {wanted.mode}, is {truth.mode}"
    if wanted.meter is not None and wanted.meter != truth.meter:
        yield f"meter {wanted.meter}, is {truth.meter}"
    if wanted.duration_s is not None and abs(wanted.duration_s - truth.duration_s) > max(
        0.5, 0.03 * truth.duration_s
    ):
        yield f"{wanted.duration_s:g} s, is {truth.duration_s:g}"


def _players(wanted: Wanted, truth: Truth) -> Iterator[str]:
    for asked in wanted.instruments:
        if not any(covers(asked, name) for name in truth.names):
            yield f"{asked} is not in it"
    for denied in wanted.denied:
        if any(covers(denied, name) for name in truth.names) or (denied == "drums" and truth.has_drums):
            yield f"{denied} is in it"
    if wanted.lead is not None and not related(wanted.lead, truth.lead):
        yield f"{wanted.lead} leads, is {truth.lead or 'nobody'}"
    if wanted.size is not None and wanted.size not in (truth.n_players, len(truth.names)):
        yield f"{wanted.size} players, are {truth.n_players}"
    if wanted.ensemble == "a cappella" and any(not covers("voice", name) for name in truth.names):
        yield "voices alone"
