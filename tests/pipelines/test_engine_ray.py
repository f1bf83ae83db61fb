"""Facts about the engine on a Ray cluster of two nodes: the same results as here, none lost with a node."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.migrate import upgrade
from db.repositories import audio
from db.repositories.audio import Features
from db.session import make_engine, make_session_factory
from generation.studio.dataset import DatasetConfig, build_dataset
from pipelines import analyse_audio as analysis
from pipelines.analyse_audio import Outcome
from pipelines.audio_analysis import current_version
from pipelines.engine import ATTEMPTS, Local, PartitionLostError, engine_of
from pipelines.ingest import ingest
from tests.music_files import write_music
from tests.ray_cluster import *  # noqa: F403
from tests.ray_cluster import add_node

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def square(number: int) -> int:
    return number * number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("not three")
    return number


def row_and_node(number: int) -> tuple[int, str]:
    """A row, and where it was made."""
    import ray

    time.sleep(0.1)
    return number, ray.get_runtime_context().get_node_id()


def die_over_three(number: int, folder: Path, times: int) -> int:
    if number == 3:
        (folder / f"begun-{len(list(folder.iterdir()))}").touch()
        if len(list(folder.iterdir())) <= times:
            os._exit(1)
    return number


def test_results_are_those_of_this_machine(cluster: Any) -> None:
    assert list(engine_of("ray", workers=1).map(square, range(50))) == list(Local(2).map(square, range(50)))


def test_an_error_comes_in_its_turn_as_it_was_raised(cluster: Any) -> None:
    results = engine_of("ray", workers=1).map(refuse_three, range(10))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="not three"):
        next(results)


def test_a_node_killed_in_the_middle_loses_no_row(cluster: Any) -> None:
    engine = engine_of("ray", workers=1)
    doomed = add_node(cluster)
    rows = engine.map(row_and_node, range(400))
    found = [next(rows)]
    while found[-1][1] != doomed.node_id:  # its workers take a moment to start
        found.append(next(rows))
    cluster.remove_node(doomed, allow_graceful=False)
    found += rows
    assert [number for number, _ in found] == list(range(400))
    print("rows by node:", Counter(node[:6] for _, node in found), "killed:", doomed.node_id[:6])


def test_a_partition_whose_worker_died_is_done_again(cluster: Any, tmp_path: Path) -> None:
    function = partial(die_over_three, folder=tmp_path, times=ATTEMPTS - 1)
    assert list(engine_of("ray", workers=1).map(function, range(8))) == list(range(8))
    assert len(list(tmp_path.iterdir())) == ATTEMPTS


def test_a_partition_that_always_kills_is_lost_alone(cluster: Any, tmp_path: Path) -> None:
    engine = engine_of("ray", workers=1)
    function = partial(die_over_three, folder=tmp_path, times=1000)
    assert list(engine.map(function, range(6), lost=lambda number: -number)) == [0, 1, 2, -3, 4, 5]
    with pytest.raises(PartitionLostError, match="over 3"):
        list(engine.map(function, range(6)))


def measured(path: str, version: str) -> Outcome:
    """Pass for an analysis."""
    size = os.stat(path).st_size
    return Outcome(Features({"tempo_bpm": float(size)}, np.array([size, 1.0], np.float32)), seconds=0.01)


def test_audio_is_measured_as_on_this_machine(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "_prepare_worker", int)
    monkeypatch.setattr(analysis, "FEWEST_FOR_WORKERS", 1)
    usual = analysis.analyse_audio.__kwdefaults__
    monkeypatch.setattr(analysis.analyse_audio, "__kwdefaults__", usual | {"analyse": measured})
    for number in range(12):
        write_music(tmp_path / f"{number}.wav", seconds=0.2 + number / 50)
    stored = []
    for engine in (Local(1), engine_of("ray", workers=1)):
        factory = make_session_factory(make_engine(f"sqlite:///{tmp_path / type(engine).__name__}.db"))
        upgrade(factory.kw["bind"])
        report = ingest([tmp_path], session_factory=factory, engine=engine)
        assert report.audio is not None
        assert (report.audio.analysed, report.problems) == (12, ())
        with factory() as session:
            found = audio.features_of_songs(session, current_version())
        stored.append({song: (one.measures, one.embedding.tolist()) for song, one in found.items()})
        factory.kw["bind"].dispose()
    assert stored[0] == stored[1]
    assert len(stored[0]) == 12


def test_clips_are_the_bytes_of_this_machine(cluster: Any, tmp_path: Path) -> None:
    config = DatasetConfig(4, 0.3, tune_share=0.0)
    build_dataset(tmp_path / "here", clips=64, config=config)
    build_dataset(tmp_path / "there", clips=64, config=config, each=engine_of("ray", workers=1).map)
    files = sorted(path.relative_to(tmp_path / "here") for path in (tmp_path / "here").rglob("*.*"))
    assert len(files) == 5
    for file in files:
        assert (tmp_path / "here" / file).read_bytes() == (tmp_path / "there" / file).read_bytes(), file


def test_an_address_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    command = [
        sys.executable,
        "-m",
        "service.cli.main",
        "ingest",
        str(tmp_path),
        "--engine",
        "ray:127.0.0.1:9",
    ]
    environment = {**os.environ, "SONGSPACE_HOME": str(tmp_path / "home")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: no Ray cluster answers at 127.0.0.1:9")
    assert ended.stderr.count("\n") == 1
