"""Ask the lyric models: what comes next, how well texts are known, and how a text goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.models import MODELS, load_model
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.sampling import Sampling, generate
from generation.lyrics.song import SongText, song_of_text
from generation.lyrics.tokenizer import FILE, LINE, LyricTokenizer, load_tokenizer
from generation.lyrics.training import MODEL
from generation.lyrics.verse_writer import RhymeRule, VerseWriter
from pipelines.train_lyrics import BASE, stage_folder

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from generation.lyrics.language_model import LanguageModel

SHIPPED = Path(__file__).resolve().parent.parent / "generation" / "weights" / "lyrics"
DEFAULT_MODEL = "transformer"
MOST_CHARACTERS = 100_000
"""Of a text that is asked about; an hour of singing is less."""


class NoLyricModelError(ValueError):
    """There is no lyric model of that name, or none at all."""


class TextError(ValueError):
    """A text cannot be asked about: empty, or far too long."""


@dataclass(frozen=True)
class Writer:
    """A model with its tokens."""

    model: LanguageModel
    tokenizer: LyricTokenizer


@dataclass(frozen=True)
class Scored:
    """How well one model knows one text."""

    model: str
    bits_per_byte: float
    n_bytes: int
    n_tokens: int


def model_root(home: Path) -> Path:
    """Return the folder of lyric models: that of the home folder where one was trained, else what ships.

    Raises
    ------
    NoLyricModelError
        Neither is there.
    """
    for root in (home / "lyrics", SHIPPED):
        if (root / FILE).is_file():
            return root
    raise NoLyricModelError(
        "there is no lyric model here: `songspace train lyrics --model transformer` trains one"
    )


def models_in(root: Path, stage: str = BASE) -> list[str]:
    """Return the models that a folder holds of a stage, in the order of their ages."""
    return [name for name in MODELS if (stage_folder(root, stage, name) / MODEL).is_dir()]


def load_writer(root: Path, model: str, *, stage: str = BASE) -> Writer:
    """Load a model and the tokenizer that it was trained with.

    Raises
    ------
    NoLyricModelError
    CheckpointError, TokenizerError
        They are damaged, or do not belong together.
    """
    there = models_in(root, stage)
    if model not in there:
        known = (
            f"there are {', '.join(there)}"
            if there
            else f"`songspace train lyrics --stage {stage}` trains one"
        )
        raise NoLyricModelError(f"there is no lyric model {model!r} of stage {stage}: {known}")
    tokenizer = load_tokenizer(root / FILE)
    loaded = load_model(stage_folder(root, stage, model) / MODEL)
    if loaded.tokenizer_id != tokenizer.identity:
        raise NoLyricModelError(
            f"the model {model!r} was trained with other tokens than those in {root}: train it again"
        )
    return Writer(loaded, tokenizer)


def next_words_of(writer: Writer, text: str, *, k: int = 10) -> list[tuple[str, float]]:
    """Return the likeliest next words of a text, with probabilities; its last line is not over, unless it
    says so.

    Raises
    ------
    TextError
        Far too long. Nothing at all asks how a first line begins.
    """
    from generation.lyrics.next_words import next_words

    return next_words(writer.model, writer.tokenizer, _open_ids(writer, text), k=k)


def score_text(writer: Writer, name: str, text: str) -> Scored:
    """Return how many bits a byte a model needs for a song.

    Raises
    ------
    TextError
        No words, or far too many.
    """
    song = song_of_file(text)
    ids = np.array(writer.tokenizer.encode_song(song))
    bits = -float(writer.model.scores(ids).sum(dtype=np.float64)) / float(np.log(2))
    return Scored(name, bits / song.n_bytes, song.n_bytes, len(ids))


def continue_text(
    writer: Writer,
    text: str,
    settings: Sampling,
    *,
    seed: int,
    form: Form | None = None,
    rhyme: RhymeRule | None = None,
) -> Iterator[str]:
    """Yield how a text goes on, as it is written; with a form, sections of that form.

    Raises
    ------
    TextError
        Far too long.
    """
    rng = np.random.default_rng(seed)
    if form is None:
        tokens = generate(writer.model, _open_ids(writer, text), settings, rng=rng)
    else:
        song = song_of_file(text) if text.strip() else SongText("", ())
        prompt = writer.tokenizer.encode_song(song, ends=False)
        tokens = VerseWriter(
            writer.model, writer.tokenizer, load_rhymer(), common=common_words(), rule=rhyme
        ).write(prompt, form, settings, rng=rng)
    yield from writer.tokenizer.stream(tokens)


def common_words() -> Sequence[str]:
    """Words that may be put in a rhyming place: those of our own songs."""
    from generation.lyrics.song import words_of

    return sorted({word for one in load_own_songs() for line in one.song.lines for word in words_of(line)})


def song_of_file(text: str) -> SongText:
    """Read a song as people write it: a title behind `# ` or none, blank lines or marks between sections.

    Raises
    ------
    TextError
        No words, or far too many.
    """
    if len(text) > MOST_CHARACTERS:
        raise TextError(f"the text has {len(text):,} characters, at most {MOST_CHARACTERS:,} are read")
    head, _, rest = text.lstrip("\ufeff \t\r\n").partition("\n")
    title, body = (head[1:].strip(), rest) if head.startswith("# ") else ("", f"{head}\n{rest}")
    song = song_of_text(title, body)
    if not song.sections:
        raise TextError("there are no words in the text")
    return song


def _open_ids(writer: Writer, text: str) -> list[int]:
    """A text that is not over: its tokens, without the end of its last line unless a line end is there."""
    if not text.strip():
        return []
    ids = writer.tokenizer.encode_song(song_of_file(text), ends=False)
    return ids if text.endswith("\n") else ids[:-1] if ids[-1] == LINE else ids
