"""What somebody asks a generator for, checked before any work, and what they get.

Every backend takes the same `Request` and gives a `Generation`. While it works it tells each step, and
whoever is told may stop it: by returning False, or by raising what they like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

import numpy as np

from generation.audio.edit.edits import (
    Blend,
    Continuation,
    Edit,
    Inpainting,
    Loop,
    Section,
    Variation,
    blend_of_json,
    blend_to_json,
    check_sections,
    edit_of_json,
    edit_to_json,
    section_of_json,
    section_to_json,
)

SHORTEST_S, LONGEST_S = 1.0, 60.0
MOST_CHARACTERS = 1000
MOST_STEPS = 1000
MOST_TAKES = 16
MOST_SEED = 2**31 - 1
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
MOST_GUIDANCE = 50.0


class Cancelled(Exception):
    """Somebody who watched the steps asked to stop; nothing was made."""


@dataclass(frozen=True)
class Request:
    """A track to be made; what is None is left to the model.

    Attributes
    ----------
    prompt, negative_prompt : str or None
        Without a prompt a track comes from noise (and the other wishes) alone. The empty text is an error:
        who passes one has lost something.
    seconds : float
        Any length from 1 to 60 seconds; the sound is cut to the sample. Of a continuation it is the length of
        the whole, up to ten minutes; a variation, an inpainting and a loop have lengths of their own.
    seed : int
        Take k of seed s is the one take of seed s + k.
    n_takes : int
    num_inference_steps, guidance_scale : int, float, or None
        None is the model's own default.
    structure_guidance, key_guidance, style_guidance : float or None
        How much tempo and length, the key, and the style vector are insisted on; None: by the text's scale,
        as `wanted` says.
    tempo_bpm, key, genre
        Go before what the prompt says: 120, "F# minor", "jazz".
    style : float array, shape (S,), or None
        A place in the style space.
    scheduler : str or None
        A name of `schedulers.NAMES`.
    edit : Variation, Inpainting, Continuation, Loop, or None
        What is made of a given sound, or how.
    sections : tuple of Section
        Other prompts from some time on, in a continuation.
    blend : Blend or None
        A second prompt.
    """

    prompt: str | None = None
    negative_prompt: str | None = None
    seconds: float = 10.0
    seed: int = 0
    n_takes: int = 1
    num_inference_steps: int | None = None
    guidance_scale: float | None = None
    structure_guidance: float | None = None
    key_guidance: float | None = None
    style_guidance: float | None = None
    tempo_bpm: float | None = None
    key: str | None = None
    genre: str | None = None
    style: np.ndarray | None = field(default=None, compare=False)
    scheduler: str | None = None
    edit: Edit | None = None
    sections: tuple[Section, ...] = ()
    blend: Blend | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be made; the message says what was given and what is expected."""
        for name, text in (("prompt", self.prompt), ("negative prompt", self.negative_prompt)):
            _check_text(name, text)
        self._check_edit()
        _check_whole("the seed", self.seed, 0, MOST_SEED)
        _check_whole("the number of takes", self.n_takes, 1, MOST_TAKES)
        _check_whole("the number of steps", self.num_inference_steps, 1, MOST_STEPS)
        for name in ("guidance_scale", "structure_guidance", "key_guidance", "style_guidance"):
            _check_number(name, getattr(self, name), 0.0, MOST_GUIDANCE)
        _check_number("the tempo", self.tempo_bpm, SLOWEST_BPM, FASTEST_BPM)
        key_of(self.key)
        genre_of(self.genre)
        if self.style is not None and (self.style.ndim != 1 or not np.isfinite(self.style).all()):
            raise ValueError(f"a style is one finite vector, got shape {self.style.shape}")

    def _check_edit(self) -> None:
        if isinstance(self.edit, Continuation):
            self.edit.check_seconds(self.seconds)
        elif not isinstance(self.edit, Variation | Inpainting | Loop):  # which have their own lengths
            _check_number("seconds", self.seconds, SHORTEST_S, LONGEST_S)
        if self.sections and not isinstance(self.edit, Continuation):
            raise ValueError("only a continuation has sections")
        check_sections(self.sections, self.seconds)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it; given sounds by their files' names and digests."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return plain | {
            "style": self.style.tolist() if self.style is not None else None,
            "edit": edit_to_json(self.edit) if self.edit is not None else None,
            "sections": [section_to_json(one) for one in self.sections],
            "blend": blend_to_json(self.blend) if self.blend is not None else None,
        }


