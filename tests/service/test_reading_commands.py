"""Commands that answer: what they show, in which names, and what they say when they cannot."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.cli.main import main
from tests.tiny_world import LONELY, NOBODY, TinyWorld

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]


@pytest.fixture
def user(tiny_world: TinyWorld) -> str:
    """A user with a year of listens."""
    return tiny_world.truth.user_refs[3]


def title_of(world: TinyWorld, row: int) -> str:
    """Title of song `sample:row`."""
    return str(world.truth.songs["title"].tolist()[row])


def test_search_finds_a_song_by_words_in_any_order(ask_json: AskJson, tiny_world: TinyWorld) -> None:
    words = reversed(title_of(tiny_world, 30).split())
    assert "sample:30" in [song["song"] for song in ask_json("search", *words)["songs"]]


def test_text_without_end_is_a_wrong_command_line(ask: Ask) -> None:
    assert ask("search", "x" * 100_000)[0] == 2


def test_search_says_when_nothing_is_found(ask: Ask) -> None:
    assert ask("search", "xyzzyplugh") == (0, "No song holds all of these words.\n", "")


def test_similar_shows_k_songs_and_not_the_song_itself(ask_json: AskJson) -> None:
    songs = [song["song"] for song in ask_json("similar", "sample:5", "--k", "7")["songs"]]
    assert len(songs) == 7
    assert "sample:5" not in songs


def test_answers_are_named_as_the_question_is(ask_json: AskJson) -> None:
    songs = [song["song"] for song in ask_json("similar", "other:5", "--k", "100")["songs"]]
    assert any(song.startswith("other:") for song in songs)


def test_a_title_stands_for_its_song_and_that_is_said(ask: Ask, tiny_world: TinyWorld) -> None:
    title = title_of(tiny_world, 30)
    code, out, err = ask("similar", title, "--json")
    assert (code, json.loads(out)["song"]) == (0, "sample:30")
    assert f"{title!r} is taken for {title} - " in err


def test_words_that_mean_several_songs_name_them(ask: Ask) -> None:
    code, out, err = ask("similar", "A Rare One")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("error: 'A Rare One' may mean ")
    assert err.count("(sample:") == 3


def test_a_misspelled_title_names_what_is_near(ask: Ask, tiny_world: TinyWorld) -> None:
    title = title_of(tiny_world, 30)
    code, _, err = ask("similar", f"{title[:-1]}q")
    assert code == 1
    assert "means no song; near are" in err
    assert title in err


@pytest.mark.parametrize(
    "line",
    [
        ["similar", "sample:99999"],
        ["blend", "--plus", "sample:99999"],
        ["continue", "sample:none"],
        ["continue", "--songs", "nope:1"],
        ["recommend", "nobody at all"],
        ["profile", "sample:?"],
        ["neighbours", "\ufffd"],
        ["similar", "a\0b"],
        ["similar", ""],
        ["similar", "x" * 100_000],
    ],
)
def test_what_is_not_there_is_one_line(ask: Ask, line: list[str]) -> None:
    code, out, err = ask(*line)
    assert (code, out, err.count("\n")) == (1, "", 1)


def test_a_song_beside_no_known_one_is_told_so(ask: Ask) -> None:
    code, _, err = ask("similar", "sample:lost-1")
    assert code == 1
    assert "stands beside no song" in err


@pytest.mark.parametrize("k", ["0", "-1", "ten", "10001", "9" * 30])
def test_a_number_that_cannot_be_is_a_wrong_command_line(ask: Ask, k: str) -> None:
    code, out, err = ask("similar", "sample:5", "--k", k)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_more_than_there_are_gives_all(ask_json: AskJson) -> None:
    assert 100 < len(ask_json("similar", "sample:5", "--k", "10000")["songs"]) < 160


def test_recommend_gives_reasons_that_the_user_listened_to(ask_json: AskJson, user: str) -> None:
    answer = ask_json("recommend", user, "--k", "5")
    assert (len(answer["songs"]), answer["fallback"]) == (5, None)
    assert all(song["because"] and song["signal"] for song in answer["songs"])


def test_recommend_says_why_in_words(ask: Ask, user: str) -> None:
    code, out, _ = ask("recommend", user, "--k", "3")
    assert (code, out.count("because of")) == (0, 3)


def test_no_explain_leaves_the_reasons_out(ask: Ask, ask_json: AskJson, user: str) -> None:
    assert "because" not in ask("recommend", user, "--no-explain")[1]
    song = ask_json("recommend", user, "--no-explain", "--k", "1")["songs"][0]
    assert set(song) == {"song", "title", "artist", "score"}


def test_who_did_nothing_gets_what_is_popular(ask: Ask, ask_json: AskJson) -> None:
    assert ask_json("recommend", NOBODY)["fallback"] == "popular"
    assert "Nothing is known of this user's taste yet" in ask("recommend", NOBODY)[1]


def test_recommend_all_users_writes_a_line_for_each(ask: Ask, tiny_world: TinyWorld, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert ask("recommend", "--all-users", "--out", str(out), "--k", "2")[0] == 0
    users = [json.loads(line)["user"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert set(users) == {*tiny_world.truth.user_refs, LONELY, NOBODY}


def test_profile_shares_add_up(ask_json: AskJson, user: str) -> None:
    answer = ask_json("profile", user)
    assert answer["listens"] > 0
    assert sum(interest["weight"] for interest in answer["interests"]) <= 1.001


def test_profile_speaks_to_people(ask: Ask, user: str) -> None:
    code, out, _ = ask("profile", user)
    assert code == 0
    assert out.startswith(f"{user}: ")
    assert "Most played: " in out


def test_neighbours_are_others_nearest_first(ask_json: AskJson, user: str) -> None:
    found = ask_json("neighbours", user, "--k", "5")["neighbours"]
    similarity = [near["similarity"] for near in found]
    assert user not in [near["user"] for near in found]
    assert (len(found), similarity) == (5, sorted(similarity, reverse=True))


def test_who_did_nothing_has_no_neighbours(ask: Ask) -> None:
    code, _, err = ask("neighbours", NOBODY)
    assert code == 1
    assert "no listens yet" in err


@pytest.mark.parametrize(
    "line",
    [
        ["--plus", "sample:1", "sample:2", "--minus", "sample:3"],
        ["--plus", "sample:1", "--minus", "sample:3", "--plus", "sample:2"],
        ["--plus=sample:1", "--plus=sample:2", "--minus=sample:3"],
    ],
)
def test_blend_takes_its_songs_in_a_row_or_one_by_one(ask_json: AskJson, line: list[str]) -> None:
    answer = ask_json("blend", *line)
    assert (answer["plus"], answer["minus"]) == (["sample:1", "sample:2"], ["sample:3"])
    assert not {"sample:1", "sample:2", "sample:3"} & {song["song"] for song in answer["songs"]}


def test_songs_that_cancel_out_are_told_so(ask: Ask) -> None:
    code, _, err = ask("blend", "--plus", "sample:1", "--minus", "sample:1")
    assert code == 1
    assert "cancel out" in err


def test_users_are_listed_with_their_listens(ask_json: AskJson, tiny_world: TinyWorld) -> None:
    listens = {user["user"]: user["listens"] for user in ask_json("users")["users"]}
    assert (listens[LONELY], listens[NOBODY]) == (1, 0)
    assert set(tiny_world.truth.user_refs) < set(listens)


@pytest.mark.parametrize("name", ["search", "similar", "recommend", "profile", "neighbours", "users"])
def test_reading_makes_no_database(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, *(["x"] if name != "users" else [])]) == 1
    assert "there is no database yet" in capsys.readouterr().err
    assert not Path(os.environ["SONGSPACE_HOME"]).exists()


@pytest.mark.parametrize("url", ["postgresql://ann:hunter2@127.0.0.1:1/x", f"sqlite:///{__file__}"])
def test_a_database_that_cannot_be_used_is_one_line(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SONGSPACE_DATABASE_URL", url)
    code, out, err = ask("search", "x")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "hunter2" not in err
