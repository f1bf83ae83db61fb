"""Stage `listens`: what users' later listens say of their earlier ones.

The half-life of a listen, and what `recommend` orders a user's candidates by (recsys/listen_ranker.py). For
the latter everything is fitted once more on what came before the last week.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from db.repositories import listens as listens_repository
from pipelines.columns import COMPLETION, LISTENED_AT_S, SONG_ID, USER_ID
from pipelines.evaluate_listens import listen_model
from pipelines.list_table import ListTable
from pipelines.night.clean import LISTS_FILE
from pipelines.night.job import Job, NightlySettings, hash_of_rows
from pipelines.profiles import measure_half_life
from pipelines.release import ARTIST_ID, facts_of_songs
from pipelines.stages import StageReport
from recsys.components import Vectors
from recsys.continuation import Continuation
from recsys.corpus import Corpus, load_corpus
from recsys.facts import SongFacts
from recsys.fit import FOLD_SHARE, fit_components
from recsys.half_life import DEFAULT_DAYS
from recsys.listen_blend import Base
from recsys.listen_ranker import FEWEST_CASES, ListenChoice, ListenRanker, choose_listen_ranker
from recsys.next_listen import ListenLog, make_listen_split
from recsys.song2vec import unit


def run(job: Job) -> StageReport:
    """Choose the half-life, and learn from the last week of listens."""
    with job.session_factory() as session:
        listens = listens_repository.read_listens(session)

    def write(folder: Path) -> Mapping[str, Any]:
        corpus = load_corpus(job.work.path("corpus", "corpus.npz"))
        vectors = unit(np.load(job.work.path("song2vec", "input.npy")))
        half_life = measure_half_life(corpus.song_ids, vectors, listens, seed=job.settings.seed)
        choice, ranker = _choose(job, folder, listens, half_life.days)
        (folder / "half_life.json").write_text(json.dumps(asdict(half_life), indent=2), encoding="utf-8")
        (folder / "choice.json").write_text(json.dumps(choice.document(), indent=2), encoding="utf-8")
        if ranker is not None:
            ranker.save(folder)
        counts: dict[str, Any] = {"half-life, days": half_life.days, "users": choice.n_cases}
        return counts | {"served": choice.served, "times best signal": round(choice.over_best_signal.mean, 3)}

    marks = [job.work.mark_of(stage) for stage in ("clean", "corpus", "song2vec", "evaluate")]
    inputs = [*marks, hash_of_rows(listens), job.settings.seed]
    return job.work.run("listens", write, inputs=inputs, again=job.again("listens"))


def _choose(
    job: Job, folder: Path, listens: pd.DataFrame, half_life_days: float | None
) -> tuple[ListenChoice, ListenRanker | None]:
    if listens.empty:
        return ListenChoice(0), None
    return choose_with(
        listens,
        ListTable.load(job.work.path("clean", LISTS_FILE)).playlists,
        pd.read_parquet(job.work.path("clean", "songs.parquet")),
        json.loads(job.work.path("evaluate", "choice.json").read_text(encoding="utf-8"))["weights"],
        folder,
        half_life_days=DEFAULT_DAYS if half_life_days is None else half_life_days,
        settings=job.settings,
    )


def choose_with(
    listens: pd.DataFrame, playlists: ListTable, songs: pd.DataFrame, weights: Mapping[str, float],
    folder: Path, *, half_life_days: float, settings: NightlySettings,
) -> tuple[ListenChoice, ListenRanker | None]:  # fmt: skip
    """Fit everything on what came before the last week, and choose what orders a user's candidates.

    Parameters
    ----------
    listens : frame of user_id, song_id, listened_at_s, completion
    playlists : ListTable
        They bear no date, and teach beside the sessions.
    songs : frame
        As stage `clean` writes it.
    weights : mapping
        Of the continuation's blend, as stage `evaluate` chose them.
    folder : Path
        For the corpus file while song2vec is trained.
    """
    columns = (listens[name].to_numpy() for name in (USER_ID, SONG_ID, LISTENED_AT_S, COMPLETION))
    split = make_listen_split(
        ListenLog.build(*columns), seed=settings.seed, known=np.flatnonzero(np.bincount(playlists.songs))
    )
    if len(split.users) < FEWEST_CASES:
        return ListenChoice(len(split.users)), None
    model = listen_model(
        split.train,
        split.at_s,
        partial(_base, folder, facts_of_songs(songs), weights, settings),
        artist_of=dict(zip(songs[SONG_ID].tolist(), songs[ARTIST_ID].tolist(), strict=True)),
        playlists=playlists,
        half_life_days=half_life_days,
    )
    return choose_listen_ranker(model, split, seed=settings.seed, workers=settings.workers)


def _base(
    folder: Path, facts: SongFacts, weights: Mapping[str, float], settings: NightlySettings, corpus: Corpus
) -> tuple[Base, np.ndarray]:
    """The continuation blend, fitted on a part of the lists, with tonight's weights."""
    components = fit_components(
        corpus, facts.of(corpus.song_ids), folder,
        seed=settings.seed, workers=settings.workers, pairs=settings.pairs, share=FOLD_SHARE,
    )  # fmt: skip
    taste_weights = {name: weight for name, weight in weights.items() if name in components}
    blend = Continuation(components, taste_weights, corpus.n_songs)
    nothing = np.zeros(0, dtype=np.int64)

    def base(rows: Sequence[np.ndarray], given: Sequence[np.ndarray]) -> np.ndarray:
        return blend.score(
            rows,
            given,
            shown=[nothing] * len(rows),
        )

    song2vec = components["song2vec"]
    assert isinstance(song2vec, Vectors)
    return base, unit(song2vec.input)
