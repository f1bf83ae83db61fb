"""Teach a base lyric model to answer: fine-tuning on our own songs, their revisions, and what is refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from generation.lyrics.dialogue import (
    Example,
    refuse_examples,
    refused_prompts,
    revise_examples,
    write_examples,
)
from generation.lyrics.own_songs import load_own_songs, load_revisions
from generation.lyrics.training import MODEL
from pipelines.lyrics import load_writer
from pipelines.train_lyrics import BASE, SFT, LyricsReport, LyricsRun, stage_folder

if TYPE_CHECKING:
    from generation.lyrics.language_model import LanguageModel
    from generation.lyrics.tokenizer import LyricTokenizer

logger = logging.getLogger(__name__)

_REFUSALS = 3  # Times that each refusal is among the examples: there are few.
_HELD_OUT = 5  # One refused prompt in so many is held out.


class NoNetworkError(ValueError):
    """A counted model cannot be taught: it only counts."""


def teach_lyrics(
    run: LyricsRun,
    *,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, LyricsReport]:
    """Fine-tune the base model of a folder on prompts and answers, and save it as stage `sft`.

    Bits in the report are per byte of held-out answers: those of the base model as `valid_bits`, of the
    taught one as `test_bits`.

    Raises
    ------
    NoNetworkError
    NoLyricModelError, ResumeError, DivergedError, HardwareError, OSError
    """
    from generation.lyrics.neural import NeuralModel
    from generation.lyrics.sft import LOOP, answer_bits, fine_tune
    from generation.training.hardware import Hardware

    started = perf_counter()
    writer = load_writer(run.root, run.model, stage=BASE)
    base = writer.model
    if not isinstance(base, NeuralModel):
        raise NoNetworkError(f"the model {run.model!r} cannot be taught to answer: it only counts")
    examples, held_out = examples_of(writer.tokenizer)
    before = answer_bits(base, held_out) if held_out else None
    steps = run.steps or LOOP.steps
    folder = stage_folder(run.root, SFT, run.model)
    model, trained = fine_tune(
        base,
        examples,
        held_out,
        out=folder,
        loop=replace(LOOP, steps=steps, seed=run.seed, warmup_steps=min(LOOP.warmup_steps, steps // 4)),
        resume=run.resume,
        minutes=run.minutes,
        hardware=Hardware(bf16=run.bf16),
        progress=progress,
        stop=stop,
    )
    report = LyricsReport(
        folder / MODEL,
        model.name,
        model.n_parameters,
        len(examples),
        0,
        perf_counter() - started,
        trained.step,
        trained.done,
        before,
        answer_bits(model, held_out) if held_out else None,
    )
    return model, report


def examples_of(tokenizer: LyricTokenizer) -> tuple[list[Example], list[Example]]:
    """All examples to learn from, and those held out: of held-out songs, their revisions, and a fifth of
    refusals.
    """
    songs, revisions, refused = load_own_songs(), load_revisions(), refused_prompts()
    kept_refusals = [prompt for n, prompt in enumerate(refused) if n % _HELD_OUT]
    examples = [
        *write_examples(tokenizer, [one for one in songs if not one.is_held_out]),
        *revise_examples(tokenizer, [one for one in revisions if not one.of.is_held_out]),
        *refuse_examples(tokenizer, kept_refusals) * _REFUSALS,
    ]
    held_out = [
        *write_examples(tokenizer, [one for one in songs if one.is_held_out]),
        *revise_examples(tokenizer, [one for one in revisions if one.of.is_held_out]),
        *refuse_examples(tokenizer, refused[::_HELD_OUT]),
    ]
    logger.info("lyrics: %d examples to learn from, %d held out", len(examples), len(held_out))
    return examples, held_out
