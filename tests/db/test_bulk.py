"""Many rows go in alike by statements and by PostgreSQL's COPY, few and many, whole or not at all."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.errors import DatabaseUnavailableError
from db.models import Artist, Listen, Playlist, PlaylistEntry, Song, TasteProfile, User, now
from db.repositories import copying
from db.repositories.bulk import insert_columns, insert_returning_ids, insert_rows, table_of, update_rows
from db.session import SessionFactory, write_transaction

MANY = copying.WORTH_IT + 50
AWKWARD = 'tab\t, back\\slash, new\nline, \\N, "quoted", Käthe \U0001f335'
SONG = {"title": "", "artist_id": 1, "recording_key": "", "name_key": "", "search_text": ""}


def artists(n: int) -> list[dict[str, object]]:
    return [{"name": f"{AWKWARD} {i}", "name_key": str(i)} for i in range(n)]


def songs(session: Session, n: int) -> list[int]:
    insert_rows(session, Artist, artists(1))
    return insert_returning_ids(session, Song, [{**SONG, "attributes": {}} for _ in range(n)])


@pytest.mark.parametrize("n", [0, 1, MANY])
def test_ids_come_in_the_order_of_the_rows(session: Session, n: int) -> None:
    numbers = insert_returning_ids(session, Artist, artists(n))
    stored = {row.id: row.name for row in session.execute(select(Artist.id, Artist.name))}
    assert [stored[number] for number in numbers] == [f"{AWKWARD} {i}" for i in range(n)]


def test_ids_that_many_rows_took_are_not_given_again(session: Session) -> None:
    taken = insert_returning_ids(session, Artist, artists(MANY))
    assert insert_returning_ids(session, Artist, [{"name": "", "name_key": "x"}]) == [max(taken) + 1]


@pytest.mark.parametrize("n", [1, MANY])
def test_values_of_every_kind_come_back(session: Session, n: int) -> None:
    insert_rows(session, Artist, artists(1))
    made_at = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    told = {"ä": [1, 0.1, None, {"b": True}]}
    row = {**SONG, "title": AWKWARD, "duration_ms": None, "attributes": told, "created_at": made_at}
    insert_rows(session, Song, [row] * n)
    found = session.execute(select(Song).order_by(Song.id.desc())).scalars().first()
    assert found is not None
    assert (found.title, found.duration_ms, found.attributes, found.created_at) == (
        AWKWARD, None, told, made_at,
    )  # fmt: skip


@pytest.mark.parametrize("n", [1, MANY])
def test_bytes_and_defaults_come_back(session: Session, n: int) -> None:
    insert_rows(session, User, [{"scheme": "t", "value": str(i), "name": ""} for i in range(n)])
    rows = [
        {"user_id": user, "release": "r", "overall": b"\\\0\n\xff", "interest_song_ids": [], "settings": {}}
        for user in session.execute(select(User.id)).scalars()
    ]
    insert_rows(session, TasteProfile, rows)
    found = session.execute(select(TasteProfile)).scalars().all()
    assert {(one.overall, one.recent, one.listen_weight) for one in found} == {(b"\\\0\n\xff", None, 0.0)}
    assert all(abs((one.updated_at - now()).total_seconds()) < 60 for one in found)


@pytest.mark.parametrize("n", [3, MANY])
@pytest.mark.parametrize("as_arrays", [False, True])
def test_numbers_go_in_once(session: Session, n: int, as_arrays: bool) -> None:
    insert_rows(session, User, [{"scheme": "t", "value": "ann", "name": ""}])
    song = songs(session, 1)[0]
    share = [None if i % 3 else i / n for i in range(n)]
    columns = {"user_id": [1] * n, "song_id": [song] * n, "listened_at_s": [2**40 + i for i in range(n)]}
    given = {**columns, "completion": share}
    if as_arrays:
        given = {name: np.array(column, dtype=float if name == "completion" else int) for name, column in given.items()}  # fmt: skip # noqa: E501
    assert insert_columns(session, Listen, given) == n
    assert insert_columns(session, Listen, given) == 0
    found = session.execute(select(Listen.listened_at_s, Listen.completion).order_by(Listen.listened_at_s))
    assert [tuple(row) for row in found] == list(zip(columns["listened_at_s"], share, strict=True))


def test_a_row_that_comes_twice_at_once_goes_in_once(session: Session) -> None:
    insert_rows(session, User, [{"scheme": "t", "value": "ann", "name": ""}])
    song = songs(session, 1)[0]
    columns = {"user_id": [1] * MANY, "song_id": [song] * MANY, "listened_at_s": [7] * MANY}
    assert insert_columns(session, Listen, columns) == 1


@pytest.mark.parametrize("n", [2, MANY])
def test_rows_are_changed_by_their_key_and_no_others(session: Session, n: int) -> None:
    numbers = songs(session, n + 1)
    told = [{"id": number, "title": AWKWARD, "attributes": {"n": number}} for number in numbers[:n]]
    update_rows(session, Song, told)
    found = session.execute(select(Song.id, Song.title, Song.attributes).order_by(Song.id)).all()
    assert [tuple(row) for row in found[:n]] == [(number, AWKWARD, {"n": number}) for number in numbers[:n]]
    assert found[n].title == ""


@pytest.mark.parametrize("n", [2, MANY])
def test_one_bad_row_leaves_nothing_of_the_transaction(session_factory: SessionFactory, n: int) -> None:
    def store() -> None:
        with write_transaction(session_factory) as session:
            insert_rows(session, Playlist, [_playlist(i) for i in range(n)])
            entries = {"playlist_id": [1] * n, "position": list(range(n)), "song_id": [999] * n}
            insert_columns(session, PlaylistEntry, entries, are_new=True)

    with pytest.raises(DBAPIError):
        store()
    with session_factory() as session:
        assert session.execute(select(func.count()).select_from(Playlist)).scalar_one() == 0


def _playlist(number: int) -> dict[str, object]:
    return {"scheme": "t", "value": str(number), "name": "", "content_sha256": "", "attributes": {}}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_error_of_many_rows_names_the_place(session: Session) -> None:
    rows = [{"name": "x" * 7, "name_key": str(i) if i != 120 else "k" * 500} for i in range(MANY)]
    with pytest.raises(DBAPIError, match=r"COPY artists, line 121, column name_key"):
        insert_rows(session, Artist, rows)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("song", [1, 2])
def test_a_user_who_may_keep_no_trigger_silent_stores_the_same(session: Session, song: int) -> None:
    songs(session, 1)
    insert_rows(session, Playlist, [_playlist(1)])
    session.execute(text("CREATE ROLE ordinary"))
    session.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO ordinary"))
    session.execute(text("SET LOCAL ROLE ordinary"))
    entries = {"playlist_id": [1] * MANY, "position": list(range(MANY)), "song_id": [song] * MANY}
    if song == 1:
        assert insert_columns(session, PlaylistEntry, entries, are_new=True) == MANY
        return
    with pytest.raises(DBAPIError, match="violates foreign key"):
        insert_columns(session, PlaylistEntry, entries, are_new=True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_triggers_of_others_are_not_silent(session: Session) -> None:
    songs(session, 1)
    insert_rows(session, Playlist, [_playlist(1)])
    for statement in (
        "CREATE TABLE seen (n int)",
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN INSERT INTO seen VALUES (1); RETURN NULL; END'",
        "CREATE TRIGGER see AFTER INSERT ON playlist_entries FOR EACH ROW EXECUTE FUNCTION see()",
    ):
        session.execute(text(statement))
    entries = {"playlist_id": [1] * MANY, "position": list(range(MANY)), "song_id": [1] * MANY}
    insert_columns(session, PlaylistEntry, entries, are_new=True)
    assert session.execute(text("SELECT count(*) FROM seen")).scalar_one() == MANY


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_was_referred_to_at_once_stays_until_the_end(session_factory: SessionFactory) -> None:
    with write_transaction(session_factory) as session:
        songs(session, 1)
        insert_rows(session, Playlist, [_playlist(1)])
    with session_factory() as session, session_factory() as other:
        entries = {"playlist_id": [1] * MANY, "position": list(range(MANY)), "song_id": [1] * MANY}
        insert_columns(session, PlaylistEntry, entries, are_new=True)
        assert session.execute(text("SHOW session_replication_role")).scalar_one() == "origin"
        other.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(DatabaseUnavailableError, match="lock timeout"):
            other.execute(text("DELETE FROM songs"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_number_that_no_column_holds_is_refused_with_a_name(session: Session) -> None:
    columns = {"playlist_id": [1] * MANY, "position": [2**40] * MANY, "song_id": [1] * MANY}
    with pytest.raises(DBAPIError, match="out of range"):
        insert_columns(session, PlaylistEntry, columns, are_new=True)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_lost_while_copying_is_the_databases_fault(session: Session) -> None:
    insert_rows(session, Artist, artists(1))
    session.execute(text("SET LOCAL statement_timeout = 1"))
    with pytest.raises(DatabaseUnavailableError, match="cannot be used"):
        insert_returning_ids(session, Artist, [{"name": "", "name_key": f"k{i}"} for i in range(60_000)])


def test_binary_rows_are_as_postgresql_documents_them() -> None:
    packed = copying.pack(table_of(Listen), {"user_id": [1], "listened_at_s": [2], "completion": [None]})
    assert packed is not None
    head, row, end = packed
    assert head == b"PGCOPY\n\xff\r\n\0" + bytes(8)
    assert row == struct.pack(">hiiiqi", 3, 4, 1, 8, 2, -1)
    assert end == b"\xff\xff"
