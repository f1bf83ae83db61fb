"""What a denoiser was told comes back from JSON to the last bit, and what is no such thing is refused."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from generation.audio.conditioning import Conditions  # noqa: E402
from generation.audio.request import Request  # noqa: E402
from generation.audio.told import Told, told_from_json, told_to_json  # noqa: E402
from tests.tiny_generator import tiny_pipeline  # noqa: E402

ASKED = Request("slow jazz in F minor", negative_prompt="drums", seconds=1.0, seed=5, num_inference_steps=2)


@pytest.fixture(scope="module")
def made() -> Any:
    style = np.random.default_rng(0).normal(size=200).astype(np.float32)
    return tiny_pipeline().generate(
        Request(
            "slow jazz in F minor", seconds=1.0, seed=5, num_inference_steps=2, tempo_bpm=93.1, style=style
        )
    )


def recorded(told: Told) -> Any:
    return json.loads(json.dumps(told_to_json(told)))


def test_every_bit_comes_back(made: Any) -> None:
    again = told_from_json(recorded(made.told))
    for one in fields(Conditions):
        before, after = getattr(made.told.conditions, one.name), getattr(again.conditions, one.name)
        assert before.dtype == after.dtype
        assert torch.equal(before, after), one.name
    assert torch.equal(made.told.weights, again.weights)


def test_a_track_is_made_again_without_its_words(made: Any) -> None:
    pipe = tiny_pipeline()
    pipe.text_encoder = None  # is not asked
    bare = Request(seconds=1.0, seed=5, num_inference_steps=2)
    again = pipe.generate(bare, told=told_from_json(recorded(made.told)))
    assert np.array_equal(made.tracks[0].waveform, again.tracks[0].waveform)


def test_words_that_evaluations_share_are_written_once() -> None:
    asked = replace(ASKED, tempo_bpm=90.0, structure_guidance=1.5)  # three evaluations, two of one text
    document = recorded(tiny_pipeline().generate(asked).told)
    rows = document["tokens"]["rows"]
    assert len(rows) > len(set(rows))


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("tokens", None),
        ("tokens", {"dtype": "float32", "shape": [2, 9, 3], "values": [0.0] * 54}),
        ("weights", {"dtype": "float32", "shape": [0], "values": []}),
        ("weights", {"dtype": "float32", "shape": [2], "values": [1.0, float("nan")]}),
        ("weights", {"dtype": "int64", "shape": [2], "values": [1, 1]}),
        ("style", {"dtype": "float32", "shape": [2, 200], "rows": [0, 9], "base64": "AAAA"}),
        ("style", {"dtype": "object", "shape": [2, 200], "rows": [0, 0], "base64": ""}),
        ("tonic", {"dtype": "int64", "shape": [9], "values": [*range(9)]}),
    ],
)
def test_what_is_damaged_is_named(made: Any, field: str, wrong: Any) -> None:
    document = recorded(made.told) | {field: wrong}
    with pytest.raises(ValueError, match=field):
        told_from_json(document)


def test_conditions_of_another_model_are_refused(made: Any) -> None:
    conditions = made.told.conditions
    fewer = replace(conditions, tags=conditions.tags[:, :3], has_tags=conditions.has_tags[:, :3])
    with pytest.raises(ValueError, match="3 tags"):
        tiny_pipeline().generate(ASKED, told=Told(fewer, made.told.weights))
