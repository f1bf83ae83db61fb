"""Train a lyric model: books from the database or a folder, a model and a size, a folder.

<root>/tokenizer.json            shared by all models
<root>/runs/, words/             hashes of the training text's six-word runs, and of its words
<root>/<stage>/<model>/          a training run, with its best weights in model/
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from generation.lyrics.corpus import Document, token_stream
from generation.lyrics.models import DEFAULT_SIZE, MODELS, load_model
from generation.lyrics.runs import build_run_set
from generation.lyrics.scoring import bits_per_byte
from generation.lyrics.song import words_of
from generation.lyrics.training import MODEL, preset, train_network
from pipelines.lyric_corpus import LyricData, own_documents, prepare

if TYPE_CHECKING:
    from generation.lyrics.corpus import TokenStream
    from generation.lyrics.language_model import LanguageModel
    from generation.training.loop import Trained
    from pipelines.engine import Engine

logger = logging.getLogger(__name__)

STAGES = BASE, SFT, REWARD, PREFERENCE, REINFORCE = ("base", "sft", "reward", "preference", "reinforce")
"""What is learned, in this order: books; prompts and their answers; which of two takes is preferred; to write
what is preferred, from rankings or against the reward model.
"""
RUNS, WORDS = "runs", "words"
NGRAM_BYTES = 4 * 2**20
"""Of the counted model, so that it can ship."""


@dataclass(frozen=True)
class LyricsRun:
    """A run: what is None is as the preset of the model and the size has it.

    Attributes
    ----------
    root : Path
        Folder of all lyric models.
    everything : bool
        Learn from all books and hold none back: for a model that ships, whose settings were chosen before.
    ngram_bytes : int
        What the counted model may take; 0: as much as it needs, with five words.
    """

    model: str
    root: Path
    size: str = DEFAULT_SIZE
    steps: int | None = None
    minutes: float | None = None
    seed: int = 1
    resume: bool = False
    bf16: bool | None = None
    everything: bool = False
    vocab_size: int = 4096
    ngram_bytes: int = NGRAM_BYTES


@dataclass(frozen=True)
class LyricsReport:
    """What training made; bits are per byte of held-back books, None where none are held back."""

    folder: Path
    name: str
    n_parameters: int
    n_train: int
    n_shared: int
    seconds: float
    step: int
    done: bool
    valid_bits: float | None
    test_bits: float | None


def stage_folder(root: Path, stage: str, model: str) -> Path:
    """Where the run of a stage of a model lies."""
    return root / stage / model


def train_lyrics(
    documents: Sequence[Document],
    run: LyricsRun,
    *,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
    engine: Engine | None = None,
    processes: int | None = None,
) -> tuple[LanguageModel, LyricsReport]:
    """Train a base model on books and on our own songs, measure it, and save it with what it needs.

    Parameters
    ----------
    engine : Engine, optional
        A cluster that trains a network, in so many processes (`pipelines.engine_training`); the folder lies
        on a path that its nodes share.

    Raises
    ------
    ValueError
        An unknown model or size, or too few books.
    ResumeError, DivergedError, HardwareError, TokenizerError, EngineError, OSError
    """
    if run.model not in MODELS:
        raise ValueError(f"models are {', '.join(MODELS)}, got {run.model!r}")
    started = perf_counter()
    data = prepare(documents, run.root, seed=run.seed, vocab_size=run.vocab_size, everything=run.everything)
    train, valid, test = (
        token_stream(part, data.tokenizer, seed=seed)
        for part, seed in ((data.split.train, run.seed), (data.split.valid, None), (data.split.test, None))
    )
    logger.info(
        "lyrics: %d songs, %d tokens to learn from; %d and %d held back",
        len(train),
        len(train.ids),
        len(valid),
        len(test),
    )
    folder = stage_folder(run.root, BASE, run.model)
    if run.model == "ngram":
        model, step, done = _train_ngram(run, data, train, valid, folder), 0, True
    else:
        learn = partial(_train_network, run, data.tokenizer.vocab_size, data.tokenizer.identity, train, valid)
        if engine is None:
            trained = learn(folder, resume=run.resume, progress=progress, stop=stop)
        else:
            from pipelines.engine_training import train_together

            trained = train_together(
                engine, partial(learn, folder.resolve()), folder, processes=processes, resume=run.resume,
                progress=progress, stop=stop,
            )  # fmt: skip
        model, step, done = load_model(folder / MODEL), trained.step, trained.done
    save_said(data, run.root)
    report = LyricsReport(
        folder / MODEL,
        model.name,
        model.n_parameters,
        len(train),
        data.split.n_shared,
        perf_counter() - started,
        step,
        done,
        bits_per_byte(model, valid) if len(valid) else None,
        bits_per_byte(model, test) if len(test) else None,
    )
    return model, report


def save_said(data: LyricData, root: Path) -> None:
    """Save hashes of what training says: six-word runs, and words but for those said once in books."""
    songs = [one.song for one in data.split.train]
    build_run_set(song.lines for song in songs).save(root / RUNS)
    counts = Counter(word for song in songs for line in song.lines for word in words_of(line))
    own = {word for one in own_documents() for line in one.song.lines for word in words_of(line)}
    words = sorted(word for word, count in counts.items() if count > 1 or word in own)
    build_run_set(([word] for word in words), n_words=1).save(root / WORDS)


def _train_ngram(
    run: LyricsRun, data: LyricData, train: TokenStream, valid: TokenStream, folder: Path
) -> LanguageModel:
    from generation.lyrics.ngram_training import NgramConfig, train_ngram, train_small_ngram

    vocab_size, name = data.tokenizer.vocab_size, data.tokenizer.identity
    if run.ngram_bytes and len(valid):
        model = train_small_ngram(
            train.songs(), vocab_size, valid.songs(), run.ngram_bytes, tokenizer_id=name
        )
    else:
        config = NgramConfig(most_bytes=run.ngram_bytes)
        model = train_ngram(train.songs(), vocab_size, config, tokenizer_id=name)
    model.save(folder / MODEL)
    return model


def _train_network(
    run: LyricsRun,
    vocab_size: int,
    tokenizer_id: str,
    train: TokenStream,
    valid: TokenStream,
    folder: Path,
    *,
    resume: bool,
    stop: Callable[[], bool],
    progress: Callable[[int, str], None] = lambda _step, _note: None,
) -> Trained:
    """Train a network in this process, which may be one of several."""
    from generation.training.hardware import Hardware

    loop = preset(run.model, run.size).loop
    steps = run.steps or loop.steps
    loop = replace(loop, steps=steps, seed=run.seed, warmup_steps=min(loop.warmup_steps, steps // 4))
    return train_network(
        run.model,
        run.size,
        train,
        vocab_size,
        out=folder,
        valid=valid,
        loop=loop,
        tokenizer_id=tokenizer_id,
        resume=resume,
        minutes=run.minutes,
        hardware=Hardware(bf16=run.bf16),
        progress=progress,
        stop=stop,
    )[1]
