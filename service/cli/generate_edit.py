"""The options of `songspace generate` that edit: given sound, length beyond a minute, loops and blends."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from generation.audio.edit.edits import Blend, Edit, Section
    from generation.audio.edit.given import Given
    from generation.audio.request import Request

USUAL_S, SHORTEST_S, LONGEST_PLAIN_S, LONGEST_S = 10.0, 1.0, 60.0, 600.0
MOST_READ = 1000
USUAL_STRENGTH, MORE_S = 0.5, 10.0

Seconds = Annotated[
    float | None,
    typer.Option(
        min=1, max=LONGEST_S, metavar="S", help="How long it is to be (10); with --continue, the whole."
    ),
]
Init = Annotated[
    Path | None, typer.Option("--init", metavar="FILE", help="Sound to vary, or to make a part of anew.")
]
Strength = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="X", help="How far from --init: .5, or 1 where a part is made anew."),
]
Inpaint = Annotated[
    str | None,
    typer.Option("--inpaint", metavar="FROM-TO", help="Seconds of --init to make anew, as 2.0-4.5."),
]
InpaintBand = Annotated[
    str | None,
    typer.Option("--inpaint-band", metavar="HZ-HZ", help="Only these frequencies of it, as 200-2000."),
]
Continue = Annotated[Path | None, typer.Option("--continue", metavar="FILE", help="Sound to go on from.")]
Sections = Annotated[
    list[str] | None,
    typer.Option("--section", metavar="PROMPT@TIME", help='From a time on: "quiet strings@0:30".'),
]
LoopBars = Annotated[
    int | None, typer.Option("--loop", metavar="BARS", help="Bars whose end leads into their beginning.")
]
BlendWith = Annotated[
    str | None, typer.Option("--blend", metavar="PROMPT:X", help='A second prompt and its share: "folk:0.4".')
]


@dataclass(frozen=True)
class Edits:
    """The options as they are given."""

    init: Path | None = None
    strength: float | None = None
    inpaint: str | None = None
    inpaint_band: str | None = None
    continue_: Path | None = None
    sections: tuple[str, ...] = ()
    loop: int | None = None
    blend: str | None = None


def edited_request(edits: Edits, *, seconds: float | None, **wishes: Any) -> Request:
    """Return the request for what is wished, with its edits, lengths and a loop's tempo settled.

    Raises
    ------
    ValueError
        Options that do not go together; a value or a sound that is refused. The message names the option.
    """
    from generation.audio.edit.editing import settled
    from generation.audio.request import Request

    _check_together(edits, seconds)
    edit = _edit(edits)
    sections = tuple(_section(text) for text in edits.sections)
    length = _length(edit, seconds, wishes.get("prompt"))
    if edit is None and (sections or length > LONGEST_PLAIN_S):
        from generation.audio.edit.edits import Continuation

        edit = Continuation()
    _check_length(edit, sections, length, by_default=seconds is None)
    request = Request(
        seconds=length,
        edit=edit,
        sections=sections,
        blend=None if edits.blend is None else _blend(edits.blend),
        **wishes,
    )
    with naming("--loop"):
        return settled(request)


def keep_given(request: Request, files: Sequence[Path]) -> None:
    """Refuse to write over the sound that is given.

    Raises
    ------
    ValueError
    """
    given = getattr(request.edit, "given", None)
    if given is not None and any(str(path) == given.path for path in files):
        raise ValueError(f"--out: {given.path} is the sound that is given: name another file")


@contextmanager
def naming(option: str) -> Iterator[None]:
    """Put the name of an option before what is wrong with its value."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{option}: {error}") from None


def seconds_of(text: str) -> float:
    """Read a time: "4.5", "1:02.5", "1:00:00" -> seconds.

    >>> seconds_of("1:02.5")
    62.5

    Raises
    ------
    ValueError
        It is none.
    """
    if not re.fullmatch(r"(\d{1,6}:){0,2}\d{1,6}(\.\d{1,9})?", text.strip()):
        raise ValueError(f"{text[:40]!r} is no time: expected seconds as 4.5, or minutes as 1:02.5")
    total = 0.0
    for part in text.strip().split(":"):
        total = 60 * total + float(part)
    return total


def range_of(text: str) -> tuple[str, str]:
    """Read the two ends of a range: "2.0-4.5".

    Raises
    ------
    ValueError
        It is none.
    """
    ends = re.split("\\s*[-\u2013]\\s*", text.strip())  # a dash of print is one, too
    if len(ends) != 2 or not all(ends):
        raise ValueError(f"{text[:40]!r} is no range: expected two ends, as 2.0-4.5")
    return ends[0], ends[1]


