"""What a denoiser is told in each evaluation of a step, and the same as JSON: exact to the last bit.

A track can be made again only from what was heard, not from the words that led to it: a text encoder, a
reading of prompts or a user's taste may change. Arrays of more than a few numbers are base64 of their little-
endian bytes, each distinct row once, since evaluations mostly share their words.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.conditioning import STYLE_DIM, TEXT_DIM, Conditions

if TYPE_CHECKING:
    import torch

MOST_EVALUATIONS = 64
_INLINE = 64
_DTYPES: Mapping[str, Any] = MappingProxyType(
    {"float32": np.dtype("<f4"), "int64": np.dtype("<i8"), "bool": np.dtype("?")}
)
# Field -> what each row of it looks like; -1 is any length.
_ROWS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        "tokens": (-1, TEXT_DIM),
        "token_mask": (-1,),
        "tags": (-1,),
        "has_tags": (-1,),
        "style": (STYLE_DIM,),
    }
)
_DTYPE_OF: Mapping[str, str] = MappingProxyType({"tonic": "int64", "mode": "int64", "token_mask": "bool"})


@dataclass(frozen=True)
class Told:
    """What the denoiser hears in a step: a row an evaluation, and the weight of each answer."""

    conditions: Conditions
    weights: torch.Tensor


def told_to_json(told: Told) -> dict[str, Any]:
    """Return it as JSON can hold it."""
    arrays = {one.name: getattr(told.conditions, one.name) for one in fields(Conditions)}
    arrays["weights"] = told.weights
    return {name: _written(values.detach().cpu().numpy()) for name, values in arrays.items()}


def told_from_json(document: Any) -> Told:
    """Read what `told_to_json` gave.

    Raises
    ------
    ValueError
        It is none: a field is missing, has another shape or type, or is not finite. The message names it.
    """
    import torch

    if not isinstance(document, dict):
        raise ValueError("conditions are an object with a field for each")
    names = [one.name for one in fields(Conditions)]
    arrays = {name: _read(name, document.get(name)) for name in [*names, "weights"]}
    B = len(arrays["weights"])
    if not 1 <= B <= MOST_EVALUATIONS:
        raise ValueError(f"the weights are of 1 to {MOST_EVALUATIONS} evaluations, got {B}")
    for name, values in arrays.items():
        expected = (B, *_ROWS.get(name, ()))
        fits = len(expected) == values.ndim and all(
            want in (-1, have) for want, have in zip(expected, values.shape, strict=True)
        )
        if not fits:
            raise ValueError(f"{name} has shape {values.shape}, which is not {expected}")
    for one, other in (("tokens", "token_mask"), ("tags", "has_tags")):
        if arrays[one].shape[1] != arrays[other].shape[1]:
            raise ValueError(f"{one} and {other} are of different lengths")
    tensors = {name: torch.from_numpy(values.copy()) for name, values in arrays.items()}
    weights = tensors.pop("weights")
    return Told(Conditions(**tensors), weights)


def _written(values: np.ndarray) -> dict[str, Any]:
    """An array as JSON: its numbers where they are few, else its distinct rows and which row stands where."""
    kind = next(name for name, dtype in _DTYPES.items() if values.dtype == dtype)
    said: dict[str, Any] = {"dtype": kind, "shape": list(values.shape)}
    if values.size <= _INLINE:
        return said | {"values": values.ravel().tolist()}  # a double holds every float32 exactly
    flat = np.ascontiguousarray(values.astype(_DTYPES[kind])).reshape(len(values), -1)
    known: dict[bytes, int] = {}
    rows = [known.setdefault(row.tobytes(), len(known)) for row in flat]
    return said | {"rows": rows, "base64": base64.b64encode(b"".join(known)).decode()}


def _read(name: str, said: Any) -> np.ndarray:
    """The array of a field; raises ValueError."""
    expected = _DTYPE_OF.get(name, "bool" if name.startswith("has_") else "float32")
    try:
        shape = tuple(int(length) for length in said["shape"])
        dtype = _DTYPES[said["dtype"]]
        if "values" in said:
            values = np.array(said["values"]).astype(dtype).reshape(shape)
        else:
            blob = base64.b64decode(said["base64"], validate=True)
            width = int(np.prod(shape[1:])) * dtype.itemsize
            distinct = np.frombuffer(blob, dtype=dtype).reshape(len(blob) // width, *shape[1:])
            values = distinct[np.asarray(said["rows"], dtype=np.int64)].reshape(shape)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, ZeroDivisionError, binascii.Error):
        raise ValueError(f"{name} is no array that can be read") from None
    if said["dtype"] != expected:
        raise ValueError(f"{name} holds {said['dtype']}, {expected} is expected")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} is not finite")
    return values
