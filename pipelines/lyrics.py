"""Ask the lyric models: what comes next, how well texts are known, and how a text goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.checkpoint import CONFIG, checkpoint_sha256
from generation.lyrics.models import MODELS, load_model
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.refused_words import load_refused_words
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.runs import load_run_set
from generation.lyrics.sampling import Sampling, writable
from generation.lyrics.song import SongText, song_of_text
from generation.lyrics.tokenizer import END, FILE, LINE, LyricTokenizer, load_tokenizer
from generation.lyrics.training import MODEL
from generation.lyrics.verse_writer import RhymeRule, VerseWriter
from generation.lyrics.word_drawing import Objections, draw_words
from pipelines.train_lyrics import BASE, RUNS, WORDS, stage_folder

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from generation.lyrics.language_model import LanguageModel
    from generation.lyrics.runs import RunSet

SHIPPED = Path(__file__).resolve().parent.parent / "generation" / "weights" / "lyrics"
DEFAULT_MODEL = "transformer"
ANSWERING = ("sft", "preference", "reinforce")
"""Stages at which a model answers prompts, in the order in which they are learned."""
_SPARE = 3  # Next words more than asked for, in the place of refused ones.
MOST_CHARACTERS = 100_000
"""Of a text that is asked about; an hour of singing is less."""


class NoLyricModelError(ValueError):
    """There is no lyric model of that name, or none at all."""


class TextError(ValueError):
    """A text cannot be asked about: empty, or far too long."""


@dataclass(frozen=True)
class Writer:
    """A model with its tokens.

    Attributes
    ----------
    stage, sha256 : str
        What it has learned so far, and the name of this model and no other.
    runs, words : RunSet or None
        Six-word runs of the text that it learned from, and the words of it.
    """

    model: LanguageModel
    tokenizer: LyricTokenizer
    stage: str = BASE
    sha256: str = ""
    runs: RunSet | None = None
    words: RunSet | None = None


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


def answering_stage(root: Path, model: str) -> str:
    """Return the last stage of a model that answers prompts; the first of them where there is none."""
    there = [stage for stage in ANSWERING if model in models_in(root, stage)]
    return there[-1] if there else ANSWERING[0]


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
    folder = stage_folder(root, stage, model) / MODEL
    loaded = load_model(folder)
    if loaded.tokenizer_id != tokenizer.identity:
        raise NoLyricModelError(
            f"the model {model!r} was trained with other tokens than those in {root}: train it again"
        )
    runs, words = (
        load_run_set(root / name) if (root / name / CONFIG).is_file() else None for name in (RUNS, WORDS)
    )
    return Writer(loaded, tokenizer, stage, checkpoint_sha256(folder), runs, words)


def objections_of(writer: Writer, given: Sequence[str] = ()) -> Objections:
    """What a model may not say: refused words, words that there are not, and copies of what it learned from,
    but for given lines.
    """
    return Objections(
        writer.tokenizer, load_refused_words(), runs=writer.runs, given=given, words=writer.words
    )


def next_words_of(writer: Writer, text: str, *, k: int = 10) -> list[tuple[str, float]]:
    """Return the likeliest next words of a text, with probabilities; its last line is not over, unless it
    says so.

    Raises
    ------
    TextError
        Far too long. Nothing at all asks how a first line begins.
    """
    from generation.lyrics.next_words import next_words

    refused = load_refused_words()
    found = next_words(writer.model, writer.tokenizer, _open_ids(writer, text), k=k + _SPARE)
    return [(word, p) for word, p in found if not refused.says(word)][:k]


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
    rng, song = np.random.default_rng(seed), song_of_file(text) if text.strip() else SongText("", ())
    objects = objections_of(writer, song.lines)
    tokens: Iterator[int]
    if form is None:
        said, mask = _open_ids(writer, text), writable(writer.model.vocab_size)
        _, state = writer.model.feed(writer.model.start(), np.array(said, np.int64))
        tokens = draw_words(
            writer.model,
            state,
            said,
            settings,
            tokenizer=writer.tokenizer,
            allowed=lambda _: mask.copy(),
            objects=objects,
            rng=rng,
            stops=(END,),
            most=settings.max_tokens,
        )
    else:
        prompt = writer.tokenizer.encode_song(song, ends=False)
        verses = VerseWriter(
            writer.model,
            writer.tokenizer,
            load_rhymer(),
            common=common_words(),
            rule=rhyme,
            objects=objects,
        )
        tokens = verses.write(prompt, form, settings, rng=rng)
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
