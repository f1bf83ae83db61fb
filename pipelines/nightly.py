"""The nightly job: clean -> corpus -> song2vec -> cooccurrence -> index -> evaluate -> publish.

Each stage leaves its folder under `SONGSPACE_HOME/nightly/` (pipelines/stages.py) and is skipped when
nothing that it reads has changed, so a job that was killed goes on where it stopped. `publish` makes the
release (pipelines/release_files.py), asks the gate (pipelines/gate.py), moves the pointer and renews the
users' profiles.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from db.repositories import listens as listens_repository
from db.repositories import playlists as playlists_repository
from db.repositories import releases as releases_repository
from db.repositories import songs as songs_repository
from db.session import SessionFactory, write_transaction
from pipelines.clean import LIST_ID, kinship, training_lists
from pipelines.columns import SONG_ID, TITLE
from pipelines.corpora import corpus_of_lists
from pipelines.gate import judge
from pipelines.profiles import renew_profiles
from pipelines.release import (
    ARTIST_ID,
    FORMAT,
    RECORDING_KEY,
    ReleaseParts,
    load_release,
    self_test,
    write_release,
)
from pipelines.release_files import (
    ReleaseError,
    check_files,
    current_name,
    publish,
    read_manifest,
    release_names,
    remove_old,
)
from pipelines.stages import StageReport, Work, only_one
from recsys.align import fit_rotation
from recsys.components import Vectors
from recsys.cooccurrence import count_after, count_together
from recsys.corpus import (
    Corpus,
    load_corpus,
    sample_versions,
    save_corpus,
    without_kinship,
    write_corpus_file,
)
from recsys.factors import Factors, FactorSettings, fit_factors
from recsys.fit import choose_blend
from recsys.index import VectorIndex
from recsys.song2vec import PAIRS, Song2VecSettings, SongVectors, settings_for, train_song2vec, unit
from recsys.tail import Tail, choose_min_count, split_tail

logger = logging.getLogger(__name__)

STAGES = ("clean", "corpus", "song2vec", "cooccurrence", "index", "evaluate", "publish")
# Raised whenever a stage comes to write something else for the same input, so that every stage is done anew.
_VERSION = 2
_SONG_COLUMNS = [SONG_ID, TITLE, "artist", ARTIST_ID, RECORDING_KEY]


class NothingToLearnError(Exception):
    """The database holds no list of two songs or more."""


class GateClosedError(Exception):
    """The release was made and is kept, but was not published, since its accuracy fell."""


@dataclass(frozen=True)
class NightlySettings:
    """What a night may be told.

    `workers` threads train song2vec on at most `pairs` pairs; one repeats itself bit for bit with the same
    seed. `stage` does this one again and no other.
    """

    seed: int = 1
    workers: int = 2
    pairs: float = PAIRS
    stage: str | None = None
    force: bool = False


@dataclass(frozen=True)
class NightlyReport:
    """What a night did: its stages, and the release in force afterwards."""

    stages: Sequence[StageReport]
    release: str | None
    message: str


class Night:
    """One run of the job over a database and a home folder."""

    def __init__(self, home: Path, session_factory: SessionFactory, settings: NightlySettings) -> None:
        self.home = home
        self.releases = home / "releases"
        self.session_factory = session_factory
        self.settings = settings
        self.work = Work(home / "nightly")
        self.message = ""

    def run(self, progress: Callable[[str], None] | None = None) -> NightlyReport:
        """Do all stages, or the one that the settings name.

        Raises
        ------
        JobRunningError
            Another process does the nightly job of this home folder.
        NothingToLearnError, GateClosedError
        ValueError
            A stage that is not known, or one whose inputs were never made.
        """
        chosen = self.settings.stage
        if chosen is not None and chosen not in STAGES:
            raise ValueError(f"stage is one of {', '.join(STAGES)}, got {chosen!r}")
        reports = []
        with only_one(self.home / "nightly.lock"):
            for name in STAGES if chosen is None else (chosen,):
                if progress is not None:
                    progress(name)
                reports.append(getattr(self, f"_{name}")())
        return NightlyReport(tuple(reports), current_name(self.releases), self.message)

    def _again(self, stage: str) -> bool:
        return self.settings.stage == stage

    def _clean(self) -> StageReport:
        """Read the database once; what comes out decides whether anything is new."""
        with self.session_factory() as session:
            entries = playlists_repository.read_entries(session)
            playlists = playlists_repository.read_playlists(session)
            listens = listens_repository.read_listens(session)
            songs = songs_repository.read_songs(session)
        lists = training_lists(entries, kinship(playlists), listens)
        if lists.empty:
            raise NothingToLearnError(
                "the database holds no playlist or session of two songs: ingest some first"
            )
        # Other facts of songs may change without touching any list; they are part of what comes out.
        marks = [_VERSION, *(_hash_of_rows(frame) for frame in (lists, songs))]

        def write(folder: Path) -> Mapping[str, Any]:
            lists.to_parquet(folder / "lists.parquet", index=False)
            songs[_SONG_COLUMNS].to_parquet(folder / "songs.parquet", index=False)
            return {
                "playlists": len(playlists),
                "listens": len(listens),
                "lists": int(lists[LIST_ID].nunique()),
                "songs": int(lists[SONG_ID].nunique()),
            }

        return self.work.run("clean", write, inputs=marks, again=self._again("clean"))

    def _corpus(self) -> StageReport:
        def write(folder: Path) -> Mapping[str, Any]:
            lists = pd.read_parquet(self.work.path("clean", "lists.parquet"))
            everything = corpus_of_lists(lists)
            min_count = choose_min_count(everything)
            corpus, tail = split_tail(everything, min_count)
            save_corpus(folder / "corpus.npz", corpus)
            tail.save(folder / "tail.npz")
            settings = self._song2vec_settings(corpus)
            drawn = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(settings.seed))
            n_tokens = write_corpus_file(corpus, folder / "corpus.txt", drawn)
            (folder / "song2vec.json").write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
            return {
                "songs": corpus.n_songs,
                "tail": len(tail.song_ids),
                "min_count": min_count,
                "lists": corpus.n_lists,
                "tokens": n_tokens,
            }

        inputs = [self.work.mark_of("clean"), self.settings.seed, self.settings.pairs]
        return self.work.run("corpus", write, inputs=inputs, again=self._again("corpus"))

    def _song2vec_settings(self, corpus: Corpus) -> Song2VecSettings:
        settings = self.settings
        return settings_for(corpus, pairs=settings.pairs, workers=settings.workers, seed=settings.seed)

    def _song2vec(self) -> StageReport:
        def write(folder: Path) -> Mapping[str, Any]:
            corpus = load_corpus(self.work.path("corpus", "corpus.npz"))
            settings = self._song2vec_settings(corpus)
            vectors = train_song2vec(self.work.path("corpus", "corpus.txt"), corpus.n_songs, settings)
            aligned, facts = self._aligned(vectors, corpus)
            prepared = Vectors.build(aligned)
            for name in ("input", "output", "prior", "log_normaliser"):
                np.save(folder / f"{name}.npy", getattr(prepared, name))
            (folder / "facts.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
            return {"songs": corpus.n_songs, "epochs": settings.epochs * settings.rounds, **facts}

        inputs = [self.work.mark_of("corpus"), self.settings.seed, self.settings.pairs]
        return self.work.run("song2vec", write, inputs=inputs, again=self._again("song2vec"))

    def _aligned(self, vectors: SongVectors, corpus: Corpus) -> tuple[SongVectors, dict[str, Any]]:
        """Rotate tonight's vectors onto the published release's, where there is one of the same dimension."""
        name = current_name(self.releases)
        if name is None:
            return vectors, {"aligned_to": None}
        try:
            old = load_release(self.releases, name)
        except ReleaseError as error:
            logger.warning("not aligned to release %s: %s", name, error)
            return vectors, {"aligned_to": None}
        rows = old.rows(corpus.song_ids)
        common = rows >= 0
        if old.vectors.shape[1] != vectors.input.shape[1]:
            return vectors, {"aligned_to": None}
        fit = fit_rotation(unit(vectors.input)[common], old.vectors[rows[common]])
        turned = SongVectors(
            vectors.input @ fit.rotation, vectors.output @ fit.rotation, vectors.counts, vectors.ns_exponent
        )
        return turned, {
            "aligned_to": name,
            "common_songs": fit.n_common,
            "cosine_before": round(fit.cosine_before, 4),
            "cosine_after": round(fit.cosine_after, 4),
        }

    def _cooccurrence(self) -> StageReport:
        def write(folder: Path) -> Mapping[str, Any]:
            corpus = load_corpus(self.work.path("corpus", "corpus.npz"))
            together, after = count_together(corpus), count_after(corpus)
            sp.save_npz(folder / "together.npz", together, compressed=False)
            sp.save_npz(folder / "after.npz", after, compressed=False)
            factors = fit_factors(
                corpus, FactorSettings(seed=self.settings.seed, workers=self.settings.workers)
            )
            factors.save(folder / "factors.npz")
            return {"pairs": int(together.nnz) // 2, "factors": factors.songs.shape[1]}

        return self.work.run(
            "cooccurrence",
            write,
            inputs=[self.work.mark_of("corpus"), self.settings.seed],
            again=self._again("cooccurrence"),
        )

    def _index(self) -> StageReport:
        def write(folder: Path) -> Mapping[str, Any]:
            vectors = unit(np.load(self.work.path("song2vec", "input.npy")))
            tail = Tail.load(self.work.path("corpus", "tail.npz"))
            index = VectorIndex.build(np.concatenate([vectors, tail.vectors(vectors)]))
            index.save(folder / "input.faiss")
            VectorIndex.build(np.load(self.work.path("song2vec", "output.npy"))).save(folder / "output.faiss")
            return {"vectors": len(index), "kind": index.kind}

        return self.work.run(
            "index", write, inputs=[self.work.mark_of("song2vec")], again=self._again("index")
        )

    def _evaluate(self) -> StageReport:
        def write(folder: Path) -> Mapping[str, Any]:
            corpus = load_corpus(self.work.path("corpus", "corpus.npz"))
            choice = choose_blend(
                corpus,
                folder,
                seed=self.settings.seed,
                workers=self.settings.workers,
                pairs=self.settings.pairs,
            )
            (folder / "choice.json").write_text(json.dumps(asdict(choice), indent=2), encoding="utf-8")
            counts: dict[str, Any] = {"cases": choice.n_cases}
            if choice.metrics:
                counts["ndcg@100"] = round(choice.metrics["ndcg@100"].mean, 4)
                counts["times item-kNN"] = round(choice.knn_ratio.mean, 3)
            return counts

        inputs = [self.work.mark_of("corpus"), self.settings.seed, self.settings.pairs]
        return self.work.run("evaluate", write, inputs=inputs, again=self._again("evaluate"))

    def _publish(self) -> StageReport:
        started = time.perf_counter()
        mark = [
            self.work.mark_of(stage) for stage in ("clean", "song2vec", "cooccurrence", "index", "evaluate")
        ]
        name = current_name(self.releases)
        done_before = not self._again("publish") and name is not None and self._is_made_from(name, mark)
        if name is None or not done_before:
            name = self._made_before(mark) or self._make_release(mark)
            try:
                self._pass_gate(name)
            except GateClosedError:
                remove_old(self.releases)
                raise
            publish(self.releases, name)
        users = renew_profiles(self.session_factory, load_release(self.releases, name))
        with write_transaction(self.session_factory) as session:
            metrics = read_manifest(self.releases, name).get("evaluation", {})
            releases_repository.save_release(session, name, state="published", metrics=metrics)
            releases_repository.publish_release(session, name)
        removed = remove_old(self.releases)
        counts = {"release": name, "users": users, "removed": len(removed)}
        logger.info("publish: release %s, %d users", name, users)
        return StageReport("publish", counts, time.perf_counter() - started, done_before)

    def _is_made_from(self, name: str, mark: Sequence[str]) -> bool:
        """Whether a release holds what these stages wrote, and is whole."""
        try:
            manifest = read_manifest(self.releases, name)
            made = manifest.get("format") == FORMAT and manifest.get("made_from") == list(mark)
            return made and not check_files(self.releases, name)
        except ReleaseError:
            return False

    def _made_before(self, mark: Sequence[str]) -> str | None:
        """A release of these stages that a crash or the gate kept from being published."""
        names = [] if self._again("publish") else reversed(release_names(self.releases))
        return next((name for name in names if self._is_made_from(name, mark)), None)

    def _make_release(self, mark: Sequence[str]) -> str:
        path = self.work.path
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
            **arrays,
        )
        name = self._new_name()
        facts = {
            "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "made_from": list(mark),
            "seed": self.settings.seed,
            "song2vec": json.loads(path("corpus", "song2vec.json").read_text(encoding="utf-8")),
            "alignment": json.loads(path("song2vec", "facts.json").read_text(encoding="utf-8")),
            "evaluation": choice,
        }
        indexes = [VectorIndex.load(path("index", f"{which}.faiss")) for which in ("input", "output")]
        write_release(self.releases, name, parts, indexes[0], indexes[1], facts)
        found = self_test(load_release(self.releases, name))
        if found:
            raise ReleaseError(
                f"release {name} failed its self-test and was not published: {'; '.join(found)}"
            )
        return name

    def _new_name(self) -> str:
        """A name that sorts behind all others: the time in UTC, moved on while it is taken."""
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        taken = release_names(self.releases)
        newest = taken[-1] if taken else ""
        return name if name > newest else f"{newest}a"

    def _pass_gate(self, name: str) -> None:
        old_name = current_name(self.releases)
        new = read_manifest(self.releases, name)["evaluation"]
        if old_name is None:
            return
        try:
            old = load_release(self.releases, old_name)
        except ReleaseError as error:
            logger.warning("nothing to compare with: %s", error)
            return
        song_ids = load_corpus(self.releases / name / "corpus.npz").song_ids
        share_new = float((old.rows(song_ids) < 0).mean()) if len(song_ids) else 0.0
        verdict = judge(new, old.manifest.get("evaluation"), share_new=share_new, force=self.settings.force)
        self.message = verdict.message
        if verdict.message:
            logger.warning("gate: %s", verdict.message)
        if not verdict.publish:
            raise GateClosedError(verdict.message)


def _hash_of_rows(frame: pd.DataFrame) -> str:
    """Hash of the rows of a frame in their order."""
    rows = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(rows.tobytes()).hexdigest()
