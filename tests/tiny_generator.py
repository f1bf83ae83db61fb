"""A generator of random weights: it makes noises in a moment, and listens to what it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np


class TinyTokens:
    """A stand-in for the text encoder: each word is a state that its letters decide."""

    def __init__(self, **_: object) -> None: ...

    def sentences(self, texts: Sequence[str]) -> np.ndarray:
        states, mask = self.tokens(texts)
        return np.asarray((states * mask[..., None]).sum(1), np.float32)

    def tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        words = [text.split()[:64] or ["?"] for text in texts]
        longest = max(map(len, words))
        states = np.zeros((len(texts), longest, 384), np.float32)
        mask = np.zeros((len(texts), longest), bool)
        for row, line in enumerate(words):
            for column, word in enumerate(line):
                seed = [ord(letter) for letter in word]
                states[row, column] = np.random.default_rng(seed).normal(size=384) * 0.3
                mask[row, column] = True
        return states, mask

    def spans(self, text: str) -> list[tuple[int, int]]:
        return [found.span() for found in re.finditer(r"\S+", text)][:64]


def tiny_pipeline(prediction_type: str = "flow", scheduler: str = "dpm++") -> Any:
    """A SongspacePipeline of random weights, with words that need no wheel."""
    import torch

    from generation.audio.autoencoder import Autoencoder
    from generation.audio.denoiser import Denoiser
    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.vocoder import Vocoder

    torch.manual_seed(0)
    denoiser = Denoiser(width=16, depth=2, heads=2, feed_forward=2.0, prediction_type=prediction_type)
    for module in (denoiser.modulation, denoiser.patch_out):  # zero at first, and deaf with it
        torch.nn.init.normal_(module.weight, std=0.05)
    autoencoder = Autoencoder(width=8, hidden=16, depth=1)
    vocoder = Vocoder(width=8, hidden=16, depth=1, rounds=1, phase_bins=8)
    made = SongspacePipeline.of(autoencoder, vocoder, denoiser, scheduler)
    made.text_encoder = TinyTokens()
    return made
