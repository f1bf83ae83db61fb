"""Two processes that train together learn what one does whose steps take two batches."""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from generation.training.curves import read_curves
from generation.training.loop import Trained
from tests.tiny_training import STEPS, learn_as, learn_music, learn_words

RUNS = (learn_music, learn_words)


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Have two processes train both models."""
    folder = tmp_path_factory.mktemp("together")
    processes = [get_context("spawn").Process(target=learn_as, args=(rank, folder, RUNS)) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    return folder


@pytest.mark.parametrize("learn", RUNS)
def test_two_processes_have_the_losses_of_one_with_two_batches_a_step(
    learn: Callable[..., Trained], together: Path, tmp_path: Path
) -> None:
    alone = learn(tmp_path, accumulate=2)
    curves = [row for row in read_curves(together / learn.__name__) if len(row) > 2]
    assert [row["step"] for row in curves] == list(range(1, STEPS + 1))
    for mine, its in zip(curves, alone.losses, strict=True):
        assert mine == pytest.approx(its, rel=2e-4)
