"""Stage `words`: the text tower, from playlist names, tags and the songs' own texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from db.repositories import playlists as playlists_repository
from db.repositories import tags as tags_repository
from pipelines.columns import NAME, PLAYLIST_ID
from pipelines.list_table import ListTable
from pipelines.night.clean import LISTS_FILE
from pipelines.night.job import Job, hash_of_rows
from pipelines.stages import StageReport
from pipelines.towers import fit_release_tower
from recsys.corpus import load_corpus
from recsys.song2vec import unit


def run(job: Job) -> StageReport:
    """Fit the tower; without the text encoder there is none, and a warning says so."""
    with job.session_factory() as session:
        names = playlists_repository.read_playlists(session)[[PLAYLIST_ID, NAME]]
        tags = tags_repository.read_song_tags(session)
    marks = [job.work.mark_of(stage) for stage in ("clean", "corpus", "song2vec")]

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        lists = ListTable.load(job.work.path("clean", LISTS_FILE))
        tower = fit_release_tower(
            job.session_factory, job.home, lists, corpus, vectors, seed=job.settings.seed, encode=job.encode
        )
        if tower is None:
            return {"tower": "none"}
        tower.save(folder / "tower.npz")
        return {"recall@100": {name: round(value, 4) for name, value in tower.choice.recall.items()}}

    inputs = [*marks, hash_of_rows(names), hash_of_rows(tags), job.settings.seed]
    return job.work.run("words", write, inputs=inputs, again=job.again("words"))
