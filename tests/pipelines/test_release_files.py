"""Releases on disk: every file checked, one atomic pointer, and no crash that leaves a mixture."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.release_files import (
    ReleaseError,
    check_files,
    current_name,
    finish_building,
    publish,
    read_manifest,
    release_names,
    remove_old,
    sha256_of,
    start_building,
    write_manifest,
    write_text_atomically,
)

ALL_CALLS = ("rename", "replace", "fsync", "rmdir", "unlink")


class CrashError(BaseException):
    """The process ends here, as it were: nothing catches it."""


def make(releases: Path, name: str, *, text: str = "songs") -> None:
    """Write a small release of two files."""
    folder = start_building(releases, name)
    (folder / "songs.txt").write_text(f"{text} of {name}", encoding="utf-8")
    (folder / "vectors.bin").write_bytes(bytes(range(200)))
    write_manifest(folder, {"name": name})
    finish_building(releases, name)


@pytest.fixture
def releases(tmp_path: Path) -> Path:
    """Give a folder with one published release."""
    make(tmp_path / "releases", "r1")
    publish(tmp_path / "releases", "r1")
    return tmp_path / "releases"


def crash_at(monkeypatch: pytest.MonkeyPatch, n: int) -> list[str]:
    """Crash at the n-th call of what changes a disk; returns the calls as they come."""
    calls: list[str] = []

    def wrapped(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            if len(calls) >= n:
                raise CrashError
            return real(*args, **kwargs)

        return call

    for name in ALL_CALLS:
        monkeypatch.setattr(os, name, wrapped(name, getattr(os, name)))
    return calls


def test_a_whole_release_has_nothing_to_complain_of(releases: Path) -> None:
    assert check_files(releases, "r1") == []
    assert current_name(releases) == "r1"
    assert read_manifest(releases, "r1")["name"] == "r1"


def test_the_manifest_names_size_and_sha256_of_every_file(releases: Path) -> None:
    files = read_manifest(releases, "r1")["files"]
    assert sorted(files) == ["songs.txt", "vectors.bin"]
    assert files["vectors.bin"] == {"bytes": 200, "sha256": sha256_of(releases / "r1" / "vectors.bin")}


def truncate(folder: Path) -> None:
    (folder / "vectors.bin").write_bytes(bytes(range(199)))


def flip(folder: Path) -> None:
    (folder / "vectors.bin").write_bytes(bytes([1, *range(1, 200)]))


def lose(folder: Path) -> None:
    (folder / "vectors.bin").unlink()


def add(folder: Path) -> None:
    (folder / "stranger.bin").write_bytes(b"")


DAMAGES: dict[Callable[[Path], None], str] = {
    truncate: "vectors.bin has 199 bytes instead of 200",
    flip: "vectors.bin differs from its sha256",
    lose: "vectors.bin is missing",
    add: "stranger.bin is not in the manifest",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_damage_is_named(releases: Path, damage: Callable[[Path], None]) -> None:
    damage(releases / "r1")
    assert check_files(releases, "r1") == [DAMAGES[damage]]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_release_is_not_published_and_the_pointer_stays(
    releases: Path, damage: Callable[[Path], None]
) -> None:
    make(releases, "r2")
    damage(releases / "r2")
    with pytest.raises(ReleaseError, match="r2 is damaged and was not published"):
        publish(releases, "r2")
    assert current_name(releases) == "r1"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"files": []}', '{"files": {"a": 1}}', "\x00"])
def test_a_manifest_that_cannot_be_read_is_a_damage(releases: Path, text: str) -> None:
    (releases / "r1" / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseError, match="manifest"):
        check_files(releases, "r1")


def test_a_manifest_without_sizes_complains_of_the_file(releases: Path) -> None:
    (releases / "r1" / "manifest.json").write_text(
        json.dumps({"files": {"songs.txt": {}, "vectors.bin": {}}})
    )
    assert len(check_files(releases, "r1")) == 2


def test_a_release_that_is_not_there_cannot_be_published(releases: Path) -> None:
    with pytest.raises(ReleaseError, match="no release 'r9'"):
        publish(releases, "r9")
    assert current_name(releases) == "r1"


def test_a_pointer_that_cannot_be_read_points_nowhere(releases: Path) -> None:
    assert current_name(releases / "nowhere") is None
    for garbage in (b"", b"\n", b"\xff\xfe"):
        (releases / "current").write_bytes(garbage)
        assert current_name(releases) is None


def test_a_crash_at_any_point_leaves_the_old_release_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = []
    for n in range(1, 100):
        releases = tmp_path / f"crash-{n}"
        make(releases, "r1")
        publish(releases, "r1")
        with monkeypatch.context() as patch:
            crash_at(patch, n)
            try:
                make(releases, "r2")
                publish(releases, "r2")
                crashed = False
            except CrashError:
                crashed = True
        name = current_name(releases)
        assert name is not None
        assert check_files(releases, name) == []
        assert all(check_files(releases, other) == [] for other in release_names(releases))
        after.append(name)
        if not crashed:
            break
    assert not crashed
    assert after == sorted(after)
    assert {"r1", "r2"} == set(after)


def test_what_a_crash_leaves_is_removed_by_the_next(releases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in (1, 3, 6, 9):
        with monkeypatch.context() as patch:
            crash_at(patch, n)
            with pytest.raises(CrashError):
                make(releases, f"r2-{n}")
    make(releases, "r3")
    publish(releases, "r3")
    assert not [path.name for path in releases.iterdir() if path.name.startswith(".")]


def test_a_file_that_cannot_be_written_leaves_the_old_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "current"
    write_text_atomically(path, "old")
    for n in (1, 2):
        with monkeypatch.context() as patch:
            crash_at(patch, n)
            with pytest.raises(CrashError):
                write_text_atomically(path, "new")
        assert path.read_text(encoding="utf-8") == "old"


def test_the_newest_three_are_kept(releases: Path) -> None:
    for name in ("r2", "r3", "r4", "r5"):
        make(releases, name)
    publish(releases, "r5")
    assert remove_old(releases) == ["r1", "r2"]
    assert release_names(releases) == ["r3", "r4", "r5"]


def test_the_published_release_is_never_removed(releases: Path) -> None:
    for name in ("r0", "r2", "r3", "r4", "r5"):
        make(releases, name)
    remove_old(releases)
    assert "r1" in release_names(releases)
    assert check_files(releases, "r1") == []


def test_refused_releases_push_no_good_one_out_and_do_not_pile_up(releases: Path) -> None:
    for name in ("r0a", "r0b", *(f"r9-{i}" for i in range(6))):
        make(releases, name)
    remove_old(releases)
    assert release_names(releases) == ["r0a", "r0b", "r1", "r9-3", "r9-4", "r9-5"]


def test_a_crash_while_old_releases_are_removed_leaves_whole_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(1, 40):
        releases = tmp_path / f"crash-{n}"
        for name in ("r1", "r2", "r3", "r4", "r5"):
            make(releases, name)
        publish(releases, "r5")
        with monkeypatch.context() as patch:
            crash_at(patch, n)
            try:
                remove_old(releases)
                crashed = False
            except CrashError:
                crashed = True
        assert all(check_files(releases, name) == [] for name in release_names(releases))
        assert set(release_names(releases)) >= {"r3", "r4", "r5"}
        if not crashed:
            return
    pytest.fail("it never came to an end")
