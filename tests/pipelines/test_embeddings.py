"""Facts about the cache of sentence vectors: each text is encoded once, and a lost cache costs only time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from generation.text_encoder import DIM
from pipelines.embeddings import cached_encoder
from tests.tiny_encoder import TinyEncoder

TEXTS = ["calm piano", "rock", "calm piano", "", "half \ud800 of a character"]


def refuse() -> TinyEncoder:
    raise AssertionError("the encoder was loaded")


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    encoder = TinyEncoder()
    encode = cached_encoder(tmp_path, lambda: encoder)
    first = encode(TEXTS)
    assert encoder.asked == 4
    assert np.array_equal(encode(TEXTS[::-1])[::-1], first)
    assert encoder.asked == 4


def test_another_process_finds_what_was_kept_without_loading_anything(tmp_path: Path) -> None:
    first = cached_encoder(tmp_path, TinyEncoder)(TEXTS)
    assert np.array_equal(cached_encoder(tmp_path, refuse)(TEXTS), first)


def test_vectors_are_unit_and_near_what_was_encoded(tmp_path: Path) -> None:
    vectors = cached_encoder(tmp_path, TinyEncoder)(TEXTS)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.allclose(vectors, TinyEncoder().sentences(TEXTS), atol=1e-3)


def test_no_texts_need_no_encoder(tmp_path: Path) -> None:
    assert cached_encoder(tmp_path, refuse)([]).shape == (0, DIM)


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 100])
def test_a_damaged_cache_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    first = cached_encoder(tmp_path, TinyEncoder)(TEXTS)
    (tmp_path / "cache" / "sentences.db").write_bytes(damage)
    assert np.array_equal(cached_encoder(tmp_path, TinyEncoder)(TEXTS), first)
    assert np.array_equal(cached_encoder(tmp_path, TinyEncoder)(TEXTS), first)
    assert np.array_equal(cached_encoder(tmp_path, refuse)(TEXTS), first)


def test_a_cache_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "cache" / "sentences.db").mkdir(parents=True)
    assert cached_encoder(tmp_path, TinyEncoder)(TEXTS).shape == (5, DIM)


def test_several_may_write_at_once(tmp_path: Path) -> None:
    def work(start: int) -> np.ndarray:
        return cached_encoder(tmp_path, TinyEncoder)([f"text {i}" for i in range(start, start + 300)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, (0, 100, 200, 300)))
    assert cached_encoder(tmp_path, refuse)([f"text {i}" for i in range(600)]).shape == (600, DIM)
