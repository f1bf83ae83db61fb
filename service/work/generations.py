"""Generations that are ordered, watched, stopped, rated and kept: what every edge calls.

Ordering writes a row and nothing else: a worker finds it (service/work/worker.py), so an order that was
taken is never lost. How a generation ends is decided by whoever ends it first: the worker with its takes,
or its owner.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import replace
from pathlib import Path

from db.repositories import generation_jobs as jobs
from db.repositories import songs as songs_repository
from db.repositories.generation_jobs import CANCELLED
from db.session import write_transaction
from generation.policy import load_policy
from service.work.events import ENDED, Event, append_event, read_events
from service.work.folders import job_folder, remove_jobs
from service.work.order import Order, request_of
from service.work.place import Place
from service.work.sounds import read_sound
from service.work.states import GenerationState, job_of, state_of, states_of, token_of

_LARGEST_SEED = 2**31 - 1


class TooManyWaitingError(Exception):
    """A user has as many generations waiting as may be."""


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
    return state_of(place, job)


def show(place: Place, generation: str) -> GenerationState:
    """A generation as it is now.

    Raises
    ------
    NotFoundError
    """
    return state_of(place, job_of(place, generation))


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
    return states_of(place, found)


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
    path = job_folder(place.settings.home, token_of(generation)) / Path(event.preview).name
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
