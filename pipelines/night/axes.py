"""Stage `axes`: named directions of the song space, from tags."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from db.repositories import tags as tags_repository
from pipelines.axes import fit_release_axes
from pipelines.night.job import Job, hash_of_rows
from pipelines.stages import StageReport
from recsys.corpus import load_corpus
from recsys.song2vec import unit
from recsys.tail import Tail


def run(job: Job) -> StageReport:
    """Learn the axes; without tags there are none."""
    with job.session_factory() as session:
        tags = tags_repository.read_song_tags(session)
    marks = [job.work.mark_of(stage) for stage in ("clean", "corpus", "song2vec")]

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        tail = Tail.load(job.work.path("corpus", "tail.npz"))
        known = unit(np.load(job.work.path("song2vec", "input.npy")))
        vectors = np.concatenate([known, tail.vectors(known)])
        song_ids = np.concatenate([corpus.song_ids, tail.song_ids])
        axes = fit_release_axes(job.session_factory, song_ids, vectors, seed=job.settings.seed)
        if axes is None:
            return {"axes": 0}
        axes.save(folder / "axes.npz")
        return {"axes": len(axes)}

    inputs = [*marks, hash_of_rows(tags), job.settings.seed]
    return job.work.run("axes", write, inputs=inputs, again=job.again("axes"))
