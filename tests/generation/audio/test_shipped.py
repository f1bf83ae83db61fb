"""Weights are saved whole in float16, checked when loaded, and computed with in float32."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.audio.shipped import load_generator, save_generator
from generation.checkpoint import CheckpointError
from tests.tiny_generator import tiny_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "generator"
    save_generator(tiny_pipeline(), folder, card="# A tiny one")
    return folder


def copy_of(saved: Path, folder: Path) -> Path:
    import shutil

    return Path(shutil.copytree(saved, folder / "copy"))


def test_what_is_saved_in_half_is_loaded_in_full_precision(saved: Path, tmp_path: Path) -> None:
    import torch

    loaded = load_generator(saved)
    assert {value.dtype for value in loaded.denoiser.state_dict().values()} == {torch.float32}
    save_generator(loaded, tmp_path / "again")
    assert load_generator(tmp_path / "again").fingerprint() == loaded.fingerprint()


def test_saving_again_replaces_and_leaves_nothing_beside(tmp_path: Path) -> None:
    for card in ("first", "second"):
        save_generator(tiny_pipeline(), tmp_path / "generator", card=card)
    assert [path.name for path in tmp_path.iterdir()] == ["generator"]
    assert (tmp_path / "generator" / "README.md").read_text() == "second"


def test_no_file_of_weights_is_over_16_mib(saved: Path) -> None:
    assert max(path.stat().st_size for path in saved.rglob("*.safetensors")) <= 16 * 2**20


def test_missing_weights_say_how_to_come_by_some(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no generator in .*songspace train generator"):
        load_generator(tmp_path / "nowhere")


@pytest.mark.parametrize("part", ["autoencoder", "vocoder", "denoiser"])
def test_one_wrong_byte_is_noticed(saved: Path, tmp_path: Path, part: str) -> None:
    folder = copy_of(saved, tmp_path)
    path = next((folder / part).glob("*.safetensors"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{part}.* is damaged"):
        load_generator(folder)


@pytest.mark.parametrize("name", ["manifest.json", "model_index.json", "denoiser/config.json"])
def test_damaged_json_is_noticed(saved: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(saved, tmp_path)
    (folder / name).write_text("{")
    with pytest.raises(CheckpointError, match="damaged"):
        load_generator(folder)


def test_without_a_manifest_a_cut_file_is_noticed_all_the_same(saved: Path, tmp_path: Path) -> None:
    folder = copy_of(saved, tmp_path)
    (folder / "manifest.json").unlink()
    path = next((folder / "denoiser").glob("*.safetensors"))
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load_generator(folder)


def test_weights_too_large_for_half_precision_are_refused(tmp_path: Path) -> None:
    pipe = tiny_pipeline()
    pipe.vocoder.network.enter.weight.data[0, 0] = 1e6
    with pytest.raises(ValueError, match="vocoder are not finite in float16"):
        save_generator(pipe, tmp_path / "generator")
    assert list(tmp_path.iterdir()) == []
