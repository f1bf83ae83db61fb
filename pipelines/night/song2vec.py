"""Stage `song2vec`: a vector for every song, rotated onto the published release.

Where lists teach nothing the vectors are made of sound (recsys/sound_space.py), and the map is kept beside.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.night.corpus import song2vec_settings
from pipelines.night.job import Job
from pipelines.release_files import ReleaseError, current_name
from pipelines.sounds import Sounds
from pipelines.stages import StageReport
from pipelines.stored_release import load_release
from recsys.align import fit_rotation
from recsys.components import Vectors
from recsys.corpus import Corpus, load_corpus
from recsys.song2vec import SongVectors, train_song2vec, unit
from recsys.sound_space import fit_sound_space, turned, vectors_by_sound

logger = logging.getLogger(__name__)


def run(job: Job) -> StageReport:
    """Train song2vec and rotate it."""

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        settings = song2vec_settings(job, corpus)
        if job.by_sound is None:
            vectors = train_song2vec(job.work.path("corpus", "corpus.txt"), corpus.n_songs, settings)
            aligned, facts, _ = _aligned(job, vectors, corpus)
        else:
            sounds = Sounds.load(job.by_sound)
            space = fit_sound_space(sounds.embeddings)
            vectors = vectors_by_sound(space(sounds.embeddings))
            aligned, facts, rotation = _aligned(job, vectors, corpus)
            (space if rotation is None else turned(space, rotation)).save(folder / "sound_space.npz")
        prepared = Vectors.build(aligned)
        for name in ("input", "output", "prior", "log_normaliser"):
            np.save(folder / f"{name}.npy", getattr(prepared, name))
        (folder / "facts.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
        return {"songs": corpus.n_songs, "epochs": settings.epochs * settings.rounds, **facts}

    inputs = [job.work.mark_of("corpus"), job.settings.seed, job.settings.pairs]
    return job.work.run("song2vec", write, inputs=inputs, again=job.again("song2vec"))


def _aligned(
    job: Job, vectors: SongVectors, corpus: Corpus
) -> tuple[SongVectors, dict[str, Any], np.ndarray | None]:
    """Rotate tonight's vectors onto the published release's, where there is one of the same dimension.

    The rotation comes last; None where there was nothing to rotate onto.
    """
    name = current_name(job.releases)
    if name is None:
        return vectors, {"aligned_to": None}, None
    try:
        old = load_release(job.releases, name)
    except ReleaseError as error:
        logger.warning("not aligned to release %s: %s", name, error)
        return vectors, {"aligned_to": None}, None
    rows = old.rows(corpus.song_ids)
    common = rows >= 0
    if old.vectors.shape[1] != vectors.input.shape[1]:
        return vectors, {"aligned_to": None}, None
    fit = fit_rotation(unit(vectors.input)[common], old.vectors[rows[common]])
    rotated = SongVectors(
        vectors.input @ fit.rotation, vectors.output @ fit.rotation, vectors.counts, vectors.ns_exponent
    )
    facts = {
        "aligned_to": name,
        "common_songs": fit.n_common,
        "cosine_before": round(fit.cosine_before, 4),
        "cosine_after": round(fit.cosine_after, 4),
    }
    return rotated, facts, fit.rotation
