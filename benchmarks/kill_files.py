"""The files that the kill matrix ingests, and whether a database holds a list of theirs by halves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import text

from benchmarks.kill_checks import connected

SONGS, SLICES, LISTS, TRACKS = 400, 24, 20, 15


def half_lists(url: str) -> list[str]:
    """Lists that are stored without all their entries."""
    with connected(url) as connection:
        query = """SELECT count(*) FROM playlists p WHERE (SELECT count(*) FROM playlist_entries e
            WHERE e.playlist_id = p.id) <> :n"""
        n = connection.execute(text(query), {"n": TRACKS}).scalar_one()
    return [f"{n} lists are stored by halves"] if n else []


def write_files(folder: Path) -> list[Path]:
    """Lists in slices of the Spotify layout, and lists with listens as tables; return both folders."""
    rng = np.random.default_rng(1)
    slices, tables = folder / "slices", folder / "tables"
    for one in (slices, tables):
        one.mkdir(parents=True, exist_ok=True)
    for number in range(SLICES):
        lists = [_list(number * LISTS + place, rng) for place in range(LISTS)]
        path = slices / f"mpd.slice.{number * LISTS}-{number * LISTS + LISTS - 1}.json"
        path.write_text(json.dumps({"info": {}, "playlists": lists}), encoding="utf-8")
    songs = "".join(f"{song},Title {song},Artist {song % 50}\n" for song in range(SONGS))
    (tables / "songs.csv").write_text("song_id,title,artist\n" + songs)
    rows = (f"{one},{at},{song}\n" for one in range(50) for at, song in enumerate(_songs(rng)))
    (tables / "playlists.csv").write_text("playlist_id,position,song_id\n" + "".join(rows))
    heard = (f"{n % 40},{rng.integers(SONGS)},{1_600_000_000 + n * 600}\n" for n in range(4000))
    (tables / "listens.csv").write_text("user_id,song_id,listened_at\n" + "".join(heard))
    return [slices, tables]


def _songs(rng: np.random.Generator) -> list[int]:
    return [int(song) for song in rng.choice(SONGS, TRACKS, replace=False)]


def _list(number: int, rng: np.random.Generator) -> dict[str, Any]:
    tracks = [
        {
            "pos": place,
            "artist_name": f"Artist {song % 50}",
            "track_uri": f"spotify:track:{song:022d}",
            "artist_uri": f"spotify:artist:{song % 50:022d}",
            "track_name": f"Title {song}",
            "album_uri": f"spotify:album:{song // 10:022d}",
            "duration_ms": 200_000 + song,
            "album_name": f"Album {song // 10}",
        }
        for place, song in enumerate(_songs(rng))
    ]
    return {
        "name": f"List {number}", "collaborative": "false", "pid": number, "modified_at": 1_500_000_000,
        "num_tracks": len(tracks), "num_albums": 1, "num_followers": 1, "tracks": tracks, "num_edits": 1,
        "duration_ms": 1, "num_artists": 1,
    }  # fmt: skip
