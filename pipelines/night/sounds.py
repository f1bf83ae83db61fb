"""Stage `sounds`: the audio tower, from songs that have both a sound and a place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.night.job import Job
from pipelines.sounds import fit_release_sounds, read_sounds
from pipelines.stages import StageReport
from recsys.audio_tower import LinearMap
from recsys.corpus import load_corpus
from recsys.song2vec import unit


def run(job: Job) -> StageReport:
    """Fit the tower; without analysed music there is none, and nothing is done."""
    with job.session_factory() as session:
        sounds = read_sounds(session)

    def write(folder: Path) -> Mapping[str, Any]:
        if not len(sounds):
            return {"songs": 0}
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        space = None if job.by_sound is None else LinearMap.load(job.work.path("song2vec", "sound_space.npz"))
        tower = fit_release_sounds(
            job.session_factory,
            job.home,
            corpus,
            vectors,
            sounds,
            seed=job.settings.seed,
            space=space,
            encode=job.encode,
        )
        if tower is None:
            return {"songs": len(sounds), "tower": "none: fewer than 50 songs have a sound and a place"}
        tower.save(folder / "audio.npz")
        cosine = "exact" if space is not None else round(tower.fit.cosine, 3)
        return {"songs": tower.fit.n_songs, "cosine of new artists": cosine}

    read = ("clean", "corpus", "song2vec") if len(sounds) else ()
    inputs = [*(job.work.mark_of(stage) for stage in read), sounds.sha256, job.settings.seed]
    return job.work.run("sounds", write, inputs=inputs, again=job.again("sounds"))
