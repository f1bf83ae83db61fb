"""Which workers live: each holds the lock of a slot, which goes with its process, whatever ends it.

The number of a slot is the worker's name in the queue. So the next worker that starts takes the name of
one that died, with the work it left; and a worker that lives finds out whose work nobody does.
"""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

MOST_WORKERS = 64


@dataclass
class Slot:
    """A slot that this process holds until `release`, or its end."""

    name: str
    file: TextIOWrapper

    def release(self) -> None:
        """Give it back."""
        self.file.close()


def executor_name(number: int) -> str:
    """The name in the queue of the worker of a slot."""
    return f"worker-{number}"


def slot_number(name: str) -> str:
    """The number of a slot by its worker's name in the queue, in digits; "" for a name that is none."""
    digits = name.removeprefix("worker-")
    return digits if name != digits and digits.isdigit() else ""


def take_slot(home: Path) -> Slot:
    """Take the first free slot.

    Raises
    ------
    RuntimeError
        There are as many workers as can be.
    """
    for number in range(MOST_WORKERS):
        slot = try_slot(home, number)
        if slot is not None:
            return slot
    raise RuntimeError(f"{MOST_WORKERS} workers are at work in {home} already")


def try_slot(home: Path, number: int) -> Slot | None:
    """Take this slot; None where somebody has it."""
    folder = home / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / f"{number}.lock").open("a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return Slot(executor_name(number), file)


def slots_known(home: Path) -> list[int]:
    """The slots that were ever taken here."""
    return sorted(int(path.stem) for path in (home / "workers").glob("*.lock") if path.stem.isdigit())


def has_worker(home: Path) -> bool:
    """Whether any worker lives."""
    for number in slots_known(home):
        # Looked at without taking it in earnest: a shared lock is let go at once.
        with (home / "workers" / f"{number}.lock").open("a", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
    return False
