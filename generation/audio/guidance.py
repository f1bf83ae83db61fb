"""Classifier-free guidance with a scale for each kind of wish.

A denoiser that was trained with its conditions dropped at random knows the noise of any music, e(nothing),
and of music that fits what is said, e(c). Guidance goes further in the direction from the one to the other
(Ho & Salimans, 2022):  e(nothing) + w (e(c) - e(nothing)). With several wishes each has its own w, and each
step of the chain adds one of them (Brooks et al., "InstructPix2Pix", CVPR 2023, equation 3):

    e(nothing) + w_key       (e(key) - e(nothing))
               + w_structure (e(key, structure) - e(key))
               + w_style     (e(key, structure, style) - e(key, structure))
               + w_text      (e(key, structure, style, text) - e(key, structure, style))

Structure is tempo, bars and length. The key comes first, since the denoiser obeys it when it is told alone,
and hardly hears it beside everything else. Where a negative prompt is given it stands in the place of
"nothing" until the text comes, so that the last step leads away from it. Terms whose weights cancel are not
computed: with equal scales two of the five are left, and one with all scales at 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Guidance:
    """How much each kind of wish is insisted on: 0 not at all, 1 as in training, more beyond."""

    text: float = 3.0
    structure: float = 3.0
    style: float = 3.0
    key: float = 3.0


@dataclass(frozen=True)
class Said:
    """What the denoiser is told in one evaluation; `text` is "prompt", "negative" or ""."""

    text: str = ""
    structure: bool = False
    style: bool = False
    key: bool = False


def evaluations(
    guidance: Guidance, *, text: bool, negative: bool, structure: bool, style: bool, key: bool = False
) -> list[tuple[Said, float]]:
    """Return what the denoiser is to be told, and with which weights its answers are summed.

    The weights sum to 1, so that a denoiser that does not listen is not changed.

    >>> found = evaluations(Guidance(3, 1, 1), text=True, negative=False, structure=False, style=False)
    >>> [(said.text, weight) for said, weight in found]
    [('prompt', 3), ('', -2.0)]
    """
    said = Said(text="negative" if negative else "")
    chain: list[tuple[Said, float]] = [(said, 1.0)]
    for wished, scale, changes in (
        (key, guidance.key, {"key": True}),
        (structure, guidance.structure, {"structure": True}),
        (style, guidance.style, {"style": True}),
        (text or negative, guidance.text, {"text": "prompt" if text else ""}),
    ):
        if wished:
            said = replace(said, **changes)
            chain.append((said, scale))
    following = [scale for _, scale in chain[1:]] + [0.0]
    weighted = [(told, scale - after) for (told, scale), after in zip(chain, following, strict=True)]
    return [(told, weight) for told, weight in reversed(weighted) if weight]
