"""Lyrics of books, on both databases, and what the migration leaves."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.orm import Session

from db.migrate import alembic_config, upgrade
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.lyrics import (
    BookLyric,
    Stored,
    count_books,
    read_books,
    store_books,
    store_words,
    words_of_song,
)
from db.session import make_engine

BOOK = [BookLyric(0, "One", "Ann", "a\nb"), BookLyric(1, "", "", "c", 0.25)]


def test_a_book_comes_back_as_it_was(session: Session) -> None:
    assert store_books(session, {"n:b": BOOK}) == Stored(added=2)
    assert store_books(session, {"n:b": BOOK}) == Stored(unchanged=2)
    frame = read_books(session)
    assert frame["text"].tolist() == ["a\nb", "c"]
    assert frame["weight"].tolist() == [1.0, 0.25]
    assert count_books(session) == {"n:b": 2}


def test_words_of_a_song_are_those_of_the_last_time_and_no_book(session: Session) -> None:
    (song,) = add_songs(session, [SongFacts("One", "Ann")])
    for source, words in (("model", "a"), ("model", "b"), ("other", "c")):
        store_words(session, song, source, title="A", text=words)
    assert words_of_song(session, song) == {"model": "b", "other": "c"}
    assert words_of_song(session, song + 1) == {}
    assert len(read_books(session)) == 0


def test_a_book_is_replaced_whole(session: Session) -> None:
    store_books(session, {"n:b": BOOK, "n:other": BOOK})
    done = store_books(session, {"n:b": [BookLyric(0, "One", "Ann", "new"), BookLyric(5, "", "", "d")]})
    assert done == Stored(added=1, changed=1, removed=1)
    assert count_books(session) == {"n:b": 2, "n:other": 2}


def test_two_texts_with_one_number_are_refused(session: Session) -> None:
    with pytest.raises(ValueError, match="one number"):
        store_books(session, {"n:b": [BOOK[0], BOOK[0]]})


def test_lyrics_from_before_stay(blank_database_url: str) -> None:
    engine = make_engine(blank_database_url)
    with engine.connect().execution_options(songspace_write=True) as connection, connection.begin():
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
        for statement in (
            "INSERT INTO artists (id, name, name_key) VALUES (1, '', '')",
            "INSERT INTO songs (id, title, artist_id, recording_key, name_key, search_text, attributes,"
            " is_generated, created_at) VALUES (1, 't', 1, '', '', 't', '{}', false, '2026-01-01')",
            "INSERT INTO lyrics (id, song_id, source, text, created_at)"
            " VALUES (1, 1, 'm', 'w', '2026-01-01')",
        ):
            connection.execute(text(statement))
    upgrade(engine)
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT song_id, source, text, title, weight, number FROM lyrics")
        ).one()
    assert tuple(row) == (1, "m", "w", "", 1.0, None)
    engine.dispose()
