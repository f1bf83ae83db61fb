"""What passes between the service and a process that answers."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.answers import Recommendations
from recsys.rules import RuleSettings


@dataclass(frozen=True)
class Question:
    """Recommendations for a user, by the release of this name."""

    release: str
    user: str
    k: int
    rules: RuleSettings | None
    explain: bool


@dataclass(frozen=True)
class Order:
    """Have a release ready to be asked; `renew` says that what is kept of users is to be read again."""

    release: str
    renew: bool = False


@dataclass(frozen=True)
class Done:
    """What came of an order."""

    order: Order
    is_ready: bool


# None says: not here, ask yourself. Whatever goes wrong with the question is found out there once more.
Reply = Recommendations | None
