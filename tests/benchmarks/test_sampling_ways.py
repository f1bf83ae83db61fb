"""Few steps measured against many: more steps end nearer, many steps end where they end."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")

from benchmarks.sampling_ways import Scales, Together, few_table, scales_table, solvers  # noqa: E402
from generation.audio.request import Request  # noqa: E402
from generation.audio.schedulers import make_scheduler  # noqa: E402
from generation.audio.wanted import guidance_of  # noqa: E402
from tests.tiny_generator import tiny_pipeline  # noqa: E402


@pytest.fixture(scope="module")
def together() -> Any:
    return Together(tiny_pipeline(), ["jazz", "techno at 120 bpm in A minor"], seconds=1.0)


def test_prompts_together_are_sampled_as_each_alone(together: Any) -> None:
    alone = Together(together.pipe, ["jazz"], seconds=1.0)
    both, one = (it.sample(it.pipe.scheduler, 3)[0] for it in (together, alone))
    assert torch.allclose(both[:1], one, atol=1e-4)


def test_more_steps_end_nearer_to_many(together: Any) -> None:
    make = solvers("flow")["flow-euler"]
    many, _ = together.sample(make(), 40)
    few, more = (together.sample(make(), n)[0] for n in (2, 8))
    assert (more - many).square().mean() < (few - many).square().mean()


@pytest.mark.parametrize("kind", ["flow", "v_prediction"])
def test_every_solver_can_be_made(kind: str) -> None:
    made = {name: make() for name, make in solvers(kind).items()}
    assert type(made["dpm++"]) is type(make_scheduler(prediction_type=kind))
    assert made["dpm++, third order"].config.solver_order == 3


def test_scales_are_those_of_the_request() -> None:
    found = guidance_of(Scales(2, 1, 5).of(Request("jazz in A minor")))
    assert (found.text, found.structure, found.key) == (2, 1, 5)


def test_the_best_solver_stands_first_and_double_evaluations_are_said() -> None:
    rows = [
        {"solver": "a", "steps": 2, "asked": 3, "error": 0.5, "distance": 2.0},
        {"solver": "b", "steps": 2, "asked": 2, "error": 0.1, "distance": 1.0},
    ]
    assert few_table(rows, (2,)).splitlines()[2:] == [
        "| b | 0.10 / 1.0 |",
        "| a | 0.50 / 2.0 (3 evaluations) |",
    ]


def test_scales_are_printed_in_order() -> None:
    row = {"text": 2, "tempo_scale": 1, "key_scale": 5, "distance": 12.3, "mean": 0.5}
    row |= {"tempo": 1.0, "genre": 0.5, "key": 0.25, "lead": 0.25}
    assert scales_table([row]).splitlines()[2] == "| 2 | 1 | 5 | 1.00 | 0.50 | 0.25 | 0.25 | 0.50 | 12 |"
