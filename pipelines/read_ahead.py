"""Large files read by a process of their own, a batch ahead of the one that stores: two cores at work.

Reading and storing take about as long as each other, so an ingest takes half the time. The process ends with
the last batch, or when nobody wants more; where it is killed, a problem says so, and what it had read is in.
Small files are read where they are stored: a process takes a second to begin.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from pipelines.sources.batch import Batch, Problem
from pipelines.sources.detect import default_namespace, detect, read_any
from pipelines.sources.read_before import ReadBefore

LARGE_BYTES = 32 * 2**20
# Formats of tables and records; music is read where it is known what came in before.
_AHEAD = frozenset({"mpd", "tabular", "listenbrainz", "lastfm"})


def is_large(path: Path) -> bool:
    """Whether a file, or the files in a folder, hold much."""
    try:
        inside = [path] if path.is_file() else [one for one in path.iterdir() if one.is_file()]
        return sum(one.stat().st_size for one in inside) >= LARGE_BYTES
    except OSError:
        return False  # The reader says what is wrong.


def is_worth_it(path: Path, format: str | None, namespace: str | None, before: ReadBefore) -> bool:
    """Whether much of a path is left to read, of a format that is read so, and there is a core for it."""
    if (os.cpu_count() or 1) < 2 or multiprocessing.parent_process() is not None or not is_large(path):
        return False
    found = format or detect(path)
    if not isinstance(found, str) or found not in _AHEAD:
        return False
    try:
        return _left_bytes(path, found, namespace or default_namespace(path, found), before) >= LARGE_BYTES
    except OSError:
        return False  # As above: a file is gone meanwhile.


def _left_bytes(path: Path, format: str, namespace: str, before: ReadBefore) -> int:
    """Bytes of the files that were not read before: slices one by one, other files as one source."""
    if before.passes_over(path, namespace):
        return 0
    files = [path] if path.is_file() else [one for one in path.iterdir() if one.is_file()]
    left = [one for one in files if format != "mpd" or not before.passes_over(one, namespace)]
    return sum(one.stat().st_size for one in left)


def read_ahead(
    path: Path, *, format: str | None, namespace: str | None, before: ReadBefore
) -> Iterator[Batch]:
    """Yield the batches of `read_any`, read by another process."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, path, format, namespace, before), daemon=True)
    process.start()
    theirs.close()
    try:
        while (batch := _next(ours, path)) is not None:
            yield batch
            if isinstance(batch, _Ended):
                return
    finally:
        ours.close()
        process.terminate()
        process.join()


class _Ended(Batch):
    """The last batch where the reader did not come to its end."""


def _next(ours: Connection, path: Path) -> Batch | None:
    """The next batch; None at the end."""
    try:
        received: Batch | None = ours.recv()
    except (EOFError, OSError):
        return _Ended(problems=(Problem(path, "", "the process that read it ended early: run it again"),))
    return received


def _send(
    theirs: Connection, path: Path, format: str | None, namespace: str | None, before: ReadBefore
) -> None:
    """Read, and send each batch when the one before was taken."""
    # Nobody may be there any more.
    with suppress(BrokenPipeError, KeyboardInterrupt):
        for batch in read_any(path, format=format, namespace=namespace, before=before):
            theirs.send(batch)
        theirs.send(None)
    theirs.close()
