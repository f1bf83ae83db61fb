"""The parameters of a request, from its address and from a form in its body, each as often as it came."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from db.text import storable
from service.subsonic.errors import GENERIC, Failed, missing

FORM = "application/x-www-form-urlencoded"
# Ids of songs for a playlist are the most that anybody sends.
_MOST = 20_000


@dataclass(frozen=True)
class Given:
    """Parameters by name, in the order in which they came."""

    values: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, *parts: bytes) -> Given:
        """Read encoded forms: a query, a body.

        Raises
        ------
        Failed
            Too many, or text that no text may be.
        """
        values: dict[str, list[str]] = {}
        for part in parts:
            try:
                pairs = parse_qsl(part.decode("utf-8", "replace"), True, max_num_fields=_MOST)
            except ValueError:
                raise Failed(GENERIC, f"at most {_MOST:,} parameters", status=413) from None
            for name, value in pairs:
                if not storable(value):
                    raise Failed(GENERIC, "a parameter holds characters that no text may hold")
                values.setdefault(name, []).append(value)
        return cls(values)

    def all(self, name: str) -> list[str]:
        """Every value of a parameter."""
        return self.values.get(name, [])

    def text(self, name: str) -> str | None:
        """A parameter; None where it is not given."""
        return next(iter(self.all(name)), None)

    def need(self, name: str) -> str:
        """A parameter that has to be there.

        Raises
        ------
        Failed
        """
        found = self.text(name)
        if found is None:
            raise missing(name)
        return found

    def number(self, name: str, otherwise: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
        """A whole number, moved into its bounds, as players ask for more than there is.

        Raises
        ------
        Failed
            It is no number.
        """
        found = self.text(name)
        return otherwise if found in (None, "") else min(max(_whole(name, str(found)), low), high)

    def numbers(self, name: str) -> list[int]:
        """Whole numbers.

        Raises
        ------
        Failed
        """
        return [_whole(name, one) for one in self.all(name)]

    def flag(self, name: str, otherwise: bool) -> bool:
        """A yes or no."""
        found = self.text(name)
        return otherwise if found is None else found.lower() in ("true", "1", "yes")


def _whole(name: str, text: str) -> int:
    digits = text.strip().removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise Failed(GENERIC, f"{name}: a whole number is expected")
    return int(text)
