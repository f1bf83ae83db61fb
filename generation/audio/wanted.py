"""What a request wishes, and what the denoiser is therefore told in each evaluation of a step."""

from __future__ import annotations

from dataclasses import replace

from generation.audio.edit.blend import Row, between, blended
from generation.audio.guidance import Guidance, Said, evaluations
from generation.audio.request import Request, genre_of, key_of
from generation.audio.wishes import Wishes, wishes_of_prompt

GUIDANCE = 2.0
"""Of words; `make bench-diffusion ARGS=scales` measures it and the two below."""
STRUCTURE_SHARE, KEY_SHARE = 1.0, 2.5
"""How much is insisted on tempo and length, and on the key, for each bit of the words' guidance."""


def wishes_of(request: Request) -> Wishes:
    """What a request wishes: the words of its prompt, under what it says expressly."""
    tonic, mode = key_of(request.key) or (None, None)
    genre = genre_of(request.genre)
    text = request.prompt or ""
    wishes = wishes_of_prompt(
        text,
        tempo_bpm=request.tempo_bpm,
        tonic=tonic,
        mode=mode,
        genre=genre,
        seconds=request.seconds,
        style=request.style,
    )
    # The words of another genre must not speak against the one that is asked for.
    if genre is not None and genre not in text.lower():
        wishes = replace(wishes, text=f"{genre}, {text}" if text else genre)
    # Where in a bar a given sound begins, nobody knows.
    if getattr(request.edit, "given", None) is not None:
        wishes = replace(wishes, bar_phase=None)
    return wishes


def wishes_of_sections(request: Request) -> list[Wishes]:
    """What each section wishes, the first being the request's own prompt.

    Tempo and key hold until a section names others.
    """
    found = [wishes_of(request)]
    for section in request.sections:
        style = request.style if section.style is None else section.style
        before, wishes = found[-1], wishes_of(replace(request, prompt=section.prompt, style=style))
        if wishes.tempo_bpm is None:
            wishes = replace(
                wishes,
                tempo_bpm=before.tempo_bpm,
                bar_phase=before.bar_phase,
                beats_per_bar=before.beats_per_bar,
            )
        if wishes.tonic is None:
            wishes = replace(wishes, tonic=before.tonic, mode=before.mode)
        found.append(wishes)
    return found


def rows_of(request: Request, wishes: Wishes | None = None) -> list[Row]:
    """What the denoiser is told in each evaluation, and the weight of each answer; they sum to 1.

    Parameters
    ----------
    wishes : Wishes, optional
        In place of those of the request.
    """
    one = wishes_of(request) if wishes is None else wishes
    blend = request.blend
    if blend is None:
        return _rows(request, one)
    second = replace(
        request,
        prompt=request.prompt if blend.prompt is None else blend.prompt,
        style=request.style if blend.style is None else blend.style,
    )
    one, other = between(one, wishes_of(second), blend.share)
    return blended(_rows(request, one), _rows(request, other), blend.share)


def guidance_of(request: Request) -> Guidance:
    """How much is insisted on each kind of wish: where nothing is said, as much as on the text, or as the
    model's own scales stand to one another.
    """
    text = GUIDANCE if request.guidance_scale is None else request.guidance_scale

    def scale(asked: float | None, share: float) -> float:
        return text * share if asked is None else asked

    return Guidance(
        text,
        scale(request.structure_guidance, STRUCTURE_SHARE),
        scale(request.style_guidance, 1.0),
        scale(request.key_guidance, KEY_SHARE),
    )


def _rows(request: Request, wishes: Wishes) -> list[Row]:
    against = wishes_of_prompt(request.negative_prompt or "")
    words, styled = bool(wishes.text or wishes.tags), wishes.style is not None
    keyed = wishes.tonic is not None or wishes.mode is not None
    said = evaluations(
        guidance_of(request),
        text=words,
        negative=request.negative_prompt is not None,
        # The length comes along with any wish. Alone it is none: then music is made from noise alone.
        structure=words or styled or keyed or wishes.tempo_bpm is not None,
        style=styled,
        key=keyed,
    )
    return [(_restricted(wishes, against, one), weight) for one, weight in said]


def _restricted(wishes: Wishes, against: Wishes, said: Said) -> Wishes:
    """What is left of wishes in one evaluation."""
    words = {"prompt": wishes, "negative": against}.get(said.text, Wishes())
    structured = wishes if said.structure else Wishes()
    return replace(
        structured,
        text=words.text,
        tags=words.tags,
        style=wishes.style if said.style else None,
        tonic=wishes.tonic if said.key else None,
        mode=wishes.mode if said.key else None,
    )
