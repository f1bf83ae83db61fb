"""Generations that are ordered, watched, stopped, rated and kept: what every edge calls.

Ordering writes a row and nothing else: a worker finds it (service/work/worker.py), so an order that was
taken is never lost. How a generation ends is decided by whoever ends it first: the worker with its takes,
or its owner.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from db.errors import NotFoundError
from db.repositories import generation_jobs as jobs
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.generation_jobs import CANCELLED, Job
from db.session import write_transaction
from generation.policy import load_policy
from service.work.events import ENDED, Event, append_event, read_events
from service.work.folders import (
    TOKEN,
    adding_folder,
    job_folder,
    remove_jobs,
    take_path,
)
from service.work.order import Order, order_of_json, request_of
from service.work.place import Place
from service.work.slots import has_worker
from service.work.sounds import read_sound

LIKE, DISLIKE = RATINGS = ("like", "dislike")
NO_WORKER = "no worker is at work: `songspace worker` starts one"
_LARGEST_SEED = 2**31 - 1


class TooManyWaitingError(Exception):
    """A user has as many generations waiting as may be."""


class NotReadyError(Exception):
    """What is asked for is there when the generation is done, and it is not."""


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


def submit(place: Place, order: Order, *, user_id: int | None = None) -> GenerationState:
    """Order a generation; nothing is made yet.

    The operator's policy is asked, and everything that can be refused is, before anything is stored.

    Parameters
    ----------
    user_id : int, optional
        Whose it is, and whose taste counts.

    Raises
    ------
    RefusedError
        The operator's policy does not let it be asked for.
    PolicyError
        The policy cannot be read: then nothing is made.
    ValueError
        Values that are refused or do not go together; GivenError for a sound that cannot be changed.
    NotFoundError, NoSoundError
        A song or a sound that is not there.
    TooManyWaitingError
    """
    settings = place.settings
    if order.taste is not None and user_id is None:
        raise ValueError("a taste is somebody's: say whose")
    order = _with_songs(place, order)
    seed = secrets.randbelow(_LARGEST_SEED + 1 - order.takes) if order.seed is None else order.seed
    order = replace(order, seed=seed)
    sound, given = None, None
    if order.edit is not None and order.edit.sound is not None:
        sound, given = read_sound(place, order.edit.sound, user_id=user_id)
    request_of(order, given, words=order.prompt)
    token = secrets.token_hex(12)
    folder = job_folder(settings.home, token)
    folder.mkdir(parents=True)
    try:
        parameters = {"order": order.to_json(), "given": None if sound is None else _keep(sound, folder)}
        with write_transaction(place.session_factory, lock="generations") as session:
            if jobs.count_waiting(session, user_id) >= settings.generations_waiting:
                raise TooManyWaitingError(
                    f"{settings.generations_waiting} generations wait already: come again when one is done"
                )
            job = jobs.add_job(session, token, order.prompt or "", parameters, user_id=user_id)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return _state(place, job)


def show(place: Place, generation: str) -> GenerationState:
    """A generation as it is now.

    Raises
    ------
    NotFoundError
    """
    return _state(place, job_of(place, generation))


def owner_of(place: Place, generation: str) -> int | None:
    """Whose a generation is; None for nobody's.

    Raises
    ------
    NotFoundError
    """
    return job_of(place, generation).user_id


def generations_before(
    place: Place, before: int | None, limit: int, *, user_id: int | None = None
) -> list[GenerationState]:
    """Generations of everybody, or of one user, newest first; those before a `number` where one is given."""
    with place.session_factory() as session:
        found = jobs.jobs_before(session, before, limit, user_id=user_id)
    return _states(place, found)


def events(place: Place, generation: str, after: int = 0) -> list[Event]:
    """What happened to a generation behind a number, the end included: cheap, to be asked again and again.

    Raises
    ------
    NotFoundError
    """
    job = job_of(place, generation)
    found = [
        one
        for one in read_events(job_folder(place.settings.home, job.token), after)
        if one.kind != ENDED and not one.is_last
    ]
    if not job.is_open:
        last = max([after, *(one.number for one in found)]) + 1
        found.append(Event(last, job.state, share_done=float(job.state == "done"), reason=job.reason))
    return found


def preview(place: Place, generation: str, event: Event) -> bytes | None:
    """The picture of a step as PNG; None where there is none any more."""
    if not event.preview:
        return None
    path = job_folder(place.settings.home, _token(generation)) / Path(event.preview).name
    try:
        return path.read_bytes()
    except OSError:
        return None


def cancel(place: Place, generation: str) -> GenerationState:
    """Stop a generation; one that has ended stays as it is. A worker that makes it stops within a step.

    Raises
    ------
    NotFoundError
    """
    job = job_of(place, generation)
    with write_transaction(place.session_factory) as session:
        is_stopped = jobs.finish_job(session, job.token, CANCELLED)
    if is_stopped:
        append_event(job_folder(place.settings.home, job.token), ENDED)
    return show(place, generation)


def delete(place: Place, generation: str) -> None:
    """Delete a generation and its files; what was put into the catalogue stays there.

    Raises
    ------
    NotFoundError
    """
    job = job_of(place, generation)
    with write_transaction(place.session_factory) as session:
        jobs.delete_job(session, job.token)
    remove_jobs(place.settings.home, [job.token])


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
    job = _done(place, generation, number)
    change_take(place, job.token, number, {"rating": rating})
    song = _take(job, number).get("song")
    if song and job.user_id is not None:
        _tell_catalogue(place, job.user_id, rating, str(song))
    return show(place, generation)


def add_to_catalogue(place: Place, generation: str, number: int) -> GenerationState:
    """Have a worker put a take into the catalogue, where it is placed by its sound and recommended like
    any other.

    Raises
    ------
    NotFoundError, NotReadyError
    """
    job = _done(place, generation, number)
    if not _take(job, number).get("song"):
        change_take(place, job.token, number, {"song": ""})
        waiting = adding_folder(place.settings.home) / f"{job.token}-{number}"
        waiting.parent.mkdir(parents=True, exist_ok=True)
        waiting.touch()
    return show(place, generation)


def change_take(place: Place, token: str, number: int, change: Mapping[str, Any]) -> None:
    """Store something else of a take; a generation that is gone stays gone."""
    with write_transaction(place.session_factory, lock=f"generation {token}") as session:
        job = jobs.find_job(session, token)
        if job is None or job.result is None:
            return
        takes = [dict(one) | (dict(change) if one["number"] == number else {}) for one in job.result["takes"]]
        jobs.set_job_result(session, token, {**job.result, "takes": takes})


def job_of(place: Place, generation: str) -> Job:
    """The row of a generation.

    Raises
    ------
    NotFoundError
    """
    with place.session_factory() as session:
        job = jobs.find_job(session, _token(generation))
    if job is None:
        raise NotFoundError("generation", generation)
    return job


def tell_rating(place: Place, job: Job, number: int, song: str) -> None:
    """Let the rating of a take count for the song that it became."""
    rating = _take(job, number).get("rating")
    if rating and job.user_id is not None:
        _tell_catalogue(place, job.user_id, str(rating), song)


def _tell_catalogue(place: Place, user_id: int, rating: str | None, song: str) -> None:
    from pipelines.edit_profile import give_feedback

    user = f"songspace:{user_id}"
    give_feedback(place.session_factory, user, rating or "clear", song, now_s=int(time.time()))


def _with_songs(place: Place, order: Order) -> Order:
    """The order with our own ids of its songs; what they are called is asked of the policy with all else."""
    with place.session_factory() as session:
        found = {ref: songs_repository.find_song(session, ref) for ref in (*order.like, *order.unlike)}
        described = songs_repository.describe_songs(session, found.values())
    names = [f"{one.title} - {one.artist}" for one in described.values()]
    load_policy(place.settings.policy).check([*order.texts, *names])
    like, unlike = (tuple(f"songspace:{found[ref]}" for ref in refs) for refs in (order.like, order.unlike))
    return replace(order, like=like, unlike=unlike)


def _keep(sound: Path, folder: Path) -> str:
    """The sound that is to be changed, in the generation's own folder: whatever becomes of it elsewhere."""
    kept = folder / "given"
    shutil.copyfile(sound, kept)
    return kept.name


def _token(generation: str) -> str:
    if not TOKEN.match(generation):
        raise NotFoundError("generation", generation)
    return generation


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


def _state(place: Place, job: Job) -> GenerationState:
    return _states(place, [job])[0]


def _states(place: Place, found: Sequence[Job]) -> list[GenerationState]:
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
            notes=tuple((job.result or {}).get("notes", ())),
            notice=NO_WORKER if waits and job.is_open else "",
            number=job.number,
        )
        for job in found
    ]


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
