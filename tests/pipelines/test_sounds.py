"""Sound as evidence: towers and places in a small world whose songs sound like where they lie."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from db.migrate import upgrade
from db.repositories import audio
from db.repositories import songs as songs_repository
from db.repositories.audio import Features, StoredFile
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.columns import SONGS
from pipelines.evaluate_audio import PLACE, STYLE, NothingHeardError, evaluate_audio
from pipelines.explore import similar
from pipelines.ingest import ingest_batches
from pipelines.new_songs import load_new_songs, place_new_songs
from pipelines.night.job import NothingToLearnError
from pipelines.nightly import Night, NightlySettings
from pipelines.path import song_path
from pipelines.radio import play_radio
from pipelines.recommend import Recommender
from pipelines.release import Release
from pipelines.serving import need_release, open_release
from pipelines.shelf import Shelves
from pipelines.sounds import VERSION, fit_release_sounds, read_sounds
from pipelines.sources.batch import Batch
from pipelines.stored_release import FORMAT, load_release
from tests.tiny_encoder import TinyEncoder
from tests.tiny_world import TinyWorld, frame

ENCODE = TinyEncoder().sentences
STYLE_DIM = 200
TURN = np.random.default_rng(4).normal(size=(128, STYLE_DIM))


def hear(factory: SessionFactory, sounds: Mapping[int, np.ndarray]) -> None:
    """Store an analysed file for each song."""
    with write_transaction(factory) as session:
        hashes = {song: f"{song:064d}" for song in sounds}
        audio.add_files(
            session,
            [StoredFile(0, song, f"/music/{song}.ogg", hashes[song], 1, 1, 1.0) for song in sounds],
        )
        of_hash = {file.sha256: file.file_id for file in audio.files_with(session, hashes=hashes.values())}
        found = {
            of_hash[hashes[song]]: Features({"timbre": [0.0, float(song)]}, np.asarray(sound, np.float32))
            for song, sound in sounds.items()
        }
        audio.save_features(session, VERSION, found)


def sound_at(vectors: np.ndarray) -> np.ndarray:
    """What a place sounds like."""
    return np.asarray(vectors @ TURN)


def heard_world(world: TinyWorld) -> Release:
    """The world's release with an audio tower, every song of the vocabulary having its sound."""
    release = world.release
    vectors = release.vectors[: release.n_songs]
    ids = release.song_ids[: release.n_songs].tolist()
    hear(world.factory, dict(zip(ids, sound_at(vectors), strict=True)))
    with world.factory() as session:
        sounds = read_sounds(session)
    tower = fit_release_sounds(
        world.factory, world.home, release.parts.corpus, vectors, sounds, seed=1, encode=ENCODE
    )
    assert tower is not None
    return replace(release, parts=replace(release.parts, audio=tower))


def newcomer(world: TinyWorld, ref: str = "sample:new") -> int:
    """Take a song in of which nothing is known that could place it."""
    rows = frame(SONGS, [(ref, "", "", "", None, "{}")])
    assert not ingest_batches([Batch(songs=rows)], session_factory=world.factory).problems
    with world.factory() as session:
        return songs_repository.find_song(session, ref)


def placed(world: TinyWorld, release: Release) -> int:
    return place_new_songs(world.factory, release, world.home, encode=ENCODE)


