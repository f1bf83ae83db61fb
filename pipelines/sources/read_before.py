"""What was read before and is as it was: large files are passed over, and nothing in them is looked at again.

A source is a file, or a folder of tables that belong together. It is known by where it lies, and told from
what it was by the sizes and times of writing of its files, and by what it is read as.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.sources.batch import Batch
from pipelines.sources.files import files_below

# Raised where a reader comes to read something else in the same file.
READERS = 1


@dataclass(frozen=True)
class ReadBefore:
    """The marks of sources that were read whole, by place; both are hashes, and mean something here only."""

    marks: Mapping[str, str] = field(default_factory=dict)

    def passes_over(self, path: Path, namespace: str) -> bool:
        """Whether everything that lies there was read as it is now."""
        return self.marks.get(place_of(path)) == mark_of(path, namespace)

    def read_once(self, path: Path, namespace: str, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the batches of a source unless it was read before, and at the end that it was read whole, if
        there was no problem.
        """
        if self.passes_over(path, namespace):
            yield Batch(passed_over=1)
            return
        mark, is_whole = mark_of(path, namespace), True
        for batch in batches:
            is_whole = is_whole and not batch.problems
            yield batch
        if is_whole:
            yield Batch(read_whole={place_of(path): mark})


def place_of(path: Path) -> str:
    """A hash of where a file or folder lies."""
    return hashlib.sha256(os.fsencode(os.path.normpath(path.absolute()))).hexdigest()


def mark_of(path: Path, namespace: str) -> str:
    """A hash of a source's namespace, and of the names, sizes and times of writing of its files."""
    digest = hashlib.sha256(f"{READERS} {namespace}".encode())
    files = [one for one in files_below(path) if isinstance(one, Path)] if path.is_dir() else [path]
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue  # The reader says what is wrong.
        name = os.fsencode(file.relative_to(path))
        digest.update(b"\0" + name + f"\0{stat.st_size} {stat.st_mtime_ns}".encode())
    return digest.hexdigest()
