"""The releases that a home folder keeps: listed, verified, and gone back to.

Going back checks the release first, moves the pointer, and gives every user a profile in its song space, and
every song that it does not know a place there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.repositories import releases as releases_repository
from db.session import SessionFactory, write_transaction
from pipelines.new_songs import place_new_songs
from pipelines.profiles import renew_profiles
from pipelines.release import Release
from pipelines.release_files import (
    ReleaseError,
    check_files,
    current_name,
    publish,
    read_manifest,
    release_names,
)
from pipelines.serving import NoReleaseError
from pipelines.stages import only_one
from pipelines.stored_release import load_release, self_test

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeptRelease:
    """One release on disk; `manifest` is empty where it cannot be read, and `problem` says why."""

    name: str
    published: bool
    manifest: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a release; nothing where it is whole."""

    name: str
    published: bool
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Rollback:
    """Which release was in force, which is now, and how many users have a profile in it."""

    before: str | None
    release: str
    users: int


def kept_releases(home: Path) -> tuple[KeptRelease, ...]:
    """All releases, newest first."""
    releases = home / "releases"
    published = current_name(releases)
    return tuple(_kept(releases, name, name == published) for name in reversed(release_names(releases)))


def find_release(home: Path, name: str | None = None) -> KeptRelease:
    """The release of this name, by default the published one.

    Raises
    ------
    NoReleaseError
        None was published, and no name is given.
    ReleaseError
        There is none of this name, or its manifest cannot be read.
    """
    found = _kept(home / "releases", *_chosen(home, name))
    if found.problem:
        raise ReleaseError(found.problem)
    return found


def verify_releases(home: Path, name: str | None = None) -> tuple[Verdict, ...]:
    """Check files, loading and answers of one release, by default of each, newest first.

    Raises
    ------
    NoReleaseError, ReleaseError
        As `find_release`; a damaged release does not raise.
    """
    releases = home / "releases"
    published = current_name(releases)
    names = list(reversed(release_names(releases)))
    if name is not None:
        names = [_chosen(home, name)[0]]
    elif not names and published is None:
        raise NoReleaseError("nothing is published yet: run `songspace nightly` first")
    verdicts = [Verdict(one, one == published, tuple(_problems(releases, one))) for one in names]
    if name is None and published is not None and published not in names:
        verdicts.append(Verdict(published, True, ("it is the published release, and its folder is gone",)))
    return tuple(verdicts)


def roll_back(home: Path, session_factory: SessionFactory, name: str | None = None) -> Rollback:
    """Publish the release of this name, by default the newest one before the published.

    Raises
    ------
    NoReleaseError
        There is none before it.
    ReleaseError
        There is none of this name, or it is damaged: nothing is changed.
    JobRunningError
        The nightly job is at work.
    """
    releases = home / "releases"
    with only_one(home / "nightly.lock"):
        before = current_name(releases)
        target = _chosen(home, name)[0] if name is not None else _one_before(releases, before)
        problems = _problems(releases, target)
        if problems:
            raise ReleaseError(f"release {target} is damaged and was not published: {'; '.join(problems)}")
        release: Release = load_release(releases, target)
        publish(releases, target)
        users = renew_profiles(session_factory, release)
        # What came in while another release was in force has no place in this one's space yet.
        place_new_songs(session_factory, release, home)
        with write_transaction(session_factory) as session:
            metrics = release.manifest.get("evaluation", {})
            releases_repository.save_release(session, target, state="published", metrics=metrics)
            releases_repository.publish_release(session, target)
    logger.info("rollback: release %s instead of %s, %d users", target, before, users)
    return Rollback(before, target, users)


def _chosen(home: Path, name: str | None) -> tuple[str, bool]:
    releases = home / "releases"
    published = current_name(releases)
    if name is None:
        if published is None:
            raise NoReleaseError("nothing is published yet: run `songspace nightly` first")
        return published, True
    kept = release_names(releases)
    if name not in kept:
        raise ReleaseError(f"there is no release {name!r}; there are {', '.join(kept) or 'none'}")
    return name, name == published


def _one_before(releases: Path, published: str | None) -> str:
    older = [name for name in release_names(releases) if published is None or name < published]
    if not older:
        raise NoReleaseError("there is no release before the published one")
    return older[-1]


def _kept(releases: Path, name: str, published: bool) -> KeptRelease:
    try:
        return KeptRelease(name, published, read_manifest(releases, name))
    except ReleaseError as error:
        return KeptRelease(name, published, {}, str(error))


def _problems(releases: Path, name: str) -> list[str]:
    try:
        found = check_files(releases, name)
        return found or self_test(load_release(releases, name))
    except ReleaseError as error:
        return [str(error)]
    except (KeyError, TypeError, AttributeError):
        return ["its manifest does not say what a manifest says"]
