"""Two arrays read as one give what joining them would."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.stacked import Stacked

FIRST = np.arange(12, dtype=np.float32).reshape(6, 2)
SECOND = -np.arange(6, dtype=np.float32).reshape(3, 2)
BOTH = Stacked(FIRST, SECOND)


@pytest.mark.parametrize(
    "rows",
    [0, 5, 6, 8, slice(None, None, 2), slice(4, 8), np.array([8, 0, 6, 5, 0]), np.array([1, 2])],
    ids=str,
)
def test_rows_are_those_of_the_joined_arrays(rows: int | slice | np.ndarray) -> None:
    joined = np.concatenate([FIRST, SECOND])
    assert BOTH[rows].tolist() == joined[rows].tolist()
    assert BOTH[rows].dtype == np.float32


def test_shape_is_that_of_the_whole() -> None:
    assert (len(BOTH), BOTH.shape) == (9, (9, 2))


@pytest.mark.parametrize("row", [9, np.array([0, 9])], ids=str)
def test_a_row_beyond_both_is_an_error(row: int | np.ndarray) -> None:
    with pytest.raises(IndexError):
        BOTH[row]


def test_what_is_read_can_be_changed_without_changing_the_arrays() -> None:
    BOTH[np.array([0, 1])][:] = 7
    BOTH[0][:] = 7
    assert FIRST[0].tolist() == [0, 1]
