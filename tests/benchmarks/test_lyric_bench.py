"""The lyric benchmark finds runs wherever they lie, and puts its tables where a page has places for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.lyric_runs import find_runs
from benchmarks.lyric_tables import draw, put_into, tables
from generation.lyrics.tokenizer import FILE
from tests.tiny_lyrics import save_tiny_lyrics

ROW = {
    "model": "ngram-4", "answers": False, "parameters": 1000, "valid_bits": 2.5, "test_bits": 2.4,
    "train_s": 3.0, "trained_tokens": None, "tokens_per_s": 90.0, "places": [[0, 3.0], [4, 2.0]],
    "probes": [["name", 0, 0.5, 0.1, 1.0], ["rhyme", 0, 0.5, 0.1, 1.0]],
}  # fmt: skip
SONGS = {"of": "a", "temperature": 0.7, "n_songs": 2, "copied": 0.1, "valid": 0.5}
FIGURES = {"models": {"a": ROW, "b": ROW | {"model": "lstm", "test_bits": 2.2}}, "songs": {"a 0.7": SONGS}}


def test_runs_are_found_with_what_is_known_of_their_training(tmp_path: Path) -> None:
    save_tiny_lyrics(tmp_path)
    assert (tmp_path / FILE).is_file()
    (run,) = find_runs([tmp_path])
    assert (run.name, run.answers, run.facts) == ("sft transformer", True, {})
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "sft_transformer.json").write_text(json.dumps({"tokens": 5}))
    assert find_runs([tmp_path], tmp_path / "results")[0].facts == {"tokens": 5}


def test_tables_go_where_the_page_has_places(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- table ages -->\nold\n<!-- end -->\nafter\n")
    put_into(page, tables(FIGURES))
    text = page.read_text()
    assert "old" not in text
    assert "| b | lstm | 1,000 | 2.5000 | 2.2000 | 3 | - | 90 |" in text
    assert text.startswith("before\n<!-- table ages -->\n|")
    assert text.endswith("<!-- end -->\nafter\n")
    put_into(page, tables(FIGURES))
    assert page.read_text() == text


def test_without_figures_there_are_no_tables() -> None:
    assert tables({}) == {}


@pytest.mark.parametrize("figures", [FIGURES, {"models": {"a": ROW}}])
def test_the_plot_is_drawn(figures: dict[str, object], tmp_path: Path) -> None:
    draw(figures, tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
