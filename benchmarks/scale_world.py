"""A world of any size on disk: lists, songs, users and listens of realistic shape, streamed from a seed.

    python -m benchmarks.scale_world write FOLDER --playlists 10000 [--format mpd|tabular|both] [--days 3]
    python -m benchmarks.scale_world fit --data FOLDER

`write` makes FOLDER/mpd (slices of the Million Playlist Dataset) and FOLDER/tabular (Parquet, docs/data.md);
with `--days N` also FOLDER/mpd-day-1, FOLDER/tabular-day-1 and so on: a hundredth more of everything each, in
the same names. A million lists have 66 million places and 2.2 million songs. The same seed gives the same
bytes, a slice at a time, so memory holds the catalogue and one slice; what it came to is printed.

`fit` prints the figures of the world beside those of real playlists, and with `--search N` looks for a shape
that is nearer to them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.scale_world_model import SLICE, Ints, Lists, Size, World
from benchmarks.scale_world_names import list_names, song_names
from pipelines.memory import peak_bytes

_GROUP_SLICES = 16  # Slices in a row group of Parquet.
_SONGS_AT_ONCE = 50_000
_CREATED = "2026-11-21 00:00:00"


def write_mpd(world: World, folder: Path, day: int = 0) -> int:
    """Write a day's lists as slices of a thousand; returns the number of rows."""
    folder.mkdir(parents=True, exist_ok=True)
    n_rows = 0
    for lists in world.slices(day):
        first, last = int(lists.numbers[0]), int(lists.numbers[-1])
        name = f"mpd.slice.{first}-{last}.json" if day == 0 else f"mpd.slice.{first}-{last}.day-{day}.json"
        path = folder / name
        with path.open("w", encoding="ascii") as file:
            info = {"generated_on": _CREATED, "slice": f"{first}-{last}", "version": "v1"}
            file.write('{"info": ' + json.dumps(info) + ', "playlists": [')
            for i, text in enumerate(_playlists_as_json(world, lists)):
                file.write(",\n" if i else "\n")
                file.write(text)
            file.write("\n]}\n")
        n_rows += len(lists.songs)
    return n_rows


def _playlists_as_json(world: World, lists: Lists) -> Iterator[str]:
    used, place = np.unique(lists.songs, return_inverse=True)
    tracks = _tracks_as_json(world, used)
    names = list_names(world, lists.communities, lists.numbers)
    places, bounds = place.tolist(), lists.indptr.tolist()
    for i, (number, name) in enumerate(zip(lists.numbers.tolist(), names, strict=True)):
        own = places[bounds[i] : bounds[i + 1]]
        entries = ", ".join([f'{{"pos": {pos}, {tracks[song]}' for pos, song in enumerate(own)])
        yield (
            f'{{"name": "{name}", "collaborative": "false", "pid": {number}, "modified_at": 1493424000, '
            f'"num_tracks": {len(own)}, "num_followers": 1, "tracks": [{entries}]}}'
        )


def _tracks_as_json(world: World, songs: Ints) -> list[str]:
    """What each song's entry says after its position; names hold no character that JSON escapes."""
    names = song_names(world, songs)
    rows = zip(
        names.ids, names.titles, names.artists, names.artist_numbers.tolist(), names.albums,
        names.durations_ms.tolist(), strict=True,
    )  # fmt: skip
    return [
        f'"artist_name": "{artist}", "track_uri": "spotify:track:{one}", "artist_uri": '
        f'"spotify:artist:{number:022d}", "track_name": "{title}", "album_uri": '
        f'"spotify:album:{hash_of(album):022d}", "duration_ms": {duration}, "album_name": "{album}"}}'
        for one, title, artist, number, album, duration in rows
    ]


def hash_of(text: str) -> int:
    """A number for an album's name, the same in every process."""
    return int.from_bytes(text.encode()[:8].ljust(8, b"\0"), "big")


def write_tabular(world: World, folder: Path, day: int = 0) -> int:
    """Write a day's lists, songs, names and listens as Parquet; returns the rows of `playlists`.

    The songs of a later day are those that came on it, and all that its lists and listens name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    used = np.zeros(world.n_songs(day), dtype=bool)
    used[slice(None) if day == 0 else slice(world.first_new_song(day), None)] = True
    n_rows = _write_lists(world, folder, day, used)
    _write_plays(world, folder, day, used)
    return n_rows


def write_plays(world: World, folder: Path, day: int = 0) -> None:
    """Write a day's listens as Parquet, with the songs that they name."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_plays(world, folder, day, np.zeros(world.n_songs(day), dtype=bool))


def _write_plays(world: World, folder: Path, day: int, used: np.ndarray) -> None:
    if world.size.users:
        _write_listens(world, folder / "listens.parquet", day, used)
    _write_songs(world, folder / "songs.parquet", np.flatnonzero(used))


