"""Cursors: where the next page begins, as text that means nothing to who carries it."""

from __future__ import annotations

import base64
import binascii

from service.http.problems import Refused

_MOST = 2**62


def cursor_of(*numbers: int) -> str:
    """Write numbers as a cursor."""
    text = ".".join(map(str, numbers)).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def numbers_of(cursor: str | None, n: int) -> tuple[int, ...] | None:
    """Read a cursor of n numbers; None where there is none.

    Raises
    ------
    Refused
        It is none of ours.
    """
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode("ascii")
        numbers = tuple(int(part) for part in text.split("."))
    except (binascii.Error, ValueError):
        numbers = ()
    if len(numbers) != n or not all(0 <= number <= _MOST for number in numbers):
        message = "not a cursor that this list gave out"
        raise Refused(422, message, errors=[("cursor", message)])
    return numbers
