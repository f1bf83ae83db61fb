"""Several songs for one prompt, to be compared, and what somebody said of them, kept to learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.repositories.preferences import LYRICS, add_preference
from db.repositories.users import find_user
from db.session import SessionFactory, write_transaction
from pipelines.write_lyrics import write_song

if TYPE_CHECKING:
    from generation.lyrics.form import Form
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.lyrics import Writer


@dataclass(frozen=True)
class WrittenTake:
    """One song that answers a prompt, and the seed that it was written with."""

    seed: int
    text: str


def write_takes(
    writer: Writer,
    prompt: str,
    settings: Sampling,
    n: int,
    *,
    seed: int,
    form: Form | None = None,
    rhyme: RhymeRule | None = None,
) -> Iterator[WrittenTake]:
    """Yield n songs that answer a prompt; take k of seed s is what seed s + k writes alone.

    Raises
    ------
    TextError, RefusedError
        As `write_song`.
    """
    for k in range(n):
        parts = write_song(writer, prompt, settings, seed=seed + k, form=form, rhyme=rhyme)
        yield WrittenTake(seed + k, "".join(parts))


def rank_takes(
    session_factory: SessionFactory, prompt: str, takes: Sequence[str], *, user: str | None = None
) -> int:
    """Store that somebody likes songs in this order, best first, and return the ranking's number.

    Raises
    ------
    NotFoundError
        There is no such user.
    ValueError
        Fewer than two takes.
    """
    with write_transaction(session_factory) as session:
        user_id = None if user is None else find_user(session, user)
        return add_preference(session, LYRICS, prompt, takes, range(len(takes)), user_id=user_id)
