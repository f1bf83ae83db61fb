"""Growth: exponents of known curves, the file that results are kept in, and one very small world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.growth import NIGHT, STAGES, exponents, keep, memory_at_full, report
from benchmarks.growth_part import Clock, measure_part
from benchmarks.whole_world import STAGES as WHOLE
from benchmarks.whole_world import measure


def found(rows: int, power: float) -> dict[str, object]:
    values = {"cpu_s": 2e-6 * rows**power, "wall_s": 1.0, "peak_mib": 100.0}
    return {"rows": rows, "lists": 1, "songs": 1, "stages": {"clean": values}}


@pytest.mark.parametrize("power", [0.9, 1.0, 1.4])
def test_the_exponent_of_a_power_law_is_found(power: float) -> None:
    known = {str(rows): found(rows, power) for rows in (1_000, 30_000, 200_000)}
    slope, at_full = exponents(known)["clean"]
    assert slope == pytest.approx(power)
    assert at_full == pytest.approx(2e-6 * 66e6**power)


def test_memory_is_carried_on_by_a_line_through_the_two_largest_parts() -> None:
    known = {str(rows): found(rows, 1.0) for rows in (1_000, 30_000, 200_000)}
    for one, mib in zip(known.values(), (300.0, 230.0, 400.0), strict=True):
        one["stages"]["clean"]["peak_mib"] = mib  # type: ignore[index]
    assert memory_at_full(known)["clean"] == pytest.approx(200 + 66e6 / 1_000)


def test_what_is_measured_again_is_replaced_and_the_rest_stays(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    keep(results, 0.01, found(600, 1.0))
    keep(results, 0.001, found(60, 1.0))
    again = {"index": {"cpu_s": 1.0, "wall_s": 1.0, "peak_mib": 1.0}}
    keep(results, 0.01, {"rows": 601, "lists": 1, "songs": 1, "stages": again})
    known = json.loads(results.read_text(encoding="utf-8"))
    assert list(known) == ["0.001", "0.01"]
    assert known["0.01"]["stages"].keys() == {"clean", "index"}
    assert known["0.01"]["rows"] == 601


def test_the_report_marks_what_grows_too_fast(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    for rows in (1_000, 10_000):
        keep(results, rows, found(rows, 1.3))
    assert "| clean **over 1.1** |" in report(results, None)


def test_what_runs_inside_another_stretch_is_taken_off_its_time_but_not_its_memory() -> None:
    clock = Clock()
    with clock.measure("outer"), clock.measure("inner"):
        sum(range(200_000))
    assert clock.found["outer"]["cpu_s"] < clock.found["inner"]["cpu_s"]
    assert clock.found["outer"]["peak_mib"] >= clock.found["inner"]["peak_mib"]


def test_a_small_world_goes_through_ingest_and_a_day(tmp_path: Path) -> None:
    measured = measure_part(0.0001, tmp_path, seed=2, night=False)
    assert measured["lists"] == 100
    assert measured["stages"].keys() == set(STAGES) - {*NIGHT, "factors"}
    assert all(values["peak_mib"] > 1 for values in measured["stages"].values())


@pytest.mark.slow
def test_a_small_world_goes_through_a_night(tmp_path: Path) -> None:
    measured = measure_part(0.0001, tmp_path, seed=2)
    assert measured["stages"].keys() == set(STAGES)
    assert measured["night_s"] > 0


def test_the_whole_world_without_its_trainings_goes_through(tmp_path: Path) -> None:
    clock = Clock()
    measure(80, 1, tmp_path, list(WHOLE), clock)
    assert list(clock.found) == ["corpus", "cooccurrence", "evaluate", "listens", "publish"]
    assert all(values["peak_mib"] > 1 for values in clock.found.values())
