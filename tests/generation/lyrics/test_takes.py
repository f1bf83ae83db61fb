"""Takes drawn together are those that the model would write alone, and the divergence is what it says."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from generation.lyrics.models import network_config, network_kind
from generation.lyrics.neural import NeuralModel, build_network
from generation.lyrics.takes import divergence, draw_takes, padded, take_logprobs
from generation.lyrics.tokenizer import ANSWER, END, N_MARKS, PAD, PROMPT

PROMPT_IDS = (PROMPT, 20, 21, ANSWER)


@pytest.fixture(scope="module")
def model() -> NeuralModel:
    torch.manual_seed(3)
    network = build_network(network_kind("transformer"), network_config("transformer", "tiny", 40))
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return NeuralModel(network)


def draw(model: NeuralModel, seed: int, n: int = 6) -> list[np.ndarray]:
    generator = torch.Generator().manual_seed(seed)
    return draw_takes(model.network, PROMPT_IDS, n, generator=generator, max_tokens=30)


def test_a_seed_draws_the_same_takes_and_another_one_others(model: NeuralModel) -> None:
    one, again, other = draw(model, 1), draw(model, 1), draw(model, 2)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_takes_end_at_their_end_or_are_cut_and_never_hold_what_is_not_theirs_to_write(
    model: NeuralModel,
) -> None:
    for take in draw(model, 1, 12):
        assert END not in take[:-1]
        assert len(take) == 30 or take[-1] == END
        assert not np.isin(take, (PAD, PROMPT, ANSWER)).any()
        assert (take < N_MARKS).sum() <= len(take)


def test_a_takes_log_probability_is_the_sum_of_its_tokens(model: NeuralModel) -> None:
    takes = draw(model, 1, 4)
    ids, weights = map(torch.from_numpy, padded([PROMPT_IDS] * 4, takes))
    with torch.no_grad():
        found = take_logprobs(model.network, ids, weights).numpy()
    alone = [model.scores(np.array([*PROMPT_IDS, *take]))[len(PROMPT_IDS) :].sum() for take in takes]
    assert found == pytest.approx(np.array(alone), abs=1e-3)


def test_a_model_is_no_way_from_itself_and_some_way_from_another(model: NeuralModel) -> None:
    takes = draw(model, 1, 4)
    other = deepcopy(model.network)
    torch.nn.init.normal_(other.embedding.weight, std=0.5)  # type: ignore[union-attr, arg-type]
    assert divergence(model.network, model.network, [PROMPT_IDS] * 4, takes) == (0.0, 0.0)
    a_take, a_token = divergence(model.network, other, [PROMPT_IDS] * 4, takes)
    assert a_take > a_token > 0


def test_what_cannot_be_drawn_is_refused(model: NeuralModel) -> None:
    with pytest.raises(ValueError, match="one at least"):
        draw(model, 1, 0)
    with pytest.raises(ValueError, match="its prompt"):
        padded([PROMPT_IDS], [])
