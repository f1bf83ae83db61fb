"""Trained networks on disk, in diffusers' folder format: the old one whole or the new one whole."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any


def save_model(model: Any, folder: Path) -> None:
    """Save a network (`save_pretrained`) in the place of the one that is there.

    Raises
    ------
    OSError
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".part-{os.getpid()}-{folder.name}")
    before = folder.with_name(f".old-{os.getpid()}-{folder.name}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        model.save_pretrained(beside, safe_serialization=True)
        if folder.exists():
            os.replace(folder, before)
        os.replace(beside, folder)
    finally:
        if before.exists() and not folder.exists():
            os.replace(before, folder)
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)
