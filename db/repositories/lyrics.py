"""Lyrics: the words of songs, by the book or the model that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db.models import Lyric
from db.repositories.bulk import chunks, insert_rows, read_frame

if TYPE_CHECKING:
    import pandas as pd

_BOOK_DTYPES = {
    "source": "str",
    "number": "int64",
    "title": "str",
    "author": "str",
    "text": "str",
    "weight": "float64",
}


@dataclass(frozen=True)
class BookLyric:
    """One text of a book; `number` is its place there, from 0."""

    number: int
    title: str
    author: str
    text: str
    weight: float = 1.0


@dataclass(frozen=True)
class Stored:
    """How many rows storing made, altered, took away, and left as they were."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


def store_books(session: Session, books: Mapping[str, Sequence[BookLyric]]) -> Stored:
    """Store books by their source, each whole: the same again changes nothing.

    Raises
    ------
    ValueError
        Two texts of a book with one number.
    """
    done = Stored()
    for source, texts in books.items():
        numbers = {text.number for text in texts}
        if len(numbers) != len(texts):
            raise ValueError(f"two texts of {source} have one number")
        before = _stored_book(session, source)
        new = [text for text in texts if text.number not in before]
        changed = [text for text in texts if text.number in before and before[text.number] != text]
        gone = [number for number in before if number not in numbers]
        if new:
            insert_rows(session, Lyric, [_row(source, text) for text in new])
        for text in changed:
            where = (Lyric.source == source, Lyric.number == text.number)
            session.execute(update(Lyric).where(*where).values(**_row(source, text)))
        for chunk in chunks(gone):
            session.execute(delete(Lyric).where(Lyric.source == source, Lyric.number.in_(chunk)))
        done = Stored(
            done.added + len(new),
            done.changed + len(changed),
            done.removed + len(gone),
            done.unchanged + len(texts) - len(new) - len(changed),
        )
    return done


def store_words(session: Session, song_id: int, source: str, *, title: str, text: str) -> None:
    """Store the words of a song as one source has them, in the place of those that it had."""
    where = (Lyric.song_id == song_id, Lyric.source == source)
    values = {"title": title, "text": text}
    found = session.scalar(select(Lyric.id).where(*where))
    if found is None:
        session.add(Lyric(song_id=song_id, source=source, **values))
        session.flush()
    else:
        session.execute(update(Lyric).where(Lyric.id == found).values(**values))


def words_of_song(session: Session, song_id: int) -> dict[str, str]:
    """Return the words of a song by their source; none where nobody has written any."""
    statement = select(Lyric.source, Lyric.text).where(Lyric.song_id == song_id).order_by(Lyric.source)
    return {str(row.source): str(row.text) for row in session.execute(statement)}


def read_books(session: Session) -> pd.DataFrame:
    """Return all texts of books: source, number, title, author, text, weight, by source and number."""
    columns = (Lyric.source, Lyric.number, Lyric.title, Lyric.author, Lyric.text, Lyric.weight)
    statement = select(*columns).where(Lyric.number.is_not(None)).order_by(Lyric.source, Lyric.number)
    return read_frame(session, statement, _BOOK_DTYPES)


def count_books(session: Session) -> dict[str, int]:
    """Return how many texts each book has, by source."""
    counted = select(Lyric.source, func.count()).where(Lyric.number.is_not(None)).group_by(Lyric.source)
    return {source: int(n) for source, n in session.execute(counted.order_by(Lyric.source))}


def _stored_book(session: Session, source: str) -> dict[int, BookLyric]:
    columns = (Lyric.number, Lyric.title, Lyric.author, Lyric.text, Lyric.weight)
    rows = session.execute(select(*columns).where(Lyric.source == source, Lyric.number.is_not(None)))
    return {
        number: BookLyric(number, title, author, text, weight)
        for number, title, author, text, weight in rows
        if number is not None
    }


def _row(source: str, text: BookLyric) -> dict[str, object]:
    return {
        "source": source,
        "number": text.number,
        "title": text.title,
        "author": text.author,
        "text": text.text,
        "weight": text.weight,
    }
