"""How much memory a stretch of work took at its peak: resident bytes of this process.

Linux keeps a high-water mark for each process, which stages in one process would share; writing 5 to
/proc/self/clear_refs sets it back to what is in use (proc(5)). Where the kernel has no such file (other
systems, some containers) the mark is that of the whole process so far, and `is_per_stage` says so. Threads
count, other processes do not.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_RESET = "5"


@dataclass
class PeakMemory:
    """What `peak_memory` found, there once its block has ended."""

    peak_bytes: int = 0


@contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    """Measure the most memory that was resident while the block ran."""
    found = PeakMemory()
    _reset()
    try:
        yield found
    finally:
        found.peak_bytes = peak_bytes()


def peak_bytes() -> int:
    """The most memory that was resident since the process began, or since the last `peak_memory` did."""
    try:
        for line in _STATUS.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def is_per_stage() -> bool:
    """Whether the mark can be set back here, so that a stretch of work has a peak of its own."""
    return os.access(_CLEAR, os.W_OK)


def _reset() -> bool:
    """Set the mark back; whether that was possible."""
    try:
        _CLEAR.write_text(_RESET, encoding="ascii")
    except OSError:
        return False
    return True
