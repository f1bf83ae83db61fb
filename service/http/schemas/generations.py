"""Generations, the sounds that they change, and nights."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field

from db.repositories.nights import StoredNight
from service.http.given import LONGEST_REF, LONGEST_TEXT, STORABLE
from service.http.schemas.base import WHOLE, Answer, Given, Ref
from service.work.folders import FORMATS
from service.work.order import EditOrder, Order, SoundSource, TasteOrder
from service.work.states import GenerationState

Words = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*\S[^\x00]*$")]
Token = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$")]
Songs = Annotated[list[Ref], Field(max_length=20)]
EXAMPLE: dict[str, Any] = {
    "generation": "9f86d081884c7d659a2feaa0",
    "state": "running",
    "reason": "",
    "user": "sample:user-3",
    "created_at": "2026-11-21T14:46:52+00:00",
    "order": {"prompt": "slow jazz trio in F minor", "seconds": 10, "takes": 2, "seed": 7},
    "takes": [],
    "events": "/v1/generations/9f86d081884c7d659a2feaa0/events",
}


class SoundIn(Given):
    """A sound that is there: an upload, a song, or a take of a generation; one of them."""

    upload: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    song: Ref | None = None
    generation: Token | None = None
    take: Annotated[int, Field(ge=1, le=16), WHOLE] = 1


class EditIn(Given):
    """What is to become of a sound: `variation` of `strength`; `inpainting` from `start_s` to `end_s`, of all
    frequencies or of a band; `continuation`; or a `loop` of `bars`, which needs no sound.
    """

    kind: Literal["variation", "inpainting", "continuation", "loop"]
    sound: SoundIn | None = None
    strength: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    start_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] | None = None
    end_s: Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)] | None = None
    low_hz: Annotated[float, Field(ge=0, le=11_025, allow_inf_nan=False)] | None = None
    high_hz: Annotated[float, Field(ge=0, le=11_025, allow_inf_nan=False)] | None = None
    bars: Annotated[int, Field(ge=1, le=64), WHOLE] | None = None


class TasteIn(Given):
    """How far the taste of whom it is for counts, and which interest of the profile alone."""

    strength: Annotated[float, Field(ge=0, le=4, allow_inf_nan=False)] = 1.0
    interest: Annotated[int, Field(ge=1, le=64), WHOLE] | None = None


class SectionIn(Given):
    """Another prompt from a second on."""

    prompt: Words
    start_s: Annotated[float, Field(ge=0, lt=600, allow_inf_nan=False)]


class BlendIn(Given):
    """A second prompt and its share."""

    prompt: Words
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class GenerationIn(Given):
    """A generation that is wanted; what is left out is left to the model. `user` is whose it is and whose
    taste counts, which administrators alone may say.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"prompt": "slow jazz trio in F minor", "seconds": 10, "takes": 2},
                {"edit": {"kind": "loop", "bars": 4}, "prompt": "techno at 128 bpm"},
            ]
        }
    )

    prompt: Words | None = None
    negative_prompt: Words | None = None
    seconds: Annotated[float, Field(ge=1, le=600, allow_inf_nan=False)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31 - 17), WHOLE] | None = None
    takes: Annotated[int, Field(ge=1, le=16), WHOLE] = 1
    steps: Annotated[int, Field(ge=1, le=1000), WHOLE] | None = None
    guidance: Annotated[float, Field(ge=0, le=50, allow_inf_nan=False)] | None = None
    tempo_bpm: Annotated[float, Field(ge=20, le=400, allow_inf_nan=False)] | None = None
    key: Annotated[str, Field(min_length=1, max_length=40, pattern=STORABLE)] | None = None
    genre: Annotated[str, Field(min_length=1, max_length=100, pattern=STORABLE)] | None = None
    scheduler: Literal["dpm++", "ddim", "euler", "unipc", "flow-euler", "flow-heun"] | None = None
    title: Annotated[str, Field(min_length=1, max_length=200, pattern=STORABLE)] | None = None
    raw: bool = False
    user: Annotated[str, Field(min_length=1, max_length=LONGEST_REF, pattern=STORABLE)] | None = None
    taste: TasteIn | None = None
    like: Songs = Field(default_factory=list)
    unlike: Songs = Field(default_factory=list)
    edit: EditIn | None = None
    sections: Annotated[list[SectionIn], Field(max_length=64)] = Field(default_factory=list)
    blend: BlendIn | None = None

    def order(self) -> Order:
        """The order that it is; raises ValueError where values do not go together."""
        edit = None
        if self.edit is not None:
            sound = None if self.edit.sound is None else SoundSource(**self.edit.sound.model_dump())
            edit = EditOrder(**{**self.edit.model_dump(), "sound": sound})
        plain = self.model_dump(exclude={"user", "taste", "edit", "sections", "blend", "like", "unlike"})
        return Order(
            **plain,
            taste=None if self.taste is None else TasteOrder(**self.taste.model_dump()),
            like=tuple(self.like),
            unlike=tuple(self.unlike),
            edit=edit,
            sections=tuple((one.prompt, one.start_s) for one in self.sections),
            blend=None if self.blend is None else (self.blend.prompt, self.blend.share),
        )


