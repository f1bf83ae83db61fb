"""Stage `index`: Faiss indexes over the song space and over the output vectors, of the kind that their size
asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.night.job import Job
from pipelines.stages import StageReport
from recsys.index import IndexSettings, VectorIndex, for_output, why_of
from recsys.song2vec import unit
from recsys.tail import Tail


def run(job: Job) -> StageReport:
    """Build both indexes."""
    settings = IndexSettings(kind=job.settings.index, seed=job.settings.seed)
    beside = for_output(settings)

    def write(folder: Path) -> Mapping[str, Any]:
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        tail = Tail.load(job.work.path("corpus", "tail.npz"))
        index = VectorIndex.build(np.concatenate([vectors, tail.vectors(vectors)]), settings)
        index.save(folder / "input.faiss")
        output = VectorIndex.build(np.load(job.work.path("song2vec", "output.npy"), mmap_mode="r"), beside)
        output.save(folder / "output.faiss")
        return {
            "vectors": len(index),
            "kind": index.kind,
            "why": why_of(index),
            "output vectors": len(output),
            "kind of those": output.kind,
            "why those": why_of(output, of_one_length=False),
        }

    inputs = [job.work.mark_of("song2vec"), settings.kind, beside.n_probe]
    return job.work.run("index", write, inputs=inputs, again=job.again("index"))
