"""Stage `corpus`: lists as vocabulary and tail, and the file that song2vec reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.list_table import ListTable
from pipelines.night.clean import LISTS_FILE
from pipelines.night.job import Job
from pipelines.sounds import Sounds
from pipelines.stages import StageReport
from recsys.corpus import Corpus, sample_versions, save_corpus, write_corpus_file
from recsys.song2vec import Song2VecSettings, settings_for
from recsys.sound_space import corpus_by_sound
from recsys.tail import choose_min_count, split_tail


def run(job: Job) -> StageReport:
    """Part the lists into vocabulary and tail, and write the corpus file."""

    def write(folder: Path) -> Mapping[str, Any]:
        everything = ListTable.load(job.work.path("clean", LISTS_FILE)).corpus()
        min_count = choose_min_count(everything)
        if job.by_sound is None:
            corpus, tail = split_tail(everything, min_count)
        else:
            corpus, tail = corpus_by_sound(everything, Sounds.load(job.by_sound).song_ids)
        save_corpus(folder / "corpus.npz", corpus)
        tail.save(folder / "tail.npz")
        settings = song2vec_settings(job, corpus)
        drawn = sample_versions(corpus, rounds=settings.rounds, rng=np.random.default_rng(settings.seed))
        n_tokens = write_corpus_file(corpus, folder / "corpus.txt", drawn)
        (folder / "song2vec.json").write_text(json.dumps(asdict(settings), indent=2), encoding="utf-8")
        return {
            "songs": corpus.n_songs,
            "tail": len(tail.song_ids),
            "min_count": min_count,
            "lists": corpus.n_lists,
            "tokens": n_tokens,
        }

    inputs = [job.work.mark_of("clean"), job.settings.seed, job.settings.pairs]
    return job.work.run("corpus", write, inputs=inputs, again=job.again("corpus"))


def song2vec_settings(job: Job, corpus: Corpus) -> Song2VecSettings:
    """Settings of song2vec for this corpus and night."""
    settings = job.settings
    return settings_for(corpus, pairs=settings.pairs, workers=settings.workers, seed=settings.seed)
