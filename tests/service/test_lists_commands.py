"""`radio`, `path` and `discover` at the command line: what they show, what they write, how they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_world import NOBODY, TinyWorld

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]


@pytest.fixture
def user(tiny_world: TinyWorld) -> str:
    """A user with a year of listens."""
    return tiny_world.truth.user_refs[3]


def names(answer: Any) -> list[str]:
    return [song["song"] for song in answer["songs"]]


def test_a_radio_goes_on_after_what_was_played(ask_json: AskJson) -> None:
    whole = names(ask_json("radio", "sample:5", "--k", "20"))
    assert names(ask_json("radio", "sample:5", "--k", "10", "--after", "10")) == whole[10:]
    assert names(ask_json("radio", "sample:5", "--k", "20", "--seed", "2")) != whole


def test_a_radio_starts_from_titles_and_leans_to_a_user(
    ask_json: AskJson, tiny_world: TinyWorld, user: str
) -> None:
    title = str(tiny_world.truth.songs["title"].tolist()[30])
    answer = ask_json("radio", title, "sample:5", "--user", user, "--adventure", "0.8")
    assert answer["asked"] == ["sample:30", "sample:5"]
    assert names(answer)[0] == "sample:30"


def test_a_path_says_its_largest_step(ask: Ask) -> None:
    code, out, _ = ask("path", "sample:5", "sample:60", "--k", "6")
    assert code == 0
    assert "The largest step is" in out


def test_discover_names_its_week_and_takes_this_one_by_default(ask_json: AskJson, user: str) -> None:
    assert ask_json("discover", user, "--week", "2026-W20")["week"] == "2026-W20"
    assert ask_json("discover", user, "--k", "5")["week"] >= "2026-W01"


def test_discover_says_when_little_is_known(ask: Ask) -> None:
    code, out, _ = ask("discover", NOBODY, "--k", "3")
    assert (code, out.splitlines()[0][:12]) == (0, "Too little i")


@pytest.mark.parametrize("suffix", ["m3u8", "jspf", "xspf"])
def test_a_playlist_file_holds_the_songs(ask: Ask, user: str, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"list.{suffix}"
    for line in (["radio", "sample:5"], ["path", "sample:5", "sample:60"], ["discover", user]):
        code, shown, err = ask(*line, "--k", "5", "--json", "--out", str(out))
        assert (code, err) == (0, f"5 songs in {out}\n")
        first = json.loads(shown)["songs"][0]["title"]
        assert first in out.read_text(encoding="utf-8") or suffix != "m3u8"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [out.name]


@pytest.mark.parametrize(
    "line",
    [
        ["radio", "sample:99999"],
        ["radio", "sample:5", "--user", "sample:nemo"],
        ["radio", "sample:lost-1"],
        ["radio", "sample:5", "--out", "list.pdf"],
        ["radio", "sample:5", "--out", "no/such/folder/list.xspf"],
        ["path", "sample:5", "sample:5"],
        ["path", "sample:0", "sample:live"],
        ["path", "sample:5", "nope:1"],
        ["discover", "sample:nemo"],
        ["discover", NOBODY, "--week", "2026-W60"],
    ],
)
def test_what_cannot_be_is_one_line(ask: Ask, line: list[str]) -> None:
    code, out, err = ask(*line)
    assert (code, out, err.count("\n"), err[:7]) == (1, "", 1, "error: ")


@pytest.mark.parametrize(
    "line",
    [
        ["radio"],
        ["radio", "sample:5", "--k", "0"],
        ["radio", "sample:5", "--adventure", "1.5"],
        ["radio", "sample:5", "--seed", "-1"],
        ["radio", "sample:5", "--after", "-1"],
        ["path", "sample:5"],
        ["path", "sample:5", "sample:6", "--k", "1"],
        ["discover"],
        ["discover", NOBODY, "--adventure", "nan"],
    ],
)
def test_a_wrong_command_line_is_told_so(ask: Ask, line: list[str]) -> None:
    code, out, err = ask(*line)
    assert (code, out, err.count("\n")) == (2, "", 1)
