"""Stage `cooccurrence`: what stands together, what comes after what, and latent factors of both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import scipy.sparse as sp

from pipelines.night.job import Job
from pipelines.stages import StageReport
from recsys.cooccurrence import count_after, count_together
from recsys.corpus import load_corpus
from recsys.factors import Factors, FactorSettings, fit_factors


def run(job: Job) -> StageReport:
    """Count pairs and fit factors."""

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        together, after = count_together(corpus), count_after(corpus)
        sp.save_npz(folder / "together.npz", together, compressed=False)
        sp.save_npz(folder / "after.npz", after, compressed=False)
        settings = FactorSettings(seed=job.settings.seed, workers=job.settings.workers)
        factors = fit_factors(corpus, settings) if corpus.n_lists else Factors.of_nothing(corpus.n_songs)
        factors.save(folder / "factors.npz")
        return {"pairs": int(together.nnz) // 2, "factors": factors.songs.shape[1]}

    return job.work.run(
        "cooccurrence",
        write,
        inputs=[job.work.mark_of("corpus"), job.settings.seed],
        again=job.again("cooccurrence"),
    )
