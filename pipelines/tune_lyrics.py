"""Tune a taught lyric model on preferences: a reward model, direct preference optimisation, reinforcement.

<root>/reward/<model>/             a reward model's run
<root>/reward/takes-<sft>.jsonl    takes of a taught model, ranked by the rubric
<root>/preference/<model>/         the run of a model tuned on rankings
<root>/reinforce/<model>/          the run of a model tuned against the reward model

People's rankings are read from the database each time. The rubric's belong to the taught model that drew the
takes, by the hash of its weights, and are drawn once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.checkpoint import CONFIG
from generation.lyrics.measures import Encode
from generation.lyrics.rankings import (
    PERSON,
    Ranking,
    load_rankings,
    save_rankings,
    split_rankings,
)
from generation.lyrics.rhyme import load_rhymer
from generation.lyrics.runs import RunSet, load_run_set
from generation.lyrics.training import MODEL
from pipelines.lyric_rankings import people_rankings, prompt_tokens, rubric_rankings, tuning_prompts
from pipelines.lyrics import Writer, load_writer
from pipelines.teach_lyrics import NoNetworkError
from pipelines.train_lyrics import PREFERENCE, REINFORCE, REWARD, RUNS, SFT, LyricsRun, stage_folder

if TYPE_CHECKING:
    from db.repositories.preferences import RankedTakes
    from generation.lyrics.neural import NeuralModel
    from generation.training.loop import LoopConfig

logger = logging.getLogger(__name__)

PROMPTS = 160
"""For which the rubric ranks takes, less those that people ranked takes of."""
_MEASURED = 6  # Held-back prompts that divergence and reward are measured on.
_TAKES = 4  # Of each.
Progress = Callable[[int, str], None]
Stop = Callable[[], bool]


class NoRewardError(ValueError):
    """There is no reward model to learn against."""


@dataclass(frozen=True)
class TuneReport:
    """What a stage of tuning made.

    Attributes
    ----------
    n_people, n_rubric : int
        Rankings that it learned from, by who gave them.
    accuracy : float
        Reward model: share of held-back pairs in the judge's order; NaN for the others.
    nats, nats_per_token : float
        Divergence from the taught model, a take and a token, on held-back prompts; 0 for a reward model.
    reward, reward_before : float
        Of takes of the tuned model and of the taught one, by the reward model; NaN without one.
    """

    folder: Path
    name: str
    n_people: int
    n_rubric: int
    seconds: float
    step: int
    done: bool
    accuracy: float = float("nan")
    nats: float = 0.0
    nats_per_token: float = 0.0
    reward: float = float("nan")
    reward_before: float = float("nan")


def train_lyric_reward(
    run: LyricsRun,
    people: Sequence[RankedTakes],
    encode: Encode,
    *,
    prompts: int = PROMPTS,
    progress: Progress = lambda _step, _note: None,
    stop: Stop = lambda: False,
) -> TuneReport:
    """Train a reward model on people's rankings and the rubric's.

    Raises
    ------
    NoNetworkError, NoLyricModelError, ValueError
        Nothing that can be tuned, or no rankings.
    ResumeError, DivergedError, HardwareError, OSError
    """
    from generation.lyrics.reward import LOOP, pair_accuracy, train_reward

    started = perf_counter()
    taught, learned, apart = _ranked(run, people, encode, prompts, progress, stop)
    folder = stage_folder(run.root, REWARD, run.model)
    model, trained = train_reward(
        taught, learned, apart, out=folder, **_how(run, LOOP, progress=progress, stop=stop)
    )
    return TuneReport(
        folder / MODEL,
        "reward model",
        *_counts(learned),
        perf_counter() - started,
        trained.step,
        trained.done,
        pair_accuracy(model, apart),
    )


def tune_preference(
    run: LyricsRun,
    people: Sequence[RankedTakes],
    encode: Encode,
    *,
    prompts: int = PROMPTS,
    progress: Progress = lambda _step, _note: None,
    stop: Stop = lambda: False,
) -> TuneReport:
    """Tune the taught model directly on people's rankings and the rubric's.

    Raises
    ------
    NoNetworkError, NoLyricModelError, ValueError
        Nothing that can be tuned, or no rankings.
    ResumeError, DivergedError, HardwareError, OSError
    """
    from generation.lyrics.preference import LOOP, learn_preferences

    started = perf_counter()
    taught, learned, apart = _ranked(run, people, encode, prompts, progress, stop)
    folder = stage_folder(run.root, PREFERENCE, run.model)
    how = _how(run, LOOP, progress=progress, stop=stop)
    _, trained = learn_preferences(taught, learned, apart, out=folder, **how)
    return _measured(run, PREFERENCE, apart, _counts(learned), started, trained.step, trained.done)


def tune_reinforce(
    run: LyricsRun,
    *,
    prompts: int = PROMPTS,
    progress: Progress = lambda _step, _note: None,
    stop: Stop = lambda: False,
) -> TuneReport:
    """Tune the taught model against the reward model, on takes that it draws as it learns.

    Raises
    ------
    NoRewardError, NoNetworkError, NoLyricModelError, ValueError
        Nothing that can be tuned, or no reward model.
    ResumeError, DivergedError, HardwareError, OSError
    """
    from generation.lyrics.reinforce import LOOP, reinforce
    from generation.lyrics.reward import load_reward

    started = perf_counter()
    writer, taught = _taught(run)
    reward_folder = stage_folder(run.root, REWARD, run.model) / MODEL
    if not reward_folder.is_dir():
        raise NoRewardError(
            "there is no reward model here: `songspace train lyrics --stage reward` trains one"
        )
    reward = load_reward(reward_folder)
    if reward.tokenizer_id != writer.tokenizer.identity:
        raise NoRewardError(f"the reward model in {run.root} was trained with other tokens: train it again")
    rankings = [
        Ranking(text, prompt_tokens(writer.tokenizer, text), (), ())
        for text in tuning_prompts(prompts, seed=run.seed)
    ]
    learned, apart = split_rankings(rankings)
    folder = stage_folder(run.root, REINFORCE, run.model)
    asked = [one.prompt for one in learned]
    how = _how(run, LOOP, progress=progress, stop=stop)
    _, trained = reinforce(taught, reward, asked, out=folder, **how)
    return _measured(run, REINFORCE, apart, (0, 0), started, trained.step, trained.done)


def _taught(run: LyricsRun) -> tuple[Writer, NeuralModel]:
    from generation.lyrics.neural import NeuralModel

    writer = load_writer(run.root, run.model, stage=SFT)
    if not isinstance(writer.model, NeuralModel):
        raise NoNetworkError(f"the model {run.model!r} cannot be tuned: it only counts")
    return writer, writer.model


def _ranked(
    run: LyricsRun,
    people: Sequence[RankedTakes],
    encode: Encode,
    prompts: int,
    progress: Progress,
    stop: Stop,
) -> tuple[NeuralModel, list[Ranking], list[Ranking]]:
    """The taught model, and the rankings that it is tuned on, to learn from and held back: people's, and the
    rubric's of as many other prompts as are wanted.
    """
    writer, taught = _taught(run)
    theirs = people_rankings(people, writer.tokenizer)
    path = rankings_path(run.root, run.model)
    drawn = load_rankings(path) if path.is_file() else []
    asked = {one.text for one in theirs}
    wanted = [text for text in tuning_prompts(prompts, seed=run.seed) if text not in asked]
    wanted = wanted[: max(0, prompts - len(asked))]
    if {one.text for one in drawn} != set(wanted):
        drawn = rubric_rankings(
            taught.network,
            writer.tokenizer,
            wanted,
            load_rhymer(),
            encode,
            runs=_runs(run.root),
            seed=run.seed,
            progress=progress,
            stop=stop,
        )
        save_rankings(drawn, path)
    logger.info("lyrics: %d rankings by people, %d by the rubric", len(theirs), len(drawn))
    return taught, *split_rankings([*theirs, *drawn])


def _how(run: LyricsRun, loop: LoopConfig, *, progress: Progress, stop: Stop) -> dict[str, Any]:
    """How a stage's network is trained: what all of them take by name, as the run says."""
    from generation.training.hardware import Hardware

    steps = run.steps or loop.steps
    warmup = min(loop.warmup_steps, steps // 4)
    return {
        "loop": replace(loop, steps=steps, seed=run.seed, warmup_steps=warmup),
        "resume": run.resume,
        "minutes": run.minutes,
        "hardware": Hardware(bf16=run.bf16),
        "progress": progress,
        "stop": stop,
    }


def rankings_path(root: Path, model: str) -> Path:
    """Where the rubric's rankings of the takes of a taught model lie."""
    weights = (stage_folder(root, SFT, model) / MODEL / CONFIG).read_bytes()
    return root / REWARD / f"takes-{sha256(weights).hexdigest()[:8]}.jsonl"


def _runs(root: Path) -> RunSet | None:
    return load_run_set(root / RUNS) if (root / RUNS).is_dir() else None


def _counts(rankings: Sequence[Ranking]) -> tuple[int, int]:
    by_people = sum(one.judge == PERSON for one in rankings)
    return by_people, len(rankings) - by_people


def _measured(
    run: LyricsRun,
    stage: str,
    apart: Sequence[Ranking],
    counts: tuple[int, int],
    started: float,
    step: int,
    done: bool,
) -> TuneReport:
    """The report of a tuned model: how far it went, and what the reward model says, on held-back prompts."""
    import torch

    from generation.lyrics.neural import NeuralModel
    from generation.lyrics.reward import load_reward
    from generation.lyrics.takes import divergence, draw_takes

    folder = stage_folder(run.root, stage, run.model)
    _, before = _taught(run)
    after = load_writer(run.root, run.model, stage=stage).model
    assert isinstance(after, NeuralModel)
    asked = [one.prompt for one in apart[:_MEASURED] for _ in range(_TAKES)]
    takes: dict[str, list[np.ndarray]] = {}
    for name, model in (("before", before), ("after", after)):
        generator = torch.Generator().manual_seed(run.seed)
        takes[name] = [
            take
            for one in apart[:_MEASURED]
            for take in draw_takes(model.network, one.prompt, _TAKES, generator=generator)
        ]
    nats = divergence(after.network, before.network, asked, takes["after"])
    reward_folder = stage_folder(run.root, REWARD, run.model) / MODEL
    found = {name: float("nan") for name in takes}
    if reward_folder.is_dir():
        reward = load_reward(reward_folder)
        found = {name: float(reward.rewards(asked, drawn).mean()) for name, drawn in takes.items()}
    return TuneReport(
        folder / MODEL,
        after.name,
        *counts,
        perf_counter() - started,
        step,
        done,
        float("nan"),
        *nats,
        found["after"],
        found["before"],
    )
