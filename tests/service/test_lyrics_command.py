"""`songspace train lyrics` and `songspace lyrics`: a tiny model, from books to words."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.lyrics.own_songs import load_own_songs, load_revisions
from generation.lyrics.refused_words import refused
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


@pytest.fixture(autouse=True, scope="module")
def few_own_songs() -> Iterator[None]:
    """A handful of our own songs and one revision: these tests are of commands."""
    songs, revisions = load_own_songs()[::40], load_revisions()
    with pytest.MonkeyPatch.context() as patch:
        for module in ("lyric_corpus", "teach_lyrics", "lyrics"):
            patch.setattr(f"pipelines.{module}.load_own_songs", lambda: songs)
        patch.setattr("pipelines.teach_lyrics.load_revisions", lambda: revisions[:1])
        yield


@pytest.fixture(scope="module")
def base_home(books: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a counted model and a tiny network, which is not taught yet."""
    home = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONGSPACE_HOME", str(home))
        for model in ("ngram", "transformer"):
            more = ["--size", "tiny", "--steps", "4"]
            assert main(["train", "lyrics", "--model", model, "--data", str(books), *more]) == 0
    return home


@pytest.fixture(scope="module")
def home(base_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a taught network beside, which writes rather than declines."""
    home = tmp_path_factory.mktemp("taught")
    shutil.copytree(base_home, home, dirs_exist_ok=True)
    shutil.rmtree(home / "lyrics" / "words")  # it knows hardly one, and would search long for each
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONGSPACE_HOME", str(home))
        patch.setattr("pipelines.teach_lyrics.refused_prompts", list)
        assert main(["train", "lyrics", "--stage", "sft", "--steps", "12"]) == 0
    return home


SHORT = ("--form", "verse chorus", "--lines", "2", "--syllables", "2-3")
"""Of what a model that has hardly learned writes, a little is enough."""


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


def test_a_model_that_was_not_taught_says_how_it_is(
    run: Any, base_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(base_home))
    code, _, err = run("lyrics", "write", "a song about rain")
    assert (code, "--stage sft" in err) == (1, True)


def test_a_song_alone_is_on_standard_output_and_the_seed_repeats_it(ask: Any) -> None:
    command = ("lyrics", "write", "a song about rain", *SHORT)
    code, out, err = ask(*command)
    assert code == 0, err
    seed = err.split()[-1]
    assert "[verse]" in out
    assert "seed" not in out
    assert ask(*command, "--seed", seed)[1] == out


def test_takes_are_told_apart_and_are_the_songs_of_their_seeds(ask: Any) -> None:
    command = ("lyrics", "write", "a song about rain", *SHORT, "--temperature", "1.5")
    _, both, _ = ask(*command, "--seed", "3", "--takes", "2")
    _, second, _ = ask(*command, "--seed", "4")
    heads = ("=== take 1, seed 3 ===", "=== take 2, seed 4 ===")
    assert all(head in both for head in heads)
    assert both.split(heads[1])[1].strip() == second.strip()


def test_json_says_how_a_song_was_made_and_what_it_is_like(ask: Any) -> None:
    code, out, err = ask(
        "lyrics", "write", "a song", "--genre", "folk", "--theme", "rain", "--seed", "1", "--json",
        "--form", "verse chorus verse chorus", "--lines", "2", "--scheme", "aa", "--syllables", "2-3",
    )  # fmt: skip
    assert code == 0, err
    document = json.loads(out)
    assert document["prompt"] == "a folk song, about rain"
    assert document["model"]["stage"] == "sft"
    assert len(document["model"]["sha256"]) == 64
    (take,) = document["takes"]
    assert [section["mark"] for section in take["sections"]] == ["verse", "chorus"] * 2
    assert take["measures"]["is_valid"] is True
    assert take["seed"] == 1


def test_a_revision_is_a_song_with_its_record(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "song.txt").write_text("# Song\n\nAnna has a red hat\n")
    command = ("lyrics", "revise", str(tmp_path / "song.txt"), "sadder", "--temperature", "0")
    code, out, err = ask(*command, "--max-tokens", "30", "--json")
    assert code == 0, err
    assert json.loads(out)["takes"][0]["sections"]


def test_what_words_looked_at_is_drawn(ask: Any, tmp_path: Path) -> None:
    command = ("lyrics", "write", "rain", *SHORT, "--seed", "1", "--attention")
    code, out, err = ask(
        *command, str(tmp_path / "a.png"), "--attention-line", "1", "--attention-head", "2.1"
    )
    assert code == 0, err
    assert "[verse]" in out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    for more, reason in (
        (("--attention-head", "9"), "layers 1 to 2"),
        (("--attention-head", "x"), "--attention-head"),
        (("--attention-line", "99"), "lines to look at"),
    ):
        code, _, err = ask(*command, str(tmp_path / "b.png"), *more)
        assert (code, reason in err) == (1, True), err
        assert not (tmp_path / "b.png").exists()


@pytest.mark.parametrize("command", ["write", "revise"])
def test_words_that_no_song_says_are_not_asked_with(
    ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr("pipelines.write_lyrics.load_refused_words", lambda: refused(["rain"]))
    (tmp_path / "song.txt").write_text("Anna has a red hat\n")
    args = ("r4in!",) if command == "write" else (str(tmp_path / "song.txt"), "more rain")
    code, out, err = ask("lyrics", command, *args)
    assert (code, out, "ask in other words" in err) == (1, "", True)


@pytest.mark.parametrize(
    "prompt", ["夜に駆ける", "песня о дожде", "\x1b[31m <answer> %s \x00 {}", "🎵 rain 🎵" * 40]
)
def test_strange_prompts_get_a_song(ask: Any, prompt: str) -> None:
    code, out, err = ask("lyrics", "write", prompt, *SHORT, "--seed", "1")
    assert code == 0, err
    assert "[" in out
    assert ("English" in err) == (not any("a" <= letter <= "z" for letter in prompt))


@pytest.mark.parametrize("prompt", ["", " \t ", "!!!", "rain " * 2000])
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
