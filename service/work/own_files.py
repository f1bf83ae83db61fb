"""The files of somebody's generations and uploads: listed for them, and removed with them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from db.repositories import generation_jobs as jobs
from db.repositories import users as users_repository
from pipelines.forget_user import forget_user
from service.work.folders import FORMATS, remove_jobs, remove_sounds, sounds_folder, take_path
from service.work.place import Place


def own_files(place: Place, user: str) -> list[dict[str, Any]]:
    """Every file of a user's generations with where to fetch it, and their uploads that wait.

    Raises
    ------
    NotFoundError
    """
    with place.session_factory() as session:
        user_id = users_repository.find_user(session, user)
        found = jobs.jobs_before(session, None, 1_000_000, user_id=user_id)
    home = place.settings.home
    made = [one for job in found for one in _of_job(home, job)]
    waiting = [
        {"upload": path.name, "bytes": path.stat().st_size}
        for path in sorted(sounds_folder(home, user_id).glob("*"))
        if not path.name.startswith(".")
    ]
    return [*made, *waiting]


def forget(place: Place, user: str) -> None:
    """Delete a user and everything about them for good, generations and uploads with their files.

    Raises
    ------
    NotFoundError
    """
    with place.session_factory() as session:
        user_id = users_repository.find_user(session, user)
        tokens = jobs.job_tokens(session, user_id=user_id)
    forget_user(place.session_factory, place.settings.home, user)
    remove_jobs(place.settings.home, tokens)
    remove_sounds(place.settings.home, user_id)


def _of_job(home: Path, job: jobs.Job) -> Iterator[dict[str, Any]]:
    result = job.result or {}
    for take in result.get("takes", []):
        for format in FORMATS:
            path = take_path(home, job.token, str(result["folder"]), int(take["number"]), format)
            if not path.is_file():
                continue
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            link = f"/v1/generations/{job.token}/takes/{take['number']}/audio?format={format}"
            yield {
                "generation": job.token,
                "take": take["number"],
                "format": format,
                "bytes": path.stat().st_size,
                "sha256": digest,
                "link": link,
            }
