"""Reader of lyrics: a folder of plain text, a file a book.

    # The Plain-dealing Man       a title begins a song
                                  (blank lines around it do not matter)
    A crotchet comes into my mind
    Concerning a proverb of old,
                                  a blank line ends a stanza
    Yet some are so impudent grown,

                                  two end a song; the next one has a title, or none

A `SOURCES.json` beside the files may name the books: an object by number or file name, each with `title`,
`by` and, how much of it training should see, `weight` (0..1). A file is found there by its stem, or by the
number in `pg<number>_...`. Hymnals, of which there are many and all of one kind, weigh a quarter unless told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.columns import AUTHOR, BOOK, DTYPES, LYRICS, NUMBER, TEXT, TITLE, WEIGHT
from pipelines.sources.batch import Batch, Problem
from pipelines.sources.files import file_bytes, files_below
from pipelines.sources.lines import UTF8_BOM, undecodable
from pipelines.sources.values import MAX_ATTRIBUTE_TEXT, clean_text

SOURCES = "SOURCES.json"
HYMNAL_WEIGHT = 0.25
MOST_BYTES = 64 * 2**20  # Of a book.
_HYMNAL = re.compile(r"\bhymn(?:s|al|als|book|ody)?\b", re.IGNORECASE)
_GUTENBERG = re.compile(r"pg(\d+)_")
_LONGEST_LINE = 2_000  # Characters: more is no verse, but a page without line ends.


@dataclass(frozen=True)
class Book:
    """What is known of a file: title, author, and how much of it training should see."""

    title: str
    author: str = ""
    weight: float = 1.0


def is_lyrics_folder(folder: Path) -> bool:
    """Tell whether a folder names the books in it."""
    return (folder / SOURCES).is_file()


def read(path: Path, *, namespace: str) -> Iterator[Batch]:
    """Yield the books of a folder, or one file, a batch each; what cannot be read is a problem."""
    found = list(files_below(path)) if path.is_dir() else [path]
    problems = [item for item in found if isinstance(item, Problem)]
    files = [item for item in found if isinstance(item, Path) and item.suffix.lower() == ".txt"]
    root = path if path.is_dir() else path.parent
    books, trouble = read_sources(root / SOURCES)
    problems += trouble
    if not files:
        problems.append(Problem(path, "", "no .txt in it"))
    if problems:
        yield Batch(problems=tuple(problems))
    for file in files:
        yield _batch(file, f"{namespace}:{file.relative_to(root).with_suffix('')}", book_of(file, books))


def read_sources(path: Path) -> tuple[dict[str, Book], list[Problem]]:
    """Return the books that a `SOURCES.json` names, and what is wrong with it."""
    if not path.is_file():
        return {}, []
    data = file_bytes(path)
    if isinstance(data, Problem):
        return {}, [data]
    try:
        document: Any = json.loads(data.removeprefix(UTF8_BOM))
    except (ValueError, RecursionError) as error:
        return {}, [Problem(path, "", f"no JSON: {str(error)[:100]}")]
    if not isinstance(document, dict):
        return {}, [Problem(path, "", "an object of books is expected")]
    books, problems = {}, []
    for name, entry in document.items():
        book = _book(entry)
        if isinstance(book, str):
            problems.append(Problem(path, f"book {name[:40]}", book))
        else:
            books[name] = book
    return books, problems


def book_of(file: Path, books: Mapping[str, Book]) -> Book:
    """Return what is known of a file: by its stem, by its number, or its name alone."""
    number = _GUTENBERG.match(file.name)
    if file.stem in books:
        return books[file.stem]
    if number is not None and number[1] in books:
        return books[number[1]]
    title = file.stem.replace("_", " ")
    return Book(title, weight=HYMNAL_WEIGHT if _HYMNAL.search(title) else 1.0)


def parse(text: str) -> Iterator[tuple[str, str]]:
    """Yield the songs of a book as title and text; titles may be "", texts have no blank line twice."""
    title, lines = "", list[str]()
    blanks = 0
    for raw in [*text.splitlines(), "# "]:
        line = clean_text(" ".join(raw.split()), MAX_ATTRIBUTE_TEXT)
        begins = raw.startswith("# ")
        if (begins or (line and blanks >= 2)) and any(lines):
            yield title, "\n".join(lines).strip("\n")
            title, lines = "", []
        if begins:
            title, blanks = line.removeprefix("#").strip(), 0
        elif not line:
            blanks += 1
        else:
            lines += ["", line] if blanks and lines else [line]
            blanks = 0


def _batch(file: Path, book: str, about: Book) -> Batch:
    data = file_bytes(file, MOST_BYTES)
    if isinstance(data, Problem):
        return Batch(problems=(data,))
    try:
        text = data.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        return Batch(
            problems=(Problem(file, "", undecodable(error, len(data) - len(data.removeprefix(UTF8_BOM)))),)
        )
    if "\0" in text:
        return Batch(problems=(Problem(file, f"byte {data.index(0)}", "NUL byte: no text"),))
    problems, rows = [], []
    for number, (title, words) in enumerate(parse(text)):
        if max(map(len, words.splitlines())) > _LONGEST_LINE:
            problems.append(Problem(file, f"song {number + 1}", f"a line of over {_LONGEST_LINE} characters"))
            continue
        rows.append((book, number, clean_text(title), about.author, words, about.weight))
    if not rows and not problems:
        problems.append(Problem(file, "", "no songs in it"))
    frame = pd.DataFrame(rows, columns=list(LYRICS)).astype({name: DTYPES[name] for name in LYRICS})
    return Batch(lyrics=frame[[BOOK, NUMBER, TITLE, AUTHOR, TEXT, WEIGHT]], problems=tuple(problems))


def _book(entry: object) -> Book | str:
    """What an entry says of a book, or what is wrong with it."""
    if not isinstance(entry, dict) or not isinstance(entry.get("title"), str):
        return "an object with a title is expected"
    title, author = clean_text(entry["title"]), entry.get("by", "")
    weight = entry.get("weight", HYMNAL_WEIGHT if _HYMNAL.search(title) else 1.0)
    if not isinstance(author, str):
        return f"`by` is text, got {author!r:.40}"
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        return f"`weight` is a share from 0 to 1, got {weight!r:.40}"
    return Book(title, clean_text(author), float(weight))
