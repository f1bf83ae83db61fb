"""Stage `clean`: the database, read once, as lists to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from db.repositories import listens as listens_repository
from db.repositories import playlists as playlists_repository
from db.repositories import songs as songs_repository
from pipelines.clean import LIST_ID, kinship, training_lists
from pipelines.columns import SONG_ID, TITLE
from pipelines.night.job import VERSION, Job, NothingToLearnError, hash_of_rows
from pipelines.release import ALBUM_ID, ARTIST_ID, RECORDING_KEY
from pipelines.stages import StageReport

_SONG_COLUMNS = [SONG_ID, TITLE, "artist", ARTIST_ID, ALBUM_ID, RECORDING_KEY]


def run(job: Job) -> StageReport:
    """Read the database once; what comes out decides whether anything is new."""
    with job.session_factory() as session:
        entries = playlists_repository.read_entries(session)
        playlists = playlists_repository.read_playlists(session)
        listens = listens_repository.read_listens(session)
        songs = songs_repository.read_songs(session)
    lists = training_lists(entries, kinship(playlists), listens)
    if lists.empty:
        raise NothingToLearnError("the database holds no playlist or session of two songs: ingest some first")
    # Other facts of songs may change without touching any list; they are part of what comes out.
    marks = [VERSION, *(hash_of_rows(frame) for frame in (lists, songs))]

    def write(folder: Path) -> Mapping[str, Any]:
        lists.to_parquet(folder / "lists.parquet", index=False)
        songs[_SONG_COLUMNS].to_parquet(folder / "songs.parquet", index=False)
        return {
            "playlists": len(playlists),
            "listens": len(listens),
            "lists": int(lists[LIST_ID].nunique()),
            "songs": int(lists[SONG_ID].nunique()),
        }

    return job.work.run("clean", write, inputs=marks, again=job.again("clean"))
