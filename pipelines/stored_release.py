"""A release as a folder: written, read back, and asked what it answered on the day it was made.

`write_release` makes the folder (pipelines/release_files.py has the layout and its guarantees);
`load_release` reads it back; `self_test` asks it the questions that its manifest has the answers to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from pipelines.release import Release, ReleaseParts
from pipelines.release_files import (
    ReleaseError,
    check_files,
    finish_building,
    read_manifest,
    start_building,
    write_manifest,
)
from recsys.audio_tower import AudioTower
from recsys.axes import Axes
from recsys.corpus import load_corpus, save_corpus
from recsys.factors import Factors
from recsys.index import VectorIndex, why_of
from recsys.listen_ranker import ListenRanker
from recsys.ranker import Ranker
from recsys.tail import Tail
from recsys.towers import TextTower

if TYPE_CHECKING:
    from recsys.song_transformer import Transformer

FORMAT = 4
# Format 3 is the same without an audio tower.
READABLE = (3, FORMAT)
# Songs that the self-test asks for, and neighbours it compares.
_TESTED, _TESTED_K = 5, 10
_MAPPED_FROM = 64 * 2**20


def write_release(
    releases: Path, name: str, parts: ReleaseParts, index: VectorIndex, output_index: VectorIndex,
    facts: Mapping[str, Any],
) -> None:  # fmt: skip
    """Write a whole release folder under its name, without publishing it."""
    folder = start_building(releases, name)
    corpus = parts.corpus
    save_corpus(folder / "corpus.npz", corpus)
    parts.tail.save(folder / "tail.npz")
    for array in ("input", "output", "prior", "log_normaliser"):
        np.save(folder / f"{array}.npy", getattr(parts, array))
    sp.save_npz(folder / "together.npz", parts.together, compressed=False)
    sp.save_npz(folder / "after.npz", parts.after, compressed=False)
    parts.factors.save(folder / "factors.npz")
    parts.songs.to_parquet(folder / "songs.parquet", index=False)
    (folder / "blend.json").write_text(json.dumps(dict(parts.weights), indent=2), encoding="utf-8")
    if parts.transformer is not None:
        parts.transformer.save(folder / "transformer.npz")
    if parts.ranker is not None:
        parts.ranker.save(folder / "ranker.json")
    if parts.listen_ranker is not None:
        parts.listen_ranker.save(folder)
    if parts.tower is not None:
        parts.tower.save(folder / "tower.npz")
    if parts.axes is not None:
        parts.axes.save(folder / "axes.npz")
    if parts.audio is not None:
        parts.audio.save(folder / "audio.npz")
    index.save(folder / "input.faiss")
    output_index.save(folder / "output.faiss")
    release = Release(name, {}, parts, index, output_index)
    write_manifest(
        folder,
        {
            "format": FORMAT,
            "name": name,
            "songs": corpus.n_songs,
            "tail": len(parts.tail.song_ids),
            "lists": corpus.n_lists,
            "tokens": corpus.n_tokens,
            "index": {"vectors": len(index), "kind": index.kind, "why": why_of(index)},
            "output_index": {
                "vectors": len(output_index),
                "kind": output_index.kind,
                "why": why_of(output_index, of_one_length=False),
            },
            "self_test": _ask(release),
            **facts,
        },
    )
    finish_building(releases, name)


def load_release(releases: Path, name: str) -> Release:
    """Read a release back.

    Raises
    ------
    ReleaseError
        It is missing, damaged (every file is compared with its sha256), or of a format that this version does
        not read.
    """
    manifest = read_manifest(releases, name)
    if manifest.get("format") not in READABLE:
        known = " and ".join(map(str, READABLE))
        raise ReleaseError(
            f"release {name} has format {manifest.get('format')!r}, this version reads {known}"
        )
    damage = check_files(releases, name)
    if damage:
        raise ReleaseError(f"release {name} is damaged: {'; '.join(damage)}")
    folder = releases / name
    try:
        parts = ReleaseParts(
            corpus=load_corpus(folder / "corpus.npz"),
            tail=Tail.load(folder / "tail.npz"),
            songs=pd.read_parquet(folder / "songs.parquet"),
            input=_array(folder / "input.npy"),
            output=_array(folder / "output.npy"),
            prior=np.load(folder / "prior.npy"),
            log_normaliser=np.load(folder / "log_normaliser.npy"),
            together=sp.csr_matrix(sp.load_npz(folder / "together.npz")),
            after=sp.csr_matrix(sp.load_npz(folder / "after.npz")),
            factors=Factors.load(folder / "factors.npz"),
            weights=json.loads((folder / "blend.json").read_text(encoding="utf-8")),
            transformer=load_transformer(folder / "transformer.npz"),
            ranker=Ranker.load(ranker) if (ranker := folder / "ranker.json").exists() else None,
            listen_ranker=ListenRanker.load(folder),
            tower=TextTower.load(tower) if (tower := folder / "tower.npz").exists() else None,
            axes=Axes.load(axes) if (axes := folder / "axes.npz").exists() else None,
            audio=AudioTower.load(audio) if (audio := folder / "audio.npz").exists() else None,
        )
        index = VectorIndex.load(folder / "input.faiss")
        output_index = VectorIndex.load(folder / "output.faiss")
    except (OSError, ValueError, KeyError, EOFError, RuntimeError) as error:
        raise ReleaseError(f"release {name} cannot be loaded: {error}") from None
    return Release(name, manifest, parts, index, output_index)


def self_test(release: Release) -> list[str]:
    """Ask the release what its manifest has the answers to; a line for each answer that differs."""
    expected = release.manifest.get("self_test", {})
    parts = release.parts
    found = []
    n_rows = len(release.song_ids)
    if len(parts.songs) != n_rows or len(parts.input) != release.n_songs or len(release.index) != n_rows:
        found.append("songs, vectors and index differ in number")
        return found
    if not np.isfinite(parts.input).all() or not np.isfinite(parts.output).all():
        found.append("vectors are not finite")
    answers = _ask(release)
    for song, neighbours in expected.items():
        # On another processor the last neighbours may change places; no more than that.
        if len(set(neighbours) & set(answers.get(song, ()))) < 0.8 * len(neighbours):
            found.append(f"the neighbours of song {song} differ from those in the manifest")
    return found


def _ask(release: Release) -> dict[str, list[int]]:
    """Nearest songs of the most frequent ones, by database id: what a release answers on the day it is
    made.
    """
    most_frequent = np.argsort(-release.counts, kind="stable")[:_TESTED]
    k = min(_TESTED_K, len(release.song_ids))
    if not len(most_frequent):
        return {}
    rows, _ = release.index.search(release.vectors[most_frequent], k)
    ids = release.song_ids
    # As a set: equal distances may come in any order.
    return {
        str(int(ids[song])): sorted(int(ids[row]) for row in found if row >= 0)
        for song, found in zip(most_frequent, rows, strict=True)
    }


def _array(path: Path) -> np.ndarray:
    """An array of a file; a large one is mapped into memory, where all processes share it."""
    if path.stat().st_size < _MAPPED_FROM:
        return np.asarray(np.load(path))
    return np.asarray(np.load(path, mmap_mode="r"))


def load_transformer(path: Path) -> Transformer | None:
    """The transformer of a file; None, and torch is not imported, where there is none."""
    if not path.exists():
        return None
    from recsys.song_transformer import Transformer

    return Transformer.load(path)
