"""Mapped files read into memory before anybody asks, and not page by page while somebody waits.

A large release is mapped (pipelines/unfolded_release.py), and after a start, or a night that wrote a new one,
most of it lies on disk alone. An answer touches hundreds of pages, and each that is missing costs a read of
the disk: a million songs that nobody had asked for took three seconds an answer (docs/http.md).

Linux reads a mapped range in and enters its pages into the process's table when told MADV_POPULATE_READ
(madvise(2), from 5.14 on). Where it cannot, or where memory is short, nothing is done, and pages come when
they are asked for.
"""

from __future__ import annotations

import ctypes
import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

_MAPS, _MEMORY, _LIMIT = Path("/proc/self/maps"), Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max")
_POPULATE_READ = 22
_AT_ONCE = 64 * 2**20
# The rest is left to whatever else runs.
_SHARE = 0.5
# Whoever waits for a process to be ready gives it up after a few minutes (service/answering/pool.py).
WITHIN_S = 120.0


def read_in(folders: Iterable[Path], *, within_s: float = WITHIN_S) -> int:
    """Read in what this process has mapped of the files in these folders.

    Parameters
    ----------
    within_s : float
        Once so much time has passed, what is left is left.

    Returns
    -------
    int
        Bytes that are in memory now; 0 where the system cannot, or has less than twice as much to give.
    """
    ranges = list(_mapped(folders))
    wanted = sum(end - start for start, end in ranges)
    if not wanted or wanted > _SHARE * available_bytes():
        return 0
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    done, until = 0, time.monotonic() + within_s
    for start, end in ranges:
        # In parts, so that a process that is told to end is not kept, and a slow disk not waited for.
        for at in range(start, end, _AT_ONCE):
            if time.monotonic() > until:
                return done
            n = min(_AT_ONCE, end - at)
            if madvise(at, n, _POPULATE_READ):
                logger.debug("mapped files are not read in: %s", os.strerror(ctypes.get_errno()))
                return done
            done += n
    return done


def available_bytes() -> int:
    """Memory that could be had without swapping: of the machine, or of the container where that has less; 0
    where the system does not say.
    """
    try:
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
        found = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, StopIteration):
        return 0
    try:
        return min(found, int(_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # "max", or no container
        return found


def _mapped(folders: Iterable[Path]) -> Iterator[tuple[int, int]]:
    """Ranges of addresses behind which files of these folders lie; none where the system does not say."""
    known = {os.path.realpath(folder) for folder in folders}
    try:
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        fields = line.split(maxsplit=5)
        if len(fields) == 6 and os.path.dirname(fields[5]) in known:
            start, end = (int(address, 16) for address in fields[0].split("-"))
            yield start, end
