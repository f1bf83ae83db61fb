"""What somebody asks to be edited, as records; whoever cannot be served hears it here, before any work.

A request has at most one edit; sections go with a continuation, and a blend with any of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Any

import numpy as np

from generation.audio.edit.given import LONGEST_S, SHORTEST_S, Given, given_of_json

MOST_VARIED_S = 60.0
SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 0.1, 50.0
HIGHEST_HZ = 11_025.0
NARROWEST_OCTAVES = 0.25
MOST_BARS = 64
SHORTEST_LOOP_S, LONGEST_LOOP_S = 0.5, 60.0
MOST_SECTIONS = 64
MOST_CHARACTERS = 1000


@dataclass(frozen=True)
class Variation:
    """The given sound, made again: noised up to `strength` (0 hardly, 1 wholly) and denoised."""

    given: Given
    strength: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what cannot be varied."""
        check_strength(self.strength)
        if self.given.seconds > MOST_VARIED_S:
            raise ValueError(
                f"it lasts {self.given.seconds:.0f} s, at most {MOST_VARIED_S:g} s are varied whole:"
                " cut it, or make a part of it anew by inpainting"
            )

    @property
    def seconds(self) -> float:
        """As long as what is given."""
        return self.given.seconds


@dataclass(frozen=True)
class Inpainting:
    """A window of the given sound, from `start_s` to `end_s`, made anew; or only some of its frequencies.

    Attributes
    ----------
    low_hz, high_hz : float or None
        Both or neither; 0 to 11,025.
    strength : float
        1 hears nothing of what was there, less varies it.
    """

    given: Given
    start_s: float
    end_s: float
    low_hz: float | None = None
    high_hz: float | None = None
    strength: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a window outside the clip or a band that is none."""
        check_strength(self.strength)
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)) or self.start_s < 0:
            raise ValueError(f"a window begins at 0 or later, got {self.start_s:g} to {self.end_s:g} s")
        # A hundredth over, as written by somebody who read a rounded length, is the end.
        if self.end_s > self.given.seconds + 0.01:
            raise ValueError(
                f"the window {self.start_s:g} to {self.end_s:g} s lies outside the clip,"
                f" which lasts {self.given.seconds:.2f} s"
            )
        if not SHORTEST_WINDOW_S <= self.end_s - self.start_s <= LONGEST_WINDOW_S:
            raise ValueError(
                f"a window lasts {SHORTEST_WINDOW_S:g} to {LONGEST_WINDOW_S:g} s,"
                f" got {self.start_s:g} to {self.end_s:g} s"
            )
        if self.band is not None:
            check_band(*self.band)
        elif self.low_hz is not None or self.high_hz is not None:
            raise ValueError("a band has a lower and an upper end")

    @property
    def band(self) -> tuple[float, float] | None:
        """Lower and upper end, Hz; None for all frequencies."""
        if self.low_hz is None or self.high_hz is None:
            return None
        return self.low_hz, self.high_hz

    @property
    def seconds(self) -> float:
        """As long as what is given."""
        return self.given.seconds


@dataclass(frozen=True)
class Continuation:
    """The given sound and what comes after it; without one, music of any length from its beginning."""

    given: Given | None = None

    def check_seconds(self, seconds: float) -> None:
        """Refuse a length of the whole that leaves nothing to be made.

        Raises
        ------
        ValueError
        """
        had = 0.0 if self.given is None else self.given.seconds
        if not (math.isfinite(seconds) and had + SHORTEST_S <= seconds <= LONGEST_S):
            given = f" (of which {had:.1f} s are given)" if had else ""
            raise ValueError(
                f"the whole lasts {had + SHORTEST_S:.1f} to {LONGEST_S:g} s{given}, got {seconds:g}"
            )


@dataclass(frozen=True)
class Section:
    """From `start_s` of the whole on, another prompt, or another place in the style space, or both."""

    prompt: str | None
    start_s: float
    style: np.ndarray | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse a section with nothing, or before the beginning."""
        if self.prompt is not None:
            check_words(self.prompt)
        elif self.style is None:
            raise ValueError("a section needs a prompt or a style")
        if not (math.isfinite(self.start_s) and 0 <= self.start_s < LONGEST_S):
            raise ValueError(f"a section begins at 0 to {LONGEST_S:g} s, got {self.start_s:g}")


@dataclass(frozen=True)
class Loop:
    """So many bars whose end leads into their beginning."""

    bars: int

    def __post_init__(self) -> None:
        """Refuse no bars and too many."""
        if not 1 <= self.bars <= MOST_BARS:
            raise ValueError(f"a loop has 1 to {MOST_BARS} bars, got {self.bars}")


