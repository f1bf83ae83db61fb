"""A small world, ingested and published once a session: what the tests of the use cases ask.

The sample world of 150 songs, and a few things beside it that it lacks: songs that stand in one list only
(`sample:rare-1` to `-3` beside known ones, `sample:lost-1` and `-2` beside nobody but each other), a live
version of `sample:0`, a song in no list (`sample:unplayed`), some songs with a second name (`other:3`), a
user who listens to a rare song alone (`sample:lonely`), and one who does nothing (`sample:nobody`).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest

from db.migrate import upgrade
from db.repositories import users as users_repository
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.columns import ALIASES, DTYPES, ENTRIES, LISTENS, PLAYLISTS, SONGS
from pipelines.ingest import ingest_batches
from pipelines.list_table import ListTable
from pipelines.night.clean import LISTS_FILE
from pipelines.nightly import Night, NightlyReport, NightlySettings
from pipelines.release import Release
from pipelines.sample_world import SampleWorld, build_world
from pipelines.serving import need_release
from pipelines.sources.batch import Batch
from tests.home_database import URL_FILE, url_of

__all__ = ["tiny_world", "world_copy"]

RARE = ("sample:rare-1", "sample:rare-2", "sample:rare-3")
LOST = ("sample:lost-1", "sample:lost-2")
LIVE, UNPLAYED = "sample:live", "sample:unplayed"
LONELY, NOBODY = "sample:lonely", "sample:nobody"
PAIRS = 2e6  # As much as so few songs need; a night of the default takes minutes.
TWO_NAMES = 20  # `sample:0` to `sample:19` are also `other:0` to `other:19`.


@dataclass(frozen=True)
class TinyWorld:
    """A home folder with a database and a release, and the truth about it."""

    home: Path
    truth: SampleWorld

    @cached_property
    def factory(self) -> SessionFactory:
        """Sessions on the database."""
        return make_session_factory(make_engine(url_of(self.home)))

    @cached_property
    def release(self) -> Release:
        """The published release."""
        return need_release(self.home)

    @property
    def lists(self) -> ListTable:
        """The lists that the last night read."""
        return ListTable.load(self.home / "nightly" / "clean" / LISTS_FILE)

    def night(self, *, stage: str | None = None, force: bool = False, seed: int = 1) -> NightlyReport:
        """Run the nightly job, or a stage of it, in one thread."""
        settings = NightlySettings(seed=seed, workers=1, pairs=PAIRS, stage=stage, force=force)
        return Night(self.home, self.factory, settings).run()


def frame(columns: tuple[str, ...], rows: list[tuple[object, ...]]) -> pd.DataFrame:
    """Make a frame of the contract from rows."""
    return pd.DataFrame(rows, columns=list(columns)).astype({name: DTYPES[name] for name in columns})


def playlist_batch(playlist: str, songs: list[str]) -> Batch:
    """Make one playlist of songs that are known, or that have their ref as title."""
    return Batch(
        songs=frame(SONGS, [(song, song, "Somebody", "", None, "{}") for song in songs]),
        playlists=frame(PLAYLISTS, [(playlist, playlist, "", "{}")]),
        entries=frame(ENTRIES, [(playlist, i, song) for i, song in enumerate(songs)]),
    )


def strangers(truth: SampleWorld) -> Batch:
    """What the sample world lacks (module docstring)."""
    first, artist = truth.songs["title"][0], truth.songs["artist"][0]
    new = [(ref, f"A Rare One {ref}", f"Nobody {ref}", "", None, "{}") for ref in (*RARE, *LOST, UNPLAYED)]
    known = [(f"sample:{i}", *truth.songs.iloc[i][list(SONGS[1:])]) for i in range(max(TWO_NAMES, 40))]
    lists = {
        "sample:rare": [*(f"sample:{i}" for i in range(30, 35)), *RARE],
        "sample:lost": list(LOST),
        **{f"sample:live-{n}": ["sample:0", LIVE, *(f"sample:{i}" for i in range(1, 6))] for n in range(4)},
    }
    return Batch(
        songs=frame(SONGS, [*known, *new, (LIVE, f"{first} (Live)", artist, "", None, "{}")]),
        aliases=frame(ALIASES, [(f"sample:{i}", "other", str(i)) for i in range(TWO_NAMES)]),
        playlists=frame(PLAYLISTS, [(ref, ref, ref, "{}") for ref in lists]),
        entries=frame(
            ENTRIES, [(ref, i, song) for ref, songs in lists.items() for i, song in enumerate(songs)]
        ),
        listens=frame(LISTENS, [(LONELY, RARE[0], 1_780_000_000, 1.0)]),
    )


def build_tiny_world(home: Path, *, n_playlists: int = 150, n_users: int = 30) -> TinyWorld:
    """Make the database of a tiny world; nothing is published yet."""
    home.mkdir(parents=True, exist_ok=True)
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    upgrade(engine)
    engine.dispose()
    world = TinyWorld(home, build_world(7, n_songs=150, n_playlists=n_playlists, n_users=n_users))
    report = ingest_batches([*world.truth.batches(), strangers(world.truth)], session_factory=world.factory)
    assert not report.problems, report.problems
    with write_transaction(world.factory) as session:
        users_repository.ensure_users(session, [("sample", NOBODY.removeprefix("sample:"))])
    return world


def copy_world(world: TinyWorld, home: Path) -> TinyWorld:
    """Copy a world into another folder, for those who write."""
    world.factory.kw["bind"].dispose()  # The last connection moves everything from the log into the file.
    shutil.copytree(world.home, home)
    if (home / URL_FILE).is_file():
        from tests.postgres_world import copy_database

        (home / URL_FILE).write_text(copy_database(url_of(home)), encoding="utf-8")
    return TinyWorld(home, world.truth)


@pytest.fixture(scope="session")
def tiny_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyWorld]:
    """Give a published world that nobody writes to."""
    world = build_tiny_world(tmp_path_factory.mktemp("tiny") / "home")
    world.night()
    yield world
    world.factory.kw["bind"].dispose()


@pytest.fixture
def world_copy(tiny_world: TinyWorld, tmp_path: Path) -> Iterator[TinyWorld]:
    """Give a published world of the test's own."""
    world = copy_world(tiny_world, tmp_path / "copy")
    yield world
    world.factory.kw["bind"].dispose()
