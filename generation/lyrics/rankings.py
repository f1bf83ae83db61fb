"""Rankings of takes: what preferences are learned from, whoever ranked.

A ranking is a prompt, its takes as tokens, and their order, best first; a rubric gives points, too, so that
takes it finds equal make no pair. Prompts, not pairs, are held back: two pairs of one prompt share takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

PERSON, RUBRIC = "person", "rubric"
"""As `Preference.judge` has it."""
_HELD_BACK = 5  # One prompt in so many.


class RankingError(ValueError):
    """A ranking is none: it names takes that are not there, or a file holds something else."""


@dataclass(frozen=True)
class Ranking:
    """A prompt with ranked takes.

    Attributes
    ----------
    text : str
        The prompt as it was asked.
    prompt : tuple of int
        Its tokens, with `ANSWER` behind them.
    takes : tuple of int32 arrays
        Each with its `END`, where it came to one.
    order : tuple of int
        Rows of takes, best first.
    points : tuple of float
        Of each take; () from people, who only order.
    """

    text: str
    prompt: tuple[int, ...]
    takes: tuple[np.ndarray, ...]
    order: tuple[int, ...]
    judge: str = RUBRIC
    points: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an order that is not one of these takes."""
        if sorted(self.order) != list(range(len(self.takes))) or len(self.points) not in (0, len(self.takes)):
            raise RankingError(f"a ranking of {len(self.takes)} takes names {list(self.order)}")

    @property
    def is_held_back(self) -> bool:
        """Whether it is for measuring alone: one prompt in five, always the same ones."""
        return int(sha256(self.text.strip().lower().encode()).hexdigest()[:8], 16) % _HELD_BACK == 0

    def pairs(self, margin: float = 0.0) -> list[tuple[int, int]]:
        """Rows of a better and a worse take, all pairs; those whose points differ by no more are left out."""
        found = [(a, b) for place, a in enumerate(self.order) for b in self.order[place + 1 :]]
        return [(a, b) for a, b in found if not self.points or self.points[a] - self.points[b] > margin]


def split_rankings(rankings: Sequence[Ranking]) -> tuple[list[Ranking], list[Ranking]]:
    """Those to learn from and those held back; one is held back where the hash holds back none or all."""
    held = [one for one in rankings if one.is_held_back]
    if len(rankings) > 1 and len(held) in (0, len(rankings)):
        return list(rankings[:-1]), list(rankings[-1:])
    return [one for one in rankings if not one.is_held_back], held


def save_rankings(rankings: Sequence[Ranking], path: Path) -> None:
    """Write rankings, a line of JSON each, in the place of those that are there."""
    lines = [
        json.dumps(
            {
                "text": one.text,
                "prompt": list(one.prompt),
                "takes": [take.tolist() for take in one.takes],
                "order": list(one.order),
                "judge": one.judge,
                "points": [round(point, 6) for point in one.points],
            }
        )
        for one in rankings
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_rankings(path: Path) -> list[Ranking]:
    """Read what `save_rankings` wrote.

    Raises
    ------
    RankingError
        Nothing there, or something else.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
        return [
            Ranking(
                str(row["text"]),
                tuple(map(int, row["prompt"])),
                tuple(np.array(take, np.int32) for take in row["takes"]),
                tuple(map(int, row["order"])),
                str(row["judge"]),
                tuple(map(float, row["points"])),
            )
            for row in rows
        ]
    except FileNotFoundError:
        raise RankingError(f"there are no rankings at {path}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RankingError(f"{path} holds no rankings: {str(error)[:100]}") from None
