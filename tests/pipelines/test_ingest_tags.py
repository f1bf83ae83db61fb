"""Tags come out of columns and tables of a set, and into the database once; bad ones are named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy.orm import Session

from db.repositories.songs import find_songs
from db.repositories.tags import read_song_tags, tags_of
from db.session import SessionFactory
from pipelines.columns import DTYPES, SONG_TAGS, SONGS
from pipelines.ingest import IngestReport, ingest, ingest_batches
from pipelines.sample_world import build_world
from pipelines.sources import tabular
from pipelines.sources.batch import Batch
from tests.databases import *  # noqa: F403


def write_set(folder: Path, songs: dict[str, list[object]], tags: str | None = None) -> Path:
    """Write a set of three songs with these further columns, and a table of tags as CSV."""
    folder.mkdir(exist_ok=True)
    named = {"song_id": [1, 2, 3], "title": ["One", "Two", "Three"], "artist": ["A", "B", "C"]}
    pd.DataFrame({**named, **songs}).to_parquet(folder / "songs.parquet")
    pd.DataFrame({"playlist_id": [1, 1], "position": [0, 1], "song_id": [1, 2]}).to_parquet(
        folder / "playlists.parquet"
    )
    if tags is not None:
        (folder / "tags.csv").write_text(tags, encoding="utf-8")
    return folder


def said(folder: Path) -> dict[str, dict[str, float]]:
    """Return the tags of each song as the reader gives them."""
    rows = pd.concat([batch.tags for batch in tabular.read(folder, namespace="s")])
    found: dict[str, dict[str, float]] = {}
    for ref, tag, weight in rows.itertuples(index=False):
        assert tag not in found.setdefault(ref, {}), "a tag comes once"
        found[ref][tag] = weight
    return found


def stored(session: Session) -> dict[str, dict[str, float]]:
    """Return the tags of the songs `s:1` to `s:3` in the database."""
    ids = find_songs(session, ["s:1", "s:2", "s:3"])
    tags = tags_of(session, ids.values())
    return {str(ref): tags.get(number, {}) for ref, number in ids.items()}


def tags_batch(*rows: tuple[str, str, float]) -> Batch:
    """Make a batch of two songs with these tags."""
    songs = pd.DataFrame([(f"s:{n}", f"T{n}", f"A{n}", "", None, "{}") for n in (1, 2)], columns=[*SONGS])
    tags = pd.DataFrame(rows, columns=[*SONG_TAGS])
    return Batch(
        songs=songs.astype({name: DTYPES[name] for name in SONGS}),
        tags=tags.astype({name: DTYPES[name] for name in SONG_TAGS}),
    )


def store(factory: SessionFactory, *batches: Batch) -> IngestReport:
    return ingest_batches(batches, session_factory=factory)


@pytest.mark.parametrize(
    "cell",
    [
        ["rock", "calm"],
        "rock; calm",
        "rock|calm",
        " rock , calm,",
        '["rock", "calm"]',
        ["rock", None, "calm"],
    ],
)
def test_words_of_a_cell_are_its_tags(tmp_path: Path, cell: object) -> None:
    others: list[object] = [["folk"], None] if isinstance(cell, list) else ["folk", None]
    assert said(write_set(tmp_path / "s", {"tags": [cell, *others]})) == {
        "s:1": {"rock": 1.0, "calm": 1.0},
        "s:2": {"folk": 1.0},
        "s:3": {"": 1.0},
    }


def test_genre_columns_are_tags_beside_the_others(tmp_path: Path) -> None:
    columns: dict[str, list[object]] = {"genre": ["Rock", "Folk", ""], "tags": ["calm", None, None]}
    assert said(write_set(tmp_path / "s", columns))["s:1"] == {"calm": 1.0, "Rock": 1.0}


def test_the_table_of_tags_gives_weights_and_goes_before_the_columns(tmp_path: Path) -> None:
    table = "song_id,tag,weight\n1,rock,0.3\n2,jazz,\n2,calm,.99\n"
    found = said(write_set(tmp_path / "s", {"tags": ["rock;loud", "", ""]}, table))
    assert found == {"s:1": {"rock": 0.3, "loud": 1.0}, "s:2": {"jazz": 1.0, "calm": 0.99}, "s:3": {"": 1.0}}


def test_a_set_without_tags_says_nothing_about_them(tmp_path: Path) -> None:
    assert said(write_set(tmp_path / "s", {"year": [1, 2, 3]})) == {}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("9,rock,1", "unknown song"),
        ("1,rock,1.5", "weight is not between 0 and 1"),
        ("1,rock,much", "weight is not between 0 and 1"),
        ("1,,1", "no tag"),
        (f"1,{'x' * 101},1", "tag is over 100 characters"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_in(tmp_path: Path, row: str, reason: str) -> None:
    folder = write_set(tmp_path / "s", {}, f"song_id,tag,weight\n2,folk,0.5\n{row}\n")
    problems = [str(one) for batch in tabular.read(folder, namespace="s") for one in batch.problems]
    assert len(problems) == 1
    assert "tags.csv, line 3" in problems[0]
    assert reason in problems[0]
    assert said(folder)["s:2"] == {"folk": 0.5}


def test_a_cell_that_holds_no_words_is_named(tmp_path: Path) -> None:
    folder = write_set(tmp_path / "s", {"tags": [1.5, 2.5, None]})
    problems = [str(one) for batch in tabular.read(folder, namespace="s") for one in batch.problems]
    assert ["neither text nor a list" in one for one in problems] == [True, True]


def test_tags_are_folded_and_a_second_time_changes_nothing(
    session_factory: SessionFactory, session: Session, tmp_path: Path
) -> None:
    folder = write_set(tmp_path / "s", {"tags": ["Hip-Hop;hip hop", "Café", ""]})
    assert ingest([folder], session_factory=session_factory).songs.added == 3
    again = ingest([folder], session_factory=session_factory)
    assert (again.changed_anything, again.problems) == (False, ())
    assert stored(session) == {"s:1": {"hip hop": 1.0}, "s:2": {"cafe": 1.0}, "s:3": {}}


def test_changed_tags_of_a_source_replace_its_old_ones(
    session_factory: SessionFactory, session: Session, tmp_path: Path
) -> None:
    ingest([write_set(tmp_path / "s", {"tags": ["rock;calm", "jazz", ""]})], session_factory=session_factory)
    changed = write_set(tmp_path / "s", {"tags": ["rock", None, ""]})
    assert ingest([changed], session_factory=session_factory).songs.changed == 2
    assert stored(session) == {"s:1": {"rock": 1.0}, "s:2": {}, "s:3": {}}


def test_a_source_that_tells_no_tags_takes_none_away(
    session_factory: SessionFactory, session: Session, tmp_path: Path
) -> None:
    ingest([write_set(tmp_path / "s", {"tags": ["rock", "jazz", ""]})], session_factory=session_factory)
    ingest([write_set(tmp_path / "s", {})], session_factory=session_factory)
    assert stored(session)["s:1"] == {"rock": 1.0}


@pytest.mark.parametrize(
    "row", [("s:1", "rock", 1.5), ("s:1", "rock", np.nan), ("s:1", " ", 1.0), ("s:9", "rock", 1.0),
            ("s:1", "y" * 101, 1.0)],
)  # fmt: skip
def test_malformed_rows_of_a_batch_are_problems(
    session_factory: SessionFactory, session: Session, row: tuple[str, str, float]
) -> None:
    report = store(session_factory, tags_batch(row, ("s:2", "folk", 0.25)))
    assert len(report.problems) == 1
    assert stored(session)["s:2"] == {"folk": 0.25}


def test_too_many_tags_are_cut_and_that_is_said(session_factory: SessionFactory, session: Session) -> None:
    report = store(session_factory, tags_batch(*[("s:1", f"t{i}", 1.0) for i in range(300)]))
    assert len(report.problems) == 1
    assert len(stored(session)["s:1"]) == 200


def test_hostile_tags_are_stored_as_far_as_they_can_be(
    session_factory: SessionFactory, session: Session
) -> None:
    store(session_factory, tags_batch(("s:1", "ro\x00ck", 1.0), ("s:1", "日本", 1.0)))
    assert set(stored(session)["s:1"]) == {"ro ck", "日本"}


def test_the_sample_world_gives_its_truth_as_tags(session_factory: SessionFactory, session: Session) -> None:
    world = build_world(7, n_songs=60, n_playlists=5, n_users=2)
    store(session_factory, *world.batches())
    tags = read_song_tags(session)
    assert (set(tags["source"]), len(tags)) == ({"sample"}, world.song_truth.size)
    np.testing.assert_allclose(np.sort(tags["weight"]), np.sort(world.song_truth.ravel()))
