"""The scale world: the same bytes from the same seed, in both formats the same lists, in pieces or whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.scale_world import main, write_mpd, write_tabular
from benchmarks.scale_world_fit import Sample, distance, figures
from benchmarks.scale_world_model import Size, World, mixed
from benchmarks.scale_world_names import song_names
from pipelines.sources import mpd, tabular

SIZE = Size(60, 700, 12)


@pytest.fixture(scope="module")
def world() -> World:
    return World(SIZE, seed=3)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("write", [write_mpd, write_tabular])
@pytest.mark.parametrize("day", [0, 2])
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, write, day: int) -> None:  # type: ignore[no-untyped-def]
    for name in ("one", "two"):
        write(World(SIZE, seed=3), tmp_path / name, day)
    write(World(SIZE, seed=4), tmp_path / "other", day)
    one, two, other = (contents(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert one != other


def test_both_formats_hold_the_same_lists_of_songs(tmp_path: Path, world: World) -> None:
    write_mpd(world, tmp_path / "mpd")
    write_tabular(world, tmp_path / "tabular")
    entries = [
        pd.concat([batch.entries for batch in read(tmp_path / name, namespace="w")], ignore_index=True)
        for name, read in (("mpd", mpd.read), ("tabular", tabular.read))
    ]
    songs = pd.read_parquet(tmp_path / "tabular" / "songs.parquet")
    named = dict(
        zip("w:" + songs["song_id"].astype(str), "spotify:" + songs["spotify_track_id"], strict=True)
    )
    entries[1]["song_ref"] = entries[1]["song_ref"].map(named).astype("str")
    pd.testing.assert_frame_equal(entries[0], entries[1])


def test_a_slice_is_what_the_format_says(tmp_path: Path, world: World) -> None:
    write_mpd(world, tmp_path)
    (path,) = tmp_path.iterdir()
    playlists = json.loads(path.read_text(encoding="utf-8"))["playlists"]
    assert path.name == "mpd.slice.0-59.json"
    assert [one["pid"] for one in playlists] == list(range(60))
    assert all([t["pos"] for t in one["tracks"]] == list(range(one["num_tracks"])) for one in playlists)


def test_a_day_brings_a_hundredth_more_and_longer_old_lists() -> None:
    world = World(Size(2_000, 1_000), seed=1)
    new, longer = world.slices(day=1)
    assert new.numbers.tolist() == list(range(2_000, 2_020))
    assert longer.numbers.tolist() == [0, 1]
    before = next(world.slices())
    was, now = (one.songs[one.indptr[1] : one.indptr[2]].tolist() for one in (before, longer))
    assert now[: len(was)] == was
    assert all(1_000 <= song < 1_010 for song in now[len(was) :])
    assert len(now) > len(was)


def test_a_list_holds_a_song_once_and_songs_of_its_community_most(world: World) -> None:
    lists = next(world.slices())
    own = [lists.songs[a:b] for a, b in zip(lists.indptr[:-1], lists.indptr[1:], strict=True)]
    assert all(len(np.unique(songs)) == len(songs) >= 5 for songs in own)
    at_home = [
        (world.catalogue.community_of(songs) == home).mean()
        for songs, home in zip(own, lists.communities, strict=True)
    ]
    assert np.mean(at_home) > 0.4


def test_popularity_has_a_head_and_a_long_tail() -> None:
    counts = np.bincount(np.concatenate([part.songs for part in World(Size(2_000, 4_400), 1).slices()]))
    counts = np.sort(counts)[::-1]
    assert counts[0] > 15 * np.median(counts)
    assert counts[:440].sum() > 0.3 * counts.sum()
    assert 0.2 < (counts <= 3).mean() < 0.7


def test_listens_lie_in_their_days_and_repeat(world: World) -> None:
    first, later = (pd.concat(pd.DataFrame(vars(part)) for part in world.listens(day)) for day in (0, 1))
    assert first["times_s"].max() <= later["times_s"].min()
    assert set(first["users"]) == set(range(12))
    assert first.duplicated(["users", "songs"]).mean() > 0.2


def test_names_do_not_depend_on_what_else_is_named(world: World) -> None:
    together, alone = song_names(world, np.arange(700)), song_names(world, np.array([17, 705]))
    assert (together.ids[17], together.titles[17]) == (alone.ids[0], alone.titles[0])
    assert len(set(together.ids)) == 700
    assert any(title.endswith(" - Live") for title in together.titles)
    assert len(set(mixed(np.arange(1_000), 5).tolist())) == 1_000


def test_a_world_beside_itself_has_no_distance() -> None:
    lists = next(World(Size(80, 300), 1).slices())
    sample = Sample(lists.indptr, lists.songs, lists.songs // 3)
    assert distance(figures(sample), figures(sample)) == 0.0


def test_the_command_says_what_it_wrote_and_how_much_memory_it_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["write", str(tmp_path), "--playlists", "20", "--days", "1", "--format", "mpd"])
    first, later = capsys.readouterr().out.splitlines()
    assert str(tmp_path / "mpd") in first
    assert "memory at its peak" in first
    assert str(tmp_path / "mpd-day-1") in later
