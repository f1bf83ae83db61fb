"""Whether a user's recommendations are what they were, without making them."""

from __future__ import annotations

from db.repositories import pages
from db.repositories import users as users_repository
from db.session import SessionFactory
from pipelines.new_songs import state_of
from pipelines.release import Release


def recommendation_version(
    session_factory: SessionFactory, release: Release | None, user: str
) -> tuple[object, ...]:
    """Everything that a user's recommendations depend on, as values to compare: the release, what the user
    did and decided, and the songs that were placed since. What songs are called is not in it, nor what other
    users did since the release was loaded.

    Raises
    ------
    NotFoundError
    """
    with session_factory() as session:
        user_id = users_repository.find_user(session, user)
        placed = None if release is None else state_of(session, release)
        return (
            user_id,
            None if release is None else release.name,
            placed,
            pages.user_version(session, user_id),
        )
