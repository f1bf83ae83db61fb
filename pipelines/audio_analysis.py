"""One audio file, analysed: what is measured in it, which tags it has, and its place in the style space.

The measures are plain JSON: `tempo_bpm`, `key`, `key_confidence`, `loudness_lufs` (null where there is none),
`is_silent`, `timbre` (`pipelines.features.Measures`), `tags` (how likely each of the style encoder's tags is)
and `heard`, the listener's guesses at genre, mood and instruments (docs/listening.md). The embedding is the
encoder's `LAYER`, a mean over at most six patches of three seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from db.repositories.audio import Features
from generation.audio import style_encoder
from generation.audio.listener import Listener
from generation.audio.style_encoder import (
    PATCH_SAMPLES,
    TAGS,
    Heard,
    StyleEncoder,
    StyleEncoderMissingError,
)
from pipelines import features
from pipelines.decode import read_excerpts
from pipelines.listen import tags_to_store

LAYER = "penultimate"
MOST_PATCHES = 6
_MEASURED = "2"
VERSION = f"{_MEASURED}+{style_encoder.NAME}-{LAYER}"
# While the encoder is not installed; files get their embedding when it is.
VERSION_WITHOUT_EMBEDDING = _MEASURED


def current_version() -> str:
    """The name of the analysis that this machine can make."""
    return VERSION if find_spec(style_encoder.WHEEL) is not None else VERSION_WITHOUT_EMBEDDING


def analyse_file(path: Path, *, version: str = VERSION) -> Features:
    """Measure an audio file and, in `VERSION`, embed it.

    Silence has measures and no embedding: it sounds like nothing.

    Raises
    ------
    AudioError
        It cannot be decoded.
    StyleEncoderMissingError
    OSError
    """
    excerpts = read_excerpts(path)
    found = features.measure(excerpts.at(features.SAMPLE_RATE))
    measures: dict[str, Any] = {
        "tempo_bpm": None if found.tempo_bpm is None else round(found.tempo_bpm, 2),
        "key": None if found.key is None else str(found.key),
        "key_confidence": None if found.key is None else found.key.confidence,
        "loudness_lufs": None if found.loudness_lufs is None else round(found.loudness_lufs, 2),
        "is_silent": found.is_silent,
        "timbre": [round(float(value), 3) for value in found.timbre],
    }
    if version != VERSION or found.is_silent:
        return Features(measures)
    heard = hear(excerpts.at(style_encoder.SAMPLE_RATE))
    tags = np.concatenate([one.tags for one in heard]).mean(0)
    measures["tags"] = {tag: round(float(share), 4) for tag, share in zip(TAGS, tags, strict=True)}
    listener = _listener()
    measures["heard"] = tags_to_store(listener.tags(heard), f"listener-{listener.sha256[:12]}")
    return Features(measures, np.concatenate([getattr(one, LAYER) for one in heard]).mean(0))


def warm_up() -> None:
    """Load the libraries and the encoder, and have them compile what they compile at first."""
    noise = np.random.default_rng(0).normal(scale=0.1, size=4 * features.SAMPLE_RATE).astype(np.float32)
    features.measure([noise])
    with suppress(StyleEncoderMissingError):
        _listener().tags(hear([noise]))


def hear(excerpts: Sequence[np.ndarray]) -> list[Heard]:
    """What the encoder says of excerpts at its sampling rate, from the middle of each."""
    return [_encoder().hear(_middle(excerpt, MOST_PATCHES // len(excerpts) or 1)) for excerpt in excerpts]


def _middle(waveform: np.ndarray, n_patches: int) -> np.ndarray:
    """The middle of a waveform, no longer than so many patches."""
    spare = max(0, len(waveform) - n_patches * PATCH_SAMPLES)
    return waveform[spare // 2 : len(waveform) - (spare - spare // 2)]


@lru_cache(maxsize=1)
def _listener() -> Listener:
    return Listener()


@lru_cache(maxsize=1)
def _encoder() -> StyleEncoder:
    """The process's own encoder, loaded when the first file comes."""
    return StyleEncoder(threads=1)
