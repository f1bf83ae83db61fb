"""Nights: asked for or due, never two at once, cancelled, and ended with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.stages import JobRunningError
from service.work.nights import ask_for_night, cancel_night, nights_before, schedule_night, show_night
from service.work.place import Bench
from service.work.worker import ScheduleError
from tests.service.work.conftest import wait_until, working

DUE = datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_a_night_that_is_asked_for_is_run(place: Bench) -> None:
    asked = ask_for_night(place)
    with pytest.raises(JobRunningError):
        ask_for_night(place)
    with working(place):
        wait_until(lambda: not show_night(place, asked.number).is_open)
    night = show_night(place, asked.number)
    assert (night.state, night.cause, night.stage, night.attempts) == ("done", "asked", "publish", 1)
    assert night.result is not None
    assert night.result["release"] == "r1"


def test_a_moment_of_the_schedule_has_one_night(place: Bench) -> None:
    assert schedule_night(place, DUE) is not None
    assert schedule_night(place, DUE) is None
    cancel_night(place, 1)
    assert schedule_night(place, DUE) is None
    assert schedule_night(place, DUE.replace(day=22)) is not None


def test_a_cancelled_night_stops(place: Bench) -> None:
    night = ask_for_night(place)
    with working(place, step_s=600) as worker:
        wait_until(lambda: show_night(place, night.number).stage == "clean")
        assert cancel_night(place, night.number).state == "cancelled"
        wait_until(lambda: not worker._nights.makers._busy)
        assert cancel_night(place, night.number).state == "cancelled"


def test_why_a_night_failed_is_kept(place: Bench) -> None:
    night = ask_for_night(place)
    with working(place, night="fail"):
        wait_until(lambda: not show_night(place, night.number).is_open)
    assert show_night(place, night.number).reason == "nothing to learn"


def test_a_schedule_runs_night_after_night_and_never_two_at_once(place: Bench) -> None:
    with working(place, step_s=0.5, nightly_cron="* * * * * *"):
        wait_until(lambda: sum(one.state == "done" for one in nights_before(place, None, 100)) >= 2)
    nights = nights_before(place, None, 100)
    assert {one.cause for one in nights} == {"schedule"}
    assert len({one.due for one in nights}) == len(nights)
    assert not (place.settings.home / "night.doubled").exists()


def test_a_schedule_that_means_nothing_is_refused(place: Bench) -> None:
    with (
        pytest.raises(ScheduleError, match="SONGSPACE_NIGHTLY_CRON"),
        working(place, nightly_cron="61 3 * * *"),
    ):
        pass
