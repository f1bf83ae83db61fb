"""A large release is unfolded once, and mapped after: it answers as the release that was loaded."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipelines import unfolded_release
from pipelines.recommend import Recommender
from pipelines.release_files import UNFOLDED, ReleaseError, current_name, remove_old
from pipelines.stored_release import load_release, self_test
from pipelines.unfolded_release import open_unfolded, unfold
from tests.tiny_world import TinyWorld


def published(world: TinyWorld) -> tuple[Path, str]:
    releases = world.home / "releases"
    name = current_name(releases)
    assert name is not None
    return releases, name


def test_what_was_unfolded_answers_as_the_release_does(world_copy: TinyWorld) -> None:
    releases, name = published(world_copy)
    plain = load_release(releases, name)
    unfold(releases, name)
    mapped = open_unfolded(releases, name, from_bytes=0)
    assert not mapped.vectors.flags.writeable
    assert self_test(mapped) == []
    asked = [f"songspace:{plain.song_ids[0]}", f"songspace:{plain.song_ids[3]}"]
    answers = [
        Recommender(release, world_copy.factory).recommend_after(asked, 10) for release in (plain, mapped)
    ]
    assert answers[0] == answers[1]


def test_it_is_taken_without_reading_the_release_again(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    releases, name = published(world_copy)
    first = open_unfolded(releases, name, from_bytes=0)
    monkeypatch.setattr(unfolded_release, "load_release", None)
    again = open_unfolded(releases, name, from_bytes=0)
    np.testing.assert_array_equal(again.vectors, first.vectors)


def test_a_small_release_is_not_unfolded(world_copy: TinyWorld) -> None:
    releases, name = published(world_copy)
    open_unfolded(releases, name)
    assert not list(releases.glob(f"{UNFOLDED}*"))


def test_another_process_unfolds_while_this_one_answers(world_copy: TinyWorld) -> None:
    releases, name = published(world_copy)
    release = open_unfolded(releases, name, apart=True, from_bytes=0)
    assert not release.vectors.flags.writeable
    assert self_test(release) == []


@pytest.mark.parametrize("file", ["arrays.bin", "graph.pickle", "about.json"])
def test_what_was_damaged_is_made_anew(world_copy: TinyWorld, file: str) -> None:
    releases, name = published(world_copy)
    unfold(releases, name)
    path = releases / f"{UNFOLDED}{name}" / file
    path.write_bytes(path.read_bytes()[:-7] + b"damaged")
    if file == "arrays.bin":
        path.write_bytes(path.read_bytes()[:-1])
    assert self_test(open_unfolded(releases, name, from_bytes=0)) == []
    assert self_test(open_unfolded(releases, name, from_bytes=0)) == []


def test_a_release_whose_files_changed_is_compared_again(world_copy: TinyWorld) -> None:
    releases, name = published(world_copy)
    unfold(releases, name)
    vectors = releases / name / "output.npy"
    vectors.write_bytes(vectors.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ReleaseError, match=r"output\.npy differs"):
        open_unfolded(releases, name, from_bytes=0)


def test_a_disk_without_room_leaves_the_release_to_be_loaded(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    releases, name = published(world_copy)
    monkeypatch.setattr(os, "fsync", full)
    assert self_test(open_unfolded(releases, name, from_bytes=0)) == []
    assert not list(releases.glob(f"{UNFOLDED}*"))


def test_what_cannot_be_written_leaves_the_release_to_be_loaded(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise TypeError("cannot pickle that")

    releases, name = published(world_copy)
    monkeypatch.setattr(unfolded_release, "_write", unknown)
    assert self_test(open_unfolded(releases, name, from_bytes=0)) == []
    assert not list(releases.glob(f"{UNFOLDED}*"))


def test_it_goes_with_its_release(world_copy: TinyWorld) -> None:
    releases, name = published(world_copy)
    unfold(releases, name)
    shutil.copytree(releases / f"{UNFOLDED}{name}", releases / f"{UNFOLDED}20000101-000000-1")
    remove_old(releases)
    assert [path.name for path in releases.glob(f"{UNFOLDED}*")] == [f"{UNFOLDED}{name}"]
