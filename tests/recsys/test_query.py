"""What an answer starts from."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.query import build_query


def test_a_case_is_a_row_that_sums_to_one() -> None:
    query = build_query([np.array([3, 1]), np.array([2])], 5)
    assert query.toarray().tolist() == [[0, 0.5, 0, 0.5, 0], [0, 0, 1, 0, 0]]


def test_weights_are_shares() -> None:
    query = build_query([np.array([3, 1])], 4, [np.array([3.0, 1.0])])
    assert query.toarray().tolist() == [[0, 0.25, 0, 0.75]]


def test_cases_without_songs_or_weight_are_zero_rows() -> None:
    none = np.zeros(0, int)
    assert build_query([none, np.array([1]), none], 2).toarray().tolist() == [[0, 0], [0, 1], [0, 0]]
    assert build_query([np.array([1])], 2, [np.array([0.0])]).toarray().tolist() == [[0, 0]]
    assert build_query([], 2).shape == (0, 2)


@pytest.mark.parametrize("row", [-1, 3])
def test_a_row_out_of_range_is_refused(row: int) -> None:
    with pytest.raises(ValueError, match="rows must lie in"):
        build_query([np.array([row])], 3)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_no_share_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        build_query([np.array([0, 1])], 3, [np.array([1.0, weight])])
