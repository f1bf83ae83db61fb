"""A reward model learns a judge's taste, and both ways of tuning write more of what it likes."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from generation.checkpoint import CheckpointError
from generation.lyrics.neural import NeuralModel
from generation.lyrics.preference import learn_preferences, preference_loss
from generation.lyrics.rankings import Ranking
from generation.lyrics.reinforce import (
    ReinforceConfig,
    advantages,
    divergences,
    reinforce,
    step_loss,
)
from generation.lyrics.reward import RewardModel, load_reward, pair_accuracy, train_reward
from generation.lyrics.takes import divergence, draw_takes
from generation.lyrics.training import TextTraining
from generation.training.loop import LoopConfig
from generation.training.resume import ResumeError
from pipelines.lyric_rankings import prompt_tokens
from tests.tiny_answerer import PROMPTS, colour_taste, tiny_answerer, tiny_rankings
from tests.tiny_songs import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
ASKED = [prompt_tokens(TOKENIZER, text) for text in PROMPTS]
LOOP = LoopConfig(steps=40, warmup_steps=2, schedule="constant", log_every=10, checkpoint_every=10)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> NeuralModel:
    return tiny_answerer(TOKENIZER, tmp_path_factory.mktemp("sft"))


@pytest.fixture(scope="module")
def rankings(taught: NeuralModel) -> list[Ranking]:
    return tiny_rankings(taught, TOKENIZER, 24)


@pytest.fixture(scope="module")
def reward(
    taught: NeuralModel, rankings: list[Ranking], tmp_path_factory: pytest.TempPathFactory
) -> RewardModel:
    training = TextTraining(batch_size=4, learning_rate=3e-3, dropout=0.0, valid_every=20)
    out = tmp_path_factory.mktemp("reward")
    model, trained = train_reward(taught, rankings[:18], rankings[18:], out=out, training=training, loop=LOOP)
    assert trained.done
    return model


def blues(model: NeuralModel, n: int = 6) -> float:
    """How much blue a model writes."""
    takes = []
    for number, prompt in enumerate(ASKED):
        generator = torch.Generator().manual_seed(number)
        takes += draw_takes(model.network, prompt, n, generator=generator, max_tokens=60)
    return float(colour_taste(TOKENIZER, takes).mean())


def test_a_reward_model_learns_a_taste_on_prompts_it_never_saw(
    reward: RewardModel, rankings: list[Ranking]
) -> None:
    assert pair_accuracy(reward, rankings[18:]) > 0.8


def test_a_reward_model_is_loaded_as_it_was_saved(
    reward: RewardModel, rankings: list[Ranking], tmp_path: Path
) -> None:
    reward.save(tmp_path)
    one = rankings[0]
    asked = [one.prompt] * len(one.takes)
    assert load_reward(tmp_path).rewards(asked, one.takes) == pytest.approx(reward.rewards(asked, one.takes))
    alone = [reward.rewards([one.prompt], [take])[0] for take in one.takes]
    assert reward.rewards(asked, one.takes) == pytest.approx(alone, abs=1e-4)
    with pytest.raises(CheckpointError):
        load_reward(tmp_path / "nowhere")


def test_nothing_learned_is_no_preference_and_the_wider_gap_is_the_smaller_loss() -> None:
    better, worse = torch.tensor([-5.0, -5.0]), torch.tensor([-5.0, -9.0])
    loss, margin = preference_loss(better, worse, torch.tensor(-5.0), torch.tensor(-5.0), beta=0.5)
    assert loss[0].item() == pytest.approx(np.log(2))
    assert margin.tolist() == [0.0, 2.0]
    assert loss[1] < loss[0]


def test_preferences_are_learned_from_rankings_alone(
    taught: NeuralModel, rankings: list[Ranking], tmp_path: Path
) -> None:
    policy = NeuralModel(deepcopy(taught.network), tokenizer_id=taught.tokenizer_id)
    training = TextTraining(batch_size=8, learning_rate=1e-3, muon=False, valid_every=10)
    model, trained = learn_preferences(
        policy, rankings[:18], rankings[18:], out=tmp_path, training=training, loop=LOOP
    )
    assert trained.done
    assert isinstance(model, NeuralModel)
    assert blues(model) > blues(taught) + 0.3


def test_a_take_is_compared_with_the_others_of_its_prompt() -> None:
    found = advantages(torch.tensor([[1.0, 2.0, 6.0], [4.0, 4.0, 4.0]]))
    assert found.tolist() == [[1 - 4, 2 - 3.5, 6 - 1.5], [0.0, 0.0, 0.0]]


def test_above_the_limit_only_the_way_back_is_learned() -> None:
    config = ReinforceConfig(takes=2, beta=0.5, most_nats=10.0)
    gained = torch.tensor([9.0, 1.0])
    loss, passed = step_loss(gained, torch.tensor([2.0, 4.0]), config)
    assert (loss.item(), passed) == (0.5 * 3 - 5, False)
    loss, passed = step_loss(gained, torch.tensor([30.0, 4.0]), config)
    assert (loss.item(), passed) == (17.0, True)
    with pytest.raises(ValueError, match="two takes"):
        ReinforceConfig(takes=1)


def test_divergences_are_none_of_itself_and_count_takes_alone() -> None:
    logits = torch.tensor([[[0.0, 0.0], [2.0, 0.0]]])
    other = torch.tensor([[[5.0, 0.0], [0.0, 0.0]]])
    weights = torch.tensor([[0.0, 1.0]])
    assert divergences(logits, logits, weights).item() == 0.0
    p = np.exp(2) / (1 + np.exp(2))
    expected = p * np.log(2 * p) + (1 - p) * np.log(2 * (1 - p))
    assert divergences(logits, other, weights).item() == pytest.approx(expected, abs=1e-5)


def test_reinforcement_writes_what_is_rewarded_and_stays_near(
    taught: NeuralModel, reward: RewardModel, tmp_path: Path
) -> None:
    policy = NeuralModel(deepcopy(taught.network), tokenizer_id=taught.tokenizer_id)
    training = TextTraining(batch_size=4, learning_rate=2e-3, muon=False, valid_every=1000)
    config = ReinforceConfig(takes=4, beta=0.01, most_nats=8.0, max_tokens=60)
    model, _ = reinforce(
        policy, reward, ASKED, out=tmp_path, config=config, training=training, loop=replace(LOOP, steps=24)
    )
    assert isinstance(model, NeuralModel)
    assert blues(model) > blues(taught) + 0.3
    takes = draw_takes(model.network, ASKED[0], 16, generator=torch.Generator().manual_seed(0), max_tokens=60)
    assert divergence(model.network, taught.network, [ASKED[0]] * 16, takes)[0] < 16.0


def test_reinforcement_goes_on_where_it_stopped(
    taught: NeuralModel, reward: RewardModel, tmp_path: Path
) -> None:
    training = TextTraining(batch_size=2, learning_rate=1e-3, muon=False, valid_every=1000)
    config = ReinforceConfig(takes=2, max_tokens=30)
    loop = replace(LOOP, steps=4, checkpoint_every=2)
    weights = []
    for name, parts in (("whole", [99]), ("parts", [2, 99])):
        for number, most in enumerate(parts):
            policy = NeuralModel(deepcopy(taught.network), tokenizer_id=taught.tokenizer_id)
            steps = iter([False] * (most - 1) + [True] * 99)
            model, trained = reinforce(
                policy, reward, ASKED, out=tmp_path / name, config=config, training=training, loop=loop,
                resume=number > 0, stop=steps.__next__,
            )  # fmt: skip
        assert trained.done
        assert isinstance(model, NeuralModel)
        weights.append(model.network.state_dict()["embedding.weight"])
    assert torch.equal(*weights)
    with pytest.raises(ResumeError):
        reinforce(policy, reward, ASKED[:2], out=tmp_path / "whole", config=config, loop=loop, resume=True)
