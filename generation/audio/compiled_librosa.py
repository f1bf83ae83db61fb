"""librosa, imported by one process at a time.

librosa compiles its functions where it is first imported and keeps them on disk. Two processes that do so at
once can mix their files, and the function that is put together from both crashes (numba issue 10128). So
whoever needs librosa takes it from here.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType


@cache
def import_librosa() -> ModuleType:
    """Return librosa with every module of it that compiles something already imported."""
    with _alone(Path(tempfile.gettempdir()) / f"songspace-librosa-{_user()}.lock"):
        import librosa.beat
        import librosa.core.audio
        import librosa.core.pitch
        import librosa.feature
        import librosa.onset
        import librosa.util.utils
    return librosa


def _user() -> int:
    return os.getuid() if hasattr(os, "getuid") else 0


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Wait for a lock file and hold it; where there is no such thing, go on without."""
    try:
        import fcntl

        file = lock.open("a")
    except (ImportError, OSError):
        yield
        return
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
