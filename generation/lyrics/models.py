"""Lyric models by name: what there is, in which sizes, and loading whatever a folder holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.checkpoint import CONFIG, CheckpointError

if TYPE_CHECKING:
    from generation.lyrics.language_model import LanguageModel

NETWORKS = ("window", "rnn", "rnn-attends", "lstm", "lstm-attends", "transformer")
MODELS = ("ngram", *NETWORKS)
SIZES = ("tiny", "small", "base")
"""For tests; a million parameters and a bit; several millions."""
DEFAULT_SIZE = "base"
_WIDTHS = {"tiny": 32, "small": 128, "base": 256}


def load_model(folder: Path, *, device: str = "cpu") -> LanguageModel:
    """Load the model in a folder, whichever it is.

    Raises
    ------
    CheckpointError
        There is none, or a damaged one.
    """
    from generation.lyrics import neural, ngram

    try:
        kind = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["kind"]
    except FileNotFoundError:
        raise CheckpointError(f"there is no model in {folder}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise CheckpointError(f"{folder / CONFIG} is damaged: it is no model's configuration") from None
    if kind == ngram.KIND:
        return ngram.load_ngram(folder)
    if kind in neural.KINDS.values():
        return neural.load_neural(folder, str(kind), device=device)
    raise CheckpointError(f"{folder} holds the model {kind!r}, which writes no lyrics")


def network_config(model: str, size: str, vocab_size: int, *, dropout: float | None = None) -> Any:
    """Return the configuration of a network by name and size.

    Raises
    ------
    ValueError
        There is no such model or size.
    """
    if model not in NETWORKS or size not in SIZES:
        raise ValueError(
            f"models are {', '.join(NETWORKS)} and sizes {', '.join(SIZES)}, got {model!r}, {size!r}"
        )
    width = _WIDTHS[size]
    more: dict[str, Any] = {} if dropout is None else {"dropout": dropout}
    if model == "window":
        from generation.lyrics.window import WindowConfig

        return WindowConfig(vocab_size, width=width, hidden=4 * width, **more)
    if model == "transformer":
        from generation.lyrics.transformer import TransformerConfig

        layers, context = {"tiny": (2, 64), "small": (4, 512), "base": (6, 512)}[size]
        heads = max(2, width // 64)
        return TransformerConfig(vocab_size, width, layers, heads, 4 * width, context, **more)
    from generation.lyrics.recurrent import RecurrentConfig

    cell, _, attends = model.partition("-")
    # As many weights as the transformer of that size: recurrent layers are larger, so they are fewer or
    # wider.
    layers, width = {"tiny": (1, 32), "small": (2, 192), "base": (3, 384)}[size]
    return RecurrentConfig(vocab_size, cell, width, layers, attends=bool(attends), **more)


def network_kind(model: str) -> str:
    """Return the kind of checkpoint of a network by name."""
    from generation.lyrics.neural import KINDS

    return KINDS[model.removesuffix("-attends")]
