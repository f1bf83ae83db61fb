"""Stage `clean`: the database, read once, as lists to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from db.repositories import playlists as playlists_repository
from db.repositories import songs as songs_repository
from db.repositories.audio import count_sounds
from pipelines.clean import LIST_ID, kinship, training_lists
from pipelines.columns import SONG_ID, TITLE
from pipelines.night.job import VERSION, Job, NothingToLearnError, hash_of_rows
from pipelines.release import ALBUM_ID, ARTIST_ID, RECORDING_KEY
from pipelines.sounds import VERSION as VERSION_OF_SOUNDS
from pipelines.sounds import Sounds, read_sounds
from pipelines.stages import StageReport
from recsys.sound_space import lists_teach

_SONG_COLUMNS = [SONG_ID, TITLE, "artist", ARTIST_ID, ALBUM_ID, RECORDING_KEY]


def run(job: Job) -> StageReport:
    """Read the database once; what comes out decides whether anything is new."""
    with job.session_factory() as session:
        entries = playlists_repository.read_entries(session)
        playlists = playlists_repository.read_playlists(session)
        listens = listens_repository.read_listens(session)
        songs = songs_repository.read_songs(session)
        lists = training_lists(entries, kinship(playlists), listens)
        sounds = _sounds_to_learn(session, lists)
    if lists.empty and sounds is None:
        raise NothingToLearnError(
            "the database holds no playlist or session of two songs, and no music that was analysed: "
            "ingest some first"
        )
    # Other facts of songs may change without touching any list; they are part of what comes out.
    marks = [VERSION, *(hash_of_rows(frame) for frame in (lists, songs))]
    if sounds is not None:
        marks.append(sounds.sha256)

    def write(folder: Path) -> Mapping[str, Any]:
        lists.to_parquet(folder / "lists.parquet", index=False)
        songs[_SONG_COLUMNS].to_parquet(folder / "songs.parquet", index=False)
        if sounds is not None:
            sounds.save(folder / "sounds.npz")
        return {
            "playlists": len(playlists),
            "listens": len(listens),
            "lists": int(lists[LIST_ID].nunique()),
            "songs": int(lists[SONG_ID].nunique()),
            **({} if sounds is None else {"sounds": len(sounds)}),
        }

    return job.work.run("clean", write, inputs=marks, again=job.again("clean"))


def _sounds_to_learn(session: Session, lists: pd.DataFrame) -> Sounds | None:
    """What songs sound like, where the song space has to be made of that; None where lists teach one."""
    n_sounds = count_sounds(session, VERSION_OF_SOUNDS)
    if n_sounds < 2:
        return None
    counts = lists.drop_duplicates([LIST_ID, SONG_ID])[SONG_ID].value_counts().to_numpy()
    return None if lists_teach(counts, n_sounds) else read_sounds(session)
