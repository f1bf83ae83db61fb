"""Single values out of foreign files, made safe to store: text, whole numbers, times, attributes.

Nothing here raises for a strange value: text that a database would refuse (NUL, control characters, lone
surrogates) is repaired, and what is no number or no time comes back as `None`, for the caller to name its
place.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

MAX_TEXT = 1000  # Characters of a title, an artist, a name; more is cut.
MAX_ATTRIBUTE_TEXT = 10_000
MAX_DEPTH = 8  # Levels of lists and objects kept inside an attribute.
MAX_DURATION_MS = 2**31 - 1
MIN_TIME_S = 0
MAX_TIME_S = 4_102_444_800  # 2100-01-01

_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WHOLE = re.compile(r"[+-]?\d{1,18}(?:\.0+)?\Z")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def clean_text(value: object, limit: int = MAX_TEXT) -> str:
    """Return text that any database takes: no control characters, no lone surrogates, no outer spaces, at
    most `limit` characters. A whole number is written out; anything else that is not text gives "".
    """
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not isinstance(value, str):
        return ""
    if not value.isprintable():
        value = _UNSTORABLE.sub(lambda match: "\ufffd" if match[0] >= "\ud800" else " ", value)
    return value[:limit].strip()


def whole_number(value: object, low: int, high: int) -> int | None:
    """Return the whole number that `value` is or spells, or None when it is none or lies outside
    low..high.
    """
    number: int | None = None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        number = value
    elif isinstance(value, float) and math.isfinite(value) and value.is_integer():
        number = int(value)
    elif isinstance(value, str) and value.isascii() and _WHOLE.match(value.strip()):
        number = int(value.strip().split(".")[0])
    return number if number is not None and low <= number <= high else None


def time_s(value: object) -> int | None:
    """Return seconds since 1970 from Unix seconds or an ISO 8601 time (UTC where it names no zone).

    None for anything else, and for times before 1970 or from 2100 on.
    """
    seconds: int | None = None
    if isinstance(value, str) and _DAY.match(value.strip()):
        try:
            moment = datetime.fromisoformat(value.strip())
            seconds = math.floor((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        except (ValueError, OverflowError):
            return None
    elif isinstance(value, float) and math.isfinite(value):
        seconds = math.floor(value)
    else:
        seconds = whole_number(value, MIN_TIME_S, MAX_TIME_S)
    return seconds if seconds is not None and MIN_TIME_S <= seconds < MAX_TIME_S else None


def duration_ms(value: object, *, per_second: bool = False) -> int | None:
    """Return a length in milliseconds, or None when it is missing, not positive, or over 24 days."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if not 0 < value <= MAX_DURATION_MS:
        return None
    scaled = round(value * 1000 if per_second else value)
    return scaled if 0 < scaled <= MAX_DURATION_MS else None


def attributes_json(attributes: Mapping[str, object]) -> str:
    """Return the attributes as JSON text with sorted keys; null, NaN, infinite and empty values are left
    out.
    """
    if not attributes:
        return "{}"
    kept = {clean_text(str(key)): _attribute(value, MAX_DEPTH) for key, value in attributes.items()}
    kept = {key: value for key, value in kept.items() if key and value is not None}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _attribute(value: object, depth: int) -> object:
    """Return value as JSON may hold it, or None where there is nothing to keep."""
    if isinstance(value, str):
        return clean_text(value, MAX_ATTRIBUTE_TEXT) or None
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        text = value.isoformat()
        return None if text == "NaT" else text
    if isinstance(value, Decimal):
        return str(value)
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        inner = {clean_text(str(key)): _attribute(item, depth - 1) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [item for item in (_attribute(item, depth - 1) for item in value) if item is not None] or None
    return None
