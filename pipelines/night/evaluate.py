"""Stage `evaluate`: what held-back lists say of every signal, and how to weigh them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.night.job import Job
from pipelines.release import facts_of_songs
from pipelines.stages import StageReport
from recsys.blend import DEFAULT_WEIGHTS
from recsys.components import TRANSFORMER
from recsys.corpus import load_corpus
from recsys.fit import Choice, choose, fit_transformer


def run(job: Job) -> StageReport:
    """Measure and choose on held-back lists."""

    def write(folder: Path) -> Mapping[str, Any]:
        if job.by_sound is not None:
            # Too few lists to hold any back, and song2vec is none.
            unmeasured = Choice(dict(DEFAULT_WEIGHTS), 0).document()
            (folder / "choice.json").write_text(json.dumps(unmeasured, indent=2), encoding="utf-8")
            return {"cases": 0}
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        facts = facts_of_songs(pd.read_parquet(job.work.path("clean", "songs.parquet")))
        settings = job.settings
        choice, ranker = choose(
            corpus, facts, folder, seed=settings.seed, workers=settings.workers, pairs=settings.pairs
        )
        (folder / "choice.json").write_text(json.dumps(choice.document(), indent=2), encoding="utf-8")
        if TRANSFORMER in choice.weights:
            fit_transformer(corpus, seed=settings.seed, pairs=settings.pairs).save(folder / "transformer.npz")
        if ranker is not None:
            ranker.save(folder / "ranker.json")
        counts: dict[str, Any] = {"cases": choice.n_cases}
        if choice.metrics:
            counts["ndcg@100"] = round(choice.metrics["ndcg@100"].mean, 4)
            counts["times item-kNN"] = round(choice.knn_ratio.mean, 3)
            counts["ranker"] = f"x {choice.ranker_ratio.mean:.3f}" if ranker is not None else "no better"
        return counts

    inputs = [job.work.mark_of("corpus"), job.work.mark_of("clean"), job.settings.seed, job.settings.pairs]
    return job.work.run("evaluate", write, inputs=inputs, again=job.again("evaluate"))
