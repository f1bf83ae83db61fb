"""Playlist files: our own readers read them back, and odd titles break no format."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.answers import SongAnswer
from pipelines.playlist_out import SUFFIXES, write_playlist
from pipelines.sources import jspf, m3u, xspf
from tests.tiny_world import TinyWorld

READERS = {".m3u8": m3u.parse, ".jspf": jspf.parse, ".xspf": xspf.parse}
SONGS = [SongAnswer(f"sample:{i}", "", "", 1.0) for i in (3, 15, 33)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_reads_back(tiny_world: TinyWorld, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    write_playlist(tiny_world.factory, path, "Über\nallem & <mehr>", SONGS)
    (found,) = READERS[suffix](path, path.read_bytes())
    titles = tiny_world.truth.songs["title"].tolist()
    assert found.name == "Über allem & <mehr>"  # type: ignore[union-attr]
    assert [song.title for _, song in found.songs] == [titles[i] for i in (3, 15, 33)]  # type: ignore[union-attr]


def test_another_suffix_is_refused_and_nothing_is_written(tiny_world: TinyWorld, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"ends in \.m3u8, \.jspf, \.xspf"):
        write_playlist(tiny_world.factory, tmp_path / "list.pdf", "", SONGS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_list_is_a_playlist_too(tiny_world: TinyWorld, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"list{suffix}"
    write_playlist(tiny_world.factory, path, "Nothing", [])
    (found,) = READERS[suffix](path, path.read_bytes())
    assert found.songs == []  # type: ignore[union-attr]
