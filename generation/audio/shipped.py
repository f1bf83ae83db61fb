"""The generator's weights: those that ship, or one's own, saved whole and checked when loaded.

A folder is in diffusers' format; beside that it holds `manifest.json`, with the SHA-256 of every file. A
folder without one, as plain `save_pretrained` writes it, loads too.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.checkpoint import CARD, CheckpointError

if TYPE_CHECKING:
    from generation.audio.pipeline import SongspacePipeline

INDEX, MANIFEST = "model_index.json", "manifest.json"
_FORMAT = 1


def generator_folder() -> Path:
    """Where the weights lie that ship."""
    return Path(__file__).parent.parent / "weights" / "generator"


def load_shipped() -> SongspacePipeline:
    """Load the generator that ships; raises what `load_generator` raises."""
    return load_generator()


def load_generator(folder: Path | None = None) -> SongspacePipeline:
    """Load a generator, to compute in float32; by default the one that ships.

    Raises
    ------
    CheckpointError
        There is none, or it is damaged; the message says how to come by one.
    """
    where = generator_folder() if folder is None else folder
    if not (where / INDEX).is_file():
        raise CheckpointError(
            f"there is no generator in {where}: 'songspace train generator' makes one,"
            " and SONGSPACE_GENERATOR names the folder of another"
        )
    _check_files(where)
    from safetensors import SafetensorError

    from generation.audio.pipeline import SongspacePipeline

    try:
        with quiet_loading():
            load: Any = SongspacePipeline.from_pretrained
            loaded: SongspacePipeline = load(str(where), local_files_only=True, low_cpu_mem_usage=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        first = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise CheckpointError(f"the generator in {where} cannot be loaded: {first[:200]}") from error
    for part in (loaded.autoencoder, loaded.vocoder, loaded.denoiser):
        part.float()
    return loaded


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Load pipelines of diffusers without its bars and advice, which would run across our own output."""
    from diffusers.utils import logging

    had_bar, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if had_bar:
            logging.enable_progress_bar()


def save_generator(pipeline: SongspacePipeline, folder: Path, *, card: str = "", half: bool = True) -> None:
    """Save a generator in the place of the one that is there, in float16 unless told otherwise.

    Parameters
    ----------
    card : str
        The model card, Markdown.

    Raises
    ------
    ValueError
        Weights that are not finite, or too large for float16.
    OSError
    """
    import torch

    folder = folder.resolve()
    parts = {name: getattr(pipeline, name) for name in ("autoencoder", "vocoder", "denoiser")}
    if half:
        parts = {name: copy.deepcopy(part).half() for name, part in parts.items()}
    for name, part in parts.items():
        if not all(torch.isfinite(values).all() for values in part.state_dict().values()):
            raise ValueError(f"weights of the {name} are not finite{' in float16' if half else ''}")
    beside = folder.with_name(f".{folder.name}.{os.getpid()}")
    before = folder.with_name(f".{folder.name}.{os.getpid()}.before")
    try:
        type(pipeline)(**parts, scheduler=pipeline.scheduler).save_pretrained(str(beside))
        for config in beside.glob("*/config.json"):
            _without_origin(config)
        if card:
            (beside / CARD).write_text(card, encoding="utf-8")
        (beside / MANIFEST).write_text(_manifest(beside), encoding="utf-8")
        if folder.exists():
            os.replace(folder, before)
        os.replace(beside, folder)
    finally:
        if before.exists() and not folder.exists():
            os.replace(before, folder)
        for left in (beside, before):
            shutil.rmtree(left, ignore_errors=True)


def _without_origin(config: Path) -> None:
    """Take out of a part's configuration where it was loaded from: a path of the machine that trained it."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    settings.pop("_name_or_path", None)
    config.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _manifest(folder: Path) -> str:
    files = {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    return json.dumps({"format": _FORMAT, "files": files}, indent=2) + "\n"


def _check_files(folder: Path) -> None:
    """Compare every file with the manifest, where there is one."""
    path = folder / MANIFEST
    if not path.is_file():
        return
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        files = {str(name): str(digest) for name, digest in document["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise CheckpointError(f"{path} is damaged: it is no list of files") from None
    for name, digest in files.items():
        try:
            content = (folder / name).read_bytes()
        except OSError as error:
            raise CheckpointError(f"{folder / name} cannot be read: {error.strerror}") from None
        # The card may be edited; what is computed with may not.
        if name != CARD and sha256(content).hexdigest() != digest:
            raise CheckpointError(f"{folder / name} is damaged: it is not what was saved")
