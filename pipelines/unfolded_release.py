"""A large release, unfolded: what is worked out of its files, worked out once and mapped into memory after.

To ask a release, similarities, lengths, transposed matrices and more are made of what its files hold. For a
million songs that is much work and much memory in each process. So the whole of a loaded release is written
once beside it, as pickle (protocol 5, PEP 574) with its arrays apart in one file:

    releases/.unfolded-<name>/arrays.bin      arrays, one behind the other
    releases/.unfolded-<name>/graph.pickle    all else; arrays that a file of the release holds are named
    releases/.unfolded-<name>/about.json      of which files, by which code, with which libraries

Opening it maps the arrays: processes share them, and the system takes the memory back when it is short. It
is a cache of this machine, readable by its owner alone, and no part of a release: it is taken where every
file of the release has the size and time that it had when its sha256 was compared, and code and libraries are
the same; else it is made anew.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import mmap
import os
import pickle
import shutil
import sys
from functools import cache, cached_property
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import recsys
from pipelines.mapped_files import read_in
from pipelines.release import Release
from pipelines.release_files import MANIFEST, UNFOLDED, ReleaseError, read_manifest
from pipelines.stored_release import load_release
from recsys.index import VectorIndex

logger = logging.getLogger(__name__)

# Smaller ones are read in less time than a process takes to start.
FROM_BYTES = 32 * 2**20
_ARRAYS, _GRAPH, _ABOUT = "arrays.bin", "graph.pickle", "about.json"
_ALIGNED = 64
_INDEXES = ("index", "output_index")
_FILES = {"index": "input.faiss", "output_index": "output.faiss"}
_LIBRARIES = ("numpy", "scipy", "pandas", "pyarrow", "lightgbm")
_NICE = 10


def open_unfolded(releases: Path, name: str, *, apart: bool = False, from_bytes: int = FROM_BYTES) -> Release:
    """Load a release; a large one from what was unfolded of it, which is made now if it has to be.

    Parameters
    ----------
    apart : bool
        Make it in a process of its own and of low priority: this one goes on answering.

    Raises
    ------
    ReleaseError
        As `load_release`.
    """
    if size_of(releases, name) < from_bytes:
        return load_release(releases, name)
    found = _open(releases, name)
    if found is not None:
        return found
    if apart:
        _unfold_apart(releases, name)
        found = _open(releases, name)
        return load_release(releases, name) if found is None else found
    return unfold(releases, name)


def unfold(releases: Path, name: str) -> Release:
    """Load a release, work out what asking it needs, and write that beside it, whole or not at all.

    A disk that is full is no error: the release is what it was, and slow to open.

    Raises
    ------
    ReleaseError
        As `load_release`.
    """
    about = _about(releases, name)
    release = load_release(releases, name)
    work_out(release)
    building = releases / f"{UNFOLDED}{name}.{os.getpid()}"
    try:
        building.mkdir(mode=0o700)
        (building / _ABOUT).write_text(json.dumps({**about, **_write(release, building)}), encoding="utf-8")
        shutil.rmtree(_folder(releases, name), ignore_errors=True)
        os.rename(building, _folder(releases, name))
    # A cache that cannot be made must not end a night.
    except (OSError, pickle.PicklingError, TypeError, AttributeError) as error:
        logger.warning("release %s could not be unfolded: %s", name, error)
        shutil.rmtree(building, ignore_errors=True)
    return release


def read_in_release(releases: Path, name: str) -> int:
    """Have what this process has mapped of a release read into memory (pipelines/mapped_files.py); bytes."""
    return read_in([releases / name, _folder(releases, name)])


def size_of(releases: Path, name: str) -> int:
    """Bytes of a release's files, as its manifest says.

    Raises
    ------
    ReleaseError
        There is no such release, or its manifest cannot be read.
    """
    return sum(int(facts.get("bytes", 0)) for facts in read_manifest(releases, name)["files"].values())


def work_out(release: Release) -> None:
    """Have a release work out now what it else does when it is first asked."""
    for name, kept in vars(Release).items():
        if isinstance(kept, cached_property):
            getattr(release, name)
    for part in (*release.components.values(), release.catalogue, release.features):
        for name, kept in vars(type(part)).items():
            if isinstance(kept, cached_property):
                getattr(part, name)


class _Pickler(pickle.Pickler):
    """Names what files of the release hold, in the place of writing it again."""

    def __init__(self, release: Release, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._known = {id(getattr(release, index)): (VectorIndex, _FILES[index]) for index in _INDEXES}

    def persistent_id(self, thing: Any) -> Any:
        found = self._known.get(id(thing))
        if found is None and isinstance(thing, np.ndarray) and isinstance(thing.base, np.memmap):
            whole = thing.base
            if whole.shape == thing.shape and whole.dtype == thing.dtype and whole.filename is not None:
                return np.ndarray, Path(whole.filename).name
        return found


class _Unpickler(pickle.Unpickler):
    """Finds what was named in the release's folder."""

    def __init__(self, folder: Path, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._folder = folder

    def persistent_load(self, named: Any) -> Any:
        kind, file = named
        if kind is VectorIndex:
            return VectorIndex.load(self._folder / file)
        return np.asarray(np.load(self._folder / file, mmap_mode="r"))


def _write(release: Release, building: Path) -> dict[str, Any]:
    """Write graph and arrays; return where each array lies, and the graph's sha256."""
    places: list[tuple[int, int]] = []
    with (building / _ARRAYS).open("wb") as arrays, (building / _GRAPH).open("w+b") as graph:

        def apart(buffer: pickle.PickleBuffer) -> None:
            raw = buffer.raw()
            arrays.write(b"\0" * (-arrays.tell() % _ALIGNED))
            places.append((arrays.tell(), raw.nbytes))
            arrays.write(raw)

        _Pickler(release, graph, protocol=5, buffer_callback=apart).dump(release)
        for file in (arrays, graph):
            file.flush()
            os.fsync(file.fileno())
        graph.seek(0)
        digest = hashlib.file_digest(graph, "sha256").hexdigest()
        return {"places": places, "graph": digest, "bytes": arrays.tell()}


def _open(releases: Path, name: str) -> Release | None:
    """What was unfolded of a release; None where there is nothing, or nothing that can be taken."""
    folder = _folder(releases, name)
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        graph = (folder / _GRAPH).read_bytes()
        now = _about(releases, name)
        if {key: about.get(key) for key in now} != now or about["graph"] != hashlib.sha256(graph).hexdigest():
            return None
        with (folder / _ARRAYS).open("rb") as file:
            if os.fstat(file.fileno()).st_size != about["bytes"]:
                return None
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        buffers = [mapped[at : at + n] for at, n in about["places"]]
        found = _Unpickler(releases / name, io.BytesIO(graph), buffers=buffers).load()
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, pickle.PickleError, EOFError, ImportError) as error:
        logger.warning("what was unfolded of release %s cannot be read: %s", name, error)
        return None
    return found if isinstance(found, Release) else None


