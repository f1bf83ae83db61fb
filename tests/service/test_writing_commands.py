"""Commands that change something: ingest, sample-world, nightly, releases."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partialmethod
from pathlib import Path

import pytest

from pipelines.nightly import STAGES, NightlySettings
from pipelines.release_files import current_name, release_names
from service.cli import ingest as ingest_command
from tests.tiny_world import PAIRS, TinyWorld

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """A folder of one M3U list of three songs."""
    folder = tmp_path / "mine"
    folder.mkdir()
    songs = "".join(f"#EXTINF:100,Ann - Song {n}\nsong{n}.mp3\n" for n in range(3))
    (folder / "evening.m3u8").write_text(f"#EXTM3U\n{songs}", encoding="utf-8")
    return folder


@pytest.fixture
def home(world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published world of the test's own, in force."""
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    return world_copy.home


@pytest.fixture
def two_releases(home: Path, world_copy: TinyWorld) -> Path:
    """The same with a second release, made of the same stages."""
    world_copy.night(stage="publish")
    assert len(release_names(home / "releases")) == 2
    return home


def test_ingest_makes_the_home_and_counts(run: Run, lists: Path) -> None:
    code, out, err = run("ingest", str(lists), "--json")
    report = json.loads(out)
    assert (code, err, report["problems"]) == (0, "", [])
    assert (report["songs"]["added"], report["playlists"]["added"]) == (3, 1)


def test_a_second_ingest_changes_nothing_and_says_so(run: Run, lists: Path) -> None:
    run("ingest", str(lists))
    assert "nothing is other than before" in run("ingest", str(lists))[1]


def test_a_bad_file_is_named_and_the_good_ones_go_in(run: Run, lists: Path) -> None:
    (lists / "bad.m3u").write_bytes(b"\0\0\0")
    code, out, err = run("ingest", str(lists))
    assert code == 1
    assert err.startswith("problem: ")
    assert "bad.m3u" in err
    assert "songs       3" in out


def test_many_problems_are_counted_not_all_shown(
    run: Run, lists: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_command, "MOST_PROBLEMS", 2)
    for n in range(5):
        (lists / f"bad{n}.m3u").write_bytes(b"\0\0\0")
    err = run("ingest", str(lists))[2]
    assert (err.count("problem: "), err.splitlines()[-1][:18]) == (2, "and 3 problems mor")
    assert len(json.loads(run("ingest", str(lists), "--json")[1])["problems"]) == 5


@pytest.mark.parametrize("line", [["--format", "mp4"], ["--k", "3"], []])
def test_a_wrong_ingest_is_refused_before_anything_is_made(run: Run, line: list[str]) -> None:
    assert run("ingest", *line, *(["x"] if line else []))[0] == 2
    assert not Path(os.environ["SONGSPACE_HOME"]).exists()


@pytest.mark.parametrize("path", ["nowhere", "\udcff"])
def test_a_path_that_leads_nowhere_is_a_problem(run: Run, path: str, tmp_path: Path) -> None:
    code, _, err = run("ingest", f"{tmp_path}/{path}")
    assert (code, err.count("\n")) == (1, 1)


def test_sample_world_is_written_once(run: Run) -> None:
    few = ("sample-world", "--songs", "60", "--playlists", "20", "--users", "3", "--json")
    first, second = (json.loads(run(*few)[1]) for _ in range(2))
    assert (first["songs"]["added"], first["playlists"]["added"], first["users_added"]) == (60, 20, 3)
    assert (second["songs"]["added"], second["listens"]["added"], second["listens"]["changed"]) == (0, 0, 0)


@pytest.mark.parametrize("line", [["--songs", "601"], ["--users", "99999"]])
def test_a_world_larger_than_was_written_is_one_line(run: Run, line: list[str]) -> None:
    code, _, err = run("sample-world", *line)
    assert (code, err.count("\n")) == (1, 1)


def test_recommend_without_a_release_says_that_it_is_only_popular(run: Run) -> None:
    run("sample-world", "--songs", "60", "--playlists", "20", "--users", "3")
    user = json.loads(run("users", "--json")[1])["users"][0]["user"]
    answer = json.loads(run("recommend", user, "--json")[1])
    assert (answer["fallback"], answer["release"]) == ("popular", None)
    assert "No release was published yet" in run("recommend", user)[1]


@pytest.mark.parametrize(
    "line", [["similar", "sample:1"], ["profile", "x"], ["releases", "show"], ["releases", "verify"]]
)
def test_other_questions_without_a_release_are_one_line(run: Run, line: list[str]) -> None:
    run("sample-world", "--songs", "60", "--playlists", "5", "--users", "1")
    code, out, err = run(*line)
    assert (code, out) == (1, "")
    assert err == "error: nothing is published yet: run `songspace nightly` first\n"


