"""SIGKILL during a night: the database consistent, a whole release published, the next night ends well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.kill_nightly import damage, kill_once, run_and_kill, run_night
from pipelines.nightly import STAGES
from pipelines.release_files import current_name
from tests.tiny_world import build_tiny_world


def test_a_night_killed_at_random_moments_leaves_everything_whole(tmp_path: Path) -> None:
    home = build_tiny_world(tmp_path / "home", n_playlists=40, n_users=12).home
    rng = np.random.default_rng()
    # The very first night is killed too: then nothing is published, and nothing is damaged.
    run_and_kill(home, 1, "song2vec", float(rng.uniform(0.0, 0.3)))
    assert damage(home) == []
    assert current_name(home / "releases") is None
    run_night(home, 1)
    for seed, stage in ((2, str(rng.choice(STAGES))), (3, "publish")):
        kill_once(home, seed, stage, float(rng.uniform(0.0, 0.2)))


@pytest.mark.slow
def test_twenty_kills_leave_everything_whole(tmp_path: Path) -> None:
    home = build_tiny_world(tmp_path / "home").home
    run_night(home, 0)
    rng = np.random.default_rng()
    for seed in range(1, 21):
        kill_once(home, seed, str(rng.choice(STAGES)), float(rng.uniform(0.0, 3.0)))