def test_a_song_with_nothing_but_sound_lies_where_it_sounds(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new = newcomer(world_copy)
    hear(world_copy.factory, {new: sound_at(release.vectors[7])})
    placed(world_copy, release)
    with world_copy.factory() as session:
        found = load_new_songs(session, release)
    vector = found.vectors[found.song_ids.tolist().index(new)]
    cosines = release.vectors[: release.n_songs] @ vector
    assert (cosines > cosines[7]).sum() < 10


def test_a_song_that_is_analysed_later_moves(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new = newcomer(world_copy)
    placed(world_copy, release)
    assert placed(world_copy, release) == 0
    hear(world_copy.factory, {new: sound_at(release.vectors[7])})
    assert placed(world_copy, release) == 1
    assert placed(world_copy, release) == 0


def test_a_new_song_is_recommended_to_those_who_like_its_sound(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new = newcomer(world_copy)
    hear(world_copy.factory, {new: sound_at(release.vectors[7])})
    placed(world_copy, release)
    recommender = Recommender(release, world_copy.factory)
    found = recommender.recommend_after([str(release.song_ids[7])], 20)
    assert str(new) in [song.song.removeprefix("songspace:") for song in found.songs] or "sample:new" in [
        song.song for song in found.songs
    ]


def test_a_new_song_can_be_asked_with(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new = str(newcomer(world_copy))
    hear(world_copy.factory, {int(new): sound_at(release.vectors[7])})
    placed(world_copy, release)
    shelves = Shelves(release)
    near = similar(shelves, world_copy.factory, new, 10)
    with world_copy.factory() as session:
        host = shelves.current(session).host
        names = songs_repository.name_songs(session, release.song_ids.tolist(), "sample")
        ids = [songs_repository.find_song(session, song.song) for song in near.songs]
    assert names[int(release.song_ids[7])]
    vectors = release.vectors[: release.n_songs]
    close = np.argsort(-(vectors @ vectors[7]))[:30]
    assert np.isin(ids, release.song_ids[close]).mean() > 0.5
    assert len(play_radio(shelves, world_copy.factory, [new], 5).songs) == 5
    assert len(song_path(shelves, world_copy.factory, new, str(release.song_ids[0]), 5).songs) == 5
    with world_copy.factory() as session:
        assert shelves.current(session).host is host  # made once, however often it is asked
    answer = Recommender(release, world_copy.factory).recommend_after([new], 10)
    assert len(answer.songs) == 10
    assert answer.songs[0].because


def test_who_asks_with_a_new_song_gets_the_new_ones_beside_it(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new, twin = (newcomer(world_copy, f"sample:new-{n}") for n in (1, 2))
    hear(world_copy.factory, {new: sound_at(release.vectors[7]), twin: 1.01 * sound_at(release.vectors[7])})
    placed(world_copy, release)
    answer = Recommender(release, world_copy.factory).recommend_after(["sample:new-1"], 5)
    assert answer.songs[0].song == "sample:new-2"


def test_new_songs_are_near_each_other_too(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    new, twin = (newcomer(world_copy, f"sample:new-{n}") for n in (1, 2))
    hear(world_copy.factory, {new: sound_at(release.vectors[7]), twin: 1.01 * sound_at(release.vectors[7])})
    placed(world_copy, release)
    near = similar(Shelves(release), world_copy.factory, "sample:new-1", 3)
    assert near.songs[0].song == "sample:new-2"


def test_a_release_of_the_format_before_serves_without_sound(world_copy: TinyWorld) -> None:
    path = world_copy.home / "releases" / world_copy.release.name / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"format": FORMAT - 1}), encoding="utf-8")
    release = load_release(world_copy.home / "releases", world_copy.release.name)
    assert release.audio is None
    assert not release.is_by_sound
    assert placed(world_copy, release) >= 0
    assert len(Recommender(release, world_copy.factory).recommend_to_anybody(5).songs) == 5


def test_a_night_without_sound_makes_no_tower(tiny_world: TinyWorld) -> None:
    release = tiny_world.release
    assert release.audio is None
    assert release.manifest["space"] == "lists"
    assert release.manifest["sounds"] is None


def test_a_night_with_sound_publishes_its_tower(world_copy: TinyWorld) -> None:
    heard_world(world_copy)
    assert world_copy.night(stage="sounds").stages[0].counts["songs"] > 100
    world_copy.night(stage="publish")
    release = need_release(world_copy.home)
    assert release.audio is not None
    assert release.audio.version == VERSION
    assert release.manifest["sounds"]["cosine"] == release.audio.fit.cosine
    assert not release.is_by_sound


def test_predicted_places_are_measured_beside_the_baselines(world_copy: TinyWorld) -> None:
    release = heard_world(world_copy)
    found = evaluate_audio(world_copy.factory, release, seed=1)
    assert found.fit is not None
    assert next(iter(found.rows)) == PLACE
    places, chance = (found.rows[way]["same artist"].mean for way in (PLACE, "chance"))
    assert places > 2 * chance


def test_nothing_heard_is_nothing_to_measure(tiny_world: TinyWorld) -> None:
    with pytest.raises(NothingHeardError, match="ingest a folder of music"):
        evaluate_audio(tiny_world.factory, None)


@pytest.fixture(scope="module")
def by_sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SessionFactory]:
    """Give a home with a published night over sixty songs of twelve artists that stand in no list."""
    home = tmp_path_factory.mktemp("sounds")
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    rows: list[tuple[object, ...]] = [
        (f"m:{i}", f"Tune {i}", f"Band {i // 5}", f"Disc {i // 5}", None, "{}") for i in range(60)
    ]
    ingest_batches([Batch(songs=frame(SONGS, rows))], session_factory=factory)
    rng = np.random.default_rng(0)
    styles = rng.normal(size=(12, STYLE_DIM))
    with factory() as session:
        ids = [songs_repository.find_song(session, f"m:{i}") for i in range(60)]
    hear(factory, {s: styles[i // 5] + rng.normal(size=STYLE_DIM) for i, s in enumerate(ids)})
    Night(home, factory, NightlySettings(workers=1)).run()
    return home, factory


def test_without_lists_what_sounds_alike_is_similar(by_sound: tuple[Path, SessionFactory]) -> None:
    home, factory = by_sound
    release = need_release(home)
    assert release.is_by_sound
    assert [song.artist for song in similar(Shelves(release), factory, "m:12", 4).songs] == ["Band 2"] * 4


def test_without_lists_songs_are_recommended_by_their_sound(by_sound: tuple[Path, SessionFactory]) -> None:
    home, factory = by_sound
    answer = Recommender(open_release(home), factory).recommend_after(["m:12"], 6)
    assert [song.artist for song in answer.songs[:2]] == ["Band 2"] * 2
    assert answer.songs[0].signal == "it sounds like them"
    assert len(answer.songs) == 6


def test_without_lists_a_new_song_lies_where_the_next_night_would_put_it(
    by_sound: tuple[Path, SessionFactory],
) -> None:
    release = need_release(by_sound[0])
    assert release.audio is not None
    with by_sound[1]() as session:
        sounds = read_sounds(session)
    found = release.audio.to_song(sounds.embeddings)
    assert np.allclose(found, release.vectors[release.rows(sounds.song_ids)], atol=1e-5)


def test_a_second_night_without_news_does_nothing(by_sound: tuple[Path, SessionFactory]) -> None:
    report = Night(*by_sound, NightlySettings(workers=1)).run()
    assert all(stage.done_before for stage in report.stages)


def test_raw_sound_is_measured_without_any_list(by_sound: tuple[Path, SessionFactory]) -> None:
    found = evaluate_audio(by_sound[1], need_release(by_sound[0]))
    assert found.fit is None
    assert found.rows[STYLE]["same album"].mean > 5 * found.rows["chance"]["same album"].mean


def test_one_song_alone_is_nothing_to_learn(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    rows = frame(SONGS, [("m:1", "Tune", "Band", "", None, "{}")])
    ingest_batches([Batch(songs=rows)], session_factory=factory)
    hear(factory, {1: np.ones(STYLE_DIM)})
    with pytest.raises(NothingToLearnError, match="no music that was analysed"):
        Night(tmp_path, factory, NightlySettings(workers=1)).run()
