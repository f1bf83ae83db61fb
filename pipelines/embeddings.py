"""Sentence vectors of texts, each computed once: a cache under `SONGSPACE_HOME/cache`, shared by all
processes.

The cache is a SQLite file of (hash of encoder and text) -> float16 vector. It may be lost at any time: what
is not in it is computed, and a file that is damaged is thrown away. Vectors go through float16 whether they
were kept or are new, so that an answer does not depend on the cache.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np

from generation.text_encoder import DIM, NAME, TextEncoder
from pipelines.engine import Engine, Local
from recsys.song2vec import unit

logger = logging.getLogger(__name__)

Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts -> unit sentence vectors, float32, shape (len(texts), dim)."""

# Computed, then stored, together: what a killed job loses, and what a worker is given, three seconds of work.
_AT_ONCE = 1_024
_ASKED_AT_ONCE = 10_000
_WAIT_S = 30.0
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID"


class Encoder(Protocol):
    """What turns sentences into vectors."""

    def sentences(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32, shape (len(texts), DIM)."""


def cached_encoder(
    home: Path, load: Callable[[], Encoder] = TextEncoder, engine: Engine | None = None
) -> Encode:
    """An encoder that remembers, for all texts of this home folder; `load` is called when a text is new.

    Many new texts are shared out among the workers of an engine; by default this process does them all.
    """
    # One model an encoder, gone with it.
    sentences = (
        partial(_sentences, lru_cache(maxsize=1)(load)) if engine is None else partial(_sentences_of, load)
    )
    return partial(_encode, home / "cache" / "sentences.db", sentences, engine or Local(1))


def _sentences(load: Callable[[], Encoder], block: Sequence[str]) -> np.ndarray:
    """Vectors of a block of texts, float16."""
    return load().sentences(block).astype("<f2")


def _sentences_of(load: Callable[[], Encoder], block: Sequence[str]) -> np.ndarray:
    """The same in a worker, which keeps its encoder."""
    return _sentences(partial(_loaded, load), block)


@lru_cache(maxsize=1)
def _loaded(load: Callable[[], Encoder]) -> Encoder:
    return load()


def _encode(
    path: Path, sentences: Callable[[Sequence[str]], np.ndarray], engine: Engine, texts: Sequence[str]
) -> np.ndarray:
    """Vectors of texts, kept ones where there are any."""
    key_of = {text: _key(text) for text in dict.fromkeys(texts)}
    found = _kept(path, list(key_of.values()))
    missing = [text for text, key in key_of.items() if key not in found]
    if missing:
        started = time.perf_counter()
        # Of like length together in a block as well, so that a block's batches hold next to no padding.
        missing.sort(key=lambda text: (len(text), text))
        blocks = [missing[start : start + _AT_ONCE] for start in range(0, len(missing), _AT_ONCE)]
        for block, vectors in zip(blocks, engine.map(sentences, blocks, fewest=4), strict=True):
            fresh = {key_of[text]: vector for text, vector in zip(block, vectors, strict=True)}
            _keep(path, fresh)
            found |= fresh
        seconds = time.perf_counter() - started
        logger.info("embeddings: %d texts of %d are new, %.1f s", len(missing), len(key_of), seconds)
    if not len(texts):
        return np.zeros((0, DIM), np.float32)
    return unit(np.stack([found[key_of[text]] for text in texts]).astype(np.float32))


def _key(text: str) -> bytes:
    # A lone surrogate cannot be stored in the database, but a question may hold one.
    return hashlib.sha256(f"{NAME}\n{text}".encode("utf-8", "surrogatepass")).digest()[:16]


def _kept(path: Path, keys: Sequence[bytes]) -> dict[bytes, np.ndarray]:
    found: dict[bytes, np.ndarray] = {}

    def ask(connection: sqlite3.Connection) -> None:
        for start in range(0, len(keys), _ASKED_AT_ONCE):
            part = keys[start : start + _ASKED_AT_ONCE]
            places = ",".join("?" * len(part))
            rows = connection.execute(f"SELECT key, vector FROM vectors WHERE key IN ({places})", part)
            found.update((key, np.frombuffer(data, "<f2")) for key, data in rows)

    if path.exists():
        _with_cache(path, ask)
    return {key: vector for key, vector in found.items() if vector.shape == (DIM,)}


def _keep(path: Path, vectors: Mapping[bytes, np.ndarray]) -> None:
    rows = [(key, vector.tobytes()) for key, vector in vectors.items()]

    def store(connection: sqlite3.Connection) -> None:
        connection.execute(_TABLE)
        connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    _with_cache(path, store)


def _with_cache(path: Path, use: Callable[[sqlite3.Connection], None]) -> None:
    """Use the cache in a transaction. Whatever is wrong with it costs time, never an answer."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=_WAIT_S)) as connection, connection:
            use(connection)
    # Locked, full, not to be written, or without its table yet.
    except (sqlite3.OperationalError, OSError) as error:
        if "no such table" not in str(error):
            logger.warning("the cache %s is passed over: %s", path, error)
    except sqlite3.DatabaseError as error:
        logger.warning("the cache %s is damaged and made anew: %s", path, error)
        path.unlink(missing_ok=True)
