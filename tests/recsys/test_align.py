"""Last night's space and tonight's differ by a rotation, which is found."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.align import fit_rotation
from recsys.song2vec import unit


def test_a_planted_rotation_is_recovered() -> None:
    rng = np.random.default_rng(0)
    old = unit(rng.normal(size=(50, 8)))
    planted = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    found = fit_rotation(old @ planted.T, old)
    np.testing.assert_allclose(found.rotation, planted, atol=1e-5)
    assert found.n_common == 50
    assert found.cosine_after == pytest.approx(1.0, abs=1e-5)
    assert found.cosine_before < 0.5


def test_the_rotation_keeps_lengths_where_the_spaces_differ_by_more() -> None:
    rng = np.random.default_rng(1)
    found = fit_rotation(unit(rng.normal(size=(40, 6))), unit(rng.normal(size=(40, 6))))
    np.testing.assert_allclose(found.rotation @ found.rotation.T, np.eye(6), atol=1e-5)
    assert found.cosine_after > found.cosine_before


def test_too_few_common_songs_turn_nothing() -> None:
    few = unit(np.random.default_rng(2).normal(size=(3, 8)))
    assert fit_rotation(few, few).rotation.tolist() == np.eye(8).tolist()
    assert fit_rotation(few[:0], few[:0]).cosine_after == 0.0


def test_different_songs_are_refused() -> None:
    with pytest.raises(ValueError, match="one vector a song"):
        fit_rotation(np.zeros((3, 2)), np.zeros((4, 2)))
