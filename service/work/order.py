"""What is ordered of the generator over the service: told in plain values, kept as JSON, and made a request.

The taste is that of whom the generation is for, so that it says nothing about anybody else. Sound to be
changed is named by where it comes from: an upload, a song, or a take that was made before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.edit.edits import Blend, Continuation, Edit, Inpainting, Loop, Section, Variation
from generation.audio.request import Request

if TYPE_CHECKING:
    from generation.audio.edit.given import Given

USUAL_S, LONGEST_PLAIN_S, MORE_S = 10.0, 60.0, 10.0
VARIATION, INPAINTING, CONTINUATION, LOOP = KINDS = ("variation", "inpainting", "continuation", "loop")
_USUAL_STRENGTH = 0.5


@dataclass(frozen=True)
class SoundSource:
    """A sound that is there: an upload (`sounds.take_sound` names it), a song, or a take of a generation."""

    upload: str | None = None
    song: str | None = None
    generation: str | None = None
    take: int = 1

    def __post_init__(self) -> None:
        """Refuse none and several."""
        if sum(one is not None for one in (self.upload, self.song, self.generation)) != 1:
            raise ValueError("a sound is one of: an upload, a song, a generation")


@dataclass(frozen=True)
class EditOrder:
    """What is to become of a sound: `kind` is one of `KINDS`; a loop needs none, a continuation may do
    without.

    `strength`, `start_s`, `end_s`, `low_hz`, `high_hz` and `bars` are those of
    generation/audio/edit/edits.py.
    """

    kind: str
    sound: SoundSource | None = None
    strength: float | None = None
    start_s: float | None = None
    end_s: float | None = None
    low_hz: float | None = None
    high_hz: float | None = None
    bars: int | None = None

    def __post_init__(self) -> None:
        """Refuse what does not go together."""
        if self.kind not in KINDS:
            raise ValueError(f"an edit is one of {', '.join(KINDS)}, got {self.kind[:40]!r}")
        if self.kind in (VARIATION, INPAINTING) and self.sound is None:
            raise ValueError(f"a {self.kind} needs a sound")
        if self.kind == LOOP and (self.sound is not None or self.bars is None):
            raise ValueError("a loop has bars, and no sound that is given")
        if self.kind == INPAINTING and (self.start_s is None or self.end_s is None):
            raise ValueError("an inpainting has a window: from start_s to end_s")

    def edit(self, given: Given | None) -> Edit:
        """The edit of a sound.

        Raises
        ------
        ValueError
        """
        if self.kind == LOOP:
            assert self.bars is not None
            return Loop(self.bars)
        if self.kind == CONTINUATION:
            return Continuation(given)
        assert given is not None
        if self.kind == VARIATION:
            return Variation(given, _USUAL_STRENGTH if self.strength is None else self.strength)
        assert self.start_s is not None
        assert self.end_s is not None
        strength = 1.0 if self.strength is None else self.strength
        return Inpainting(given, self.start_s, self.end_s, self.low_hz, self.high_hz, strength)


@dataclass(frozen=True)
class TasteOrder:
    """How far the taste of whom it is for counts, and which interest of it; the whole taste by default."""

    strength: float = 1.0
    interest: int | None = None


@dataclass(frozen=True)
class Order:
    """One generation that is wanted. What is None is left to the model.

    Attributes
    ----------
    prompt, negative_prompt, genre, key, scheduler : str or None
    seconds, tempo_bpm, guidance : float or None
    seed : int or None
        By lot where none is given.
    takes, steps : int
    title : str or None
        By default what the prompt says.
    raw : bool
        Leave loudness and ends as the generator made them.
    taste : TasteOrder or None
        Whether it is to meet the taste of whom it is for.
    like, unlike : tuples of str
        Songs of the catalogue.
    edit : EditOrder or None
    sections : tuple of (str, float)
        Other prompts from a second on, in a continuation.
    blend : (str, float) or None
        A second prompt and its share.
    """

    prompt: str | None = None
    negative_prompt: str | None = None
    seconds: float | None = None
    seed: int | None = None
    takes: int = 1
    steps: int | None = None
    guidance: float | None = None
    tempo_bpm: float | None = None
    key: str | None = None
    genre: str | None = None
    scheduler: str | None = None
    title: str | None = None
    raw: bool = False
    taste: TasteOrder | None = None
    like: Sequence[str] = ()
    unlike: Sequence[str] = ()
    edit: EditOrder | None = None
    sections: Sequence[tuple[str, float]] = ()
    blend: tuple[str, float] | None = None

    @property
    def texts(self) -> list[str | None]:
        """All that is asked in words."""
        blended = None if self.blend is None else self.blend[0]
        said = [text for text, _ in self.sections]
        return [self.prompt, self.negative_prompt, self.genre, self.title, blended, *said]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def order_of_json(document: Mapping[str, Any]) -> Order:
    """Return the order that `Order.to_json` wrote."""
    values = dict(document)
    taste, edit, blend = values.get("taste"), values.get("edit"), values.get("blend")
    if edit is not None:
        sound = None if edit["sound"] is None else SoundSource(**edit["sound"])
        values["edit"] = EditOrder(**{**edit, "sound": sound})
    values["taste"] = None if taste is None else TasteOrder(**taste)
    values["blend"] = None if blend is None else (str(blend[0]), float(blend[1]))
    values["like"], values["unlike"] = tuple(values.get("like", ())), tuple(values.get("unlike", ()))
    values["sections"] = tuple((str(text), float(at_s)) for text, at_s in values.get("sections", ()))
    return Order(**values)


def request_of(
    order: Order,
    given: Given | None,
    *,
    words: str | None,
    style: np.ndarray | None = None,
    blend: Blend | None = None,
) -> Request:
    """Make the generator's request of an order, its lengths and a loop's tempo settled.

    Parameters
    ----------
    words : str or None
        What the prompt says beside names.
    style : float array, shape (S,), optional
    blend : Blend, optional
        By default the order's own, in words alone.

    Raises
    ------
    ValueError
        A value that is refused, or values that do not go together.
    """
    from generation.audio.edit.editing import settled

    edit = None if order.edit is None else order.edit.edit(given)
    if order.seconds is not None and isinstance(edit, Variation | Inpainting | Loop):
        raise ValueError("seconds: the length comes of the sound that is given, or of the bars")
    had_s = 0.0 if given is None else given.seconds
    seconds = order.seconds if order.seconds is not None else (had_s + MORE_S if given else USUAL_S)
    if edit is None and (order.sections or seconds > LONGEST_PLAIN_S):
        edit = Continuation()
    if blend is None and order.blend is not None:
        blend = Blend(*order.blend)
    return settled(
        Request(
            prompt=words,
            negative_prompt=order.negative_prompt,
            seconds=seconds,
            seed=order.seed or 0,
            n_takes=order.takes,
            num_inference_steps=order.steps,
            guidance_scale=order.guidance,
            tempo_bpm=order.tempo_bpm,
            key=order.key,
            genre=order.genre,
            style=style,
            scheduler=order.scheduler,
            edit=edit,
            sections=tuple(Section(text, at_s) for text, at_s in order.sections),
            blend=blend,
        )
    )


def read_bounded(path: Path) -> Given:
    """Read a sound that is to be changed, looking at its size before it is decoded.

    Raises
    ------
    GivenError
    """
    import soundfile

    from generation.audio.edit.given import LONGEST_S, GivenError, read_given

    try:
        info = soundfile.info(str(path))
        is_large = info.frames * info.channels > LONGEST_S * _LARGEST
    except (soundfile.SoundFileError, RuntimeError, OSError):
        is_large = False  # it is no sound, which `read_given` says
    if is_large:
        raise GivenError("it holds too many samples: at most ten minutes in stereo at 48 kHz are read")
    try:
        return read_given(path)
    except GivenError as error:
        # Folders of this machine are nobody's business.
        raise GivenError(str(error).replace(f"{path}: ", "").replace(str(path), "this file")) from None


_LARGEST = 2 * 48_000
