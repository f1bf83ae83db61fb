"""`songspace continue`: a playlist, some songs, or a file of cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]


def answers(text: str) -> list[dict[str, Any]]:
    """Parse a line of JSON each."""
    return [json.loads(line) for line in text.splitlines()]


def test_a_playlist_goes_on_with_songs_that_it_lacks(ask_json: AskJson) -> None:
    answer = ask_json("continue", "sample:rare", "--k", "5")
    assert len(answer["songs"]) == 5
    assert not {f"sample:{i}" for i in range(30, 35)} & {song["song"] for song in answer["songs"]}


def test_songs_go_on_in_falling_score(ask_json: AskJson) -> None:
    answer = ask_json("continue", "--songs", "sample:1", "sample:2", "--k", "6")
    scores = [song["score"] for song in answer["songs"]]
    assert answer["asked"] == ["sample:1", "sample:2"]
    assert (len(scores), scores) == (6, sorted(scores, reverse=True))


def test_a_batch_answers_every_line_in_order(ask: Ask, tmp_path: Path) -> None:
    cases, out = tmp_path / "cases", tmp_path / "out"
    cases.write_text('{"id": "b", "songs": ["sample:1"]}\n{"id": 7, "songs": ["sample:2", "nope:1"]}\n')
    assert ask("continue", "--batch", str(cases), "--k", "3", "--out", str(out))[0] == 0
    first, second = answers(out.read_text())
    assert (first["id"], len(first["songs"]), len(first["scores"])) == ("b", 3, 3)
    assert (second["id"], second["unknown"]) == (7, ["nope:1"])


def test_unknown_songs_alone_get_what_is_popular_and_no_complaint(ask: Ask, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.write_text('{"id": 1, "songs": ["nope:1"]}\n')
    code, out, _ = ask("continue", "--batch", str(cases), "--k", "2")
    assert (code, answers(out)[0]["fallback"]) == (0, "popular")


def test_a_malformed_line_gets_an_error_and_exit_code_1(ask: Ask, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    cases.write_bytes(b'\xff\x00\n{"id": 1, "songs": ["sample:1"]}\n')
    code, out, err = ask("continue", "--batch", str(cases), "--out", "-")
    assert (code, err) == (1, "1 case answered, 1 malformed\n")
    assert ["error" in answer for answer in answers(out)] == [True, False]


def test_a_file_that_cannot_be_read_leaves_no_output(ask: Ask, tmp_path: Path) -> None:
    code, _, err = ask("continue", "--batch", str(tmp_path / "none"), "--out", str(tmp_path / "out"))
    assert (code, err.count("\n"), list(tmp_path.iterdir())) == (1, 1, [])


@pytest.mark.parametrize(
    "line",
    [[], ["a", "--songs", "b"], ["a", "--batch", "b"], ["a", "--out", "b"], ["--songs", "a", "--out", "b"]],
)
def test_one_thing_is_continued(ask: Ask, line: list[str]) -> None:
    assert ask("continue", *line)[0] == 2
