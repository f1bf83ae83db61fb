"""The evaluation table: every model on the same cases, nothing leaked, folders read past the database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluate import (
    GRIDS,
    OURS,
    Evaluation,
    TooLittleDataError,
    evaluate,
    tuned,
)
from pipelines.material import Material, material_of_database, material_of_folder
from recsys.corpus import Corpus, build_corpus
from recsys.evaluate import METRICS, make_split
from recsys.facts import SongFacts
from tests.tiny_world import PAIRS, TinyWorld

SETLISTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "setlists"


@pytest.fixture(scope="module")
def material(tiny_world: TinyWorld) -> Material:
    return material_of_database(tiny_world.factory)


@pytest.fixture(scope="module")
def corpus(material: Material) -> Corpus:
    return material.corpus


@pytest.fixture(scope="module")
def table(material: Material, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    # Few lists: what is asked here is whether the table is right, not how good the models are.
    few = material.corpus.take(np.arange(0, material.corpus.n_lists, 4))
    folder = tmp_path_factory.mktemp("evaluate")
    return evaluate(few, material.facts, folder=folder, seed=3, workers=1, pairs=PAIRS)


def test_the_table_has_ours_first_and_every_peer(table: Evaluation) -> None:
    assert [row.model for row in table.rows] == [OURS, *GRIDS]
    assert not table.left_out


def test_every_row_has_every_metric_within_its_interval(table: Evaluation) -> None:
    for row in table.rows:
        assert tuple(row.metrics) == METRICS
        for estimate in row.metrics.values():
            assert 0.0 <= estimate.low <= estimate.mean <= estimate.high <= 1.0


def test_ratios_are_those_of_the_means(table: Evaluation) -> None:
    ours, *peers = table.rows
    assert ours.ours_over_it is None
    for row in peers:
        assert row.ours_over_it is not None
        expected = ours.metrics["ndcg@100"].mean / row.metrics["ndcg@100"].mean
        assert row.ours_over_it.mean == pytest.approx(expected)


def test_ours_is_better_than_popularity(table: Evaluation) -> None:
    ratio = next(row.ours_over_it for row in table.rows if row.model == "popularity")
    assert ratio is not None
    assert ratio.low > 1.1


def test_the_settings_of_each_peer_are_of_its_grid(table: Evaluation) -> None:
    for row in table.rows[1:]:
        assert row.settings in GRIDS[row.model][1]


def test_no_group_of_a_case_is_trained_on(corpus: Corpus) -> None:
    split = make_split(corpus, seed=3)
    assert len(split.cases) > 50
    assert not {case.group for case in split.cases} & set(split.train.groups.tolist())


def test_the_corpus_of_the_database_holds_what_a_night_learns_from(
    corpus: Corpus, tiny_world: TinyWorld
) -> None:
    release = tiny_world.release
    assert set(corpus.song_ids.tolist()) == set(release.song_ids.tolist())


def test_too_little_data_says_so(tmp_path: Path) -> None:
    empty = np.zeros(0, dtype=np.int64)
    for pairs in (empty, np.arange(3)):
        with pytest.raises(TooLittleDataError, match="four songs"):
            evaluate(build_corpus(pairs, pairs, pairs), SongFacts.unknown(pairs), folder=tmp_path)


def test_progress_names_the_models(material: Material, tmp_path: Path) -> None:
    told: list[str] = []

    def stop(name: str) -> None:
        told.append(name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(material.corpus, material.facts, folder=tmp_path, progress=stop)
    assert told == [OURS]


def test_settings_are_not_compared_where_there_is_nothing_to_compare_on(corpus: Corpus) -> None:
    fit, grid = GRIDS["EASE"]
    nothing = make_split(corpus.take(np.arange(1)), seed=1)
    assert tuned(fit, grid, nothing) == grid[0]


@pytest.mark.slow
@pytest.mark.skipif(not SETLISTS.is_dir(), reason="the set lists are not on this machine")
def test_ours_is_at_least_as_good_as_every_peer_on_real_set_lists(tmp_path: Path) -> None:
    material = material_of_folder(SETLISTS)
    table = evaluate(material.corpus, material.facts, folder=tmp_path, seed=0)
    worse = {
        row.model: row.ours_over_it for row in table.rows if row.ours_over_it and row.ours_over_it.mean < 1
    }
    assert worse == {}
