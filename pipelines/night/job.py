"""What every stage of a night knows: where to read and write, and what the night was told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from db.session import SessionFactory
from pipelines.embeddings import cached_encoder
from pipelines.engine import Engine
from pipelines.stages import Work
from recsys.song2vec import PAIRS

# Raised whenever a stage comes to write something else for the same input, so that every stage is done anew.
VERSION = 5


class NothingToLearnError(Exception):
    """The database holds no list of two songs or more, and no two songs whose sound is known."""


class GateClosedError(Exception):
    """The release was made and is kept, but was not published, since its accuracy fell."""


@dataclass(frozen=True)
class NightlySettings:
    """What a night may be told.

    `workers` threads train song2vec on at most `pairs` pairs; one repeats itself bit for bit with the same
    seed. `stage` does this one again and no other. `generator` is the folder of the generator's weights where
    they are not those that ship; only that which ships is tuned (stage `ratings`). `index` is the kind of
    index (recsys/index.py), by default chosen by size.
    """

    seed: int = 1
    workers: int = 2
    pairs: float = PAIRS
    stage: str | None = None
    force: bool = False
    generator: Path | None = None
    index: str = "auto"


class Job:
    """One run over a database and a home folder. `message` is what the gate had to say; `encode` turns texts
    into vectors, by an engine's workers where one is given.
    """

    def __init__(
        self,
        home: Path,
        session_factory: SessionFactory,
        settings: NightlySettings,
        engine: Engine | None = None,
    ) -> None:
        self.home = home
        self.releases = home / "releases"
        self.session_factory = session_factory
        self.settings = settings
        self.work = Work(home / "nightly")
        self.message = ""
        self.encode = cached_encoder(home, engine=engine)

    @property
    def by_sound(self) -> Path | None:
        """Songs with style embeddings where the song space is made of them (stage `clean`); else None."""
        path = self.work.path("clean", "sounds.npz")
        return path if path.exists() else None

    def again(self, stage: str) -> bool:
        """Whether this stage was asked for by name."""
        return self.settings.stage == stage


def hash_of_rows(frame: pd.DataFrame) -> str:
    """Hash of the rows of a frame in their order."""
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(rows.tobytes()).hexdigest()
