"""Whole columns of a foreign table turned into ours: ids, text, numbers, times, shares.

Each function takes a series of any dtype, Arrow's or text, and returns one of the same index. What cannot be
turned is missing in the result, and the caller decides whether that is a problem.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines.sources.values import (
    MAX_TEXT,
    MAX_TIME_S,
    MIN_TIME_S,
    attributes_json,
    clean_text,
    duration_ms,
    time_s,
    whole_number,
)

MAX_ID = 300  # Characters.
_UNSTORABLE = "[\x00-\x1f\x7f-\x9f]"


def _arrow_type(column: pd.Series) -> pa.DataType | None:
    return column.dtype.pyarrow_dtype if isinstance(column.dtype, pd.ArrowDtype) else None


def _is_text(column: pd.Series) -> bool:
    kind = _arrow_type(column)
    if kind is None:
        return column.dtype == "str"
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(column: pd.Series) -> bool:
    kind = _arrow_type(column)
    return kind is not None and bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def id_texts(column: pd.Series) -> pd.Series:
    """Return ids as text: 17 and 17.0 are "17". Missing for null, empty, broken, boolean or overlong ones."""
    if _is_text(column):
        text = column.astype("str").str.strip()
        text = text.str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)
        bad = (
            text.isna()
            | (text == "")
            | (text.str.len() > MAX_ID)
            | text.str.contains(_UNSTORABLE, regex=True)
        )
        return text.mask(bad.fillna(True).astype("bool"))
    if _is_number(column):
        return whole_numbers(column, -(2**62), 2**62).astype("str").mask(column.isna())
    return pd.Series(np.nan, index=column.index, dtype="str")


def whole_numbers(column: pd.Series, low: int, high: int) -> pd.Series:
    """Return whole numbers from low to high as Int64; missing for all else, fractions included."""
    if _is_number(column):
        kind = _arrow_type(column)
        if pa.types.is_integer(kind) and kind != pa.uint64():
            numbers = column.astype("Int64")
        else:
            floats = column.to_numpy(dtype="float64", na_value=np.nan)
            whole = np.isfinite(floats) & (np.floor(floats) == floats) & (np.abs(floats) < 2.0**62)
            numbers = pd.Series(np.where(whole, floats, 0).astype("int64"), index=column.index, dtype="Int64")
            numbers = numbers.mask(~whole)
        return numbers.mask(((numbers < low) | (numbers > high)).fillna(True).astype("bool"))
    values = (
        [whole_number(value, low, high) for value in column] if _is_text(column) else [None] * len(column)
    )
    return pd.Series(values, index=column.index, dtype="Int64")


def texts(column: pd.Series, limit: int = MAX_TEXT) -> pd.Series:
    """Return text that any database takes; "" for null and for what is neither text nor number."""
    if _is_number(column):
        whole = whole_numbers(column, -(2**62), 2**62)
        return (
            whole.astype("str")
            .where(whole.notna(), column.astype("str"))
            .mask(column.isna())
            .fillna("")
            .astype("str")
        )
    if not _is_text(column):
        return pd.Series("", index=column.index, dtype="str")
    values = [clean_text(value, limit) for value in column.astype("str").fillna("")]
    return pd.Series(values, index=column.index, dtype="str")


def times_s(column: pd.Series) -> pd.Series:
    """Return seconds since 1970 as Int64, from Unix seconds, ISO 8601 text or times (UTC where they name no
    zone); missing outside 1970..2099.
    """
    kind = _arrow_type(column)
    if kind is not None and pa.types.is_timestamp(kind):
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
        counts: Any = pd.array(pa.array(column.array).cast(pa.int64()), dtype=pd.ArrowDtype(pa.int64()))
        return _in_range(pd.Series(counts, index=column.index).astype("Int64") // per_second)
    if kind is not None and pa.types.is_date(kind):
        days = pa.array(column.array).cast(pa.date32()).cast(pa.int32())
        return _in_range(pd.Series(pd.array(days, dtype="Int64"), index=column.index) * 86_400)
    if _is_number(column) and pa.types.is_integer(kind):
        return _in_range(whole_numbers(column, 0, 2**62))
    if _is_number(column):
        floats = np.floor(column.to_numpy(dtype="float64", na_value=np.nan))
        return _in_range(
            whole_numbers(pd.Series(floats, index=column.index, dtype="float64[pyarrow]"), 0, 2**62)
        )
    if not _is_text(column):
        return pd.Series(pd.NA, index=column.index, dtype="Int64")
    return pd.Series([time_s(value) for value in column], index=column.index, dtype="Int64")


def _in_range(seconds: pd.Series) -> pd.Series:
    return seconds.mask(((seconds < MIN_TIME_S) | (seconds >= MAX_TIME_S)).fillna(True).astype("bool"))


def durations_ms(column: pd.Series) -> pd.Series:
    """Return lengths in milliseconds as Int64; missing where there is none that makes sense."""
    values = [duration_ms(value) for value in _python_values(column)]
    return pd.Series(values, index=column.index, dtype="Int64")


def shares(column: pd.Series) -> pd.Series:
    """Return numbers from 0 to 1 as float64: NaN where nothing is given, infinity where it is no such
    number.
    """
    if _is_text(column):
        given = column.astype("str").fillna("").str.strip()
        numbers = pd.to_numeric(given.where(given != "", "nan"), errors="coerce").astype("float64")
        missing = given.str.lower().isin(["", "nan"])
    elif _is_number(column):
        numbers = pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), index=column.index)
        missing = numbers.isna()
    else:
        numbers = pd.Series(np.nan, index=column.index)
        missing = column.isna()
    return numbers.where(missing.astype("bool") | numbers.between(0.0, 1.0), np.inf)


def attributes(frame: pd.DataFrame) -> list[str]:
    """Return the cells of each row as a JSON object with sorted keys; nulls, NaN and empty text are left
    out.
    """
    if frame.shape[1] == 0:
        return ["{}"] * len(frame)
    names = [clean_text(str(name)) for name in frame.columns]
    columns = [_python_values(frame[name]) for name in frame.columns]
    return [attributes_json(dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def _python_values(column: pd.Series) -> list[object]:
    """Return the cells as plain Python values; a time is a `datetime` without its nanoseconds."""
    kind = _arrow_type(column)
    if kind is None:
        return [None if isinstance(value, float) else value for value in column]
    array = pa.array(column.array)
    if pa.types.is_timestamp(kind):
        array = array.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError):  # A time that Python cannot hold.
        return [None] * len(column)
