"""The lyrics of one batch into the database, book by book."""

from __future__ import annotations

import pandas as pd
from sqlalchemy.orm import Session

from db.repositories.lyrics import BookLyric, store_books
from db.text import bounded
from pipelines.columns import AUTHOR, BOOK, NUMBER, TEXT, TITLE, WEIGHT


def store_lyrics(session: Session, lyrics: pd.DataFrame) -> tuple[int, int, int]:
    """Store books, a frame of LYRICS, each in the place of what it was; return added, changed, unchanged.

    Texts that a book has no more count as changed.
    """
    books: dict[str, list[BookLyric]] = {}
    columns = (lyrics[name].tolist() for name in (BOOK, NUMBER, TITLE, AUTHOR, TEXT, WEIGHT))
    for book, *text in zip(*columns, strict=True):
        books.setdefault(bounded(book), []).append(BookLyric(*text))
    done = store_books(session, books)
    return done.added, done.changed + done.removed, done.unchanged
