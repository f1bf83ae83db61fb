"""`songspace train lyrics` and `songspace lyrics`: a tiny model, from books to words."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from generation.lyrics.song import plain
from service.cli.main import main
from tests.tiny_songs import tiny_documents


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("books")
    for number in range(4):
        songs = [d.song for d in tiny_documents() if d.group == f"book{number}"]
        (folder / f"book{number}.txt").write_text("\n\n".join(map(plain, songs)))
    return folder


@pytest.fixture(scope="module")
def home(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a counted model and a tiny network."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONGSPACE_HOME", str(home))
        for model in ("ngram", "transformer"):
            more = ["--size", "tiny", "--steps", "4"]
            assert main(["train", "lyrics", "--model", model, "--data", str(books), *more]) == 0
    return home


@pytest.fixture
def ask(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SONGSPACE_HOME", str(home))
    return run


def test_training_from_the_database_is_training_from_the_folder(
    run: Any, books: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path))
    code, _, err = run("train", "lyrics", "--model", "ngram")
    assert (code, "ingest" in err or "no " in err) == (1, True)
    assert run("ingest", str(books), "--format", "lyrics")[0] == 0
    bits = []
    for more in ([], ["--data", str(books)]):
        code, out, err = run(
            "train", "lyrics", "--model", "ngram", "--json", "--out", str(tmp_path / "m"), *more
        )
        assert code == 0, err
        bits.append(json.loads(out)["test_bits"])
    assert bits[0] == pytest.approx(bits[1])


def test_next_words_are_shares(ask: Any) -> None:
    code, out, err = ask("lyrics", "next", "Anna has a", "--model", "ngram", "--json", "--k", "3")
    assert code == 0, err
    found = json.loads(out)["next"]
    assert len(found) == 3
    assert found[0]["probability"] >= found[1]["probability"] > 0


def test_scores_are_of_every_model_and_a_bad_file_costs_only_itself(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "song.txt").write_text("# Song\n\nAnna has a red hat\n")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    code, out, err = ask("lyrics", "score", str(tmp_path / "song.txt"), str(tmp_path / "bad.txt"), "--json")
    assert code == 1
    assert "bad.txt" in err
    assert [row["model"] for row in json.loads(out)] == ["ngram", "transformer"]


def test_a_text_goes_on_the_same_with_a_seed(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "song.txt").write_text("Anna has")
    command = ("lyrics", "continue", str(tmp_path / "song.txt"), "--model", "ngram", "--seed", "3")
    one, other = ask(*command), ask(*command)
    assert one[0] == 0, one[2]
    assert one[1] == other[1].strip("") != ""


def test_a_form_is_kept(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    code, out, err = ask(
        "lyrics", "continue", "-", "--model", "ngram", "--seed", "1", "--form", "verse chorus chorus",
        "--lines", "2", "--scheme", "aa", "--syllables", "3-6",
    )  # fmt: skip
    assert code == 0, err
    assert out.count("[chorus]") == 2
    parts = out.split("[chorus]\n")
    assert parts[1].strip() == parts[2].strip()


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("next", "x", "--model", "lstm"), "no lyric model 'lstm'"),
        (("next", "x" * 200_000), "characters"),
        (("next", "x", "--models", "nowhere"), "no lyric model"),
        (("score", "nowhere.txt"), "No such file"),
        (("continue", "nowhere.txt"), "No such file"),
        (("continue", "-", "--scheme", "abab"), "--form"),
        (("continue", "-", "--form", "solo"), "a form is"),
        (("continue", "-", "--form", "verse", "--syllables", "many"), "--syllables"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(ask: Any, args: tuple[str, ...], reason: str) -> None:
    code, _, err = ask("lyrics", *args)
    assert code == 1
    assert reason in err
    assert "unexpected" not in err


def test_without_a_model_training_is_pointed_to(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path))
    monkeypatch.setattr("pipelines.lyrics.SHIPPED", tmp_path / "nothing")
    code, _, err = run("lyrics", "next", "love")
    assert (code, "songspace train lyrics" in err) == (1, True)


def test_a_taught_model_writes_and_revises(ask: Any, tmp_path: Path) -> None:
    code, _, err = ask("lyrics", "write", "a song about rain")
    assert (code, "--stage sft" in err) == (1, True)
    code, out, err = ask("train", "lyrics", "--stage", "sft", "--steps", "2", "--json")
    assert code == 0, err
    assert json.loads(out)["name"] == "transformer"
    (tmp_path / "song.txt").write_text("# Song\n\nAnna has a red hat\n")
    for args in (("write", "a song about rain"), ("revise", str(tmp_path / "song.txt"), "sadder")):
        code, out, err = ask("lyrics", *args, "--temperature", "0", "--max-tokens", "30")
        assert code == 0 or "declines" in err, err
        assert "unexpected" not in err


@pytest.mark.parametrize("prompt", ["", " \t ", "!!!", "x" * 3000])
def test_a_prompt_that_asks_nothing_is_refused_in_a_line(ask: Any, prompt: str) -> None:
    code, _, err = ask("lyrics", "write", prompt)
    assert code == 1
    assert "unexpected" not in err


def test_the_operators_policy_goes_before_the_model(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "policy").write_text("[topics]\nwar\n")
    monkeypatch.setenv("SONGSPACE_POLICY", str(tmp_path / "policy"))
    code, _, err = ask("lyrics", "write", "a song about war")
    assert (code, "policy" in err) == (1, True)


def test_with_everything_no_book_is_held_back(ask: Any, books: Path, tmp_path: Path) -> None:
    command = ("train", "lyrics", "--model", "ngram", "--data", str(books), "--out", str(tmp_path), "--json")
    code, out, err = ask(*command, "--everything")
    assert code == 0, err
    report = json.loads(out)
    assert report["test_bits"] is None
    assert report["valid_bits"] > 0
    assert report["n_train"] >= len(tiny_documents())
