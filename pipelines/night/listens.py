"""Stage `listens`: what users' later listens say of their earlier ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from db.repositories import listens as listens_repository
from pipelines.night.job import Job, hash_of_rows
from pipelines.profiles import measure_half_life
from pipelines.stages import StageReport
from recsys.corpus import load_corpus
from recsys.song2vec import unit


def run(job: Job) -> StageReport:
    """Choose the half-life of a listen."""
    with job.session_factory() as session:
        listens = listens_repository.read_listens(session)

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        choice = measure_half_life(corpus.song_ids, vectors, listens, seed=job.settings.seed)
        (folder / "half_life.json").write_text(json.dumps(asdict(choice), indent=2), encoding="utf-8")
        return {"half-life, days": choice.days, "cases": choice.n_cases}

    inputs = [
        job.work.mark_of("corpus"),
        job.work.mark_of("song2vec"),
        hash_of_rows(listens),
        job.settings.seed,
    ]
    return job.work.run("listens", write, inputs=inputs, again=job.again("listens"))
