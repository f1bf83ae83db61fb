"""Tags out of tables: the columns of a `songs` table that hold some, and a table of tags by itself.

A cell of a songs table holds a list of words, or text parted by `;` or `|` or, where neither is in it, by
`,`; each word weighs 1. A row of the `tags` table holds one word of one song, with a weight from 0 to 1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pipelines.columns import SONG_REF, SONG_TAGS, TAG, WEIGHT, empty
from pipelines.sources.batch import Problem
from pipelines.sources.table_columns import id_texts, shares, texts
from pipelines.sources.table_rows import RowCheck, missing_column, typed
from pipelines.sources.tables import Piece, read_table
from pipelines.sources.values import clean_text

TAG_COLUMNS = ("tags", "tag", "genres", "genre")
MAX_TAG = 100  # Characters of a tag; longer text is a description.
MAX_TAGS = 200  # Words taken from one cell.

_STRONG = re.compile("[;|]")


def words_of(cell: object) -> list[str] | None:
    """Return the words in a cell, without blanks around them; None when it holds neither text nor a list.

    >>> words_of("Drum & Bass; Folk, World"), words_of("rock, pop"), words_of(["rock", None]), words_of(7)
    (['Drum & Bass', 'Folk, World'], ['rock', 'pop'], ['rock'], None)
    """
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return []
    if isinstance(cell, str):
        if (listed := _json_list(cell)) is not None:
            return words_of(listed)
        parted = _STRONG.split(cell) if _STRONG.search(cell) else cell.split(",")
        return [word for part in parted if (word := clean_text(part))]
    if isinstance(cell, list | tuple | np.ndarray):
        there = [word for word in cell if word is not None]
        if not all(isinstance(word, str) for word in there):
            return None
        return [word for part in there if (word := clean_text(part))]
    return None


def _json_list(text: str) -> list[object] | None:
    """Return the list that text spells in JSON, as CSV files hold lists; None when it is none."""
    if not text.lstrip().startswith("["):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def column_tags(piece: Piece, refs: pd.Series, check: RowCheck) -> pd.DataFrame:
    """Return the tags in the columns of a piece of a songs table, as a frame of SONG_TAGS.

    A row without any word has one row with the tag "": the source knows tags, and gives this song none.
    """
    columns = [name for name in TAG_COLUMNS if name in piece.frame]
    if not columns:
        return empty(SONG_TAGS)
    found: list[tuple[str, str, float]] = []
    words = {name: _column_words(piece.frame[name], name, check) for name in columns}
    for row in np.flatnonzero(check.good).tolist():
        own = dict.fromkeys(word for name in columns for word in words[name][row])
        found += [(refs.iloc[row], word, 1.0) for word in own or ("",)]
    given = zip(*found, strict=True) if found else ((), (), ())
    return typed(SONG_TAGS, dict(zip(SONG_TAGS, map(list, given), strict=True)))


def _column_words(column: pd.Series, name: str, check: RowCheck) -> list[list[str]]:
    """Return the words of each cell, and note the cells that hold none, too long ones, or too many."""
    cells = pa.array(column.array).to_pylist() if isinstance(column.dtype, pd.ArrowDtype) else list(column)
    read = [words_of(cell) for cell in cells]
    check.note(_mask(words is None for words in read), f"{name} is neither text nor a list of text", column)
    words = [own or [] for own in read]
    check.note(_mask(len(own) > MAX_TAGS for own in words), f"{name} has over {MAX_TAGS} words", column)
    check.note(_mask(any(len(word) > MAX_TAG for word in own) for own in words), f"{name} has a word of over "
               f"{MAX_TAG} characters", column)  # fmt: skip
    return [[word for word in own[:MAX_TAGS] if len(word) <= MAX_TAG] for own in words]


def _mask(values: Iterable[bool]) -> npt.NDArray[np.bool_]:
    return np.array(list(values), dtype=np.bool_)


def whole_opinion(rows: pd.DataFrame, refs: pd.Series) -> pd.DataFrame:
    """Return tags with each word of a song once, the first row of it, and the tag "" for the songs among
    `refs` that have no other.
    """
    named = rows[rows[TAG] != ""].drop_duplicates([SONG_REF, TAG])
    bare = refs[~refs.isin(named[SONG_REF])]
    none = typed(SONG_TAGS, {SONG_REF: bare, TAG: [""] * len(bare), WEIGHT: np.ones(len(bare))})
    return pd.concat([named, none], ignore_index=True)


class TagTable:
    """The `tags` table of a set. `known` gives codes of song ids, -1 for those that the set does not hold."""

    def __init__(
        self, path: Path | None, namespace: str, *, known: Callable[[pd.Series], npt.NDArray[np.int64]]
    ) -> None:
        self.problems: list[Problem] = []
        self.was_read = False
        pieces: list[pd.DataFrame] = [empty(SONG_TAGS)]
        for piece in read_table(path) if path is not None else ():
            if isinstance(piece, Problem):
                self.problems.append(piece)
                continue
            if missing := missing_column(piece, ["song_id", "tag"]):
                self.problems.append(Problem(path or Path(), "", f"no column {missing!r}"))
                break
            self.was_read = True
            check = RowCheck(path or Path(), piece)
            pieces.append(_read_piece(piece, namespace, known, check))
            self.problems += check.problems
        self.rows = pd.concat(pieces, ignore_index=True)


def _read_piece(
    piece: Piece, namespace: str, known: Callable[[pd.Series], npt.NDArray[np.int64]], check: RowCheck
) -> pd.DataFrame:
    given = piece.frame
    ids, words = id_texts(given["song_id"]), texts(given["tag"])
    check.refuse(ids.isna(), "no usable song_id", given["song_id"])
    check.refuse(known(ids) < 0, "unknown song", given["song_id"])
    check.refuse(words == "", "no tag", given["tag"])
    check.refuse(words.str.len() > MAX_TAG, f"tag is over {MAX_TAG} characters long", given["tag"])
    weights = pd.Series(1.0, index=given.index)
    if "weight" in given:
        weights = shares(given["weight"]).fillna(1.0)
        check.refuse(weights == np.inf, "weight is not between 0 and 1", given["weight"])
    good = check.good
    cells = {SONG_REF: namespace + ":" + ids[good], TAG: words[good], WEIGHT: weights[good]}
    return typed(SONG_TAGS, cells)
