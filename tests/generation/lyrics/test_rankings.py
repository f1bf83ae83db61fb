"""Rankings make the pairs that they say, and come back from their file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.lyrics.rankings import (
    Ranking,
    RankingError,
    load_rankings,
    save_rankings,
    split_rankings,
)

TAKES = tuple(np.array([20 + n, 1], np.int32) for n in range(3))


def ranking(
    text: str = "a song", order: tuple[int, ...] = (2, 0, 1), points: tuple[float, ...] = ()
) -> Ranking:
    return Ranking(text, (7, 20, 8), TAKES, order, "rubric" if points else "person", points)


def test_each_take_is_better_than_those_behind_it() -> None:
    assert ranking().pairs() == [(2, 0), (2, 1), (0, 1)]


def test_takes_with_like_points_make_no_pair() -> None:
    one = ranking(points=(2.0, 2.0, 5.0))
    assert one.pairs() == [(2, 0), (2, 1)]
    assert one.pairs(margin=3.0) == []


def test_an_order_of_other_takes_is_none() -> None:
    with pytest.raises(RankingError, match="3 takes"):
        ranking(order=(0, 1))
    with pytest.raises(RankingError, match="3 takes"):
        ranking(order=(0, 1, 3))


def test_prompts_are_held_back_whole_and_always_the_same_ones() -> None:
    many = [ranking(f"song {n}") for n in range(200)]
    learned, apart = split_rankings(many)
    assert 20 < len(apart) < 60
    assert len(learned) + len(apart) == 200
    assert [one.text for one in split_rankings(many[::-1])[1]] == [one.text for one in apart][::-1]
    assert [len(part) for part in split_rankings([ranking("x"), ranking("y")])] == [1, 1]


def test_rankings_come_back_from_their_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "rankings.jsonl"
    save_rankings([ranking(), ranking("other", points=(1.0, 0.5, 2.0))], path)
    one, other = load_rankings(path)
    assert (one.text, one.order, one.judge, one.points) == ("a song", (2, 0, 1), "person", ())
    assert (other.points, other.judge) == ((1.0, 0.5, 2.0), "rubric")
    assert all(np.array_equal(a, b) for a, b in zip(one.takes, TAKES, strict=True))
    with pytest.raises(RankingError, match="no rankings at"):
        load_rankings(tmp_path / "nowhere")
    path.write_text('{"text": 1}\n')
    with pytest.raises(RankingError, match="holds no rankings"):
        load_rankings(path)
