"""The next-listen table: same users for all, peers tuned on the past, intervals over users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pytest

from pipelines.evaluate_listens import (
    GRIDS,
    ListenEvaluation,
    TooFewListensError,
    evaluate_listens,
    peer,
    songspace_fit,
)
from pipelines.list_table import table_of
from pipelines.sample_world import build_world
from recsys.corpus import Corpus
from recsys.evaluate import METRICS
from recsys.listen_blend import Base
from recsys.next_listen import DAY_S, VARIANTS, History, ListenLog, ListenScorer, make_listen_split
from recsys.song2vec import unit


@pytest.fixture(scope="module")
def listens() -> pd.DataFrame:
    """A year of the sample world's listens."""
    world = build_world(7, n_songs=150, n_playlists=1, n_users=150)
    return pd.DataFrame(
        {
            "user_id": np.unique(world.listens["user_ref"], return_inverse=True)[1],
            "song_id": world.listens["song_ref"].str.removeprefix("sample:").astype("int64") + 1,
            "listened_at_s": world.listens["listened_at_s"],
            "completion": world.listens["completion"],
        }
    )


def counted(corpus: Corpus) -> tuple[Base, np.ndarray]:
    """A base that counts what stands together, without song2vec."""
    incidence = corpus.incidence()
    together = (incidence.T @ incidence).toarray()

    def base(rows: Sequence[np.ndarray], weights: Sequence[np.ndarray]) -> np.ndarray:
        found = [w @ together[r] for r, w in zip(rows, weights, strict=True)]
        return np.array(found, dtype=np.float32).reshape(len(rows), corpus.n_songs)

    return base, unit(together.astype(np.float32))


@pytest.fixture(scope="module")
def found(listens: pd.DataFrame) -> ListenEvaluation:
    return evaluate_listens(listens, songspace_fit(counted, artist_of={}))


def test_every_model_is_measured_in_both_variants(found: ListenEvaluation) -> None:
    for variant in VARIANTS:
        assert [row.model for row in found.rows[variant]] == ["songspace", *GRIDS]
        for row in found.rows[variant]:
            assert set(row.metrics) == set(METRICS)
            assert all(one.low <= one.mean <= one.high for one in row.metrics.values())
    assert found.n_cases["repeats"] >= found.n_cases["new"] > 20


def test_own_plays_are_strong_where_repeats_count_and_nothing_where_not(found: ListenEvaluation) -> None:
    ndcg = {v: {row.model: row.metrics["ndcg@100"].mean for row in found.rows[v]} for v in VARIANTS}
    assert ndcg["repeats"]["own plays"] > 1.5 * ndcg["repeats"]["popularity"]
    assert ndcg["new"]["own plays"] == ndcg["new"]["popularity"]


def test_songspace_is_not_behind_any_peer(found: ListenEvaluation) -> None:
    for variant in VARIANTS:
        for row in found.rows[variant][1:]:
            assert row.ours_over_it is not None
            assert row.ours_over_it.high >= 1.0


def test_the_model_sees_nothing_of_the_week(listens: pd.DataFrame) -> None:
    seen: list[int] = []

    def fit(train: ListenLog, at_s: int) -> Mapping[str, ListenScorer]:
        seen.extend([int(train.times_s.max()), at_s])

        def nothing(histories: Sequence[History]) -> np.ndarray:
            return np.zeros((len(histories), train.n_songs))

        return dict.fromkeys(VARIANTS, nothing)

    at_s = int(listens["listened_at_s"].max()) - 30 * DAY_S
    assert evaluate_listens(listens, fit, at_s=at_s).at_s == at_s
    assert seen[0] < seen[1] == at_s


def test_songs_known_from_playlists_alone_are_candidates(listens: pd.DataFrame) -> None:
    known = np.array([9_998, 9_999])
    lists = pd.DataFrame({"list_id": 0, "song_id": known, "group": 0, "source": 0})
    fit = songspace_fit(counted, artist_of={9_998: 1}, playlists=table_of(lists))
    plain = evaluate_listens(listens, fit)
    more = evaluate_listens(listens, fit, known=known)
    assert more.n_songs == plain.n_songs + 2


def test_without_listens_there_is_nothing_to_measure(listens: pd.DataFrame) -> None:
    with pytest.raises(TooFewListensError, match="nobody with five listens"):
        evaluate_listens(listens.iloc[:0], songspace_fit(counted, artist_of={}))


def test_another_peer_is_refused(listens: pd.DataFrame) -> None:
    columns = (listens[name].to_numpy() for name in listens.columns)
    with pytest.raises(ValueError, match="a peer is one of popularity, own plays"):
        peer("magic", make_listen_split(ListenLog.build(*columns), seed=0))
