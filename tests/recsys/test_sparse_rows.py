"""Rows of sparse matrices say what whole products say."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from recsys.sparse_rows import (
    Columns,
    block,
    compact,
    sum_rows_at,
    sum_rows_sparsely,
    totals_of_rows,
)


@pytest.fixture
def matrix() -> sp.csr_matrix:
    return sp.csr_matrix(sp.random(30, 40, density=0.2, random_state=1, format="csr", dtype=np.float32))


def summed(matrix: sp.csr_matrix, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Row by row, in single precision, as the loops do it."""
    out = np.zeros(matrix.shape[1], np.float32)
    for row, weight in zip(rows, weights, strict=True):
        out += weight * matrix.toarray()[row]
    return out


@pytest.mark.parametrize("columns", [[7, 2, 39], [5, 5, 1], []])
def test_a_block_is_rows_at_columns(matrix: sp.csr_matrix, columns: list[int]) -> None:
    rows, at = np.array([1, 9, 1]), np.array(columns, dtype=np.int64)
    assert np.array_equal(block(matrix, rows, at), matrix.toarray()[np.ix_(rows, at)])


def test_columns_are_read_from_several_matrices(matrix: sp.csr_matrix) -> None:
    at, rows = Columns(np.array([8, 3])), np.array([2])
    for one in (matrix, sp.csr_matrix(2 * matrix)):
        assert np.array_equal(at.of(one, rows), one.toarray()[2:3, [8, 3]])


@pytest.mark.parametrize("columns", [[7, 2, 39], [5, 5, 1], []])
def test_sums_at_columns_are_those_of_rows(matrix: sp.csr_matrix, columns: list[int]) -> None:
    rows, weights = np.array([3, 0, 29, 3]), np.array([0.5, 2.0, 0.25, 0.1], np.float32)
    at = np.array(columns, dtype=np.int64)
    for _ in range(2):  # The table of places is left as it was found.
        found = sum_rows_at(matrix, rows, weights, at)
        assert found == pytest.approx(summed(matrix, rows, weights)[at], rel=1e-6)


def test_a_sparse_sum_holds_what_is_positive(matrix: sp.csr_matrix) -> None:
    rows, weights = np.array([3, 0, 29, 3]), np.array([0.5, 2.0, 0.25, 0.1], np.float32)
    whole, found = summed(matrix, rows, weights), sum_rows_sparsely(matrix, rows, weights)
    assert np.array_equal(np.sort(found.at), np.flatnonzero(whole > 0))
    assert found[np.arange(40)] == pytest.approx(whole, rel=1e-6)
    assert np.array_equal(sum_rows_at(matrix, rows, weights, np.arange(40)), found[np.arange(40)])
    nothing = sum_rows_sparsely(matrix, rows[:0], weights[:0])
    assert (len(nothing.at), nothing[rows].tolist()) == (0, [0.0] * 4)


def test_totals_of_rows_are_a_product_with_a_sparse_row(matrix: sp.csr_matrix) -> None:
    row = sum_rows_sparsely(matrix, np.array([3, 5]), np.ones(2, np.float32))
    ones = sp.csr_matrix((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), matrix.shape)
    expected = ones[[2, 0]] @ row[np.arange(40)]
    assert totals_of_rows(matrix, np.array([2, 0]), row) == pytest.approx(expected)


def test_a_query_is_its_songs_and_their_weights() -> None:
    query = sp.csr_matrix(np.array([[0, 0.25, 0, 0.75], [1.0, 0, 0, 0]], np.float32))
    rows, weights = compact(query)
    assert rows.tolist() == [0, 1, 3]
    assert weights.tolist() == [[0, 0.25, 0.75], [1.0, 0, 0]]
