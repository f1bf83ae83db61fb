"""What every answer starts with: the release to ask, stepping back from a damaged one, and names."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import pytest

from db.errors import NotFoundError
from pipelines.release_files import ReleaseError, current_name
from pipelines.serving import NoReleaseError, name_rows, namespace_of, need_release, open_release, rows_of
from pipelines.stored_release import load_release
from tests.tiny_world import LIVE, LOST, RARE, UNPLAYED, TinyWorld

NAMESPACES = {
    "playlists:17": "playlists",
    "17": "songspace",
    "songspace:17": "songspace",
    "mpd:a:b": "mpd",
    "": "songspace",
    ":": "songspace",
    "spotify:track:4uLU6hMCjMI75M1A2tKUQC": "spotify",
    "https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC": "spotify",
    "https://example.org/song": "songspace",
    "ISRC:USRC17607839": "isrc",
}


@pytest.mark.parametrize("ref", NAMESPACES)
def test_the_namespace_is_the_scheme_that_was_asked_in(ref: str) -> None:
    assert namespace_of(ref) == NAMESPACES[ref]


def test_without_a_release_there_is_none_to_ask(tmp_path: Path) -> None:
    assert open_release(tmp_path) is None
    with pytest.raises(NoReleaseError, match="songspace nightly"):
        need_release(tmp_path)


def test_a_damaged_release_is_stepped_back_from_and_the_log_says_so(
    world_copy: TinyWorld, caplog: pytest.LogCaptureFixture
) -> None:
    old = current_name(world_copy.home / "releases")
    new = world_copy.night(stage="publish").release
    assert new is not None
    (world_copy.home / "releases" / new / "after.npz").write_bytes(b"PK")
    with caplog.at_level(logging.WARNING):
        release = open_release(world_copy.home)
    assert release is not None
    assert release.name == old
    assert "after.npz has 2 bytes" in caplog.text


@pytest.mark.parametrize("file", ["corpus.npz", "input.npy", "input.faiss", "songs.parquet", "blend.json"])
@pytest.mark.parametrize("how", ["flip", "cut", "lose"])
def test_no_damage_gets_past_loading(tiny_world: TinyWorld, tmp_path: Path, file: str, how: str) -> None:
    name = tiny_world.release.name
    shutil.copytree(tiny_world.home / "releases" / name, tmp_path / name)
    path = tmp_path / name / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    if how == "lose":
        path.unlink()
    else:
        path.write_bytes(bytes(data) if how == "flip" else bytes(data[:-1]))
    with pytest.raises(ReleaseError, match=file):
        load_release(tmp_path, name)


def test_a_release_of_another_format_is_refused(tiny_world: TinyWorld, tmp_path: Path) -> None:
    name = tiny_world.release.name
    shutil.copytree(tiny_world.home / "releases" / name, tmp_path / name)
    path = tmp_path / name / "manifest.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": ', '"format": 9'), encoding="utf-8")
    with pytest.raises(ReleaseError, match="format 9"):
        load_release(tmp_path, name)


def test_songs_are_found_by_any_of_their_names(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        one, other = rows_of(tiny_world.release, session, ["sample:3", "other:3"])
    assert one == other >= 0


def test_a_song_that_is_not_there_is_not_found(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session, pytest.raises(NotFoundError, match="unknown song: sample:9999"):
        rows_of(tiny_world.release, session, ["sample:3", "sample:9999"])


@pytest.mark.parametrize(
    ("song", "reason"), [(UNPLAYED, "stands in no list yet"), (LOST[0], "beside no song")]
)
def test_a_song_without_a_place_says_why(tiny_world: TinyWorld, song: str, reason: str) -> None:
    with tiny_world.factory() as session, pytest.raises(ValueError, match=reason):
        rows_of(tiny_world.release, session, [song])


def test_rows_of_vocabulary_and_tail_get_names_titles_and_scores(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        rows = rows_of(tiny_world.release, session, ["sample:0", RARE[0], LIVE])
        found = name_rows(tiny_world.release, session, rows, rows * 0.5, "sample")
    assert [answer.song for answer in found] == ["sample:0", RARE[0], LIVE]
    assert found[0].title == tiny_world.truth.songs["title"][0]
    assert found[2].title.endswith("(Live)")
    assert [answer.score for answer in found] == (rows * 0.5).tolist()


def test_a_song_without_a_name_in_the_namespace_goes_by_our_own_id(tiny_world: TinyWorld) -> None:
    with tiny_world.factory() as session:
        rows = rows_of(tiny_world.release, session, ["sample:3", "sample:60"])
        named, own = name_rows(tiny_world.release, session, rows, rows, "other")
    assert named.song == "other:3"
    assert own.song.startswith("songspace:")
