"""JSON as strangers write it: parsed without surprises, every failure with its place.

NaN and infinity, which JSON does not know, are taken as null.
"""

from __future__ import annotations

import json


class BadJsonError(ValueError):
    """Text that is no JSON; `position` is where, in characters."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


def _null(_: str) -> None:
    return None


_DECODER = json.JSONDecoder(parse_constant=_null)


def parse_value(text: str, start: int = 0) -> tuple[object, int]:
    """Return the JSON value that begins at `start` and the position after it.

    Raises
    ------
    BadJsonError
        No JSON, nested too deeply, or a number of thousands of digits.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise BadJsonError(f"not JSON: {error.msg}", error.pos) from None
    except RecursionError:
        raise BadJsonError("nested too deeply", start) from None
    except ValueError:
        raise BadJsonError("a number of too many digits", start) from None


def parse_document(text: str) -> object:
    """Return the one JSON value that text is, spaces around it allowed; raises as `parse_value`."""
    start = len(text) - len(text.lstrip())
    value, end = parse_value(text, start)
    rest = text[end:].lstrip()
    if rest:
        raise BadJsonError("not JSON: more text after the end", len(text) - len(rest))
    return value


def place_of(text: str, position: int) -> str:
    """Return a position as line and column, both from 1."""
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def as_object(value: object) -> dict[str, object]:
    """Return value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return value if it is a JSON array; nothing for null; else an array of it alone."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]