@dataclass(frozen=True)
class Blend:
    """A second prompt (or a place in the style space, or both), and its share: 0 none of it, 1 all."""

    prompt: str | None
    share: float
    style: np.ndarray | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse a blend with nothing, or of more than all."""
        if self.prompt is not None:
            check_words(self.prompt)
        elif self.style is None:
            raise ValueError("a blend needs a second prompt or style")
        if not (math.isfinite(self.share) and 0 <= self.share <= 1):
            raise ValueError(f"the share of the second prompt is from 0 to 1, got {self.share:g}")


Edit = Variation | Inpainting | Continuation | Loop
KINDS: dict[str, type[Edit]] = {
    "variation": Variation,
    "inpainting": Inpainting,
    "continuation": Continuation,
    "loop": Loop,
}


def check_sections(sections: tuple[Section, ...], seconds: float) -> None:
    """Refuse sections out of order, or after the end of the whole.

    Raises
    ------
    ValueError
    """
    if len(sections) > MOST_SECTIONS:
        raise ValueError(f"at most {MOST_SECTIONS} sections are made, got {len(sections)}")
    starts = [section.start_s for section in sections]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise ValueError(f"sections begin one after the other, got {', '.join(f'{s:g}' for s in starts)} s")
    if starts and starts[-1] >= seconds:
        raise ValueError(f"the section at {starts[-1]:g} s begins after the end, {seconds:g} s")


def check_band(low_hz: float, high_hz: float) -> None:
    """Refuse a band that the generator cannot make.

    Raises
    ------
    ValueError
    """
    if not (math.isfinite(low_hz) and math.isfinite(high_hz) and 0 <= low_hz < high_hz <= HIGHEST_HZ):
        raise ValueError(f"a band lies within 0 to {HIGHEST_HZ:,.0f} Hz, got {low_hz:g} to {high_hz:g}")
    if high_hz < max(low_hz, 40.0) * 2**NARROWEST_OCTAVES:
        raise ValueError(
            f"a band is at least {NARROWEST_OCTAVES:g} octaves wide, got {low_hz:g} to {high_hz:g} Hz"
        )


def check_strength(strength: float) -> None:
    """Refuse a strength beyond 0 .. 1, and 0 itself, at which nothing is made.

    Raises
    ------
    ValueError
    """
    if not (math.isfinite(strength) and 0 < strength <= 1):
        raise ValueError(f"the strength is above 0 and at most 1, got {strength:g}")


def check_words(text: str) -> None:
    """Refuse a prompt without words, or with too many.

    Raises
    ------
    ValueError
    """
    if not text.strip():
        raise ValueError("the prompt is empty: say what it is to sound like")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"the prompt has {len(text):,} characters, at most {MOST_CHARACTERS:,} are read")


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """Return an edit as JSON can hold it; the given sound by name and digest."""
    kind = next(name for name, type_ in KINDS.items() if isinstance(edit, type_))
    values = {one.name: getattr(edit, one.name) for one in fields(edit)}
    return {"kind": kind} | {
        name: value.to_json() if isinstance(value, Given) else value for name, value in values.items()
    }


def edit_of_json(document: dict[str, Any]) -> Edit:
    """Return the edit that `edit_to_json` wrote, with its sound read again.

    Raises
    ------
    ValueError
        An unknown kind, or values that are refused; a sound that is another by now.
    """
    values = dict(document)
    kind = KINDS.get(str(values.pop("kind", None)))
    if kind is None:
        raise ValueError(f"an edit is one of {', '.join(KINDS)}, got {document.get('kind')!r}")
    if isinstance(values.get("given"), dict):
        values["given"] = given_of_json(values["given"])
    return kind(**values)


def section_to_json(section: Section) -> dict[str, Any]:
    """Return a section as JSON can hold it."""
    style = {} if section.style is None else {"style": section.style.tolist()}
    return {"prompt": section.prompt, "start_s": section.start_s, **style}


def section_of_json(document: dict[str, Any]) -> Section:
    """Return the section that `section_to_json` wrote."""
    style = document.get("style")
    return Section(**document | ({} if style is None else {"style": np.asarray(style, dtype=np.float32)}))


def blend_to_json(blend: Blend) -> dict[str, Any]:
    """Return a blend as JSON can hold it."""
    style = None if blend.style is None else blend.style.tolist()
    return {"prompt": blend.prompt, "share": blend.share, "style": style}


def blend_of_json(document: dict[str, Any]) -> Blend:
    """Return the blend that `blend_to_json` wrote.

    Raises
    ------
    ValueError
    """
    style = document.get("style")
    return Blend(
        document["prompt"],
        document["share"],
        None if style is None else np.asarray(style, dtype=np.float32),
    )
