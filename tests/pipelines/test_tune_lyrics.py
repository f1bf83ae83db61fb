"""What people ranked decides what is tuned to, before the rubric, as soon as it is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from db.repositories.preferences import RankedTakes
from generation.lyrics.neural import NeuralModel
from generation.lyrics.reward import load_reward
from generation.lyrics.song import marked
from pipelines.lyric_rankings import tuning_prompts
from pipelines.train_lyrics import LyricsRun
from pipelines.tune_lyrics import TuneReport, train_lyric_reward
from tests.tiny_answerer import colour_taste, tiny_answerer, tiny_rankings
from tests.tiny_songs import tiny_tokenizer

TOKENIZER = tiny_tokenizer()


def encode(texts: Sequence[str]) -> np.ndarray:
    vectors = np.array([[len(text) % 7, 1.0] for text in texts], float)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of lyric models with a taught one."""
    root = tmp_path_factory.mktemp("lyrics")
    TOKENIZER.save(root / "tokenizer.json")
    tiny_answerer(TOKENIZER, root / "sft" / "transformer")
    return root


@pytest.fixture(scope="module")
def taught(root: Path) -> NeuralModel:
    from generation.lyrics.models import load_model

    model = load_model(root / "sft" / "transformer" / "model")
    assert isinstance(model, NeuralModel)
    return model


def people(taught: NeuralModel, *, like_blue: bool, n: int = 20) -> list[RankedTakes]:
    """Rankings, as the database holds them, of people who like blue songs best, or least."""
    rows = []
    for number, one in enumerate(tiny_rankings(taught, TOKENIZER, n)):
        texts = tuple(marked(TOKENIZER.decode_song(take)) for take in one.takes)
        order = one.order if like_blue else one.order[::-1]
        rows.append(RankedTakes(number, one.text, texts, order, "person", 1))
    return rows


def learned(root: Path, rows: list[RankedTakes], *, prompts: int, steps: int) -> TuneReport:
    return train_lyric_reward(LyricsRun("transformer", root, steps=steps), rows, encode, prompts=prompts)


@pytest.mark.parametrize("like_blue", [True, False])
def test_a_reward_model_takes_the_taste_of_the_people_who_ranked(
    root: Path, taught: NeuralModel, like_blue: bool
) -> None:
    report = learned(root, people(taught, like_blue=like_blue), prompts=20, steps=60)
    assert report.n_rubric == 0
    one = tiny_rankings(taught, TOKENIZER, 1, takes=24)[0]
    points = colour_taste(TOKENIZER, one.takes)
    rewards = load_reward(report.folder).rewards([one.prompt] * len(one.takes), one.takes)
    gap = rewards[points == points.max()].mean() - rewards[points == points.min()].mean()
    assert gap > 0.3 if like_blue else gap < -0.3


def test_the_rubric_ranks_only_what_nobody_ranked(root: Path, taught: NeuralModel) -> None:
    alone = learned(root, [], prompts=6, steps=2)
    assert (alone.n_people, alone.n_rubric) == (0, 5)  # one in five is held back
    asked = tuning_prompts(6, seed=1)[:4]
    rows = [
        RankedTakes(number, text, row.takes, row.ranking, "person", 1)
        for number, (text, row) in enumerate(zip(asked, people(taught, like_blue=True, n=4), strict=True))
    ]
    both = learned(root, rows, prompts=6, steps=2)
    assert both.n_people + both.n_rubric == 5
    assert both.n_people >= 3