def test_a_night_over_nothing_is_one_line(run: Run, lists: Path) -> None:
    shutil.rmtree(lists)
    lists.mkdir()
    (lists / "one.m3u").write_text("#EXTM3U\n#EXTINF:1,Ann - Alone\na.mp3\n")
    run("ingest", str(lists))
    code, out, err = run("nightly")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "no playlist or session of two songs" in err


def test_a_second_night_has_nothing_to_do(run: Run, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The world's night trained on fewer pairs than a night of the command does, which is news.
    monkeypatch.setattr(NightlySettings, "__init__", partialmethod(NightlySettings.__init__, pairs=PAIRS))
    code, out, _ = run("nightly")
    assert code == 0
    assert sum("as before" in line for line in out.splitlines()) == len(STAGES) - 1
    assert out.endswith(f"Release {current_name(home / 'releases')} is in force.\n")


def test_a_stage_is_done_again_by_name(run: Run, home: Path) -> None:
    report = json.loads(run("nightly", "--only", "index", "--json")[1])
    assert [(stage["name"], stage["done_before"]) for stage in report["stages"]] == [("index", False)]


@pytest.mark.parametrize("line", [["--only", "sleep"], ["--seed", "-1"], ["--nope"]])
def test_a_wrong_night_is_a_wrong_command_line(run: Run, line: list[str]) -> None:
    assert run("nightly", *line)[0] == 2


def test_a_night_while_another_is_at_work_is_one_line(run: Run, home: Path) -> None:
    from pipelines.stages import only_one

    with only_one(home / "nightly.lock"):
        code, _, err = run("nightly")
    assert code == 1
    assert err.startswith("error: another process is at work")


def test_releases_are_listed_newest_first(run: Run, two_releases: Path) -> None:
    releases = json.loads(run("releases", "list", "--json")[1])["releases"]
    assert [release["state"] for release in releases] == ["published", "kept"]
    assert releases[0]["name"] > releases[1]["name"]


def test_show_is_of_the_published_one(run: Run, home: Path) -> None:
    assert json.loads(run("releases", "show", "--json")[1])["name"] == current_name(home / "releases")


def test_rollback_publishes_the_one_before(run: Run, two_releases: Path) -> None:
    older, newer = release_names(two_releases / "releases")
    done = json.loads(run("releases", "rollback", "--json")[1])
    assert (done["before"], done["release"]) == (newer, older)
    assert current_name(two_releases / "releases") == older


def test_profiles_follow_a_rollback(run: Run, two_releases: Path, world_copy: TinyWorld) -> None:
    run("releases", "rollback")
    code, out, _ = run("neighbours", world_copy.truth.user_refs[3], "--json")
    assert (code, len(json.loads(out)["neighbours"])) == (0, 10)


def test_there_is_nothing_before_the_first_release(run: Run, home: Path) -> None:
    code, _, err = run("releases", "rollback")
    assert (code, err) == (1, "error: there is no release before the published one\n")


def test_a_damaged_release_is_not_gone_back_to(run: Run, two_releases: Path) -> None:
    older, newer = release_names(two_releases / "releases")
    (two_releases / "releases" / older / "input.npy").write_bytes(b"")
    code, _, err = run("releases", "rollback")
    assert code == 1
    assert "is damaged and was not published" in err
    assert current_name(two_releases / "releases") == newer


@pytest.mark.parametrize("name", ["../x", "..", "", "a\0b", "20200101T000000"])
@pytest.mark.parametrize("command", ["show", "verify", "rollback"])
def test_a_release_that_is_not_there_is_one_line(run: Run, home: Path, command: str, name: str) -> None:
    code, out, err = run("releases", command, name)
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_verify_names_what_is_damaged(run: Run, two_releases: Path) -> None:
    assert run("releases", "verify")[0] == 0
    damaged = current_name(two_releases / "releases")
    (two_releases / "releases" / str(damaged) / "songs.parquet").write_bytes(b"")
    code, out, err = run("releases", "verify")
    assert (code, out.count("is whole")) == (1, 1)
    assert err.startswith(f"error: release {damaged} is damaged: songs.parquet has 0 bytes")


@pytest.mark.parametrize(
    "file", ["input.npy", "together.npz", "songs.parquet", "input.faiss", "manifest.json"]
)
def test_a_cut_file_falls_back_to_the_release_before(run: Run, two_releases: Path, file: str) -> None:
    older, newer = release_names(two_releases / "releases")
    path = two_releases / "releases" / newer / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    code, out, err = run("similar", "sample:5", "--json")
    assert (code, json.loads(out)["release"]) == (0, older)
    assert "trying the one before" in err
