"""The nightly job on a tiny world: what it publishes, what it repeats, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from db.migrate import upgrade
from db.models import Release as ReleaseRow
from db.repositories import profiles as profiles_repository
from db.repositories import users as users_repository
from db.session import make_engine, make_session_factory, write_transaction
from pipelines import gate
from pipelines.ingest import ingest_batches
from pipelines.nightly import STAGES, GateClosedError, Night, NightlySettings, NothingToLearnError
from pipelines.release_files import ReleaseError, check_files, current_name, read_manifest, release_names
from pipelines.serving import open_release
from pipelines.stages import JobRunningError, only_one
from pipelines.stored_release import load_release, self_test
from tests.tiny_world import LOST, PAIRS, RARE, TinyWorld, build_tiny_world, playlist_batch


def manifest_of(world: TinyWorld) -> dict[str, object]:
    name = current_name(world.home / "releases")
    assert name is not None
    return read_manifest(world.home / "releases", name)


def claim(world: TinyWorld, ratio: float) -> None:
    """Let the published release say that it was so many times as good as item-kNN."""
    path = world.home / "releases" / str(current_name(world.home / "releases")) / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["evaluation"]["knn_ratio"] = {"mean": ratio, "low": ratio, "high": ratio}
    path.write_text(json.dumps(manifest), encoding="utf-8")


def test_a_night_publishes_a_whole_release(tiny_world: TinyWorld) -> None:
    releases = tiny_world.home / "releases"
    (name,) = release_names(releases)
    assert current_name(releases) == name
    assert check_files(releases, name) == []
    assert self_test(load_release(releases, name)) == []


def test_the_manifest_says_what_is_in_the_release(tiny_world: TinyWorld) -> None:
    release = tiny_world.release
    corpus, tail = release.parts.corpus, release.parts.tail
    facts = [release.manifest[name] for name in ("songs", "tail", "lists", "tokens", "seed")]
    assert facts == [corpus.n_songs, len(tail.song_ids), corpus.n_lists, corpus.n_tokens, 1]
    assert len(tail.song_ids) == len(RARE) + len(LOST)


def test_every_song_of_a_list_has_a_row_and_a_place_of_length_one(tiny_world: TinyWorld) -> None:
    release = tiny_world.release
    length = np.linalg.norm(release.vectors, axis=1)
    np.testing.assert_allclose(length[: release.n_songs], 1.0, atol=1e-5)
    assert len(release.parts.songs) == len(release.song_ids) == len(length)
    assert (release.parts.songs["song_id"] == release.song_ids).all()


def test_profiles_are_stored_for_all_users_who_listened(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        listeners = {user.user_id for user in users_repository.list_users(session) if user.n_listens}
        profiles = profiles_repository.load_profiles(session, release=tiny_world.release.name)
    assert set(profiles) == listeners
    assert len(listeners) == len(tiny_world.truth.user_refs) + 1
    assert all(
        p.overall is not None and np.linalg.norm(p.overall) == pytest.approx(1) for p in profiles.values()
    )


def test_the_database_knows_which_release_is_published(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        rows = session.execute(select(ReleaseRow.name, ReleaseRow.state)).all()
    assert [tuple(row) for row in rows] == [(tiny_world.release.name, "published")]


def test_the_release_holds_no_word_of_any_user(tiny_world: TinyWorld) -> None:
    handles = [ref.removeprefix("sample:") for ref in tiny_world.truth.user_refs]
    folder = tiny_world.home / "releases" / tiny_world.release.name
    held = b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
    assert [handle for handle in handles if handle.encode() in held] == []


def test_the_same_seed_in_one_thread_gives_the_same_vectors_bit_for_bit(
    tiny_world: TinyWorld, tmp_path: Path
) -> None:
    other = build_tiny_world(tmp_path / "other")
    for stage in ("clean", "corpus", "song2vec"):
        other.night(stage=stage)
    for file in ("input.npy", "output.npy"):
        ours, theirs = (w.home / "nightly" / "song2vec" / file for w in (tiny_world, other))
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_second_night_finds_nothing_new_and_makes_no_release(world_copy: TinyWorld) -> None:
    before = current_name(world_copy.home / "releases")
    report = world_copy.night()
    assert [(stage.name, stage.done_before) for stage in report.stages] == [(name, True) for name in STAGES]
    assert report.release == before
    assert release_names(world_copy.home / "releases") == [before]


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_indexes_so_large_that_they_are_mapped_are_published_whole(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("recsys.index._MAPPED_FROM", 0)
    settings = NightlySettings(seed=1, workers=1, pairs=PAIRS, index=kind)
    name = Night(world_copy.home, world_copy.factory, settings).run().release
    assert name is not None
    release = load_release(world_copy.home / "releases", name)
    shutil.rmtree(world_copy.home / "nightly")
    assert release.index.kind == release.output_index.kind == kind
    assert self_test(release) == []
    assert {release.manifest[name]["why"] for name in ("index", "output_index")} == {"set so"}


def test_new_lists_make_a_new_release_that_is_turned_onto_the_old_one(world_copy: TinyWorld) -> None:
    old = current_name(world_copy.home / "releases")
    songs = [f"sample:{i}" for i in range(40, 60)]
    ingest_batches([playlist_batch("sample:new", songs)], session_factory=world_copy.factory)
    for stage in STAGES:
        if stage != "evaluate":  # It takes long, and has no part in this.
            report = world_copy.night(stage=stage)
    alignment = manifest_of(world_copy)["alignment"]
    assert isinstance(alignment, dict)
    assert report.release != old
    assert alignment["aligned_to"] == old
    assert alignment["cosine_after"] > max(alignment["cosine_before"], 0.6)


def test_two_songs_that_change_places_are_news(world_copy: TinyWorld) -> None:
    fingerprints = set()
    for songs in (["sample:1", "sample:2", "sample:3"], ["sample:2", "sample:1", "sample:3"]):
        ingest_batches([playlist_batch("sample:new", songs)], session_factory=world_copy.factory)
        world_copy.night(stage="clean")
        stamp = (world_copy.home / "nightly" / "clean" / "stamp.json").read_text(encoding="utf-8")
        fingerprints.add(json.loads(stamp)["fingerprint"])
    assert len(fingerprints) == 2


def test_only_the_stage_that_is_asked_for_is_done(world_copy: TinyWorld) -> None:
    report = world_copy.night(stage="index")
    assert [(stage.name, stage.done_before) for stage in report.stages] == [("index", False)]


def test_a_stage_done_again_with_the_same_outcome_is_no_news(world_copy: TinyWorld) -> None:
    world_copy.night(stage="cooccurrence")
    assert all(stage.done_before for stage in world_copy.night().stages)


def test_a_stage_done_again_with_another_outcome_is_news_to_those_after_it(world_copy: TinyWorld) -> None:
    path = world_copy.home / "nightly" / "index" / "stamp.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"mark": "', '"mark": "other'), encoding="utf-8")
    (*_, publish) = world_copy.night().stages
    assert not publish.done_before
    assert len(release_names(world_copy.home / "releases")) == 2


def test_a_stage_without_its_inputs_says_what_is_missing(world_copy: TinyWorld, tmp_path: Path) -> None:
    empty = TinyWorld(tmp_path / "elsewhere", world_copy.truth)
    settings = NightlySettings(workers=1, stage="song2vec")
    with pytest.raises(ValueError, match="'corpus' has not been done yet"):
        Night(empty.home, world_copy.factory, settings).run()


def test_an_unknown_stage_is_refused_with_those_there_are(tiny_world: TinyWorld) -> None:
    with pytest.raises(ValueError, match=r"stage is one of clean, .*'dinner'"):
        tiny_world.night(stage="dinner")


def test_a_fall_is_not_published_and_the_old_release_stays(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FEWEST_CASES", 1)
    claim(world_copy, 9.0)
    old = current_name(world_copy.home / "releases")
    with pytest.raises(GateClosedError, match=r"fell from 9\.000"):
        world_copy.night(stage="publish")
    assert current_name(world_copy.home / "releases") == old
    forced = world_copy.night(stage="publish", force=True)
    assert forced.release != old
    assert "by force" in forced.message


def test_refused_nights_do_not_pile_up_releases(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "FEWEST_CASES", 1)
    claim(world_copy, 9.0)
    for _ in range(5):
        with pytest.raises(GateClosedError):
            world_copy.night(stage="publish")
    names = release_names(world_copy.home / "releases")
    assert len(names) == 4
    assert current_name(world_copy.home / "releases") in names


def test_a_finished_release_that_was_never_published_is_taken_up(world_copy: TinyWorld) -> None:
    releases = world_copy.home / "releases"
    (name,) = release_names(releases)
    (releases / "current").unlink()
    assert world_copy.night().release == name
    assert release_names(releases) == [name]


def test_a_release_that_fails_its_self_test_is_never_published(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases = world_copy.home / "releases"
    (name,) = release_names(releases)
    with monkeypatch.context() as patch:
        patch.setattr("pipelines.night.publish.self_test", lambda _: ["it answers otherwise"])
        with pytest.raises(ReleaseError, match="self-test and was not published: it answers otherwise"):
            world_copy.night(stage="publish")
        assert release_names(releases) == [name]
        # Nor one that was killed before its test: made from the same, and wrong.
        (releases / "current").unlink()
        with pytest.raises(ReleaseError, match="failed its self-test"):
            world_copy.night()
    assert current_name(releases) is None
    assert world_copy.night().release == name


def test_a_damaged_release_is_made_anew(world_copy: TinyWorld) -> None:
    releases = world_copy.home / "releases"
    (name,) = release_names(releases)
    data = bytearray((releases / name / "input.npy").read_bytes())
    data[len(data) // 2] ^= 1
    (releases / name / "input.npy").write_bytes(bytes(data))
    assert open_release(world_copy.home) is None
    report = world_copy.night()
    assert report.release is not None
    assert report.release > name
    assert check_files(releases, report.release) == []


def test_a_user_deleted_before_the_night_has_no_profile_after_it(world_copy: TinyWorld) -> None:
    ref = world_copy.truth.user_refs[3]
    with write_transaction(world_copy.factory) as session:
        user = users_repository.find_user(session, ref)
        users_repository.delete_user(session, user)
    world_copy.night(stage="publish")
    with world_copy.factory() as session:
        assert user not in profiles_repository.load_profiles(session)


def test_a_database_without_lists_has_nothing_to_learn_from(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    upgrade(engine)
    with pytest.raises(NothingToLearnError, match="ingest some first"):
        Night(tmp_path, make_session_factory(engine), NightlySettings(workers=1)).run()
    assert open_release(tmp_path) is None
    engine.dispose()


def test_two_nights_at_once_are_refused(world_copy: TinyWorld) -> None:
    with only_one(world_copy.home / "nightly.lock"), pytest.raises(JobRunningError):
        world_copy.night()


def test_a_night_says_how_much_memory_each_stage_took(tiny_world: TinyWorld) -> None:
    memory = manifest_of(tiny_world)["memory"]
    assert isinstance(memory, dict)
    assert memory["peak_mib"].keys() == set(STAGES)
    assert all(peak > 0 for peak in memory["peak_mib"].values())