def request_of_json(document: Mapping[str, Any]) -> Request:
    """Return the request that `Request.to_json` wrote, with given sounds read again.

    Raises
    ------
    ValueError
        Names or values that are not a request's; a given sound is not there, or another by now.
    """
    values = dict(document)
    unknown = set(values) - {one.name for one in fields(Request)}
    if unknown:
        raise ValueError(f"a request has no {', '.join(sorted(unknown))}")
    try:
        if values.get("style") is not None:
            values["style"] = np.asarray(values["style"], dtype=np.float32)
        if values.get("edit") is not None:
            values["edit"] = edit_of_json(values["edit"])
        if values.get("blend") is not None:
            values["blend"] = blend_of_json(values["blend"])
        values["sections"] = tuple(section_of_json(one) for one in values.get("sections", ()))
        return Request(**values)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no request that was written here: {error}") from None


@dataclass(frozen=True)
class Track:
    """One take: float32 samples within -1 .. 1, shape (n_samples,) or (n_samples, channels).

    Whoever finishes a track leaves alone what it `keeps`: its "level" where samples of a given file are in
    it, its "ends" where it goes round in a loop, or begins as a given file does. `bits` are those of the
    given file, or 16. `checks` is what was found in it when it was done (`generation.audio.checks`).
    """

    waveform: np.ndarray
    sample_rate: int
    seed: int
    keeps: frozenset[str] = frozenset()
    bits: int = 16
    checks: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.waveform) / self.sample_rate


@dataclass(frozen=True)
class Generation:
    """What was made, and all that is needed to make it again.

    Attributes
    ----------
    tracks : tuple of Track
        A track a take.
    request : Request
    backend, model : str
        Which generator; which weights: their SHA-256, or where they lie.
    settings : mapping
        What the model chose where the request left it open: scheduler, steps, guidance, conditions.
    threads : int
        Sums of floats depend on how many threads compute: the same seed gives the same bytes with the same
        number on the same machine.
    told : generation.audio.told.Told or None
        What our own denoiser heard; other people's pipelines do not say.
    """

    tracks: tuple[Track, ...]
    request: Request
    backend: str
    model: str
    threads: int
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    told: Any = field(default=None, compare=False, repr=False)

    @property
    def audios(self) -> np.ndarray:
        """All takes in one array, named as diffusers names it: shape (n_takes, n_samples[, channels])."""
        return np.stack([track.waveform for track in self.tracks])


@dataclass(frozen=True)
class Step:
    """One step of the sampler, done: `number` of `n_steps` of `take` of `n_takes`, all from 1.

    `log_mel()` shows what the model now takes the finished spectrogram to be: float32, (n_mels, n_frames).
    A backend whose latents we cannot draw has none.
    """

    number: int
    n_steps: int
    take: int
    n_takes: int
    log_mel: Callable[[], np.ndarray] | None = None

    @property
    def share_done(self) -> float:
        """Of all steps of all takes, from 0 to 1."""
        return ((self.take - 1) + self.number / self.n_steps) / self.n_takes


Callback = Callable[[Step], "bool | None"]
"""Is told each step; where it returns False, the work stops with `Cancelled`."""


def tell(callback: Callback | None, step: Step) -> None:
    """Tell a step to whoever watches.

    Raises
    ------
    Cancelled
        They say stop.
    """
    if callback is not None and callback(step) is False:
        raise Cancelled(f"cancelled at step {step.number} of {step.n_steps} of take {step.take}")


def key_of(text: str | None) -> tuple[int, str] | None:
    """Read a key: "F# minor", "Bb", "Am" -> pitch class and mode.

    Raises
    ------
    ValueError
        It names none.
    """
    from generation.prompt import parse_prompt

    if text is None:
        return None
    wanted = parse_prompt(f"in {text.strip()[:1].upper()}{text.strip()[1:]}")
    if wanted.tonic is None or wanted.mode is None or len(text) > 40:
        raise ValueError(f"key {text[:40]!r} is not known: expected one as 'F# minor', 'Bb' or 'D dorian'")
    return wanted.tonic, wanted.mode


def genre_of(text: str | None) -> str | None:
    """Read a genre, also by another word for it: "hip-hop" -> "hip hop".

    Raises
    ------
    ValueError
        It names none.
    """
    from generation.prompt import parse_prompt
    from generation.studio.piece import GENRES

    if text is None:
        return None
    if text.strip().lower() in GENRES:
        return text.strip().lower()
    found = parse_prompt(text[:MOST_CHARACTERS]).genres
    if not found:
        raise ValueError(f"genre {text[:40]!r} is not known: expected one of {', '.join(GENRES)}")
    return found[0][0]


def _check_text(name: str, text: str | None) -> None:
    if text is None:
        return
    if not text.strip():
        raise ValueError(f"the {name} is empty: say what it is to sound like, or leave it out")
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"the {name} has {len(text):,} characters, at most {MOST_CHARACTERS:,} are read")


def _check_number(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not (math.isfinite(value) and least <= value <= most):
        raise ValueError(f"{name} must be from {least:g} to {most:g}, got {value:g}")


def _check_whole(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and (not isinstance(value, int | np.integer) or not least <= value <= most):
        raise ValueError(f"{name} must be a whole number from {least} to {most}, got {value}")
