"""The drill: what is backed up comes back, all of it, into either kind of database, over nothing else."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from db.migrate import HEAD, upgrade
from db.models import Artist, AudioFile, Feedback, Generation, Listen, Song, TasteProfile, User
from db.older_schema import make_tables
from db.repositories.whole_tables import digest_of, tables_of
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.backup import backup
from pipelines.backup_files import BackupError, Manifest, check_backup, copy_files
from pipelines.restore import restore
from pipelines.stages import JobRunningError, only_one
from tests.databases import *  # noqa: F403

SECRET = bytes(range(32))
# One pair of databases is enough for what does not hang on them.
ON_SQLITE = pytest.mark.parametrize(
    ("database_url", "blank_database_url"), [("sqlite", "sqlite")], indirect=True
)
FROM_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TRACK = "generations/ein Stück.flac"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with a release, a track, a secret, another SQLite file, and things to leave behind."""
    home = tmp_path / "home"
    for name, data in {
        "releases/current": b"r1\n",
        "releases/r1/input.npy": b"\x00\xff" * 9,
        TRACK: b"fLaC",
        "cache/sentences.db": b"again",
        "nightly/clean/stamp.json": b"{}",
        "demo/songspace.db": b"again",
        "nightly.lock": b"",
        ".half.tmp": b"half",
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(data)
    (home / "erasures.key").write_bytes(SECRET)
    (home / "erasures.key").chmod(0o600)
    with closing(sqlite3.connect(home / "workflows.db")) as other, other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("CREATE TABLE steps (name TEXT)")
        other.execute("INSERT INTO steps VALUES ('seven')")
    return home


def audio_file(song: int, path: Path, missing_since: datetime | None = None) -> AudioFile:
    """A song's file, of more bytes than 32 bits can count."""
    return AudioFile(song_id=song, path=str(path), sha256="", size_bytes=2**40, missing_since=missing_since)


@pytest.fixture
def filled(session_factory: SessionFactory, home: Path) -> SessionFactory:
    """A database with a value of every kind, awkward ones among them."""
    with session_factory() as session, session.begin():
        session.add_all(
            [
                Artist(id=1, name="Kapitän\tKaktus \U0001f335", name_key="k"),
                User(id=7, scheme="a", value="ann", name=""),
            ]
        )
        session.flush()
        for number in (1, 2, 9):
            session.add(
                Song(
                    id=number,
                    title=f"Nº {number}",
                    artist_id=1,
                    recording_key="",
                    name_key="",
                    search_text="",
                    attributes={"ä": [1, 0.1, None, {"b": True}]},
                    is_generated=number == 2,
                )
            )
        session.flush()
        session.add_all(
            [
                Listen(user_id=7, song_id=1, listened_at_s=2**40, completion=0.1 + 0.2),
                Listen(user_id=7, song_id=2, listened_at_s=0, completion=None),
                Feedback(user_id=7, song_id=1, kind="like", given_at_s=5),
                Generation(kind="audio", state="queued", prompt="techno", parameters={}, result=None),
                TasteProfile(user_id=7, release="r1", overall=SECRET, interest_song_ids=[1, 2], settings={}),
                audio_file(2, home.resolve() / TRACK),
                audio_file(1, Path("/music/a.ogg"), datetime(2026, 1, 2, 3, 4, 5, 6, UTC)),
            ]
        )
    with session_factory() as session, session.begin():
        session.delete(session.get_one(Song, 9))
    return session_factory


@pytest.fixture
def empty(blank_database_url: str) -> Iterator[Engine]:
    """A database without tables."""
    engine = make_engine(blank_database_url)
    yield engine
    engine.dispose()


def sums(engine: Engine) -> dict[str, tuple[int, str]]:
    """Rows and sum of each table."""
    with engine.connect() as connection:
        digests = {table.name: digest_of(connection, table) for table in tables_of(connection)}
    return {name: (digest.rows, digest.hexdigest()) for name, digest in digests.items()}


def moved(filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine) -> Manifest:
    """Back up and restore where the old home folder is gone and the new one lies in its place."""
    backup(filled, home, tmp_path / "kept")
    home.rename(tmp_path / "lost")
    return restore(empty, home, tmp_path / "kept")


def test_every_row_comes_back_into_either_kind_of_database(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine
) -> None:
    before = sums(filled.kw["bind"])
    manifest = moved(filled, home, tmp_path, empty)
    assert sums(empty) == before
    # Ids are never given out again, also those of songs that are gone. PostgreSQL did not count song 9, whose
    # id the test gave out itself.
    counts = filled.kw["bind"].dialect.name == "sqlite"
    with make_session_factory(empty)() as session, session.begin():
        song = Song(title="", artist_id=1, recording_key="", name_key="", search_text="", attributes={})
        session.add(song)
        session.flush()
        assert song.id == (10 if counts else 3)
    assert manifest.rows == sum(rows for rows, _ in before.values()) - 1  # The revision is no row of ours.


def test_a_backup_made_while_others_write_is_of_one_moment(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine
) -> None:
    written: list[int] = []
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            number = 101 + len(written)
            with write_transaction(filled) as session:
                session.add(User(id=number, scheme="a", value=str(number), name=""))
                session.flush()
                session.add(Listen(user_id=number, song_id=1, listened_at_s=number, completion=None))
            written.append(number)
            time.sleep(0.001)

    thread = threading.Thread(target=write)
    thread.start()
    while len(written) < 5:
        time.sleep(0.001)
    before = len(written)
    backup(filled, home, tmp_path / "kept")
    after = len(written)
    ended.set()
    thread.join()
    restore(empty, tmp_path / "new", tmp_path / "kept")
    with empty.connect() as connection:
        users = connection.execute(text("SELECT id FROM users WHERE id > 100")).scalars().all()
        listeners = (
            connection.execute(text("SELECT user_id FROM listens WHERE user_id > 100")).scalars().all()
        )
    # Whoever came before it is there, nobody without what came with them, and nobody whose forerunner is not.
    assert sorted(users) == sorted(listeners) == list(range(101, 101 + len(users)))
    assert before <= len(users) <= after + 1


@ON_SQLITE
def test_files_come_back_with_their_modes_and_what_can_be_made_again_does_not(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine
) -> None:
    moved(filled, home, tmp_path, empty)
    there = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    there -= {"nightly.lock"}
    expected = {
        "releases/current",
        "releases/r1/input.npy",
        TRACK,
        "erasures.key",
        "workflows.db",
    }
    assert there == expected
    assert (home / "erasures.key").read_bytes() == SECRET
    assert (home / "erasures.key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(home / "workflows.db")) as other:
        assert other.execute("SELECT name FROM steps").fetchall() == [("seven",)]


@ON_SQLITE
def test_places_in_the_home_folder_move_with_it(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine
) -> None:
    backup(filled, home, tmp_path / "kept")
    restore(empty, tmp_path / "elsewhere", tmp_path / "kept")
    with empty.connect() as connection:
        paths = set(connection.execute(text("SELECT path FROM audio_files")).scalars())
    assert paths == {str(tmp_path.resolve() / "elsewhere" / TRACK), "/music/a.ogg"}


@FROM_SQLITE
def test_nothing_is_overwritten(filled: SessionFactory, home: Path, tmp_path: Path) -> None:
    engine = filled.kw["bind"]
    backup(filled, home, tmp_path / "kept")
    before = sums(engine)
    for attempt, reason in (
        (lambda: backup(filled, home, tmp_path / "kept"), "is there already"),
        (lambda: backup(filled, home, home / "kept"), "lies in the home folder"),
        (lambda: restore(engine, home, tmp_path / "kept"), r"holds .*erasures\.key.* already"),
        (lambda: restore(engine, tmp_path / "new", tmp_path / "kept"), r"rows already \(artists"),
    ):
        with pytest.raises(BackupError, match=reason):
            attempt()
    assert sums(engine) == before
    assert list((tmp_path / "new").iterdir()) == []


@FROM_SQLITE
@pytest.mark.parametrize(
    ("file", "damage", "said"),
    [
        ("tables/songs.parquet", b"", "has 0 bytes instead of"),
        ("home/erasures.key", bytes(32), "differs from its sha256"),
        ("home/stranger", b"", "home/stranger is not in the manifest"),
        ("manifest.json", b"{}", "cannot be read"),
    ],
)
def test_a_damaged_backup_is_named_and_restores_nothing(
    filled: SessionFactory, home: Path, tmp_path: Path, file: str, damage: bytes, said: str
) -> None:
    backup(filled, home, tmp_path / "kept")
    (tmp_path / "kept" / file).write_bytes(damage)
    target = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(BackupError, match=said):
        restore(target, tmp_path / "new", tmp_path / "kept")
    assert not (tmp_path / "new").exists()
    target.dispose()


@ON_SQLITE
def test_a_restore_that_fails_on_the_way_leaves_nothing_and_can_be_done_again(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(filled, home, tmp_path / "kept")
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.restore.set_last_ids", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restore(empty, tmp_path / "new", tmp_path / "kept")
    assert list((tmp_path / "new").iterdir()) == []
    assert inspect(empty).get_table_names() == []
    restore(empty, tmp_path / "new", tmp_path / "kept")


@pytest.mark.parametrize("blank_database_url", ["sqlite"], indirect=True)
def test_a_backup_of_an_older_schema_is_brought_to_this_one(
    empty: Engine, tmp_path: Path, home: Path
) -> None:
    older = make_engine(f"sqlite:///{tmp_path / 'older.db'}")
    with older.connect().execution_options(songspace_write=True) as connection, connection.begin():
        make_tables(connection, "0004")
        connection.execute(text("INSERT INTO artists (id, name, name_key) VALUES (5, 'Ann', 'ann')"))
    manifest = backup(make_session_factory(older), home, tmp_path / "kept")
    older.dispose()
    restore(empty, tmp_path / "new", tmp_path / "kept")
    assert manifest.schema == "0004"
    with empty.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD
        assert connection.execute(text("SELECT name FROM artists")).scalars().all() == ["Ann"]


@FROM_SQLITE
def test_a_backup_of_a_newer_version_is_refused(filled: SessionFactory, home: Path, tmp_path: Path) -> None:
    backup(filled, home, tmp_path / "kept")
    path = tmp_path / "kept" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": "9999"}))
    target = make_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(RuntimeError, match="made by a newer version"):
        restore(target, tmp_path / "new", tmp_path / "kept")
    target.dispose()


@FROM_SQLITE
def test_a_manifest_leads_nowhere_else(filled: SessionFactory, home: Path, tmp_path: Path) -> None:
    backup(filled, home, tmp_path / "kept")
    path = tmp_path / "kept" / "manifest.json"
    path.write_text(path.read_text().replace("home/erasures.key", "home/../../erasures.key"))
    with pytest.raises(BackupError, match="outside the backup"):
        check_backup(tmp_path / "kept")


def test_what_is_swept_away_meanwhile_is_no_part_of_a_backup(home: Path, tmp_path: Path) -> None:
    facts = copy_files(home, [Path("generations/gone.png"), Path("erasures.key")], tmp_path / "kept")
    assert set(facts) == {"home/erasures.key"}
    assert {path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()} == {"erasures.key"}


@FROM_SQLITE
def test_a_backup_waits_for_no_night(filled: SessionFactory, home: Path, tmp_path: Path) -> None:
    with only_one(home / "nightly.lock"), pytest.raises(JobRunningError):
        backup(filled, home, tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


@FROM_SQLITE
def test_a_backup_is_for_its_owner_alone(filled: SessionFactory, home: Path, tmp_path: Path) -> None:
    backup(filled, home, tmp_path / "kept")
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


@ON_SQLITE
def test_upgrade_finds_what_was_restored_ready(
    filled: SessionFactory, home: Path, tmp_path: Path, empty: Engine
) -> None:
    moved(filled, home, tmp_path, empty)
    before = sums(empty)
    upgrade(empty)
    assert sums(empty) == before