def _write_lists(world: World, folder: Path, day: int, used: np.ndarray) -> int:
    n_rows = 0
    rows = _Writer(folder / "playlists.parquet")
    meta = _Writer(folder / "playlist_meta.parquet")
    for lists in world.slices(day):
        lengths = np.diff(lists.indptr)
        position = np.arange(len(lists.songs)) - np.repeat(lists.indptr[:-1], lengths)
        cells = {
            "playlist_id": np.repeat(lists.numbers, lengths),
            "position": position,
            "song_id": lists.songs,
        }
        rows.add({name: pa.array(column, pa.int32()) for name, column in cells.items()})
        names = list_names(world, lists.communities, lists.numbers)
        meta.add({"playlist_id": pa.array(lists.numbers), "name": pa.array(names)})
        used[lists.songs] = True
        n_rows += len(lists.songs)
    rows.close()
    meta.close()
    return n_rows


def _write_listens(world: World, path: Path, day: int, used: np.ndarray) -> None:
    writer = _Writer(path)
    for plays in world.listens(day):
        writer.add(
            {
                "user_id": pa.array(plays.users, pa.int32()),
                "song_id": pa.array(plays.songs, pa.int32()),
                "listened_at": pa.array(plays.times_s),
                "completion": pa.array(plays.completion),
            }
        )
        used[plays.songs] = True
    writer.close()


def _write_songs(world: World, path: Path, songs: Ints) -> None:
    writer = _Writer(path)
    for start in range(0, len(songs), _SONGS_AT_ONCE):
        part = songs[start : start + _SONGS_AT_ONCE]
        names = song_names(world, part)
        writer.add(
            {
                "song_id": pa.array(part),
                "spotify_track_id": pa.array(names.ids),
                "title": pa.array(names.titles),
                "artist": pa.array(names.artists),
                "album": pa.array(names.albums),
                "duration_ms": pa.array(names.durations_ms),
                "genre": pa.array(names.genres),
            }
        )
    writer.close()


class _Writer:
    """A Parquet file that grows by row groups of some slices."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []

    def add(self, columns: dict[str, pa.Array]) -> None:
        """Take rows."""
        self._waiting.append(pa.record_batch(columns))
        if len(self._waiting) == _GROUP_SLICES:
            self._flush()

    def close(self) -> None:
        """Write what is left and end the file."""
        self._flush()
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        if self._waiting:
            table = pa.Table.from_batches(self._waiting)
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd")
            self._writer.write_table(table, row_group_size=table.num_rows)
            self._waiting = []


def write(world: World, folder: Path, formats: tuple[str, ...], days: int) -> None:
    """Write the world and its days of growth, and say what it took."""
    for day in range(days + 1):
        for form in formats:
            started = time.perf_counter()
            into = folder / (form if day == 0 else f"{form}-day-{day}")
            n_rows = (write_mpd if form == "mpd" else write_tabular)(world, into, day)
            seconds = time.perf_counter() - started
            n_bytes = sum(path.stat().st_size for path in into.iterdir())
            print(
                f"{into}: {n_rows:,} rows, {n_bytes / 2**20:,.1f} MiB, {seconds:.1f} s, "
                f"{n_rows / seconds:,.0f} rows a second, memory at its peak {peak_bytes() / 2**20:,.0f} MiB",
                flush=True,
            )


def main(arguments: list[str] | None = None) -> None:
    """Write a world, or fit one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write", help="write a world of a size")
    writing.add_argument("folder", type=Path)
    writing.add_argument("--playlists", type=int, default=10_000, help=f"lists, in slices of {SLICE}")
    writing.add_argument("--songs", type=int, help="songs; by default 2.2 a list")
    writing.add_argument("--users", type=int, help="users with listens; by default one to twenty lists")
    writing.add_argument("--days", type=int, default=0, help="days of growth, a hundredth more each")
    writing.add_argument("--format", choices=("mpd", "tabular", "both"), default="both")
    fitting = commands.add_parser("fit", help="print the world's figures beside real ones")
    fitting.add_argument("--data", type=Path, required=True, help="folder of a tabular set of playlists")
    fitting.add_argument("--search", type=int, default=0, help="shapes to try")
    for one in (writing, fitting):
        one.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    if args.command == "fit":
        from benchmarks.scale_world_fit import fit

        fit(args.data, search=args.search, seed=args.seed)
        return
    if args.playlists < 1 or args.days < 0:
        parser.error("a world has a list at least, and no fewer than 0 days")
    formats = ("mpd", "tabular") if args.format == "both" else (args.format,)
    size = Size.of(args.playlists, args.songs, args.users)
    write(World(size, args.seed), args.folder, formats, args.days)


if __name__ == "__main__":
    main()
