"""Facts about new songs: an ingest gives them a place in the published release's space."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete

from db.models import Song
from db.repositories import songs as songs_repository
from db.session import write_transaction
from pipelines.columns import ENTRIES, PLAYLISTS, SONGS
from pipelines.ingest import ingest_batches
from pipelines.new_songs import load_new_songs, place_after_ingest, place_new_songs, state_of
from pipelines.release import Release
from pipelines.sources.batch import Batch
from pipelines.towers import fit_release_tower
from recsys.towers import TextTower
from tests.tiny_encoder import TinyEncoder
from tests.tiny_world import LOST, UNPLAYED, TinyWorld, frame

ENCODE = TinyEncoder().sentences


def with_tower(release: Release, tower: TextTower | None) -> Release:
    """The release with this tower in the place of its own."""
    return replace(release, parts=replace(release.parts, tower=tower))


def towered(world: TinyWorld) -> Release:
    found = world.release
    vectors = found.vectors[: found.n_songs]
    tower = fit_release_tower(
        world.factory, world.home, world.lists, found.parts.corpus, vectors, seed=1, encode=ENCODE
    )
    return with_tower(found, tower)


def ingest(world: TinyWorld, songs: list[tuple[str, str, str]], playlist: tuple[str, ...] = ()) -> None:
    """Take songs (ref, title, artist) in, and a playlist of refs."""
    rows = [(ref, title, artist, "", None, "{}") for ref, title, artist in songs]
    lists = [("new:list", "a new list", "", "{}")] if playlist else []
    entries = [("new:list", i, ref) for i, ref in enumerate(playlist)]
    batch = Batch(
        songs=frame(SONGS, rows), playlists=frame(PLAYLISTS, lists), entries=frame(ENTRIES, entries)
    )
    assert not ingest_batches([batch], session_factory=world.factory).problems


def song_id(world: TinyWorld, ref: str) -> int:
    with world.factory() as session:
        return songs_repository.find_song(session, ref)


def test_a_new_song_lies_near_the_songs_of_its_artist(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    artist = world_copy.truth.songs["artist"][0]
    ingest(world_copy, [("sample:new", "Something New", artist)])
    assert place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE) > 0
    with world_copy.factory() as session:
        new = load_new_songs(session, release)
    at = new.song_ids.tolist().index(song_id(world_copy, "sample:new"))
    cosines = release.vectors[: release.n_songs] @ new.vectors[at]
    same = (release.parts.songs["artist"] == artist).to_numpy()[: release.n_songs]
    assert cosines[same].mean() > cosines[~same].mean() + 0.02
    assert 0 < new.trust[at] <= 1
    assert new.songs["title"][at] == "Something New"


def test_what_the_release_knows_is_left_to_it(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE)
    with world_copy.factory() as session:
        new = load_new_songs(session, release)
    known = release.song_ids[release.vectors.any(1)]
    assert not np.isin(new.song_ids, known).any()
    wanted = {song_id(world_copy, ref) for ref in (UNPLAYED, *LOST)}
    assert wanted <= set(new.song_ids.tolist())


def test_again_places_nothing_and_loads_no_encoder(world_copy: TinyWorld) -> None:
    release, encoder = towered(world_copy), TinyEncoder()
    ingest(world_copy, [("sample:new", "Something New", "Nobody Else")])
    assert place_new_songs(world_copy.factory, release, world_copy.home, encode=encoder.sentences) > 0
    asked = encoder.asked
    with world_copy.factory() as session:
        before = state_of(session, release)
    assert place_new_songs(world_copy.factory, release, world_copy.home, encode=encoder.sentences) == 0
    with world_copy.factory() as session:
        assert (state_of(session, release), encoder.asked) == (before, asked)


def test_news_is_seen_by_its_state(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE)
    with world_copy.factory() as session:
        before = load_new_songs(session, release)
    ingest(world_copy, [("sample:new", "Something New", "Nobody Else")])
    assert place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE) == 1
    with world_copy.factory() as session:
        assert state_of(session, release) != before.state
        assert len(load_new_songs(session, release)) == len(before) + 1


def test_a_song_follows_the_list_it_comes_to_stand_in(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    ingest(world_copy, [("sample:new", "Something New", "Nobody Else")])
    place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE)
    with world_copy.factory() as session:
        known = songs_repository.name_songs(session, release.song_ids[:5].tolist(), "sample")
        before = load_new_songs(session, release)
    ingest(world_copy, [], ("sample:new", *known.values()))
    assert place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE) == 1
    with world_copy.factory() as session:
        after = load_new_songs(session, release)
    at = after.song_ids.tolist().index(song_id(world_copy, "sample:new"))
    mates = release.vectors[release.rows(np.array(list(known)))].mean(0)
    assert after.vectors[at] @ mates > before.vectors[at] @ mates + 0.05


def test_without_a_tower_artists_and_lists_still_place(world_copy: TinyWorld) -> None:
    artist = world_copy.truth.songs["artist"][0]
    ingest(world_copy, [("sample:new", "Something New", artist)])
    bare = with_tower(world_copy.release, None)
    place_new_songs(world_copy.factory, bare, world_copy.home, encode=ENCODE)
    with world_copy.factory() as session:
        assert song_id(world_copy, "sample:new") in load_new_songs(session, bare).song_ids


def test_places_in_releases_that_are_gone_are_forgotten(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    old = replace(release, name="gone")
    place_new_songs(world_copy.factory, old, world_copy.home, encode=ENCODE)
    place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE)
    with world_copy.factory() as session:
        assert len(load_new_songs(session, old)) == 0
        assert len(load_new_songs(session, release)) > 0


def test_a_deleted_song_takes_its_place_along(world_copy: TinyWorld) -> None:
    release = towered(world_copy)
    ingest(world_copy, [("sample:new", "Something New", "Nobody Else")])
    place_new_songs(world_copy.factory, release, world_copy.home, encode=ENCODE)
    number = song_id(world_copy, "sample:new")
    with write_transaction(world_copy.factory) as session:
        session.execute(delete(Song).where(Song.id == number))
    with world_copy.factory() as session:
        assert number not in load_new_songs(session, release).song_ids


def test_an_ingest_without_a_release_places_nothing(tmp_path: Path, world_copy: TinyWorld) -> None:
    assert place_after_ingest(world_copy.factory, tmp_path) == 0


def test_what_goes_wrong_is_logged_and_the_ingest_goes_on(
    world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> int:
        raise OSError("no space left on device")

    monkeypatch.setattr("pipelines.new_songs.place_new_songs", fail)
    assert place_after_ingest(world_copy.factory, world_copy.home) == 0
    assert "no space left on device" in caplog.text


def test_the_ingest_places_by_itself(world_copy: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.new_songs.cached_encoder", lambda home: ENCODE)
    artist = world_copy.truth.songs["artist"][0]
    rows = frame(SONGS, [("sample:new", "Something New", artist, "", None, "{}")])
    releases = world_copy.home / "releases"
    ingest_batches([Batch(songs=rows)], session_factory=world_copy.factory, releases=releases)
    with world_copy.factory() as session:
        new = load_new_songs(session, world_copy.release)
    assert song_id(world_copy, "sample:new") in new.song_ids
