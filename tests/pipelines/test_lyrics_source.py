"""Books of lyrics: what a folder of plain text means, and what of it is stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from db.migrate import upgrade
from db.repositories.lyrics import read_books
from db.session import SessionFactory, make_engine, make_session_factory
from pipelines.ingest import ingest
from pipelines.sources.lyrics import HYMNAL_WEIGHT, parse, read
from pipelines.sources.values import MAX_ATTRIBUTE_TEXT

BOOK = "# One\n\na b\nc d\n\ne f\n\n\n# Two\ng h\n\n\ni j\n"


def folder_of(root: Path, **texts: str) -> Path:
    folder = root / "songs"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "SOURCES.json").write_text(
        json.dumps({"7": {"title": "Songs", "by": "Ann"}, "8": {"title": "A Book of Hymns", "by": "Bo"}})
    )
    return folder


@pytest.fixture
def factory(tmp_path: Path) -> SessionFactory:
    engine = make_engine(f"sqlite:///{tmp_path / 'songs.db'}")
    upgrade(engine)
    return make_session_factory(engine)


def test_titles_begin_songs_a_blank_line_ends_a_stanza_two_a_song() -> None:
    assert list(parse(BOOK)) == [("One", "a b\nc d\n\ne f"), ("Two", "g h"), ("", "i j")]


def test_a_title_without_a_song_is_no_song() -> None:
    assert list(parse("# Empty\n\n# Full\nwords\n")) == [("Full", "words")]
    assert list(parse(" \n\n")) == []


def test_a_book_is_named_by_its_number_and_a_hymnal_weighs_less(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, pg7_songs=BOOK, pg8_hymns="# Praise\nAll ye\n", loose="words\n")
    by_book = {row.book: row for batch in read(folder, namespace="n") for row in batch.lyrics.itertuples()}
    assert by_book["n:pg7_songs"].author == "Ann"
    assert [by_book[name].weight for name in ("n:pg7_songs", "n:pg8_hymns", "n:loose")] == [
        1,
        HYMNAL_WEIGHT,
        1,
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"a\xff", "not UTF-8"),
        (b"a\0b", "NUL"),
        (b"\n\n", "no songs"),
        (b"x" * 3000, "a line"),
    ],
)
def test_what_is_no_book_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    (batch,) = read(tmp_path, namespace="n")
    assert reason in str(batch.problems[0])
    assert not len(batch.lyrics)
    assert MAX_ATTRIBUTE_TEXT > 2000  # or the length of a line would not be seen


@pytest.mark.parametrize("content", ["[", "[]", '{"7": 1}', '{"7": {"title": "x", "weight": 2}}'])
def test_wrong_sources_are_a_problem_and_the_books_go_in(tmp_path: Path, content: str) -> None:
    folder = folder_of(tmp_path, pg7_songs=BOOK)
    (folder / "SOURCES.json").write_text(content)
    problems, books = read(folder, namespace="n")
    assert "SOURCES.json" in str(problems.problems[0])
    assert len(books.lyrics) == 3


def test_a_folder_goes_in_once_and_a_corrected_book_replaces_itself(
    tmp_path: Path, factory: SessionFactory
) -> None:
    folder = folder_of(tmp_path, pg7_songs=BOOK)
    first, again = (ingest([folder], session_factory=factory).lyrics for _ in range(2))
    assert (first.added, again.added, again.changed, again.unchanged) == (3, 0, 0, 3)
    (folder / "pg7_songs.txt").write_text(BOOK.replace("a b", "a z").replace("i j\n", ""))
    assert ingest([folder], session_factory=factory).lyrics.changed == 2
    with factory() as session:
        books = read_books(session)
    assert books["text"].tolist() == ["a z\nc d\n\ne f", "g h"]
    assert set(books["source"]) == {"songs:pg7_songs"}
