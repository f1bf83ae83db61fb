"""What answers are made from: one release, loaded whole, and whatever asks it. Swapped as one thing.

A route takes the snapshot once, at its beginning, so that its answer is of one release from end to end.
`ReleaseWatch` looks at the pointer twice a second in a thread of its own, loads what it points at beside the
old one, and then puts the new snapshot in its place; requests that began with the old one end with it.

A release that cannot be served leaves the one before in force, and without any the answer is what is
popular; `Snapshot.notice` says so, and routes repeat it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from db.errors import DatabaseError
from db.repositories.refs import OWN_SCHEME
from db.session import SessionFactory
from pipelines.answers import Recommendations
from pipelines.continue_lists import Continuer
from pipelines.listen_sums import ListenSums
from pipelines.listeners import HeardLately
from pipelines.recommend import Recommender
from pipelines.release import Release
from pipelines.release_files import ReleaseError, current_name, release_names
from pipelines.serving import NoReleaseError
from pipelines.shelf import Shelves
from pipelines.song_map import SongMap, song_map
from pipelines.unfolded_release import open_unfolded, read_in_release
from recsys.rules import RuleSettings
from service.answering.pool import Answerers

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
# What could not be loaded is tried again after so long: somebody may have repaired it.
TRY_AGAIN_S = 30.0
NO_RELEASE = "nothing is published yet: answers are what is popular"
_MAPS = 4
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Snapshot:
    """One release and what asks it; without a release, what is popular.

    Attributes
    ----------
    notice : str
        What clients have to be told about answers from this: "" where all is well.
    """

    release: Release | None
    recommender: Recommender
    sums: ListenSums
    notice: str = ""
    answerers: Answerers | None = None

    @classmethod
    def of(
        cls, release: Release | None, factory: SessionFactory, home: Path, notice: str = "", *,
        heard: HeardLately | None = None, answerers: Answerers | None = None,
    ) -> Snapshot:  # fmt: skip
        """Put together what asks a release; `heard` is passed on from snapshot to snapshot."""
        recommender = Recommender(release, factory, heard)
        return cls(release, recommender, ListenSums(home / "releases"), notice, answerers)

    @property
    def name(self) -> str | None:
        """Name of the release."""
        return None if self.release is None else self.release.name

    @property
    def need(self) -> Release:
        """The release, for questions that have no answer without one.

        Raises
        ------
        NoReleaseError
        """
        if self.release is None:
            raise NoReleaseError(self.notice or NO_RELEASE)
        return self.release

    @property
    def shelves(self) -> Shelves:
        """The release with the songs that came since, for questions about one of those.

        Raises
        ------
        NoReleaseError
        """
        found = self.recommender.shelves
        if found is None:
            raise NoReleaseError(self.notice or NO_RELEASE)
        return found

    def recommend(
        self, user: str, k: int = 10, *, rules: RuleSettings | None = None, explain: bool = True
    ) -> Recommendations:
        """As `Recommender.recommend`, by a process beside this one where there is one.

        Raises
        ------
        NotFoundError, ValueError
        """
        if self.answerers is not None and self.release is not None:
            found = self.answerers.recommend(self.release.name, user, k, rules=rules, explain=explain)
            if found is not None:
                return found
        # Python runs one thread at a time: several answers at once take longer than one after the other.
        with _ONE_AT_A_TIME:
            return self.recommender.recommend(user, k, rules=rules, explain=explain)

    @cached_property
    def continuer(self) -> Continuer:
        """Continues lists.

        Raises
        ------
        NoReleaseError
        """
        return Continuer(self.need, self.recommender.session_factory)

    @cached_property
    def map_of(self) -> Callable[[int, int], SongMap]:
        """Maps by number of songs and seed; the last few are kept, since laying out takes a second."""

        @lru_cache(maxsize=_MAPS)
        def laid_out(songs: int, seed: int) -> SongMap:
            return song_map(self.need, self.recommender.session_factory, songs=songs, seed=seed)

        return laid_out

    def warm(self) -> None:
        """Make now what the first question would have to wait for."""
        release = self.release
        if release is None or not release.n_songs:
            return
        try:
            # Where processes answer, users seldom ask here.
            self.recommender.warm(listeners=self.answerers is None or not self.answerers.pids)
            most = int(release.song_ids[int(np.argmax(release.counts))])
            self.continuer.continue_songs([f"{OWN_SCHEME}:{most}"], 10)
        except (DatabaseError, LookupError, ValueError) as error:
            logger.warning("release %s was not warmed up: %s", release.name, error)


@dataclass
class ReleaseWatch:
    """Keeps the snapshot of the published release.

    Attributes
    ----------
    answerers : Answerers, optional
        Processes that recommend.
    swaps : int
        How often another release took the place of one.
    """

    home: Path
    session_factory: SessionFactory
    answerers: Answerers | None = None
    current: Snapshot = field(init=False)
    swaps: int = 0
    _seen: tuple[str | None, int] = field(init=False, default=(None, 0))
    _tried_at_s: float = field(init=False, default=0.0)
    _heard: HeardLately = field(init=False, default_factory=HeardLately)
    _stopped: threading.Event = field(init=False, default_factory=threading.Event)
    _at_work: threading.Lock = field(init=False, default_factory=threading.Lock)
    _thread: threading.Thread | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin with no release; `look` finds the published one."""
        self.current = self._snapshot(None, NO_RELEASE)

    def start(self) -> None:
        """Load what is published, then go on watching in a thread."""
        self.look()
        self._thread = threading.Thread(target=self._run, name="release-watch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and the processes that answer."""
        self._stopped.set()
        if self.answerers is not None:
            self.answerers.end()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_S):
            try:
                self.look()
            except Exception:  # the watch must outlive whatever a broken folder does to a reader
                logger.exception("the releases could not be looked at")

    def look(self) -> None:
        """Compare the pointer with what is served, and swap where they differ."""
        with self._at_work:
            seen = self._pointer()
            broken = bool(self.current.notice) and time.monotonic() - self._tried_at_s > TRY_AGAIN_S
            if seen != self._seen or broken or self._tried_at_s == 0.0:
                self._seen, self._tried_at_s = seen, time.monotonic()
                self._load(seen[0])

    def renew(self) -> None:
        """Ask the same release anew: what was kept of users is read again, and those who left are gone."""
        with self._at_work:
            now = self.current
            self._heard = HeardLately()
            fresh = self._snapshot(now.release, now.notice)
            self._prepare(fresh, renew=True)
            self.current = fresh

    def _snapshot(self, release: Release | None, notice: str) -> Snapshot:
        return Snapshot.of(
            release, self.session_factory, self.home, notice, heard=self._heard, answerers=self.answerers
        )

    def _prepare(self, fresh: Snapshot, *, renew: bool = False) -> None:
        release = fresh.release
        if self.answerers is not None and release is not None:
            self.answerers.prepare(release.name, renew=renew)
        if release is not None and not (renew or (self.answerers is not None and self.answerers.pids)):
            # Those that answer have done it where there are any, and files are in memory once for all.
            read_in_release(self.home / "releases", release.name)
        fresh.warm()

    def _pointer(self) -> tuple[str | None, int]:
        """The published name, and when the pointer was written: the same name may be published again."""
        pointer = self.home / "releases" / "current"
        try:
            written = pointer.stat().st_mtime_ns
        except OSError:
            written = 0
        return current_name(self.home / "releases"), written

    def _load(self, published: str | None) -> None:
        now, problem = self.current, ""
        if published is not None:
            release = now.release if published == now.name else self._try(published)
            if release is not None:
                self._serve(release, "")
                return
            problem = f"release {published} cannot be served, an earlier one answers"
        if now.release is not None:
            self._serve(now.release, problem or "nothing is published any more, the last release answers")
            return
        older = release_names(self.home / "releases")
        for name in reversed([name for name in older if published is None or name < published]):
            release = self._try(name)
            if release is not None:
                self._serve(release, problem)
                return
        if problem or older:
            self._serve(None, "no release can be served: answers are what is popular")

    def _try(self, name: str) -> Release | None:
        try:
            return open_unfolded(self.home / "releases", name, apart=True)
        except ReleaseError as error:
            logger.warning("%s; it is not served", error)
            return None

    def _serve(self, release: Release | None, notice: str) -> None:
        before = self.current
        if release is before.release and notice == before.notice:
            return
        fresh = self._snapshot(release, notice)
        self._prepare(fresh)
        self.current = fresh
        self.swaps += release is not before.release
        logger.info("serving release %s%s", fresh.name or "none", f" ({notice})" if notice else "")
