"""Songs that the lyric models learn from: books of the database or of a folder, and our own songs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from db.repositories.lyrics import read_books
from db.session import SessionFactory
from generation.lyrics.corpus import Document, Split, split_books
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.song import song_of_text
from generation.lyrics.tokenizer import FILE, VOCAB_SIZE, LyricTokenizer, load_tokenizer, train_tokenizer
from pipelines.columns import AUTHOR, BOOK, NUMBER, TEXT, TITLE, WEIGHT
from pipelines.sources.batch import Problem
from pipelines.sources.lyrics import read

OWN = "songspace:"
"""Before the genre, in the group of our own songs."""


class NoLyricsError(ValueError):
    """There are no lyrics to learn from."""


@dataclass(frozen=True)
class LyricData:
    """Songs by what they are for, and their tokens."""

    split: Split
    tokenizer: LyricTokenizer


def documents_of_database(session_factory: SessionFactory) -> list[Document]:
    """Every text of every book in the database.

    Raises
    ------
    NoLyricsError
    """
    with session_factory() as session:
        frame = read_books(session)
    if not len(frame):
        raise NoLyricsError(
            "there are no books of lyrics in the database: `songspace ingest FOLDER` takes them in,"
            " and --data reads a folder as it is"
        )
    return _documents(frame.rename(columns={"source": BOOK}))


def documents_of_folder(folder: Path) -> tuple[list[Document], tuple[Problem, ...]]:
    """Every text of a folder in the layout of `pipelines.sources.lyrics`, and what could not be read.

    Raises
    ------
    NoLyricsError
    """
    batches = list(read(folder, namespace="lyrics"))
    problems = tuple(problem for batch in batches for problem in batch.problems)
    documents = [document for batch in batches for document in _documents(batch.lyrics)]
    if not documents:
        reason = f": {problems[0]}" if problems else ""
        raise NoLyricsError(f"there are no lyrics in {folder}{reason}")
    return documents, problems


def own_documents(*, held_out: bool = False) -> list[Document]:
    """The project's own songs that training may see, or those that it may not."""
    return [
        Document(one.song, f"{OWN}{one.genre}") for one in load_own_songs() if one.is_held_out is held_out
    ]


def prepare(
    documents: Sequence[Document],
    root: Path,
    *,
    seed: int = 1,
    vocab_size: int = VOCAB_SIZE,
    everything: bool = False,
) -> LyricData:
    """Split books, add our own songs to training, and load the tokenizer in `root`, or make it.

    With `everything` no book is held back, and weights are chosen by our own held-out songs. All models of a
    folder share one tokenizer, so that they can be compared; it learns from training songs alone.

    Raises
    ------
    ValueError, TokenizerError
        Fewer than three books; a tokenizer that is damaged.
    """
    own = own_documents()
    if everything:
        split = Split((*documents, *own), tuple(own_documents(held_out=True)), ())
    else:
        books = split_books(documents, seed=seed)
        split = Split((*books.train, *own), books.valid, books.test, books.n_shared)
    path = root / FILE
    if path.is_file():
        return LyricData(split, load_tokenizer(path))
    tokenizer = train_tokenizer([one.song for one in split.train], vocab_size=vocab_size)
    tokenizer.save(path)
    return LyricData(split, tokenizer)


def _documents(lyrics: pd.DataFrame) -> list[Document]:
    """A frame of LYRICS as documents; texts without lines are left out."""
    ordered = lyrics.sort_values([BOOK, NUMBER])[[BOOK, TITLE, AUTHOR, TEXT, WEIGHT]]
    columns = (ordered[name].tolist() for name in (BOOK, TITLE, TEXT, WEIGHT))
    found = [
        Document(song_of_text(title, text), book, float(weight))
        for book, title, text, weight in zip(*columns, strict=True)
    ]
    return [one for one in found if one.song.sections]
