"""Recommendations for everybody: as one by one, whole or not at all, going on where a run broke off."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import pipelines.recommend_batch as batch
from db.repositories import users as users_repository
from pipelines.engine import Local
from pipelines.recommend import Recommender
from pipelines.recommend_batch import recommend_everybody
from tests.tiny_world import TinyWorld

K = 3


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BLOCK", 8)


@pytest.fixture(scope="module")
def one_by_one(tiny_world: TinyWorld) -> list[dict[str, object]]:
    """What each user is answered alone, as JSON has it."""
    recommender = Recommender(tiny_world.release, tiny_world.factory)
    with tiny_world.factory() as session:
        users = [summary.ref for summary in users_repository.list_users(session)]
    return [json.loads(json.dumps(asdict(recommender.recommend(user, K)))) for user in users]


def write(world: TinyWorld, out: Path, **options: object) -> int:
    return recommend_everybody(out, world.home, world.factory, K, **options)  # type: ignore[arg-type]


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def stop_at(n: int) -> Callable[[int, int], None]:
    def stop(done: int, of: int) -> None:
        if done >= n:
            raise KeyboardInterrupt

    return stop


def test_everybody_is_answered_as_alone(
    tiny_world: TinyWorld, one_by_one: list[dict[str, object]], tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    n = write(tiny_world, tmp_path / "out.jsonl", progress=lambda done, of: told.append((done, of)))
    assert lines_of(tmp_path / "out.jsonl") == one_by_one
    assert (n, told[0], told[-1]) == (len(one_by_one), (0, n), (n, n))
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_workers_answer_the_same(
    tiny_world: TinyWorld,
    one_by_one: list[dict[str, object]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "_ALONE", 2)
    write(tiny_world, tmp_path / "out.jsonl", engine=Local(2))
    assert lines_of(tmp_path / "out.jsonl") == one_by_one


def test_a_run_that_broke_off_leaves_the_old_file_and_goes_on(
    tiny_world: TinyWorld, one_by_one: list[dict[str, object]], tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        write(tiny_world, out, progress=stop_at(16))
    assert out.read_text(encoding="utf-8") == "old"
    lines = tmp_path / ".out.jsonl.partial" / "lines.jsonl"
    lines.write_bytes(lines.read_bytes()[:-9])  # As a full disk or a power cut leaves it.
    told: list[int] = []
    write(tiny_world, out, progress=lambda done, _: told.append(done))
    assert told[0] == 15
    assert lines_of(out) == one_by_one


def test_another_question_is_begun_anew(tiny_world: TinyWorld, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        write(tiny_world, out, progress=stop_at(8))
    told: list[int] = []
    write(tiny_world, out, explain=False, progress=lambda done, _: told.append(done))
    assert told[0] == 0
    assert not [one for answer in lines_of(out) for song in answer["songs"] for one in song["because"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_tables_have_a_row_a_song(
    tiny_world: TinyWorld, one_by_one: list[dict[str, object]], tmp_path: Path, ending: str
) -> None:
    out = tmp_path / f"out.{ending}"
    write(tiny_world, out)
    if ending == "csv":
        with out.open(encoding="utf-8", newline="") as file:
            rows = [row | {"because": row["because"].split()} for row in csv.DictReader(file)]
    else:
        rows = pq.read_table(out).to_pylist()
    expected = [
        (answer["user"], place, song["song"], [one["song"] for one in song["because"]])
        for answer in one_by_one
        for place, song in enumerate(answer["songs"], 1)  # type: ignore[arg-type, var-annotated]
    ]
    assert [(row["user"], int(row["place"]), row["song"], row["because"]) for row in rows] == expected


def test_without_a_release_everybody_gets_what_is_popular(tiny_world: TinyWorld, tmp_path: Path) -> None:
    n = recommend_everybody(tmp_path / "out.jsonl", tmp_path / "empty", tiny_world.factory, K)
    answers = lines_of(tmp_path / "out.jsonl")
    assert len(answers) == n > 0
    assert {answer["fallback"] for answer in answers} == {"popular"}


def test_no_songs_at_all_are_refused(tiny_world: TinyWorld, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="k must be at least 1"):
        recommend_everybody(tmp_path / "out.jsonl", tiny_world.home, tiny_world.factory, 0)
