"""Stage `clean`: the database as lists to learn from; of playlists only those are read that changed."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import listens as listens_repository
from db.repositories import songs as songs_repository
from db.repositories.audio import count_sounds
from db.repositories.list_contents import read_list_marks, read_list_songs
from pipelines.clean import kinship, session_lists
from pipelines.columns import SONG_ID, TITLE
from pipelines.list_table import ListTable, playlists_now, with_sessions
from pipelines.night.job import VERSION, Job, NothingToLearnError, hash_of_rows
from pipelines.release import ALBUM_ID, ARTIST_ID, RECORDING_KEY
from pipelines.sounds import VERSION as VERSION_OF_SOUNDS
from pipelines.sounds import Sounds, read_sounds
from pipelines.stages import StageReport
from recsys.sound_space import lists_teach

logger = logging.getLogger(__name__)

LISTS_FILE = "lists.npz"
_SONG_COLUMNS = [SONG_ID, TITLE, "artist", ARTIST_ID, ALBUM_ID, RECORDING_KEY]


def run(job: Job) -> StageReport:
    """Read what changed; what comes out decides whether anything is new."""
    with job.session_factory() as session:
        marks_of_lists = read_list_marks(session)
        playlists, n_read = playlists_now(
            marks_of_lists, kinship(marks_of_lists), _before(job), partial(read_list_songs, session)
        )
        listens = listens_repository.read_listens(session)
        lists = with_sessions(playlists, session_lists(listens, first_list=0, first_group=0))
        n_listens = len(listens)
        del listens, marks_of_lists
        songs = songs_repository.read_songs(session)
        teaching = lists.teaching
        sounds = _sounds_to_learn(session, lists)
    if not teaching.any() and sounds is None:
        raise NothingToLearnError(
            "the database holds no playlist or session of two songs, and no music that was analysed: "
            "ingest some first"
        )
    logger.info("clean: %d of %d playlists read", n_read, lists.n_playlists)
    # Other facts of songs may change without touching any list; they are part of what comes out.
    marks = [VERSION, lists.mark(), hash_of_rows(songs)]
    if sounds is not None:
        marks.append(sounds.sha256)

    def write(folder: Path) -> Mapping[str, Any]:
        lists.save(folder / LISTS_FILE)
        songs[_SONG_COLUMNS].to_parquet(folder / "songs.parquet", index=False)
        if sounds is not None:
            sounds.save(folder / "sounds.npz")
        in_lists = lists.songs[np.repeat(teaching, np.diff(lists.indptr))]
        return {
            "playlists": lists.n_playlists,
            "read": n_read,
            "listens": n_listens,
            "lists": int(teaching.sum()),
            "songs": int(np.count_nonzero(np.bincount(in_lists))) if len(in_lists) else 0,
            **({} if sounds is None else {"sounds": len(sounds)}),
        }

    return job.work.run("clean", write, inputs=marks, again=job.again("clean"))


def _before(job: Job) -> ListTable | None:
    """What the last night read; None where there was none, and where everything is to be read again."""
    path = job.work.path("clean", LISTS_FILE)
    if job.again("clean") or not path.exists():
        return None
    try:
        return ListTable.load(path)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("the lists of the last night cannot be read, all are read again: %s", error)
        return None


def _sounds_to_learn(session: Session, lists: ListTable) -> Sounds | None:
    """What songs sound like, where the song space has to be made of that; None where lists teach one."""
    n_sounds = count_sounds(session, VERSION_OF_SOUNDS)
    if n_sounds < 2:
        return None
    counts = np.sort(lists.corpus().counts())[::-1]
    return None if lists_teach(counts, n_sounds) else read_sounds(session)
