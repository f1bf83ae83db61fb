"""The gate: a clear fall is refused, and only a clear one."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.gate import judge


def night(mean: float, *, n_cases: int = 500, width: float = 0.02, **more: Any) -> dict[str, Any]:
    ratio = {"mean": mean, "low": mean - width, "high": mean + width}
    return {"n_cases": n_cases, "knn_ratio": ratio, "metrics": {"ndcg@100": ratio}, **more}


def test_the_first_night_has_nothing_to_fall_from() -> None:
    assert judge(night(0.1), None, share_new=0.0).publish


@pytest.mark.parametrize("after", [1.3, 1.2, 1.19, 1.141])
def test_better_equal_and_slightly_worse_nights_pass_without_a_word(after: float) -> None:
    verdict = judge(night(after), night(1.2), share_new=0.0)
    assert (verdict.publish, verdict.message) == (True, "")


def test_a_fall_of_more_than_5_percent_is_refused_and_told_in_figures() -> None:
    verdict = judge(night(1.1), night(1.2), share_new=0.0)
    assert not verdict.publish
    assert "from 1.200 to 1.100" in verdict.message
    assert "--force" in verdict.message


def test_a_fall_within_the_interval_passes() -> None:
    assert judge(night(1.1, width=0.11), night(1.2), share_new=0.0).publish


@pytest.mark.parametrize(
    ("n_cases", "share_new", "force", "words"),
    [(199, 0.0, False, "199 cases"), (500, 0.21, False, "21% of the songs"), (500, 0.0, True, "by force")],
)
def test_few_cases_many_new_songs_and_force_publish_a_fall_with_a_warning(
    n_cases: int, share_new: float, force: bool, words: str
) -> None:
    verdict = judge(night(0.9, n_cases=n_cases), night(1.2), share_new=share_new, force=force)
    assert verdict.publish
    assert words in verdict.message


def test_exactly_200_cases_and_a_fifth_of_new_songs_are_judged() -> None:
    assert not judge(night(0.9, n_cases=200), night(1.2), share_new=0.2).publish


def test_a_night_that_measured_nothing_is_not_told_as_a_fall() -> None:
    new = {"n_cases": 12, "metrics": {}, "knn_ratio": {"mean": 0.0, "low": 0.0, "high": 0.0}}
    verdict = judge(new, night(1.2), share_new=0.0)
    assert verdict.publish
    assert "fell" not in verdict.message
    assert "12 cases" in verdict.message


def test_nothing_is_compared_with_a_release_that_measured_nothing() -> None:
    assert judge(night(0.9), {"n_cases": 0}, share_new=0.0).publish
    assert judge({"n_cases": 0}, night(1.2), share_new=0.0).publish
