"""Stage `ratings`: what is liked is learned and published, what proves nothing changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from db.migrate import upgrade
from db.repositories import audio, catalogue, feedback, generations, users
from db.repositories.audio import Features, StoredFile
from db.repositories.catalogue import SongFacts
from db.repositories.generations import StoredGeneration
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.audio_analysis import VERSION
from pipelines.liked_music import LikedSource, liked_files
from pipelines.night import ratings
from pipelines.night.job import Job, NightlySettings
from pipelines.ratings import load_ranker, load_scores, read_rated

N = 60


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[SessionFactory]:
    """Sixty generated tracks, of which the later ones sound brighter."""
    engine = make_engine(f"sqlite:///{tmp_path / 'songs.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    rng = np.random.default_rng(0)
    sounds = rng.normal(size=(N, 200)).astype(np.float32)
    sounds[:, :50] += np.linspace(-2, 2, N)[:, None]
    with write_transaction(factory) as session:
        facts = [SongFacts(f"track {number}", "Songspace") for number in range(N)]
        songs = catalogue.add_songs(session, facts, is_generated=True)
        files = [tmp_path / f"{number}.flac" for number in range(N)]
        for file in files:
            file.write_bytes(b"x")
        stored = [
            StoredFile(0, song, str(file), f"{song:064x}", 1, 1, 1.0)
            for song, file in zip(songs, files, strict=True)
        ]
        audio.add_files(session, stored)
        of_song = {one.song_id: one.file_id for one in audio.all_files(session)}
        audio.save_features(
            session, VERSION, {of_song[s]: Features({}, sounds[row]) for row, s in enumerate(songs)}
        )
        for one in stored:
            made = StoredGeneration(
                one.song_id, "a prompt", one.path, one.sha256, None, "2026-11-21T00:00:00Z"
            )
            assert generations.add_audio(session, made, {})
        users.ensure_users(session, [("t", "ann")])
    yield factory
    engine.dispose()


def rate(factory: SessionFactory, kinds: list[str]) -> None:
    """Have one user say something of each of the first tracks."""
    with write_transaction(factory) as session:
        user = users.find_user(session, "t:ann")
        made = sorted(one.song_id for one in generations.added_audio(session))
        for song, kind in zip(made, kinds, strict=False):
            feedback.set_feedback(session, user, song, kind=kind, given_at_s=1)


def stage(factory: SessionFactory, home: Path) -> dict[str, object]:
    return dict(ratings.run(Job(home, factory, NightlySettings())).counts)


def test_without_ratings_nothing_is_done(factory: SessionFactory, tmp_path: Path) -> None:
    assert stage(factory, tmp_path)["ratings"] == 0
    assert load_scores(tmp_path) == {}
    assert ratings.run(Job(tmp_path, factory, NightlySettings())).done_before


def test_a_liked_sound_is_learned_and_published(factory: SessionFactory, tmp_path: Path) -> None:
    rate(factory, ["dislike"] * (N // 2) + ["like"] * (N // 2))
    counts = stage(factory, tmp_path)
    assert str(counts["ranker"]).startswith("area")
    assert load_ranker(tmp_path) is not None
    scores = load_scores(tmp_path)
    assert scores[min(scores)] < 0.4 < 0.6 < scores[max(scores)]


def test_ratings_by_lot_publish_no_ranker(factory: SessionFactory, tmp_path: Path) -> None:
    kinds = np.random.default_rng(3).permutation(["like", "dislike"] * (N // 2)).tolist()
    rate(factory, kinds)
    assert "not beyond chance" in str(stage(factory, tmp_path)["ranker"])
    assert load_ranker(tmp_path) is None


def test_too_few_liked_tracks_tune_nothing(factory: SessionFactory, tmp_path: Path) -> None:
    rate(factory, ["like"] * 20)
    assert stage(factory, tmp_path)["generator"] == "as before: 20 liked tracks of 100"
    assert not (tmp_path / "generators").exists()


def test_a_block_is_a_dislike_and_a_fifth_takes_no_part(factory: SessionFactory) -> None:
    rate(factory, ["like"] * 40 + ["block"] * 5)
    rated = read_rated(factory)
    assert sum(dislikes for _, dislikes in rated.counts.values()) == 5
    files = liked_files(factory, rated)
    assert len(files) == 40
    assert LikedSource(files).item(0) is None  # it cannot be decoded


def test_the_same_file_is_stored_once(factory: SessionFactory) -> None:
    with write_transaction(factory) as session:
        (made, *_) = before = generations.added_audio(session)
        assert not generations.add_audio(session, made, {})
        assert generations.added_audio(session) == before
