"""A take into the catalogue: a copy of its file, with its record, so that the generation may be deleted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from db.repositories.generation_jobs import find_job
from generation.audio.record import record_path
from pipelines.add_generated import add_track
from service.work.folders import take_path
from service.work.place import Place
from service.work.takes import change_take, tell_rating


def add_take(place: Place, token: str, number: int) -> dict[str, Any]:
    """Put a take into the catalogue and note its song; what is there already stays as it is.

    Raises
    ------
    TrackNotAddedError, OSError, DatabaseError
    """
    home = place.settings.home
    with place.session_factory() as session:
        job = find_job(session, token)
    if job is None or job.result is None:
        return {}
    path = take_path(home, token, str(job.result["folder"]), number, "flac")
    kept = home.resolve() / "generations" / f"made-{token[:12]}-{number}.flac"
    _copy(record_path(path), record_path(kept))
    _copy(path, kept)
    added = add_track(place.session_factory, home, kept, prompt=job.prompt, user_id=job.user_id)
    change_take(place, token, number, {"song": added.song})
    with place.session_factory() as session:
        now = find_job(session, token)
    if now is not None:
        tell_rating(place, now, number, added.song)
    return {"song": added.song}


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, beside)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)