def _unfold_apart(releases: Path, name: str) -> None:
    child = get_context("spawn").Process(target=_unfold_gently, args=(releases, name), daemon=True)
    child.start()
    child.join()


def _unfold_gently(releases: Path, name: str) -> None:
    os.nice(_NICE)
    try:
        unfold(releases, name)
    except ReleaseError as error:
        sys.exit(str(error))


def _about(releases: Path, name: str) -> dict[str, Any]:
    """What has to be the same for an unfolded release to be taken."""
    files = [MANIFEST, *sorted(read_manifest(releases, name)["files"])]
    try:
        stats = {file: (releases / name / file).stat() for file in files}
    except OSError as error:
        raise ReleaseError(f"release {name} is damaged: {error}") from None
    return {
        "files": {file: [stat.st_size, stat.st_mtime_ns] for file, stat in stats.items()},
        "code": _code(),
        "libraries": {library: version(library) for library in _LIBRARIES} | {"python": sys.version},
    }


@cache
def _code() -> str:
    """SHA-256 of the modules whose objects are written."""
    root = Path(recsys.__file__).parent
    own = Path(__file__)
    digest = hashlib.sha256()
    for path in [*sorted(root.glob("*.py")), own, own.with_name("release.py")]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def _folder(releases: Path, name: str) -> Path:
    return releases / f"{UNFOLDED}{name}"
