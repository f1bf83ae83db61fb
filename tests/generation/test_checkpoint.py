"""Checkpoints come back as they were saved, or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from generation import checkpoint
from generation.checkpoint import CheckpointError, load_checkpoint, save_checkpoint

ARRAYS: dict[str, np.ndarray] = {
    "a": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.ones(4, dtype=np.float16),
}


def save(folder: Path, *, width: int = 3, kind: str = "toy-1", **more: object) -> str:
    arrays = {name: array * width for name, array in ARRAYS.items()}
    return save_checkpoint(folder, kind=kind, config={"width": width}, arrays=arrays, **more)  # type: ignore[arg-type]


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    name = save(tmp_path / "toy", width=1)
    found = load_checkpoint(tmp_path / "toy", kind="toy-1")
    assert found.config == {"width": 1}
    assert found.sha256 == name
    assert {key: value.dtype for key, value in found.arrays.items()} == {"a": np.float32, "b": np.float16}
    assert all((found.arrays[key] == value).all() for key, value in ARRAYS.items())


def test_the_same_model_is_the_same_bytes(tmp_path: Path) -> None:
    assert save(tmp_path / "one") == save(tmp_path / "two") != save(tmp_path / "three", width=4)
    assert [path.read_bytes() for path in sorted((tmp_path / "one").iterdir())] == [
        path.read_bytes() for path in sorted((tmp_path / "two").iterdir())
    ]


def test_large_weights_are_shared_out_to_files(tmp_path: Path) -> None:
    save(tmp_path, most_bytes=24)
    assert len(list(tmp_path.glob("weights-*-of-2-*.safetensors"))) == 2
    assert set(load_checkpoint(tmp_path, kind="toy-1").arrays) == {"a", "b"}


def test_a_new_model_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    save(tmp_path, width=1, most_bytes=24)
    save(tmp_path, width=2, card="# Toy")
    assert load_checkpoint(tmp_path, kind="toy-1").config == {"width": 2}
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".md", ".safetensors"]


def test_a_save_that_fails_leaves_the_old_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, width=1)

    def full(source: Path, target: Path) -> None:
        if target.name == checkpoint.CONFIG:
            raise OSError(28, "No space left on device")
        real(source, target)

    real = os.replace
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path, width=2)
    assert load_checkpoint(tmp_path, kind="toy-1").config == {"width": 1}
    assert not list(tmp_path.glob(".part-*"))


def test_an_empty_folder_has_no_model(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model in"):
        load_checkpoint(tmp_path, kind="toy-1")


def test_another_model_is_refused(tmp_path: Path) -> None:
    save(tmp_path, kind="vocoder-2")
    with pytest.raises(CheckpointError, match="'vocoder-2', 'toy-1' is expected"):
        load_checkpoint(tmp_path, kind="toy-1")


def test_a_flipped_bit_is_found(tmp_path: Path) -> None:
    save(tmp_path)
    path = next(tmp_path.glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(tmp_path, kind="toy-1")


def test_lost_weights_are_named(tmp_path: Path) -> None:
    save(tmp_path)
    path = next(tmp_path.glob("*.safetensors"))
    path.unlink()
    with pytest.raises(CheckpointError, match=path.name):
        load_checkpoint(tmp_path, kind="toy-1")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "kind": "toy-1"}', "\x00"])
def test_a_damaged_configuration_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(tmp_path, kind="toy-1")


def test_weights_are_read_from_the_folder_only(tmp_path: Path) -> None:
    save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config["weights"] = {"../elsewhere.safetensors": "0"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="is damaged"):
        load_checkpoint(tmp_path, kind="toy-1")


def test_what_is_not_finite_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not finite are not saved: w"):
        save_checkpoint(tmp_path, kind="toy-1", config={}, arrays={"w": np.array([np.nan])})
    assert not list(tmp_path.iterdir())