class TakeOut(Answer):
    """A finished take; `files` are links by format, `song` its name in the catalogue ("" while it is put
    there).
    """

    number: int
    seed: int
    seconds: float
    sample_rate: int
    score: float | None
    is_copy: bool
    rating: str | None
    song: str | None
    checks: dict[str, Any]
    files: dict[str, str]


class GenerationOut(Answer):
    """A generation as it is now: queued, running, done, failed (`reason` says why) or cancelled. Takes
    come best first; `ahead` others were ordered before it and wait too; `notice` says what keeps it
    waiting.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    generation: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    reason: str
    user: str | None
    order: dict[str, Any]
    created_at: str
    started_at: str | None
    finished_at: str | None
    ahead: int
    attempts: int
    takes: list[TakeOut]
    notes: list[str]
    notice: str
    events: str

    @classmethod
    def of_state(cls, state: GenerationState) -> Self:
        """Make it of a state."""
        here = f"/v1/generations/{state.generation}"
        takes = [
            TakeOut.of(
                one, files={name: f"{here}/takes/{one.number}/audio?format={name}" for name in FORMATS}
            )
            for one in state.takes
        ]
        given = asdict(state.order)
        order = {
            name: one for name, one in given.items() if one is not None and one != () and one is not False
        }
        plain = {
            name: value for name, value in vars(state).items() if name not in ("takes", "order", "number")
        }
        moments = {name: _moment(plain[name]) for name in ("created_at", "started_at", "finished_at")}
        return cls.model_validate(
            {**plain, **moments, "takes": takes, "order": order, "notes": list(state.notes)}
            | {"events": f"{here}/events"}
        )


class GenerationPage(Answer):
    """A page of generations, newest first."""

    generations: list[GenerationOut]
    next: str | None = None


class RatingIn(Given):
    """What somebody thinks of a take; null takes it back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rating": "like"}]})

    rating: Literal["like", "dislike"] | None


class SoundOut(Answer):
    """A sound that was taken in; `upload` names it in an edit, for a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"upload": "e3b0" * 16, "seconds": 12.5, "sample_rate": 44100, "channels": 2}]
        }
    )

    upload: str
    seconds: float
    sample_rate: int
    channels: int


class NightOut(Answer):
    """A run of the nightly job: queued, running (`stage` is at work), done, failed (`reason` says why) or
    cancelled; `result` names the release in force afterwards.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 3,
                    "state": "running",
                    "cause": "asked",
                    "stage": "song2vec",
                    "reason": "",
                    "attempts": 1,
                }
            ]
        }
    )

    number: int
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    cause: Literal["schedule", "asked"]
    due: str | None = None
    stage: str
    reason: str
    result: dict[str, Any] | None = None
    attempts: int
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    notice: str = ""

    @classmethod
    def of_night(cls, night: StoredNight, *, notice: str = "") -> Self:
        """Make it of a stored night."""
        names = ("due", "created_at", "started_at", "finished_at")
        moments = {name: _moment(getattr(night, name)) for name in names}
        return cls.of(night, **moments, notice=notice)


class NightPage(Answer):
    """A page of nights, newest first."""

    nights: list[NightOut]
    next: str | None = None


def _moment(at: Any) -> str | None:
    return None if at is None else str(at.isoformat(timespec="seconds"))
