"""What was listened to: shares of one moment, words of their pieces, and nothing changed by watching."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from generation.audio.attention import Attention, attention_of, check_request, watched, words_of  # noqa: E402
from generation.audio.denoiser import CrossAttention  # noqa: E402
from generation.audio.edit.edits import Blend, Loop  # noqa: E402
from generation.audio.request import Request  # noqa: E402
from tests.tiny_generator import tiny_pipeline  # noqa: E402

ASKED = Request("slow jazz trio, slow", seconds=2.0, seed=5, num_inference_steps=4, tempo_bpm=90.0)


@pytest.fixture(scope="module")
def pipe() -> Any:
    return tiny_pipeline()


@pytest.fixture(scope="module")
def heard(pipe: Any) -> Attention:
    return attention_of(pipe, pipe.generate(ASKED), 5)


def test_every_word_has_a_course(heard: Attention) -> None:
    assert heard.words == ("slow", "jazz", "trio", "slow")
    moments = -(-2.0 // heard.moment_s)
    assert heard.shares.shape == (4, moments)


def test_the_shares_of_a_moment_are_all_there_is(heard: Attention) -> None:
    assert set(heard.others) == {"time", "tags", "key and tempo"}
    missing = 1 - heard.shares.sum(0) - np.sum(list(heard.others.values()), axis=0)
    assert (missing >= -1e-6).all()  # what is not told has a place in the context all the same: of the style
    assert (missing < 0.5).all()


def test_watching_changes_nothing(pipe: Any) -> None:
    before = pipe.generate(ASKED).tracks[0].waveform
    with watched(pipe.denoiser):
        assert np.array_equal(before, pipe.generate(ASKED).tracks[0].waveform)
    assert np.array_equal(before, pipe.generate(ASKED).tracks[0].waveform)
    assert not any(module._forward_hooks for module in pipe.denoiser.modules())


def test_shares_are_those_of_the_attention_itself() -> None:
    layer = CrossAttention(8, 2)
    torch.nn.init.ones_(layer.gate)
    x, context = torch.randn(1, 3, 8), torch.randn(1, 5, 8)
    mask = torch.tensor([True, True, False, True, True])[None, None, None]
    shares = layer.shares(x, context, mask)
    values = layer.kv(context).chunk(2, dim=-1)[1].unflatten(2, (2, 4)).transpose(1, 2)
    summed = layer.attended((shares @ values).transpose(1, 2).flatten(2))
    assert torch.allclose(layer(x, context, mask), summed, atol=1e-5)
    assert (shares[..., 2] == 0).all()


def test_attention_follows_the_word_that_is_meant(pipe: Any) -> None:
    """A layer that is told to look for one word's direction looks there."""
    layer = CrossAttention(8, 1)
    with torch.no_grad():
        layer.q.weight.copy_(torch.eye(8))
        layer.kv.weight.copy_(torch.cat([torch.eye(8), torch.eye(8)]))
    context = torch.eye(8)[:4][None]
    shares = layer.shares(context[:, 2:3], context, torch.ones(1, 1, 1, 4, dtype=torch.bool))
    assert int(shares[0, 0, 0].argmax()) == 2


def test_pieces_are_joined_to_words_and_marks_left_out() -> None:
    spans = [(0, 0), (0, 1), (1, 2), (2, 3), (4, 8), (9, 10), (0, 0)]
    assert words_of("F#, trio !", spans) == (("F#", "trio"), [[1, 2, 3], [4]])


def test_one_step_is_watched_too(pipe: Any) -> None:
    made = pipe.generate(Request("jazz", seconds=1.0, seed=1, num_inference_steps=1))
    assert attention_of(pipe, made, 1).words == ("jazz",)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (Request(), "no prompt"),
        (Request("jazz", guidance_scale=0.0), "guidance of 0"),
        (Request("jazz", edit=Loop(2)), "has an edit"),
        (Request("jazz", blend=Blend("folk", 0.5)), "has a blend"),
    ],
)
def test_what_has_no_single_prompt_is_refused(request_: Request, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        check_request(request_)
