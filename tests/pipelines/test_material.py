"""What an evaluation reads: folders past the database say what the database says of them."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from db.migrate import upgrade
from db.session import make_engine, make_session_factory
from pipelines.columns import SONG_ID, TITLE
from pipelines.evaluate import TooLittleDataError, evaluate
from pipelines.ingest import ingest_batches
from pipelines.material import Material, material_of_database, material_of_folder
from pipelines.sources.detect import read_any

ARTISTS = ["Ann", "Ben", "ANN", ""]


def write_folder(folder: Path) -> Path:
    """Six lists of a tabular set, none like another, two of them by one band, and two listeners' histories.

    Songs 0, 4 and 8 are of one artist, 4 is a live version of 0, 3 and 7 have none; album `One` is Ann's and
    Ben's both.
    """
    folder.mkdir()
    songs = [
        (i, "song 0 (Live)" if i == 4 else f"song {i}", ARTISTS[i % 4], ["One", ""][i % 3 == 2])
        for i in range(12)
    ]
    lists = [[0, 1, 2, 3], [4, 5, 6, 7], [2, 0, 5, 9], [8, 9, 10, 11, 0], [1, 6, 10], [11, 4, 2]]
    plays = [
        (u, (3 * u + i) % 12, 1_700_000_000 + 600 * i + 90_000 * (i // 4))
        for u in range(2)
        for i in range(12)
    ]
    text = "\n".join(",".join(map(str, song)) for song in songs)
    (folder / "songs.csv").write_text(f"song_id,title,artist,album\n{text}\n", encoding="utf-8")
    text = "\n".join(f"{p},{i},{song}" for p, own in enumerate(lists) for i, song in enumerate(own))
    (folder / "playlists.csv").write_text(f"playlist_id,position,song_id\n{text}\n", encoding="utf-8")
    text = "\n".join(f"{p},{band}" for p, band in enumerate(["x", "y", "x", "", "z", "z"]))
    (folder / "playlist_meta.csv").write_text(f"playlist_id,band\n{text}\n", encoding="utf-8")
    text = "\n".join(f"u{u},{song},{at}" for u, song, at in plays)
    (folder / "listens.csv").write_text(f"user_id,song_id,listened_at\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("material") / "set")


@pytest.fixture(scope="module")
def read(folder: Path) -> Material:
    return material_of_folder(folder)


@pytest.fixture(scope="module")
def stored(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Material:
    """The same folder through the database."""
    engine = make_engine(f"sqlite:///{tmp_path_factory.mktemp('stored') / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    report = ingest_batches(list(read_any(folder)), session_factory=factory)
    assert not report.problems
    material = material_of_database(factory)
    engine.dispose()
    return material


def titles(material: Material) -> dict[int, str]:
    return dict(zip(material.songs[SONG_ID].tolist(), material.songs[TITLE].tolist(), strict=True))


def lists_of(material: Material) -> list[list[str]]:
    """All lists by titles, sessions after playlists."""
    corpus, title = material.corpus, titles(material)
    return [[title[int(i)] for i in corpus.song_ids[corpus.songs_of(n)]] for n in range(corpus.n_lists)]


def parted(keys: np.ndarray, names: list[str]) -> set[frozenset[str]]:
    """Who shares a number, negative ones being nobody's."""
    found: dict[int, set[str]] = defaultdict(set)
    for key, name in zip(keys.tolist(), names, strict=True):
        if key >= 0:
            found[key].add(name)
    return {frozenset(own) for own in found.values()}


def test_files_are_read_without_a_word(read: Material) -> None:
    assert read.problems == ()


def test_lists_are_the_same_ones_in_the_same_order(read: Material, stored: Material) -> None:
    playlists = read.playlists["list_id"].nunique()
    assert lists_of(read)[:playlists] == lists_of(stored)[:playlists]
    sessions = [sorted(m[playlists:]) for m in (lists_of(read), lists_of(stored))]
    assert sessions[0] == sessions[1]
    assert len(sessions[0]) > 2


def test_lists_of_one_group_stay_together(read: Material, stored: Material) -> None:
    names = [" / ".join(one) for one in lists_of(read)], [" / ".join(one) for one in lists_of(stored)]
    assert parted(read.corpus.groups, names[0]) == parted(stored.corpus.groups, names[1])


@pytest.mark.parametrize("what", ["artists", "albums", "recordings"])
def test_songs_that_share_a_thing_share_it_either_way(read: Material, stored: Material, what: str) -> None:
    found = [parted(getattr(m.facts, what), m.songs[TITLE].tolist()) for m in (read, stored)]
    assert found[0] == found[1]
    assert any(len(own) > 1 for own in found[0])


def test_listens_are_the_same(read: Material, stored: Material) -> None:
    plays = []
    for material in (read, stored):
        title, own = titles(material), material.listens
        songs = [title[int(i)] for i in own["song_id"]]
        plays.append(sorted(zip(own["listened_at_s"].tolist(), songs, strict=True)))
    assert plays[0] == plays[1]
    assert len(plays[0]) == 24
    assert read.listens["user_id"].nunique() == stored.listens["user_id"].nunique() == 2


def test_a_group_column_keeps_lists_of_one_value_together(folder: Path) -> None:
    corpus = material_of_folder(folder, group_column="band").corpus
    assert corpus.groups[0] == corpus.groups[2]
    assert corpus.groups[4] == corpus.groups[5]
    assert len(np.unique(corpus.groups[:6])) == 4


def test_a_group_column_that_is_not_there_is_an_error_that_names_those_that_are(folder: Path) -> None:
    with pytest.raises(ValueError, match=r"no playlist has a column 'bnad'; there are .*band"):
        material_of_folder(folder, group_column="bnad")


def test_a_folder_with_nothing_in_it_gives_an_empty_material(tmp_path: Path) -> None:
    material = material_of_folder(tmp_path)
    assert (material.corpus.n_lists, material.corpus.n_songs, len(material.listens)) == (0, 0, 0)
    with pytest.raises(TooLittleDataError):
        evaluate(material.corpus, material.facts, folder=tmp_path)


def jspf(folder: Path, name: str, songs: list[str]) -> None:
    tracks = [{"title": song, "creator": "Somebody", "identifier": f"x:{song}"} for song in songs]
    (folder / f"{name}.jspf").write_text(json.dumps({"playlist": {"title": name, "track": tracks}}), "utf-8")


def test_playlist_files_are_read_and_what_is_broken_is_said(tmp_path: Path) -> None:
    for name in ("one", "two"):
        jspf(tmp_path, name, ["a", "b", name])
    (tmp_path / "three.jspf").write_text('{"playlist": {"track": [', "utf-8")
    material = material_of_folder(tmp_path)
    assert (material.corpus.n_lists, material.corpus.n_songs) == (2, 4)
    (problem,) = material.problems
    assert "three.jspf" in str(problem)
