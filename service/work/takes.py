"""Takes of a generation that is done: heard, rated, and put into the catalogue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from db.errors import NotFoundError
from db.repositories import generation_jobs as jobs
from db.repositories.generation_jobs import Job
from db.session import write_transaction
from service.work.folders import adding_folder, take_path
from service.work.place import Place
from service.work.states import GenerationState, job_of, state_of

LIKE, DISLIKE = RATINGS = ("like", "dislike")


class NotReadyError(Exception):
    """What is asked for is there when the generation is done, and it is not."""


def take_file(place: Place, generation: str, number: int, format: str) -> Path:
    """The file of a take: flac, wav, mp3 or ogg.

    Raises
    ------
    NotFoundError
        There is no such generation or take.
    NotReadyError
        The generation is not done.
    ValueError
        Another format.
    """
    job = _done(place, generation, number)
    assert job.result is not None
    return take_path(place.settings.home, job.token, str(job.result["folder"]), number, format)


def rate(place: Place, generation: str, number: int, rating: str | None) -> GenerationState:
    """Like or dislike a take, or take that back with None; a take that is in the catalogue is rated there
    too.

    Raises
    ------
    NotFoundError, NotReadyError
    ValueError
        Another rating.
    """
    if rating is not None and rating not in RATINGS:
        raise ValueError(f"a rating is one of {', '.join(RATINGS)}, got {rating[:20]!r}")
    token = _done(place, generation, number).token
    change_take(place, token, number, {"rating": rating})
    job = job_of(place, generation)  # it may have become a song meanwhile, by a worker that saw no rating
    song = _take(job, number).get("song")
    if song and job.user_id is not None:
        _tell_catalogue(place, job.user_id, rating, str(song))
    return state_of(place, job_of(place, generation))


def add_to_catalogue(place: Place, generation: str, number: int) -> GenerationState:
    """Have a worker put a take into the catalogue, where it is placed by its sound and recommended like
    any other.

    Raises
    ------
    NotFoundError, NotReadyError
    """
    job = _done(place, generation, number)
    if not _take(job, number).get("song"):
        # The order first: whoever dies in between leaves a take that is added, not one that waits for ever.
        waiting = adding_folder(place.settings.home) / f"{job.token}-{number}"
        waiting.parent.mkdir(parents=True, exist_ok=True)
        waiting.touch()
        change_take(place, job.token, number, {"song": ""}, unless_added=True)
    return state_of(place, job_of(place, generation))


def change_take(
    place: Place, token: str, number: int, change: Mapping[str, Any], *, unless_added: bool = False
) -> None:
    """Store something else of a take, or, `unless_added`, only of one that is not in the catalogue; a
    generation that is gone stays gone.
    """
    with write_transaction(place.session_factory, lock=f"generation {token}") as session:
        job = jobs.find_job(session, token)
        if job is None or job.result is None or (unless_added and _take(job, number).get("song")):
            return
        takes = [dict(one) | (dict(change) if one["number"] == number else {}) for one in job.result["takes"]]
        jobs.set_job_result(session, token, {**job.result, "takes": takes})


def tell_rating(place: Place, token: str, number: int, song: str) -> None:
    """Let the rating of a take count for the song that it became, also one that is given at the same time."""
    told = None
    while True:
        with place.session_factory() as session:
            job = jobs.find_job(session, token)
        if job is None or job.result is None or job.user_id is None:
            return
        rating = _take(job, number).get("rating")
        if rating == told:
            return
        _tell_catalogue(place, job.user_id, rating, song)
        told = rating


def _tell_catalogue(place: Place, user_id: int, rating: str | None, song: str) -> None:
    from pipelines.edit_profile import give_feedback

    user = f"songspace:{user_id}"
    give_feedback(place.session_factory, user, rating or "clear", song, now_s=int(time.time()))


def _done(place: Place, generation: str, number: int) -> Job:
    job = job_of(place, generation)
    if job.is_open:
        raise NotReadyError(f"this generation is {job.state}: its takes are there when it is done")
    if not 1 <= number <= len((job.result or {}).get("takes", [])):
        raise NotFoundError("take", f"{generation}/{number}")
    return job


def _take(job: Job, number: int) -> Mapping[str, Any]:
    assert job.result is not None
    found: Mapping[str, Any] = next(one for one in job.result["takes"] if one["number"] == number)
    return found
