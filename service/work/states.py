"""What is known of a generation: its row, and its state as edges show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.errors import NotFoundError
from db.repositories import generation_jobs as jobs
from db.repositories import users as users_repository
from db.repositories.generation_jobs import Job
from service.work.folders import TOKEN
from service.work.order import Order, order_of_json
from service.work.place import Place
from service.work.slots import has_worker

NO_WORKER = "no worker is at work: `songspace worker` starts one"


@dataclass(frozen=True)
class Take:
    """One finished take.

    Attributes
    ----------
    number : int
        From 1; the best comes first in a generation's `takes`.
    score : float or None
        The judge's; None where nobody judged.
    is_copy : bool
        Whether it is too near to a clip of the training music.
    rating : str or None
        "like" or "dislike".
    song : str or None
        Its name in the catalogue, once it is there; "" while it is being put there.
    """

    number: int
    seed: int
    seconds: float
    sample_rate: int
    score: float | None
    is_copy: bool
    rating: str | None
    song: str | None
    checks: Mapping[str, Any]


@dataclass(frozen=True)
class GenerationState:
    """A generation as it is now.

    Attributes
    ----------
    generation : str
        Its name.
    state : str
        "queued", "running", "done", "failed" or "cancelled"; the last three never change again.
    reason : str
        Why it failed.
    user : str or None
        Whose it is.
    order : Order
    ahead : int
        How many others were ordered before it and have not ended, while it is queued.
    attempts : int
        How often it was begun: more than once where a worker died.
    takes : tuple of Take
        Best first.
    notes : tuple of str
        For people: which names were found in the prompt, and what could not be done.
    notice : str
        What keeps it waiting, if anything does.
    number : int
        Later ones have larger ones.
    """

    generation: str
    state: str
    reason: str
    user: str | None
    order: Order
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    ahead: int
    attempts: int
    takes: tuple[Take, ...]
    notes: tuple[str, ...]
    notice: str
    number: int

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in jobs.OPEN


def token_of(generation: str) -> str:
    """The name of a generation as it is stored.

    Raises
    ------
    NotFoundError
        Nothing can be called so.
    """
    if not TOKEN.match(generation):
        raise NotFoundError("generation", generation)
    return generation


def job_of(place: Place, generation: str) -> Job:
    """The row of a generation.

    Raises
    ------
    NotFoundError
    """
    with place.session_factory() as session:
        job = jobs.find_job(session, token_of(generation))
    if job is None:
        raise NotFoundError("generation", generation)
    return job


def state_of(place: Place, job: Job) -> GenerationState:
    """A generation as it is now."""
    return states_of(place, [job])[0]


def states_of(place: Place, found: Sequence[Job]) -> list[GenerationState]:
    """Generations as they are now, with what their owners are called."""
    owners = {job.user_id for job in found if job.user_id is not None}
    with place.session_factory() as session:
        names = users_repository.name_users(session, owners)
        ahead = {
            job.number: jobs.count_before(session, job.number) for job in found if job.state == jobs.QUEUED
        }
    waits = any(job.is_open for job in found) and not has_worker(place.settings.home)
    return [
        GenerationState(
            generation=job.token,
            state=job.state,
            reason=job.reason,
            user=None if job.user_id is None else names.get(job.user_id),
            order=order_of_json(job.parameters["order"]),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
            ahead=ahead.get(job.number, 0),
            attempts=job.attempts,
            takes=tuple(_shown(one) for one in (job.result or {}).get("takes", [])),
            notes=_notes(job),
            notice=NO_WORKER if waits and job.is_open else "",
            number=job.number,
        )
        for job in found
    ]


def _notes(job: Job) -> tuple[str, ...]:
    result = job.result or {}
    said = [
        f"take {one['number']} was not put into the catalogue: {one['note']}"
        for one in result.get("takes", [])
        if one.get("note")
    ]
    return (*result.get("notes", ()), *said)


def _shown(take: Mapping[str, Any]) -> Take:
    checks = take.get("checks", {})
    score = checks.get("judge", {}).get("score")
    return Take(
        number=int(take["number"]),
        seed=int(take["seed"]),
        seconds=float(take["seconds"]),
        sample_rate=int(take["sample_rate"]),
        score=None if score is None else float(score),
        is_copy=bool(checks.get("memorisation", {}).get("is_copy", False)),
        rating=take.get("rating"),
        song=take.get("song"),
        checks=checks,
    )
