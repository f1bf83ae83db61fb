"""Take a single listen back, as if it had never been told."""

from __future__ import annotations

from dataclasses import replace

from db.repositories import listens as listens_repository
from db.repositories import profiles as profiles_repository
from db.session import SessionFactory, write_transaction
from pipelines.ingest import LOCK


def delete_listen(session_factory: SessionFactory, user_id: int, song_id: int, listened_at_s: int) -> bool:
    """Delete one play of a song by a user, and return whether there was one.

    The all-time sum of the user's listens is taken away with it, since what was added up in single precision
    cannot be taken off exactly: whoever asks next adds up the listens again.
    """
    with write_transaction(session_factory, lock=LOCK) as session:
        if not listens_repository.delete_listen(session, user_id, song_id, listened_at_s):
            return False
        sums = profiles_repository.load_sums(session, [user_id]).values()
        profiles_repository.save_sums(
            session, [replace(one, listen_sum=None, listen_weight=0.0) for one in sums]
        )
        return True
