"""Ratings of generated tracks: scores, proven rankers, and tuned generators that pass or change nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.repositories.generations import Rating
from pipelines.ratings import (
    RatedTracks,
    learn_ranker,
    load_ranker,
    load_scores,
    publish_ranker,
    save_scores,
    score_tracks,
    trust_factor,
)
from pipelines.tune_generator import (
    CURRENT,
    FOLDER,
    TuningSettings,
    TuningVerdict,
    base_mark,
    errors,
    generator_in_force,
    judge_tuning,
    publish_tuned,
    tune,
)
from recsys.metrics import Estimate
from tests.tiny_generator import TinyTokens, tiny_pipeline

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
GOOD = TuningVerdict(Estimate(-0.1, -0.2, -0.05), 0.0, True, "better")
BAD = TuningVerdict(Estimate(0.1, 0.0, 0.2), 0.0, False, "worse")


def rated(likes: Sequence[tuple[int, str]], n_tracks: int = 100) -> RatedTracks:
    """Tracks 1, 2, ..., of which the later ones sound brighter, and one user a rating."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(n_tracks, 10)).astype(np.float32)
    embeddings[:, 0] = np.linspace(-2, 2, n_tracks)
    ratings = tuple(Rating(user, song, kind) for user, (song, kind) in enumerate(likes))
    return RatedTracks(np.arange(1, n_tracks + 1), embeddings, ratings)


def bright_is_liked() -> RatedTracks:
    return rated([(song, "like" if song > 50 else "dislike") for song in range(1, 101)])


def test_a_track_is_scored_by_what_people_say_with_some_doubt() -> None:
    said = rated([(1, "like"), (1, "like"), (2, "dislike"), (3, "block")])
    assert score_tracks(said, None) == {1: pytest.approx(4 / 6, abs=1e-4), 2: 0.4, 3: 0.4}


def test_what_is_rather_disliked_is_trusted_less() -> None:
    assert [trust_factor(score) for score in (0.9, 0.5, 0.3, 0.0)] == [1.0, 1.0, 0.6, 0.25]


def test_a_proven_ranker_scores_tracks_that_nobody_rated(tmp_path: Path) -> None:
    half = rated([(song, "like" if song > 50 else "dislike") for song in range(1, 101, 2)])
    ranker = learn_ranker(half, seed=1)
    assert ranker is not None
    publish_ranker(tmp_path, ranker)
    scores = score_tracks(half, load_ranker(tmp_path))
    assert scores[2] < 0.5 < scores[100]


def test_few_ratings_teach_no_ranker() -> None:
    assert learn_ranker(rated([(1, "like"), (2, "dislike")]), seed=1) is None


def test_scores_are_kept_and_the_same_ones_are_no_news(tmp_path: Path) -> None:
    assert save_scores(tmp_path, {3: 0.25})
    assert not save_scores(tmp_path, {3: 0.25})
    assert load_scores(tmp_path) == {3: 0.25}


def test_damaged_files_cost_the_ranking_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "ratings").mkdir()
    for name in ("scores.json", "take_ranker.npz"):
        (tmp_path / "ratings" / name).write_text("[1", encoding="utf-8")
    assert load_scores(tmp_path) == {}
    assert load_ranker(tmp_path) is None


def latents(n: int, seed: int) -> Any:
    """Music of n items of two seconds for the tiny denoiser, each with one caption."""
    from generation.audio.conditioning import conditions_of
    from generation.audio.training.latents import LatentSet
    from generation.audio.wishes import Wishes

    rng = np.random.default_rng(seed)
    tone = np.sin(np.arange(22) / 3)[None, None] * np.ones((n, 96, 1))
    states, _ = TinyTokens().tokens(["calm piano"])
    return LatentSet(
        latents=(tone + 0.05 * rng.normal(size=tone.shape)).astype(np.float16),
        lengths=np.full(n, 22),
        conditions=conditions_of([Wishes(style=np.ones(200, np.float32))] * n),
        states=np.concatenate([states[0]] * n).astype(np.float16),
        texts=np.arange(n + 1) * 2,
        captions=np.arange(n + 1),
        frames_per_second=10.77,
        name="tones",
    )


def test_tuning_learns_what_is_liked_and_is_measured_on_the_rest(tmp_path: Path) -> None:
    settings = TuningSettings(steps=25, batch_size=4, learning_rate=3e-3, largest_rise=10.0)
    pipeline = tiny_pipeline()
    denoiser, verdict = tune(pipeline, latents(12, 1), latents(6, 2), latents(4, 3), tmp_path, settings)
    assert verdict.publish
    assert verdict.gain.high < 0
    music = latents(6, 2)
    assert errors(denoiser, music, seed=1).mean() < errors(pipeline.denoiser, music, seed=1).mean()


@pytest.mark.parametrize(
    ("liked", "frozen", "said"),
    [(0.1, 0.0, "nothing that holds"), (-0.1, 0.05, "forgot too much"), (np.nan, 0.0, "not finite")],
)
def test_a_tuning_that_does_not_hold_is_refused(liked: float, frozen: float, said: str) -> None:
    before = [np.ones(20), np.ones(20)]
    after = [before[0] + liked, before[1] + frozen]
    verdict = judge_tuning(before, after, TuningSettings(), np.random.default_rng(0))
    assert not verdict.publish
    assert said in verdict.message


def test_a_refused_generator_changes_nothing(tmp_path: Path) -> None:
    pipeline = tiny_pipeline()
    with pytest.raises(ValueError, match="worse"):
        publish_tuned(tmp_path, pipeline, pipeline.denoiser, BAD, {})
    assert list(tmp_path.iterdir()) == []


def test_a_tuned_generator_is_in_force_while_its_base_ships(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from generation.audio.shipped import load_generator, save_generator

    base, pipeline = tmp_path / "base", tiny_pipeline()
    save_generator(pipeline, base)
    monkeypatch.setattr("pipelines.tune_generator.generator_folder", lambda: base)
    name = publish_tuned(tmp_path, pipeline, pipeline.denoiser, GOOD, {"base": base_mark(base)})
    folder = generator_in_force(tmp_path)
    assert folder == tmp_path / FOLDER / name
    assert generator_in_force(tmp_path, model=load_generator(folder).fingerprint()) == folder
    assert generator_in_force(tmp_path, base) == base
    facts = tmp_path / FOLDER / f"{name}.json"
    facts.write_text(json.dumps({"base": "another"}), encoding="utf-8")
    assert generator_in_force(tmp_path) is None


def test_without_a_tuned_generator_what_ships_is_in_force(tmp_path: Path) -> None:
    assert generator_in_force(tmp_path) is None
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / CURRENT).write_text("gone\n", encoding="utf-8")
    assert generator_in_force(tmp_path) is None
