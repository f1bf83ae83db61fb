"""Stage `publish`: the release, its gate, the pointer, and the users' profiles in the new space."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import scipy.sparse as sp

from db.repositories import releases as releases_repository
from db.session import write_transaction
from pipelines.columns import SONG_ID
from pipelines.gate import judge
from pipelines.memory import is_per_stage, peak_bytes
from pipelines.new_songs import place_new_songs
from pipelines.night.job import GateClosedError, Job
from pipelines.profiles import renew_profiles
from pipelines.release import LISTS, SOUND, ReleaseParts
from pipelines.release_files import (
    ReleaseError,
    check_files,
    current_name,
    publish,
    read_manifest,
    release_names,
    remove_old,
    remove_release,
)
from pipelines.sounds import facts_of
from pipelines.stages import StageReport
from pipelines.stored_release import FORMAT, load_release, load_transformer, self_test, write_release
from pipelines.unfolded_release import open_unfolded
from recsys.audio_tower import AudioTower
from recsys.axes import Axes
from recsys.corpus import load_corpus, without_kinship
from recsys.factors import Factors
from recsys.index import VectorIndex
from recsys.listen_ranker import ListenRanker
from recsys.ranker import Ranker
from recsys.tail import Tail
from recsys.towers import TextTower

logger = logging.getLogger(__name__)

_READ = ("clean", "song2vec", "cooccurrence", "index", "words", "sounds", "axes", "evaluate", "listens")


def run(job: Job) -> StageReport:
    """Make the release, ask the gate, move the pointer."""
    started = time.perf_counter()
    mark = [job.work.mark_of(stage) for stage in _READ]
    name = current_name(job.releases)
    done_before = not job.again("publish") and name is not None and _is_made_from(job, name, mark)
    if name is None or not done_before:
        name = _made_before(job, mark) or _make_release(job, mark)
        try:
            _pass_gate(job, name)
        except GateClosedError:
            remove_old(job.releases)
            raise
        # Before the pointer moves, so that services take it up at once.
        release = open_unfolded(job.releases, name)
        publish(job.releases, name)
    else:
        release = open_unfolded(job.releases, name)
    users = renew_profiles(job.session_factory, release)
    placed = place_new_songs(job.session_factory, release, job.home, encode=job.encode)
    with write_transaction(job.session_factory) as session:
        metrics = read_manifest(job.releases, name).get("evaluation", {})
        releases_repository.save_release(session, name, state="published", metrics=metrics)
        releases_repository.publish_release(session, name)
    removed = remove_old(job.releases)
    counts = {"release": name, "users": users, "new songs": placed, "removed": len(removed)}
    logger.info("publish: release %s, %d users", name, users)
    return StageReport("publish", counts, time.perf_counter() - started, done_before)


def _is_made_from(job: Job, name: str, mark: Sequence[str]) -> bool:
    """Whether a release holds what these stages wrote, and is whole."""
    try:
        manifest = read_manifest(job.releases, name)
        made = manifest.get("format") == FORMAT and manifest.get("made_from") == list(mark)
        return made and not check_files(job.releases, name)
    except ReleaseError:
        return False


def _made_before(job: Job, mark: Sequence[str]) -> str | None:
    """A release of these stages that a crash or the gate kept from being published."""
    names = [] if job.again("publish") else reversed(release_names(job.releases))
    whole = (name for name in names if _is_made_from(job, name, mark))
    return next((name for name in whole if not _faults(job, name)), None)


def _faults(job: Job, name: str) -> list[str]:
    """What is wrong with a release that was just made, or that nobody came to test."""
    try:
        return self_test(load_release(job.releases, name))
    except ReleaseError as error:
        return [str(error)]


def _make_release(job: Job, mark: Sequence[str]) -> str:
    """Write a release and test it."""
    name = _new_name(job)
    # What it is made of is let go before it is read back: a large one would be in memory twice.
    _write(job, name, mark)
    found = _faults(job, name)
    if found:
        remove_release(job.releases, name)
        raise ReleaseError(f"release {name} failed its self-test and was not published: {'; '.join(found)}")
    return name


def _write(job: Job, name: str, mark: Sequence[str]) -> None:
    path = job.work.path
    corpus = without_kinship(load_corpus(path("corpus", "corpus.npz")))
    songs = pd.read_parquet(path("clean", "songs.parquet")).set_index(SONG_ID)
    tail = Tail.load(path("corpus", "tail.npz"))
    songs = songs.loc[np.concatenate([corpus.song_ids, tail.song_ids])].reset_index()
    choice = json.loads(path("evaluate", "choice.json").read_text(encoding="utf-8"))
    arrays = {
        n: np.load(path("song2vec", f"{n}.npy")) for n in ("input", "output", "prior", "log_normaliser")
    }
    parts = ReleaseParts(
        corpus=corpus,
        tail=tail,
        songs=songs,
        together=sp.csr_matrix(sp.load_npz(path("cooccurrence", "together.npz"))),
        after=sp.csr_matrix(sp.load_npz(path("cooccurrence", "after.npz"))),
        factors=Factors.load(path("cooccurrence", "factors.npz")),
        weights=choice["weights"],
        ranker=Ranker.load(ranker) if (ranker := path("evaluate", "ranker.json")).exists() else None,
        transformer=load_transformer(path("evaluate", "transformer.npz")),
        tower=TextTower.load(tower) if (tower := path("words", "tower.npz")).exists() else None,
        listen_ranker=ListenRanker.load(path("listens", "choice.json").parent),
        axes=Axes.load(axes) if (axes := path("axes", "axes.npz")).exists() else None,
        audio=AudioTower.load(audio) if (audio := path("sounds", "audio.npz")).exists() else None,
        **arrays,
    )
    facts = {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "made_from": list(mark),
        "seed": job.settings.seed,
        "song2vec": json.loads(path("corpus", "song2vec.json").read_text(encoding="utf-8")),
        "alignment": json.loads(path("song2vec", "facts.json").read_text(encoding="utf-8")),
        "evaluation": choice,
        "listens": json.loads(path("listens", "choice.json").read_text(encoding="utf-8")),
        "space": LISTS if job.by_sound is None else SOUND,
        "sounds": None if parts.audio is None else facts_of(parts.audio),
        "half_life": json.loads(path("listens", "half_life.json").read_text(encoding="utf-8")),
        "memory": _memory(job),
    }
    indexes = [VectorIndex.load(path("index", f"{which}.faiss")) for which in ("input", "output")]
    write_release(job.releases, name, parts, indexes[0], indexes[1], facts)


def _memory(job: Job) -> dict[str, object]:
    """The most memory of each stage, in MiB; of `publish` up to here."""
    stamps = {stage: job.work.stamp(stage) for stage in (*_READ, "corpus", "ratings")}
    peaks = {stage: int(stamp.get("peak_bytes", 0)) for stage, stamp in stamps.items() if stamp is not None}
    peaks["publish"] = peak_bytes()
    return {
        "peak_mib": {stage: round(peak / 2**20) for stage, peak in peaks.items()},
        "of_each_stage_alone": is_per_stage(),
    }


def _new_name(job: Job) -> str:
    """A name that sorts behind all others: the time in UTC, moved on while it is taken."""
    name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    taken = release_names(job.releases)
    newest = taken[-1] if taken else ""
    return name if name > newest else f"{newest}a"


def _pass_gate(job: Job, name: str) -> None:
    old_name = current_name(job.releases)
    new = read_manifest(job.releases, name)["evaluation"]
    if old_name is None:
        return
    try:
        old = load_release(job.releases, old_name)
    except ReleaseError as error:
        logger.warning("nothing to compare with: %s", error)
        return
    song_ids = load_corpus(job.releases / name / "corpus.npz").song_ids
    share_new = float((old.rows(song_ids) < 0).mean()) if len(song_ids) else 0.0
    verdict = judge(new, old.manifest.get("evaluation"), share_new=share_new, force=job.settings.force)
    job.message = verdict.message
    if verdict.message:
        logger.warning("gate: %s", verdict.message)
    if not verdict.publish:
        raise GateClosedError(verdict.message)
