"""The evaluation table: every model on the same cases, nothing leaked, folders read past the database."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.evaluate import (
    GRIDS,
    OURS,
    Evaluation,
    TooLittleDataError,
    corpus_of_database,
    corpus_of_folder,
    evaluate,
    tuned,
)
from recsys.corpus import Corpus, build_corpus
from recsys.evaluate import METRICS, make_split
from tests.tiny_world import TinyWorld

SETLISTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "setlists"


@pytest.fixture(scope="module")
def corpus(tiny_world: TinyWorld) -> Corpus:
    return corpus_of_database(tiny_world.factory)


@pytest.fixture(scope="module")
def table(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    # Few lists: what is asked here is whether the table is right, not how good the models are.
    few = corpus.take(np.arange(0, corpus.n_lists, 4))
    return evaluate(few, folder=tmp_path_factory.mktemp("evaluate"), seed=3, workers=1)


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
            evaluate(build_corpus(pairs, pairs, pairs), folder=tmp_path)


def test_progress_names_the_models(corpus: Corpus, tmp_path: Path) -> None:
    told: list[str] = []

    def stop(name: str) -> None:
        told.append(name)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(corpus, folder=tmp_path, progress=stop)
    assert told == [OURS]


def test_settings_are_not_compared_where_there_is_nothing_to_compare_on(corpus: Corpus) -> None:
    fit, grid = GRIDS["EASE"]
    nothing = make_split(corpus.take(np.arange(1)), seed=1)
    assert tuned(fit, grid, nothing) == grid[0]


def jspf(folder: Path, name: str, songs: list[str], **more: object) -> None:
    tracks = [{"title": song, "creator": "Somebody", "identifier": f"x:{song}"} for song in songs]
    text = json.dumps({"playlist": {"title": name, "track": tracks, **more}})
    (folder / f"{name}.jspf").write_text(text, encoding="utf-8")


def tabular(folder: Path) -> Path:
    """Four lists of a set in the tabular layout, two of them by one band."""
    folder.mkdir()
    rows = [
        f"{p},{i},{song}"
        for p, songs in enumerate(["abc", "bca", "cad", "dab"])
        for i, song in enumerate(songs)
    ]
    numbers = {song: str(i) for i, song in enumerate("abcd")}
    entries = "\n".join(",".join([*row.split(",")[:2], numbers[row.split(",")[2]]]) for row in rows)
    (folder / "playlists.csv").write_text(f"playlist_id,position,song_id\n{entries}\n", encoding="utf-8")
    songs = "\n".join(f"{i},{song},Somebody" for song, i in numbers.items())
    (folder / "songs.csv").write_text(f"song_id,title,artist\n{songs}\n", encoding="utf-8")
    meta = "\n".join(f"{p},{band}" for p, band in enumerate(["x", "y", "x", ""]))
    (folder / "playlist_meta.csv").write_text(f"playlist_id,band\n{meta}\n", encoding="utf-8")
    return folder


def test_lists_of_a_folder_come_in_order_of_position(tmp_path: Path) -> None:
    corpus, problems = corpus_of_folder(tabular(tmp_path / "set"))
    assert not problems
    first_seen = dict(zip(corpus.songs_of(0).tolist(), "abc", strict=True))
    assert "".join(first_seen.get(row, "d") for row in corpus.songs_of(2).tolist()) == "cad"
    assert (corpus.n_lists, corpus.n_songs) == (4, 4)


def test_a_group_column_keeps_lists_of_one_value_together(tmp_path: Path) -> None:
    corpus, _ = corpus_of_folder(tabular(tmp_path / "set"), group_column="band")
    assert corpus.groups[0] == corpus.groups[2]
    assert len(np.unique(corpus.groups)) == 3


def test_a_group_column_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no playlist has a column 'bnad'; there are .*band"):
        corpus_of_folder(tabular(tmp_path / "set"), group_column="bnad")


def test_a_folder_with_nothing_in_it_gives_an_empty_corpus(tmp_path: Path) -> None:
    corpus, _ = corpus_of_folder(tmp_path)
    assert (corpus.n_lists, corpus.n_songs) == (0, 0)
    with pytest.raises(TooLittleDataError):
        evaluate(corpus, folder=tmp_path)


def test_playlist_files_are_read_too(tmp_path: Path) -> None:
    for name in ("one", "two"):
        jspf(tmp_path, name, ["a", "b", name])
    corpus, problems = corpus_of_folder(tmp_path)
    assert not problems
    assert (corpus.n_lists, corpus.n_songs) == (2, 4)


@pytest.mark.slow
@pytest.mark.skipif(not SETLISTS.is_dir(), reason="the set lists are not on this machine")
def test_ours_is_at_least_as_good_as_every_peer_on_real_set_lists(tmp_path: Path) -> None:
    corpus, _ = corpus_of_folder(SETLISTS)
    table = evaluate(corpus, folder=tmp_path, seed=0)
    worse = {
        row.model: row.ours_over_it for row in table.rows if row.ours_over_it and row.ours_over_it.mean < 1
    }
    assert worse == {}
