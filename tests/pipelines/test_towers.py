"""Facts about the text tower of a release, and about songs for a question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from db.session import write_transaction
from generation.text_encoder import TextEncoderMissingError
from pipelines.meaning import meaning_scores, search_meaning
from pipelines.release import Release
from pipelines.towers import NoTowerError, fit_release_tower, song_texts, vector_of_text
from recsys.corpus import build_corpus
from recsys.towers import TextTower
from tests.tiny_encoder import TinyEncoder
from tests.tiny_world import TinyWorld

ENCODE = TinyEncoder().sentences


def with_tower(release: Release, tower: TextTower | None) -> Release:
    """The release with this tower in the place of its own."""
    return replace(release, parts=replace(release.parts, tower=tower))


@pytest.fixture(scope="module")
def release(tiny_world: TinyWorld) -> Release:
    found = tiny_world.release
    vectors = found.vectors[: found.n_songs]
    tower = fit_release_tower(
        tiny_world.factory,
        tiny_world.home,
        tiny_world.lists,
        found.parts.corpus,
        vectors,
        seed=1,
        encode=ENCODE,
    )
    assert tower is not None
    return with_tower(found, tower)


def genre_of(tiny_world: TinyWorld, release: Release) -> np.ndarray:
    """Truth of each song of the vocabulary on the axis "metal"; NaN for songs beside the sample world."""
    names = [
        f"{t} {a}" for t, a in zip(release.parts.songs["title"], release.parts.songs["artist"], strict=True)
    ]
    truth = tiny_world.truth
    of = {
        f"{t} {a}": float(score)
        for t, a, score in zip(
            truth.songs["title"],
            truth.songs["artist"],
            truth.song_truth[:, truth.axes.index("metal")],
            strict=True,
        )
    }
    return np.array([of.get(name, np.nan) for name in names[: release.n_songs]])


def test_a_genre_lies_near_its_songs(tiny_world: TinyWorld, release: Release) -> None:
    cosines = release.vectors[: release.n_songs] @ vector_of_text(release, "metal", encode=ENCODE)
    metal = genre_of(tiny_world, release)
    assert cosines[metal > 0.7].mean() > cosines[metal < 0.3].mean() + 0.2


def test_plain_words_of_a_title_find_the_song(tiny_world: TinyWorld, release: Release) -> None:
    title, artist = tiny_world.truth.songs[["title", "artist"]].iloc[0]
    found = search_meaning(release, tiny_world.factory, f"{title} {artist}", 5, encode=ENCODE).songs
    assert title in [song.title for song in found]


def test_each_recording_comes_once_and_best_first(tiny_world: TinyWorld, release: Release) -> None:
    found = search_meaning(release, tiny_world.factory, "calm piano", 40, encode=ENCODE).songs
    scores = [song.score for song in found]
    assert scores == sorted(scores, reverse=True)
    assert len({song.song for song in found}) == len(found) == 40
    every = search_meaning(release, tiny_world.factory, "calm piano", 10_000, encode=ENCODE).songs
    assert len(every) < len(release.song_ids)  # there is a live version


def test_every_row_has_a_finite_score(release: Release) -> None:
    scores = meaning_scores(release, "calm piano", encode=ENCODE)
    assert scores.shape == release.song_ids.shape
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_a_blank_question_is_refused(release: Release, text: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        vector_of_text(release, text, encode=ENCODE)


@pytest.mark.parametrize(
    "text", ["🎹", "x" * 5000, "\ud800", "'; drop table songs", "word " * 3000, "-" * 50]
)
def test_any_other_question_has_a_place(release: Release, text: str) -> None:
    assert np.isclose(np.linalg.norm(vector_of_text(release, text, encode=ENCODE)), 1, atol=1e-5)


def test_without_the_encoder_words_decide_and_it_is_said(
    release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(texts: object) -> np.ndarray:
        raise TextEncoderMissingError("not installed")

    assert vector_of_text(release, "metal", encode=missing).any()
    assert "only the words count" in caplog.text
    with pytest.raises(ValueError, match="nothing is known"):
        vector_of_text(release, "xyzzy", encode=missing)


def test_a_night_without_the_encoder_makes_no_tower(
    tiny_world: TinyWorld, caplog: pytest.LogCaptureFixture
) -> None:
    def missing(texts: object) -> np.ndarray:
        raise TextEncoderMissingError("not installed")

    corpus = tiny_world.release.parts.corpus
    vectors = tiny_world.release.vectors[: corpus.n_songs]
    found = fit_release_tower(
        tiny_world.factory, tiny_world.home, tiny_world.lists, corpus, vectors, seed=1, encode=missing
    )
    assert found is None
    assert "will place no words" in caplog.text


def test_a_release_without_a_tower_says_so(tiny_world: TinyWorld) -> None:
    bare = with_tower(tiny_world.release, None)
    with pytest.raises(NoTowerError, match=f"{bare.name} places no words"):
        vector_of_text(bare, "metal", encode=ENCODE)


def test_songs_that_are_gone_from_the_database_teach_nothing(world_copy: TinyWorld) -> None:
    corpus = world_copy.release.parts.corpus
    beside = build_corpus(np.array([0, 0]), np.array([corpus.song_ids[0], 10**6]), np.array([0, 0]))
    vectors = world_copy.release.vectors[:2]
    with write_transaction(world_copy.factory):
        tower = fit_release_tower(
            world_copy.factory, world_copy.home, world_copy.lists, beside, vectors, seed=1, encode=ENCODE
        )
    assert tower is not None


def test_texts_leave_out_what_is_not_known() -> None:
    assert song_texts(["A", "", "A", ""], ["B", "B", "", ""], [["calm", "jazz"], [], [], ["calm"]]) == [
        "A by B. calm, jazz",
        "B",
        "A",
        "calm",
    ]
