"""The most memory that a stretch of work takes."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.memory import is_per_stage, peak_bytes, peak_memory

MIB = 2**20


def test_the_peak_of_a_block_holds_what_was_there_for_a_moment() -> None:
    before = peak_bytes()
    with peak_memory() as found:
        np.ones(64 * MIB, dtype=np.uint8).sum()
    assert found.peak_bytes >= 64 * MIB
    assert before > 0


@pytest.mark.skipif(not is_per_stage(), reason="this kernel keeps one mark for the whole process")
def test_one_stretch_does_not_answer_for_another() -> None:
    with peak_memory() as large:
        np.ones(128 * MIB, dtype=np.uint8).sum()
    with peak_memory() as small:
        pass
    assert small.peak_bytes < large.peak_bytes - 64 * MIB
