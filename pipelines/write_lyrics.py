"""Ask a taught lyric model for a song, or for a song to be other than it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.dialogue import revise_prompt, write_prompt
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.sampling import Sampling, generate
from generation.lyrics.tokenizer import ANSWER, REFUSAL
from generation.lyrics.verse_writer import RhymeRule, VerseWriter
from pipelines.lyrics import TextError, Writer, common_words, song_of_file

if TYPE_CHECKING:
    from generation.lyrics.form import Form

MOST_CHARACTERS = 2_000
"""Of a prompt."""


class RefusedError(ValueError):
    """The model declines to write what was asked for."""


def write_song(
    writer: Writer,
    prompt: str,
    settings: Sampling,
    *,
    seed: int,
    form: Form | None = None,
    rhyme: RhymeRule | None = None,
) -> Iterator[str]:
    """Yield a song that answers a prompt, as it is written.

    Raises
    ------
    TextError
        No words in the prompt, or far too many.
    RefusedError
    """
    asked = write_prompt(writer.tokenizer, _checked(prompt))
    yield from _answer(writer, asked, settings, seed, form, rhyme)


def revise_song(
    writer: Writer, text: str, ask: str, settings: Sampling, *, seed: int, form: Form | None = None
) -> Iterator[str]:
    """Yield a song changed as somebody asks, as it is written.

    Raises
    ------
    TextError
        No words in the song or in what is asked, or far too many.
    RefusedError
    """
    asked = revise_prompt(writer.tokenizer, song_of_file(text), _checked(ask))
    yield from _answer(writer, asked, settings, seed, form, None)


def _checked(prompt: str) -> str:
    if not any(character.isalnum() for character in prompt):
        raise TextError("the prompt has no words: say what the song is to be about")
    if len(prompt) > MOST_CHARACTERS:
        raise TextError(f"the prompt has {len(prompt):,} characters, at most {MOST_CHARACTERS:,} are read")
    return prompt


def _answer(
    writer: Writer,
    asked: Sequence[int],
    settings: Sampling,
    seed: int,
    form: Form | None,
    rhyme: RhymeRule | None,
) -> Iterator[str]:
    logprobs, _ = writer.model.feed(writer.model.start(), np.array(asked))
    if logprobs[REFUSAL] > logprobs[ANSWER]:
        raise RefusedError("the lyric model declines to write this: ask for another song")
    rng, prompt = np.random.default_rng(seed), [*asked, ANSWER]
    if form is None:
        tokens = generate(writer.model, prompt, settings, rng=rng)
    else:
        verses = VerseWriter(writer.model, writer.tokenizer, load_rhymer(), common=common_words(), rule=rhyme)
        tokens = verses.write(prompt, form, settings, rng=rng)
    yield from writer.tokenizer.stream(tokens)
