"""What tuning to preferences did to lyrics: rewards, the rubric, and measures that nothing was tuned on.

    python -m benchmarks.bench_lyrics_tuning --root DIR [--prompts N] [--takes N] [--stages sft ...]
    python -m benchmarks.bench_lyrics_tuning --root DIR --reward     the reward model against its judge

Takes are drawn as learning draws them, at temperature 1 and unfiltered, for prompts of held-out songs, with
the same seeds for all stages. Figures go to docs/lyrics-tuning.json, a row at a time. `--stages` takes names
of folders in ROOT, so that weights that were kept along a run can be measured, too.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from generation.lyrics.measures import distinct, measure
from generation.lyrics.models import load_model
from generation.lyrics.neural import NeuralModel
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.rankings import Ranking, load_rankings, split_rankings
from generation.lyrics.reward import load_reward, pair_accuracy
from generation.lyrics.rhyme import Rhymer, load_rhymer
from generation.lyrics.rubric import Rubric, rubric_points
from generation.lyrics.runs import load_run_set
from generation.lyrics.takes import divergence, draw_takes
from generation.lyrics.tokenizer import END, FILE, load_tokenizer
from generation.lyrics.training import MODEL
from generation.text_encoder import TextEncoder
from pipelines.embeddings import cached_encoder
from pipelines.lyric_rankings import prompt_tokens
from pipelines.train_lyrics import RUNS
from pipelines.tune_lyrics import rankings_path

FIGURES = Path(__file__).resolve().parent.parent / "docs" / "lyrics-tuning.json"
_MARGINS = (0.0, 0.5, 1.0, 2.0)
_DRAWS = 8  # Of other weights of the rubric.


def save(name: str, row: dict[str, Any]) -> None:
    """Add a row to the figures on file."""
    rows = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {}
    beside = FIGURES.with_name(f".part-{os.getpid()}-{FIGURES.name}")
    beside.write_text(json.dumps(rows | {name: row}, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, FIGURES)
    print(name, json.dumps(row), flush=True)


def asked(n: int) -> list[str]:
    """Prompts of songs that no training sees, evenly spread over genres."""
    prompts = [one.prompts[0] for one in load_own_songs() if one.is_held_out]
    return [
        prompts[row] for row in np.linspace(0, len(prompts) - 1, min(n, len(prompts))).round().astype(int)
    ]


def stages(args: argparse.Namespace) -> None:
    """Measure each stage, and compare it with the first one, take by take."""
    tokenizer, rhymer = load_tokenizer(args.root / FILE), load_rhymer()
    encode, runs = cached_encoder(args.root, TextEncoder), load_run_set(args.root / RUNS)
    reward = load_reward(args.root / "reward" / args.model / MODEL)
    texts = asked(args.prompts)
    prompts = [prompt_tokens(tokenizer, text) for text in texts]
    first: Any = None
    for stage in args.stages:
        model = load_model(args.root / stage / args.model / MODEL)
        assert isinstance(model, NeuralModel)
        takes = []
        for number, prompt in enumerate(prompts):
            generator = torch.Generator().manual_seed(number)
            takes += draw_takes(model.network, prompt, args.takes, generator=generator)
        spread = [prompt for prompt in prompts for _ in range(args.takes)]
        songs = [tokenizer.decode_song(take) for take in takes]
        ended = [int(take[-1]) == END for take in takes]
        rewards = reward.rewards(spread, takes).reshape(len(texts), -1)
        groups = [slice(at, at + args.takes) for at in range(0, len(songs), args.takes)]
        points = np.array(
            [
                rubric_points(text, songs[one], rhymer, encode, runs=runs, ended=ended[one])
                for text, one in zip(texts, groups, strict=True)
            ]
        )
        if first is None:
            first = (model, rewards, points)
        found = measure(
            songs,
            rhymer,
            runs=runs,
            prompts=[t for t in texts for _ in range(args.takes)],
            encode=encode,
            ended=ended,
        )
        nats = divergence(model.network, first[0].network, spread, takes)
        row = {
            "reward": float(rewards.mean()),
            "win_rate_reward": wins(rewards, first[1]),
            "rubric": float(points.mean()),
            "win_rate_rubric": wins(points, first[2]),
            "nats": nats[0],
            "nats_per_token": nats[1],
            "tokens": float(np.mean([len(take) for take in takes])),
            "distinct_2_of_a_prompt": float(np.mean([distinct(songs[one], 2) for one in groups])),
            **asdict(found),
        }
        save(f"{stage}", row)


def wins(mine: np.ndarray, theirs: np.ndarray) -> float:
    """How often a take beats one of the other model for the same prompt, a draw counting half."""
    gap = mine[:, :, None] - theirs[:, None, :]
    return float((gap > 0).mean() + 0.5 * (gap == 0).mean())


def reward(args: argparse.Namespace) -> None:
    """Accuracy of the reward model on held-back pairs, and how far the rubric agrees with itself."""
    tokenizer, rhymer = load_tokenizer(args.root / FILE), load_rhymer()
    encode, runs = cached_encoder(args.root, TextEncoder), load_run_set(args.root / RUNS)
    model = load_reward(args.root / "reward" / args.model / MODEL)
    learned, apart = split_rankings(load_rankings(rankings_path(args.root, args.model)))
    row: dict[str, Any] = {"learned": len(learned), "held_back": len(apart)}
    for margin in _MARGINS:
        row[f"pairs_{margin}"] = sum(len(one.pairs(margin)) for one in apart)
        row[f"accuracy_{margin}"] = pair_accuracy(model, apart, margin)
    row["accuracy_learned"] = pair_accuracy(model, learned)
    row["by_length"] = agreement(apart, [[-float(len(take)) for take in one.takes] for one in apart])

    def judged(rubric: Rubric, ears: Rhymer) -> list[np.ndarray]:
        return [
            rubric_points(
                one.text, [tokenizer.decode_song(take) for take in one.takes], ears, encode, runs=runs,
                ended=[int(take[-1]) == END for take in one.takes], rubric=rubric,
            )
            for one in apart
        ]  # fmt: skip

    rng = np.random.default_rng(args.seed)
    plain = asdict(Rubric())
    others = [
        Rubric(**{name: weight * float(np.exp(rng.normal(0, 0.4))) for name, weight in plain.items()})
        for _ in range(_DRAWS)
    ]
    row["rubric_other_weights"] = float(np.mean([agreement(apart, judged(one, rhymer)) for one in others]))
    row["rubric_other_ears"] = agreement(apart, judged(Rubric(), Rhymer({})))
    for name in plain:
        alone = replace(Rubric(**dict.fromkeys(plain, 0.0)), **{name: 1.0})
        row[f"rubric_{name}_alone"] = agreement(apart, judged(alone, rhymer))
    save("reward", row)


def agreement(rankings: Sequence[Ranking], points: Sequence[Sequence[float] | np.ndarray]) -> float:
    """The share of a judge's pairs that other points put in the same order, a draw counting half."""
    found = [
        (float(mine[a] > mine[b]) + 0.5 * float(mine[a] == mine[b]))
        for one, mine in zip(rankings, points, strict=True)
        for a, b in one.pairs()
    ]
    return float(np.mean(found))


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--root", type=Path, default=Path("var/lyrics"), help="folder of lyric models")
    parser.add_argument("--model", default="transformer")
    parser.add_argument("--stages", nargs="+", default=["sft", "preference", "reinforce"])
    parser.add_argument("--prompts", type=int, default=16)
    parser.add_argument("--takes", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reward", action="store_true", help="measure the reward model instead")
    args = parser.parse_args()
    (reward if args.reward else stages)(args)


if __name__ == "__main__":
    main()