def _check_together(edits: Edits, seconds: float | None) -> None:
    chosen = [
        name
        for name, value in (("--init", edits.init), ("--continue", edits.continue_), ("--loop", edits.loop))
        if value is not None
    ]
    if len(chosen) > 1:
        raise ValueError(f"{' and '.join(chosen)} cannot be asked for together")
    for name, value, needed, there in (
        ("--strength", edits.strength, "--init", edits.init),
        ("--inpaint", edits.inpaint, "--init", edits.init),
        ("--inpaint-band", edits.inpaint_band, "--inpaint", edits.inpaint),
    ):
        if value is not None and there is None:
            raise ValueError(f"{name} needs {needed}")
    if edits.sections and (edits.init is not None or edits.loop is not None):
        raise ValueError(f"--section does not go with {chosen[0]}")
    if seconds is not None and (edits.init is not None or edits.loop is not None):
        decides = "is that of --init" if edits.init is not None else "comes of --loop and the tempo"
        raise ValueError(f"--seconds: the length {decides}")


def _edit(edits: Edits) -> Edit | None:
    from generation.audio.edit.edits import Continuation, Loop

    if edits.loop is not None:
        with naming("--loop"):
            return Loop(edits.loop)
    if edits.continue_ is not None:
        return Continuation(_given("--continue", edits.continue_))
    if edits.init is not None:
        return _of_init(edits, _given("--init", edits.init))
    return None


def _of_init(edits: Edits, given: Given) -> Edit:
    from generation.audio.edit.edits import Inpainting, Variation, check_band, check_strength

    if edits.strength is not None:
        with naming("--strength"):
            check_strength(edits.strength)
    if edits.inpaint is None:
        with naming("--init"):
            return Variation(given, USUAL_STRENGTH if edits.strength is None else edits.strength)
    low = high = None
    if edits.inpaint_band is not None:
        with naming("--inpaint-band"):
            low, high = (_hertz(end) for end in range_of(edits.inpaint_band))
            check_band(low, high)
    with naming("--inpaint"):
        start_s, end_s = (seconds_of(end) for end in range_of(edits.inpaint))
        return Inpainting(given, start_s, end_s, low, high, 1.0 if edits.strength is None else edits.strength)


def _given(option: str, path: Path) -> Given:
    from generation.audio.edit.given import read_given

    with naming(option):
        return read_given(path)


def _hertz(text: str) -> float:
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)\s*(k?)(?:hz)?", text.strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no frequency: expected Hz, as 2000 or 2k")
    return float(found[1]) * (1000 if found[2] else 1)


def _length(edit: Edit | None, seconds: float | None, prompt: str | None) -> float:
    """As long as is asked for, or as the prompt says ("a minute of jazz"), or as is usual."""
    from generation.prompt import parse_prompt

    if seconds is not None:
        return seconds
    said = parse_prompt(prompt[:MOST_READ] if prompt else "").duration_s
    given = getattr(edit, "given", None)
    if said is not None and SHORTEST_S <= said <= LONGEST_S and (given is None or said > given.seconds):
        return said
    return USUAL_S if given is None else float(given.seconds) + MORE_S


def _check_length(
    edit: Edit | None, sections: tuple[Section, ...], seconds: float, *, by_default: bool
) -> None:
    from generation.audio.edit.edits import Continuation, check_sections

    if isinstance(edit, Continuation) and not math.isnan(seconds):
        with naming("--continue" if by_default else "--seconds"):
            edit.check_seconds(seconds)
        with naming("--section"):
            check_sections(sections, seconds)


def _section(text: str) -> Section:
    from generation.audio.edit.edits import Section

    with naming("--section"):
        prompt, at, time = text.rpartition("@")
        if not at:
            raise ValueError(f"{text[:40]!r} has no time: expected PROMPT@TIME, as 'quiet strings@0:30'")
        return Section(prompt, seconds_of(time))


def _blend(text: str) -> Blend:
    from generation.audio.edit.edits import Blend

    with naming("--blend"):
        prompt, colon, share = text.rpartition(":")
        if not colon or not re.fullmatch(r"\d{0,3}(\.\d{0,9})?", share.strip()) or not share.strip(" ."):
            raise ValueError(f"{text[:40]!r} has no share: expected PROMPT:X, as 'folk:0.4'")
        return Blend(prompt, float(share))
