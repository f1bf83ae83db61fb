"""A request's edit, done: what it settles before the work, the work, and what is said of it afterwards."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generation.audio.edit.edits import Continuation, Inpainting, Loop, Variation
from generation.audio.edit.take import Made, Take
from generation.audio.request import Request
from generation.audio.wanted import wishes_of


def settled(request: Request, sample_rate: int = 22_050) -> Request:
    """Return a request with what its edit decides: the length, and a loop's tempo where none is asked for.

    Raises
    ------
    ValueError
        A loop that is too short or too long.
    """
    from generation.audio.edit.loop import default_tempo, loop_samples

    edit = request.edit
    if isinstance(edit, Variation | Inpainting):
        return replace(request, seconds=edit.seconds)
    if not isinstance(edit, Loop):
        return request
    wishes = wishes_of(request)
    tempo = wishes.tempo_bpm or default_tempo(wishes)
    n_samples = loop_samples(edit.bars, tempo, wishes.beats_per_bar, sample_rate)
    return replace(request, tempo_bpm=tempo, seconds=n_samples / sample_rate)


def edited(take: Take) -> Made:
    """Make one take of a request that has an edit."""
    from generation.audio.edit.continuation import go_on
    from generation.audio.edit.inpainting import inpaint
    from generation.audio.edit.loop import go_round
    from generation.audio.edit.variation import vary

    edit = take.request.edit
    if isinstance(edit, Variation):
        return vary(take, edit)
    if isinstance(edit, Inpainting):
        return inpaint(take, edit)
    if isinstance(edit, Loop):
        return go_round(take, edit)
    if isinstance(edit, Continuation):
        return go_on(take, edit)
    raise TypeError(f"no edit: {edit!r}")


def details(request: Request) -> dict[str, Any]:
    """Return what there is to say of a settled request's edit, beside what was asked."""
    if not isinstance(request.edit, Loop):
        return {}
    wishes = wishes_of(request)
    return {
        "loop": {
            "bars": request.edit.bars,
            "beats_per_bar": wishes.beats_per_bar,
            "tempo_bpm": wishes.tempo_bpm,
            "seconds": request.seconds,
        }
    }
