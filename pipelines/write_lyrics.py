"""Ask a taught lyric model for a song, or for a song to be other than it is.

Whatever the model, a song has a form that can be sung, says none of the refused words, and does not copy six
words in a row from what was learned, but for lines that whoever asks has brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.lyrics.dialogue import MOST_PROMPT, revise_prompt, write_prompt
from generation.lyrics.free_form import write_freely, write_title
from generation.lyrics.measures import measure
from generation.lyrics.refused_words import load_refused_words
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.sampling import Sampling
from generation.lyrics.tokenizer import ANSWER, END, REFUSAL
from generation.lyrics.topic import Topic
from generation.lyrics.verse_writer import RhymeRule, VerseWriter
from pipelines.lyrics import ANSWERING, TextError, Writer, common_words, objections_of, song_of_file

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from generation.lyrics.song import SongText

MOST_CHARACTERS = 2_000
"""Of a prompt."""
_REPETITION = 0.5  # Nats that words of the last lines lose: small models like to say the same again.
NO_REPEAT, REPETITION = 6, 0.4
"""Tokens in a row that a new song does not say twice (a chorus may), and nats that words of late lose."""
TOPIC = 1.0
"""How much words of the prompt are helped, unless somebody says otherwise."""
_SURE = 0.25
"""Nats by which refusing has to be likelier than answering: at even odds the model that ships refuses 3 % of
ordinary prompts that no training saw.
"""


class RefusedError(ValueError):
    """What was asked for is not written."""


class Take:
    """A song that is being written: an iterator of its text, piece by piece; afterwards what it became.

    Attributes
    ----------
    seed : int
    read : tuple of int
        The tokens of the prompt, up to where the song begins.
    written : list of int
        The tokens of the song so far.
    """

    def __init__(self, writer: Writer, read: Sequence[int], tokens: Iterable[int], *, seed: int) -> None:
        self.seed, self.read = seed, tuple(read)
        self.written: list[int] = []
        self._tokenizer = writer.tokenizer
        self._parts = writer.tokenizer.stream(self._kept(tokens))

    def __iter__(self) -> Iterator[str]:
        """The text."""
        return self

    def __next__(self) -> str:
        """The next piece of text."""
        return next(self._parts)

    def _kept(self, tokens: Iterable[int]) -> Iterator[int]:
        for token in tokens:
            self.written.append(token)
            yield token

    @property
    def song(self) -> SongText:
        """The song so far."""
        return self._tokenizer.decode_song(self.written)

    @property
    def has_ended(self) -> bool:
        """Whether it came to its end."""
        return self.written[-1:] == [END]


def write_song(
    writer: Writer,
    prompt: str,
    settings: Sampling,
    *,
    seed: int,
    form: Form | None = None,
    rhyme: RhymeRule | None = None,
    topic: float = TOPIC,
) -> Take:
    """Return a song that answers a prompt, to be read as it is written; `topic` is how much likelier than the
    model has it the words of the prompt are made (`generation.lyrics.topic`).

    Raises
    ------
    TextError
        No words in the prompt, or far too many.
    RefusedError
        The prompt has a word that nobody may ask with, or the model declines.
    """
    asked = write_prompt(writer.tokenizer, _checked(prompt))
    wanted = Topic(writer.tokenizer, prompt, strength=topic)
    settings = replace(settings, repetition=max(settings.repetition, _REPETITION))
    return _answer(writer, asked, settings, seed, form, rhyme, (prompt,), wanted)


def revise_song(
    writer: Writer, text: str, ask: str, settings: Sampling, *, seed: int, form: Form | None = None
) -> Take:
    """Return a song changed as somebody asks, to be read as it is written.

    Raises
    ------
    TextError
        No words in the song or in what is asked, or far too many.
    RefusedError
    """
    song = song_of_file(text)
    asked = revise_prompt(writer.tokenizer, song, _checked(ask))
    nothing = Topic(writer.tokenizer, "", strength=0.0)
    return _answer(writer, asked, settings, seed, form, None, song.lines, nothing)


def notes_on(writer: Writer, prompt: str) -> list[str]:
    """What somebody should know of how their prompt is read; mostly nothing."""
    letters = [character for character in prompt if character.isalpha()]
    notes = []
    if letters and sum(character.isascii() for character in letters) < len(letters) / 2:
        notes.append("the lyric models have read English alone: this prompt tells them little")
    if len(writer.tokenizer.encode_text(prompt)) > MOST_PROMPT:
        read = writer.tokenizer.decode_text(write_prompt(writer.tokenizer, prompt)[1:])
        notes.append(f"the prompt is read as far as {read[-30:]!r}")
    return notes


def measures_of(writer: Writer, song: SongText, *, has_ended: bool) -> dict[str, Any]:
    """The measures of one song, as JSON can hold them: None where there is nothing to measure."""
    found = measure([song], load_rhymer(), runs=writer.runs, ended=[has_ended])
    names = (
        "end_rhyme",
        "syllables",
        "syllable_spread",
        "distinct_1",
        "distinct_2",
        "copied",
        "longest_copy",
    )
    values = {name: float(getattr(found, name)) for name in names}
    rounded = {name: None if np.isnan(value) else round(value, 4) for name, value in values.items()}
    return {**rounded, "is_valid": bool(found.valid)}


def _checked(prompt: str) -> str:
    if not any(character.isalnum() for character in prompt):
        raise TextError("the prompt has no words: say what the song is to be about")
    if len(prompt) > MOST_CHARACTERS:
        raise TextError(f"the prompt has {len(prompt):,} characters, at most {MOST_CHARACTERS:,} are read")
    if load_refused_words().asks(prompt):
        raise RefusedError("the prompt has a word that no song here says: ask in other words")
    return prompt


def _answer(
    writer: Writer,
    asked: Sequence[int],
    settings: Sampling,
    seed: int,
    form: Form | None,
    rhyme: RhymeRule | None,
    given: Sequence[str],
    topic: Topic,
) -> Take:
    logprobs, _ = writer.model.feed(writer.model.start(), np.array(asked))
    # A base model has never seen either mark, and decides nothing.
    if writer.stage in ANSWERING and logprobs[REFUSAL] > logprobs[ANSWER] + _SURE:
        raise RefusedError("the lyric model declines to write this: ask for another song")
    read = [*asked, ANSWER]
    return Take(writer, read, _tokens(writer, read, settings, seed, form, rhyme, given, topic), seed=seed)


def _tokens(
    writer: Writer,
    read: Sequence[int],
    settings: Sampling,
    seed: int,
    form: Form | None,
    rhyme: RhymeRule | None,
    given: Sequence[str],
    topic: Topic,
) -> Iterator[int]:
    rng, objects = np.random.default_rng(seed), objections_of(writer, given)
    model, tokenizer = writer.model, writer.tokenizer
    if form is None:
        yield from write_freely(model, tokenizer, read, settings, rng=rng, objects=objects, bonus=topic.bonus)
        return
    title = write_title(model, tokenizer, read, settings, rng=rng, objects=objects, bonus=topic.bonus)
    yield from title
    verses = VerseWriter(
        model,
        tokenizer,
        load_rhymer(),
        common=common_words(),
        rule=rhyme,
        objects=objects,
        bonus=lambda said, word: topic.bonus(said[len(read) :], word),
    )
    yield from verses.write([*read, *title], form, settings, rng=rng)
