"""Lyrics: what is to be written and how, what came of it, and which take somebody likes better.

Texts have a letter or a digit somewhere, as the models' readers ask.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from service.http.given import STORABLE
from service.http.schemas.base import WHOLE, Answer, Given, Ref

# With genre and theme a prompt has to be no longer than the models read (pipelines/write_lyrics.py).
MOST_PROMPT, MOST_TEXT, MOST_TAKE = 1_700, 100_000, 20_000
MOST_TOKENS = 2_000
# A letter or a digit of any script, in the expressions of JSON Schema; Python's have another name for it.
_WORDS = r"[\p{L}\p{N}]"
_A_WORD = re.compile(r"[^\W_]")

Model = Literal["ngram", "window", "rnn", "rnn-attends", "lstm", "lstm-attends", "transformer"]


def _with_words(text: str) -> str:
    if not _A_WORD.search(text):
        raise ValueError("has no letter and no digit")
    return text


def _words(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": _WORDS, "maxLength": most})


Prompt = Annotated[str, Field(max_length=MOST_PROMPT), AfterValidator(_with_words), _words(MOST_PROMPT)]
Text = Annotated[str, Field(max_length=MOST_TEXT), AfterValidator(_with_words), _words(MOST_TEXT)]
Take = Annotated[str, Field(min_length=1, max_length=MOST_TAKE, pattern=STORABLE)]
Syllables = Annotated[int, Field(ge=1, le=40), WHOLE]


def _example(**one: Any) -> ConfigDict:
    return ConfigDict(regex_engine="python-re", json_schema_extra={"examples": [one]})


class FormIn(Given):
    """Sections to write, and how their lines are: `syllables` are the fewest and the most of a line."""

    sections: list[Literal["verse", "chorus", "bridge"]] = Field(min_length=1, max_length=12)
    lines: Annotated[int, Field(ge=1, le=12, description="Of each section."), WHOLE] = 4
    scheme: str = Field(default="", max_length=12, pattern=r"^[a-z.]*$", description="As abab or aabb.")
    syllables: list[Syllables] | None = Field(default=None, min_length=1, max_length=2)
    rhyme: Literal["enforced", "rewarded"] = "enforced"


class SamplingIn(Given):
    """How words are chosen, by which model; the same seed writes the same words."""

    model: Model = "transformer"
    temperature: float = Field(default=0.8, ge=0, le=100, allow_inf_nan=False)
    top_k: Annotated[int, Field(ge=0, le=100_000), WHOLE] = 0
    top_p: float = Field(default=0.95, ge=0.001, le=1, allow_inf_nan=False)
    min_p: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    repetition: float = Field(default=0.0, ge=0, le=20, allow_inf_nan=False)
    max_tokens: Annotated[
        int, Field(ge=1, le=MOST_TOKENS, description="At most so many, without form."), WHOLE
    ] = 400
    seed: Annotated[int, Field(ge=0, le=2**31), WHOLE] | None = None


class WriteIn(SamplingIn):
    """A song to be written."""

    model_config = _example(prompt="a sea shanty about rope", seed=1)

    prompt: Prompt
    genre: str = Field(default="", max_length=100, description="As folk, country, hip-hop.")
    theme: str = Field(default="", max_length=100, description="What it is about.")
    form: FormIn | None = None


class TakesIn(WriteIn):
    """Songs to be written for one prompt, and compared."""

    model_config = _example(prompt="a sea shanty about rope", takes=2, seed=1)

    takes: Annotated[int, Field(ge=2, le=4), WHOLE] = 2


class ReviseIn(SamplingIn):
    """A song, and what is to be other about it."""

    model_config = _example(text="Down by the harbour the ropes are all wet", ask="make it sadder", seed=1)

    text: Text
    ask: Prompt


class ContinueIn(SamplingIn):
    """How a song begins; without a text a song begins."""

    model_config = _example(text="Down by the harbour", seed=1)

    text: Text | None = None
    form: FormIn | None = None


class NextIn(Given):
    """A text whose last line is not over."""

    model_config = _example(text="the moon was on the", k=5)

    text: Text
    model: Model = "transformer"
    k: Annotated[int, Field(ge=1, le=100), WHOLE] = 10


class ScoreIn(Given):
    """A song; without a model all that there are say how well they know it."""

    model_config = _example(text="Down by the harbour the ropes are all wet")

    text: Text
    model: Model | None = None


class AttentionIn(Given):
    """A song, and the line whose words are looked at: from 0, negative ones from the end; `prompt` is what it
    answered. Layers and heads count from 1; where none is named, their mean is drawn.
    """

    model_config = _example(text="Down by the harbour the ropes are all wet", line=-1)

    text: Text
    prompt: Prompt | None = None
    model: Literal["transformer", "rnn-attends", "lstm-attends"] = "transformer"
    line: Annotated[int, Field(ge=-10_000, le=10_000), WHOLE] = -1
    layer: Annotated[int, Field(ge=1, le=1_000), WHOLE] | None = None
    head: Annotated[int, Field(ge=1, le=1_000), WHOLE] | None = None


class RankingIn(Given):
    """Takes of one prompt, the best first; `user` is whose opinion it is, which administrators alone say."""

    model_config = _example(prompt="a sea shanty about rope", takes=["Haul away, boys", "Rope is rope"])

    prompt: Annotated[str, Field(max_length=MOST_PROMPT, pattern=r"^[^\x00]*[^\W_][^\x00]*$")]
    takes: list[Take] = Field(min_length=2, max_length=8)
    user: Ref | None = None


class LyricModel(Answer):
    """A model that is here; `writes` says that it answers prompts, `attends` that it looks back at words."""

    model: str
    writes: bool
    attends: bool


class LyricModelList(Answer):
    """The lyric models that are here, in the order of their ages."""

    models: list[LyricModel]


class WriterOut(Answer):
    """Which model wrote: its name, how far it has learned, and the hash of its weights."""

    name: str
    stage: str
    sha256: str


class Written(Answer):
    """A song, whole; `cut` says that it took too long and was not ended. `notes` are what somebody should
    know of how their prompt was read, `measures` how the song rhymes and scans (docs/lyrics.md).
    """

    seed: int
    text: str
    cut: bool
    model: WriterOut
    notes: list[str] = Field(default_factory=list)
    measures: dict[str, float | bool | None] = Field(default_factory=dict)


class TakeOut(Answer):
    """A take, and the seed that it was written with."""

    seed: int
    text: str


class Takes(Answer):
    """Songs that answer one prompt."""

    prompt: str
    takes: list[TakeOut]


class NextWord(Answer):
    """A word, and how likely it comes next."""

    word: str
    probability: float


class NextWords(Answer):
    """The likeliest next words, likeliest first."""

    next: list[NextWord]


class Scored(Answer):
    """How many bits a byte a model needs for a song: fewer, the better it knows such texts."""

    model: str
    bits_per_byte: float
    n_bytes: int
    n_tokens: int


class Scores(Answer):
    """One song, by several models."""

    scores: list[Scored]


class Ranked(Answer):
    """A ranking that was kept."""

    number: int
