"""Facts about the engines: order, laziness, errors, workers that die; the same ones on worker processes here
and, where it is installed, on a Ray cluster of two nodes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from pipelines.engine import ATTEMPTS, Engine, EngineError, Local, PartitionLostError, engine_of


@pytest.fixture
def engine() -> Engine:
    return Local(2)


def square(number: int) -> int:
    return number * number


def first_slowly(number: int) -> int:
    time.sleep(0.3 if number == 0 else 0.0)
    return number


def refuse_three(number: int) -> int:
    if number == 3:
        raise ValueError("not three")
    return number


def die_over_three(number: int, folder: Path, times: int) -> int:
    """End the process over 3, so often."""
    if number == 3:
        begun = folder / f"begun-{len(list(folder.iterdir()))}"
        begun.touch()
        if len(list(folder.iterdir())) <= times:
            os._exit(1)
    return number


def threads(_number: int) -> int:
    import numpy as np
    from threadpoolctl import threadpool_info

    np.ones((2, 2)) @ np.ones((2, 2))
    return max(pool["num_threads"] for pool in threadpool_info())


def import_numpy() -> None:
    import numpy as np

    np.ones((2, 2)) @ np.ones((2, 2))


def who(_number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def sleep_long(number: int) -> int:
    time.sleep(0.0 if number == 0 else 60.0)
    return number


def test_results_come_in_the_order_of_the_partitions(engine: Engine) -> None:
    assert list(engine.map(first_slowly, range(20))) == list(range(20))


def test_no_partitions_have_no_results(engine: Engine) -> None:
    assert list(engine.map(square, [])) == []


def test_one_worker_and_few_partitions_are_this_process() -> None:
    assert set(Local(1).map(who, range(3))) == {os.getpid()}
    assert set(Local(2).map(who, range(3), fewest=4)) == {os.getpid()}
    assert os.getpid() not in set(Local(2).map(who, range(3), fewest=3))


def test_partitions_are_drawn_as_there_is_room(engine: Engine) -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1000):
            drawn.append(number)
            yield number

    results = engine.map(square, numbers())
    assert [next(results) for _ in range(3)] == [0, 1, 4]
    assert len(drawn) < 40
    results.close()  # type: ignore[attr-defined]


def test_an_error_comes_in_its_turn_as_it_was_raised(engine: Engine) -> None:
    results = engine.map(refuse_three, range(10))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="not three"):
        next(results)


def test_a_partition_whose_worker_died_is_done_again(engine: Engine, tmp_path: Path) -> None:
    function = partial(die_over_three, folder=tmp_path, times=ATTEMPTS - 1)
    assert list(engine.map(function, range(8))) == list(range(8))
    assert len(list(tmp_path.iterdir())) == ATTEMPTS


def test_a_partition_that_always_kills_is_lost_alone(engine: Engine, tmp_path: Path) -> None:
    function = partial(die_over_three, folder=tmp_path, times=1000)
    assert list(engine.map(function, range(6), lost=lambda number: -number)) == [0, 1, 2, -3, 4, 5]
    assert len(list(tmp_path.iterdir())) == ATTEMPTS
    with pytest.raises(PartitionLostError, match="over 3"):
        list(engine.map(function, range(6)))


def test_a_result_that_cannot_be_sent_is_an_error(engine: Engine) -> None:
    with pytest.raises(TypeError, match="cannot be sent"):
        list(engine.map(unsendable, range(3)))


def unsendable(_number: int) -> object:
    return lambda: None


def test_a_worker_has_one_thread(engine: Engine) -> None:
    assert list(engine.map(threads, range(2), prepare=import_numpy)) == [1, 1]


def test_leaving_off_ends_what_is_at_work(engine: Engine) -> None:
    results = engine.map(sleep_long, range(4))
    assert next(results) == 0
    started = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("name", ["", "spark", "local:8", "rayon"])
def test_another_engine_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="local, ray or ray:ADDRESS"):
        engine_of(name, workers=2)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(EngineError, match=r"songspace\[ray\]"):
        engine_of("ray", workers=2)
