"""Training on a Ray cluster of two nodes: the losses of one process, stopped and gone on with."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from generation.training.loop import Trained
from pipelines.engine import EngineError, Local, engine_of
from pipelines.engine_training import train_together
from tests.ray_cluster import *  # noqa: F403
from tests.tiny_training import STEPS, learn_music, learn_words


def test_this_machine_alone_is_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="--engine ray"):
        train_together(Local(2), partial(learn_words, tmp_path), tmp_path)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("learn", [learn_words, learn_music])
def test_a_cluster_has_the_losses_of_one_process(cluster: Any, learn: Any, tmp_path: Path) -> None:
    out = tmp_path / "cluster"
    found = train_together(engine_of("ray", workers=1), partial(learn, out), out, processes=2)
    alone: Trained = learn(tmp_path / "alone", accumulate=2)
    assert (found.step, found.done) == (STEPS, True)
    print([(round(a[k], 5), round(b[k], 5)) for a, b in zip(found.losses, alone.losses, strict=True)
           for k in a if k.endswith("/loss")])  # fmt: skip
    for mine, its in zip(found.losses, alone.losses, strict=True):
        assert mine == pytest.approx(its, rel=2e-4)
    assert not [path for path in out.iterdir() if path.name.startswith(".")]
