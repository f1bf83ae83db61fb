"""Stage `evaluate`: what held-back lists say of every signal, and how to weigh them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.night.job import Job
from pipelines.stages import StageReport
from recsys.corpus import load_corpus
from recsys.fit import choose_blend


def run(job: Job) -> StageReport:
    """Measure and choose on held-back lists."""

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        choice = choose_blend(
            corpus,
            folder,
            seed=job.settings.seed,
            workers=job.settings.workers,
            pairs=job.settings.pairs,
        )
        (folder / "choice.json").write_text(json.dumps(asdict(choice), indent=2), encoding="utf-8")
        counts: dict[str, Any] = {"cases": choice.n_cases}
        if choice.metrics:
            counts["ndcg@100"] = round(choice.metrics["ndcg@100"].mean, 4)
            counts["times item-kNN"] = round(choice.knn_ratio.mean, 3)
        return counts

    inputs = [job.work.mark_of("corpus"), job.settings.seed, job.settings.pairs]
    return job.work.run("evaluate", write, inputs=inputs, again=job.again("evaluate"))
