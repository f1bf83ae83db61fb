"""Commands that edit a profile: what they take, what they say, and that the next answer obeys."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny_world import TinyWorld

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def user(world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> str:
    """A user of a world that may be written to."""
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    return world_copy.truth.user_refs[3]


def document(run: Run, *line: str) -> Any:
    code, out, err = run(*line, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_muted_interest_is_marked_and_undone(run: Run, user: str) -> None:
    before = document(run, "profile", user)
    assert run("taste", user, "mute", "1")[0] == 0
    after = document(run, "profile", user)["interests"]
    assert after[-1]["mark"] == "muted"
    assert "(muted)" in run("profile", user)[1]
    assert run("taste", user, "undo", str(len(after)))[0] == 0
    assert document(run, "profile", user) == before


def test_decisions_are_listed_in_words_and_all_undone(run: Run, user: str) -> None:
    assert run("taste", user)[1] == f"{user}: nothing is pinned, muted or forgotten.\n"
    run("taste", user, "pin", "sample:5", "--song")
    code, out, _ = run("taste", user, "forget", "sample:6", "--song")
    assert (code, out.count("pinned: "), out.count("forgotten: "), "[sample:6]" in out) == (0, 1, 1, True)
    assert document(run, "taste", user, "undo", "--all")["decisions"] == []


def test_a_song_may_be_named_by_its_title(run: Run, user: str, world_copy: TinyWorld) -> None:
    title = str(world_copy.truth.songs["title"].tolist()[30])
    code, _, err = run("taste", user, "mute", title)
    assert code == 0
    assert "is taken for" in err


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["mute"], 2),
        (["burn", "1"], 2),
        (["mute", "1", "--all"], 2),
        (["--all"], 2),
        (["--song"], 2),
        (["undo"], 2),
        (["mute", "99"], 1),
        (["mute", "sample:99999"], 1),
        (["undo", "sample:1"], 1),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, user: str, line: list[str], code: int) -> None:
    found, out, err = run("taste", user, *line)
    assert (found, out, err.count("\n")) == (code, "", 1)


def test_a_like_changes_the_profile_and_clear_takes_it_back(run: Run, user: str) -> None:
    before = document(run, "profile", user)
    said = document(run, "feedback", user, "like", "sample:7")
    assert (said["kinds"], said["changed"]) == (["like"], True)
    assert document(run, "profile", user)["feedback"]["like"] == before["feedback"]["like"] + 1
    assert document(run, "feedback", user, "like", "sample:7")["changed"] is False
    run("feedback", user, "clear", "sample:7")
    assert document(run, "profile", user) == before


def test_a_blocked_song_is_not_recommended(run: Run, user: str) -> None:
    first = document(run, "recommend", user, "--k", "5")["songs"][0]["song"]
    assert f"says of {first}: block" in run("feedback", user, "block", first)[1]
    assert first not in [one["song"] for one in document(run, "recommend", user, "--k", "20")["songs"]]


@pytest.mark.parametrize("line", [["like", "sample:99999"], ["clear", "no such song anywhere"]])
def test_feedback_on_what_is_not_there_is_one_line(run: Run, user: str, line: list[str]) -> None:
    code, out, err = run("feedback", user, *line)
    assert (code, out, err.count("\n")) == (1, "", 1)
