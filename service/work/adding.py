"""A take into the catalogue: a copy of its file, with its record, so that the generation may be deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from db.repositories import audio as audio_repository
from db.repositories.generation_jobs import find_job
from generation.audio.record import record_path
from service.work.folders import job_folder, kept_path, left_copies, take_path
from service.work.place import Place
from service.work.takes import change_take, tell_rating


def add_take(place: Place, token: str, number: int) -> dict[str, Any]:
    """Put a take into the catalogue and note its song; what is there already stays as it is.

    Raises
    ------
    TrackNotAddedError, OSError, DatabaseError
    """
    from pipelines.add_generated import add_track  # what hears is heavy, and workers sweep with this module

    home = place.settings.home
    with place.session_factory() as session:
        job = find_job(session, token)
    if job is None or job.result is None:
        return {}
    path = take_path(home, token, str(job.result["folder"]), number, "flac")
    kept = kept_path(home, token, number)
    _copy(record_path(path), record_path(kept))
    _copy(path, kept)
    with place.session_factory() as session:
        if find_job(session, token) is None:  # deleted while it was copied: the copies are swept
            return {}
    added = add_track(
        place.session_factory, home, kept,
        prompt=job.prompt, user_id=job.user_id, given_in=job_folder(home, token),
    )  # fmt: skip
    change_take(place, token, number, {"song": added.song, "note": ""})
    tell_rating(place, token, number, added.song)
    return {"song": added.song}


def sweep_copies(place: Place, *, now_s: float | None = None) -> int:
    """Remove copies that became no song, since whoever made them was killed; returns how many.

    Raises
    ------
    DatabaseError
    """
    left = left_copies(place.settings.home, now_s=now_s)
    sounds = {str(path).removesuffix(".json") for path in left}
    with place.session_factory() as session:
        known = {Path(one.path) for one in audio_repository.files_with(session, paths=sounds)}
    gone = [path for path in left if path not in known | {record_path(one) for one in known}]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, beside)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
