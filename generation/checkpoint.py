"""Checkpoints: a model's weights (safetensors) and its configuration (JSON), saved and loaded together.

    config.json                    what the model is, and the names and SHA-256 of its weights' files
    weights-1-of-2-3f9a1c20.safetensors    arrays; each file holds at most 16 MiB, and its name its content's
    README.md                      the model card, where there is one

`config.json` is moved into place last, and names files that nobody overwrites: whoever loads a folder gets
the old model whole or the new one whole, also after a crash in the middle of saving.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

CONFIG, CARD = "config.json", "README.md"
MOST_BYTES = 16 * 2**20
"""Of one file of weights; a single array may be larger, and then lies in a file of its own."""
_FORMAT = 1
_PART = ".part-"


class CheckpointError(ValueError):
    """A folder holds no checkpoint, a damaged one, or one of another model."""


@dataclass(frozen=True)
class Checkpoint:
    """What a folder held.

    Attributes
    ----------
    config : mapping
        As it was saved.
    arrays : mapping of str to array
        In the precision of the file.
    sha256 : str
        Of configuration and weights: names this model and no other.
    """

    config: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    sha256: str


def save_checkpoint(
    folder: Path,
    *,
    kind: str,
    config: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    card: str = "",
    most_bytes: int = MOST_BYTES,
) -> str:
    """Save a model in `folder`, in the place of the one that is there; return the model's SHA-256.

    Parameters
    ----------
    kind : str
        What model it is, with its version ("listener-1"); loading asks for it by this name.
    config : mapping
        What JSON can hold.
    arrays : mapping of str to array
        Saved in the precision they have.
    card : str
        The model card, Markdown.

    Raises
    ------
    ValueError
        No arrays, one that is not finite, or a configuration that JSON cannot hold.
    OSError
    """
    from safetensors.numpy import save

    if not arrays:
        raise ValueError("a checkpoint needs arrays")
    endless = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    if endless:
        raise ValueError(f"weights that are not finite are not saved: {', '.join(endless)}")
    folder.mkdir(parents=True, exist_ok=True)
    shards = _shards(arrays, most_bytes)
    files = {}
    for number, names in enumerate(shards, start=1):
        content = save({name: np.ascontiguousarray(arrays[name]) for name in names})
        digest = sha256(content).hexdigest()
        name = f"weights-{number}-of-{len(shards)}-{digest[:8]}.safetensors"
        _write(folder / name, content)
        files[name] = digest
    document = {"format": _FORMAT, "kind": kind, "config": dict(config), "weights": files}
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if card:
        _write(folder / CARD, card.encode())
    _write(folder / CONFIG, text.encode())
    for path in folder.glob("weights-*.safetensors"):  # of the model that was there before
        if path.name not in files:
            path.unlink(missing_ok=True)
    return _identity(document)


def checkpoint_sha256(folder: Path) -> str:
    """The SHA-256 that names the model in a folder, of whatever kind, without reading its weights.

    Raises
    ------
    CheckpointError
    """
    try:
        kind = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["kind"]
    except FileNotFoundError:
        raise CheckpointError(f"there is no model in {folder}") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise CheckpointError(f"{folder / CONFIG} is damaged: it is no model's configuration") from None
    return _identity(_read_config(folder, str(kind)))


def load_checkpoint(folder: Path, *, kind: str) -> Checkpoint:
    """Load what `save_checkpoint` saved, and check every byte of the weights.

    Raises
    ------
    CheckpointError
        Nothing there, another kind of model, or files that are missing or not as they were saved.
    """
    document = _read_config(folder, kind)
    try:
        return _load(folder, document)
    except CheckpointError:
        # A new model may have come in between, and taken the old one's files away.
        newer = _read_config(folder, kind)
        if newer == document:
            raise
        return _load(folder, newer)


def _load(folder: Path, document: Mapping[str, Any]) -> Checkpoint:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    arrays: dict[str, np.ndarray] = {}
    for name, digest in document["weights"].items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise CheckpointError(f"{folder / name} cannot be read: {error.strerror}") from None
        if sha256(content).hexdigest() != digest:
            raise CheckpointError(f"{folder / name} is damaged: it is not what was saved")
        try:
            arrays |= load(content)
        except SafetensorError as error:
            raise CheckpointError(f"{folder / name} holds no weights: {error}") from None
    return Checkpoint(document["config"], arrays, _identity(document))


def _read_config(folder: Path, kind: str) -> dict[str, Any]:
    path = folder / CONFIG
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise CheckpointError(f"{path} has format {document['format']!r}, this version reads {_FORMAT}")
        if document["kind"] != kind:
            raise CheckpointError(f"{folder} holds the model {document['kind']!r}, {kind!r} is expected")
        names = list(document["weights"])
        if not isinstance(document["config"], dict) or any(Path(name).name != name for name in names):
            raise KeyError("config")
    except FileNotFoundError:
        raise CheckpointError(f"there is no model in {folder}") from None
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror}") from None
    except CheckpointError:
        raise
    except (ValueError, KeyError, TypeError):
        raise CheckpointError(f"{path} is damaged: it is no model's configuration") from None
    return dict(document)


def _identity(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _shards(arrays: Mapping[str, np.ndarray], most_bytes: int) -> Sequence[list[str]]:
    """Share arrays out to files, in their order."""
    shards: list[list[str]] = [[]]
    size = 0
    for name, array in arrays.items():
        if shards[-1] and size + array.nbytes > most_bytes:
            shards.append([])
            size = 0
        shards[-1].append(name)
        size += array.nbytes
    return shards


def _write(path: Path, content: bytes) -> None:
    """Write a file beside and move it into its place."""
    beside = path.with_name(f"{_PART}{os.getpid()}-{path.name}")
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # A name must not outlive its content when the power goes.
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
