"""Stage `index`: Faiss indexes over the song space and over the output vectors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.night.job import Job
from pipelines.stages import StageReport
from recsys.index import VectorIndex
from recsys.song2vec import unit
from recsys.tail import Tail


def run(job: Job) -> StageReport:
    """Build both indexes."""

    def write(folder: Path) -> Mapping[str, Any]:
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        tail = Tail.load(job.work.path("corpus", "tail.npz"))
        index = VectorIndex.build(np.concatenate([vectors, tail.vectors(vectors)]))
        index.save(folder / "input.faiss")
        VectorIndex.build(np.load(job.work.path("song2vec", "output.npy"))).save(folder / "output.faiss")
        return {"vectors": len(index), "kind": index.kind}

    return job.work.run("index", write, inputs=[job.work.mark_of("song2vec")], again=job.again("index"))
