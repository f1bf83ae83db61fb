"""Tags: words for how songs are, with the weight (0..1) that each source gives them.

A tag has one row a folded name. What a source says of a song is replaced as a whole, so that a tag which the
source took back goes away, and what other sources say stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import SongTag, Tag
from db.repositories.bulk import chunks, insert_returning_ids, insert_rows, own_ids, read_frame
from db.text import bounded, fold

if TYPE_CHECKING:
    import pandas as pd

TagWeights = Mapping[str, float]

_DTYPES = {"song_id": "int64", "tag_id": "int64", "weight": "float64", "source": "str"}


def tag_name(text: str) -> str:
    """Return a tag as it is stored: folded, so that "Hip-Hop" and "hip hop" are one; "" for blanks."""
    return bounded(fold(text))


def read_song_tags(session: Session) -> pd.DataFrame:
    """Return all tags of all songs: song_id, tag_id, weight, source, by song, tag and source."""
    statement = select(SongTag.song_id, SongTag.tag_id, SongTag.weight, SongTag.source)
    return read_frame(session, statement.order_by(SongTag.song_id, SongTag.tag_id, SongTag.source), _DTYPES)


def tag_names(session: Session) -> dict[int, str]:
    """Return the name of every tag by its id."""
    rows = session.execute(select(Tag.id, Tag.name).order_by(Tag.id))
    return {row.id: row.name for row in rows}


def tags_of(session: Session, song_ids: Iterable[int]) -> dict[int, dict[str, float]]:
    """Return the tags of each song, heaviest first, by name with the largest weight that a source gives.

    Songs without tags are left out.
    """
    found: dict[int, dict[str, float]] = {}
    statement = (
        select(SongTag.song_id, Tag.name, SongTag.weight)
        .join(Tag, Tag.id == SongTag.tag_id)
        .order_by(SongTag.song_id, SongTag.weight.desc(), Tag.name)
    )
    for chunk in chunks(own_ids(song_ids)):
        for song_id, name, weight in session.execute(statement.where(SongTag.song_id.in_(chunk))):
            found.setdefault(song_id, {}).setdefault(name, weight)
    return found


def set_song_tags(session: Session, said: Mapping[tuple[int, str], TagWeights]) -> set[int]:
    """Store what sources say of songs, in the place of what they said before.

    Parameters
    ----------
    said : mapping of (song id, source) to weights 0..1 by tag name, as `tag_name` gives it
        An empty mapping takes all tags of that source from the song.

    Returns
    -------
    set of int
        The songs whose tags are other than before.
    """
    number_of = _ensure_tags(session, (name for weights in said.values() for name in weights))
    wanted = {
        key: {number_of[name]: float(weight) for name, weight in weights.items()}
        for key, weights in said.items()
    }
    stored = _stored(session, wanted)
    changed = [key for key, weights in wanted.items() if weights != stored.get(key, {})]
    for source, songs in _by_source(key for key in changed if key in stored).items():
        for chunk in chunks(songs):
            session.execute(delete(SongTag).where(SongTag.source == source, SongTag.song_id.in_(chunk)))
    rows = [
        {"song_id": song, "tag_id": tag, "source": source, "weight": weight}
        for song, source in changed
        for tag, weight in wanted[song, source].items()
    ]
    if rows:
        insert_rows(session, SongTag, rows)
    return {song for song, _ in changed}


def _by_source(keys: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    songs: dict[str, list[int]] = {}
    for song, source in keys:
        songs.setdefault(source, []).append(song)
    return songs


def _stored(session: Session, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], dict[int, float]]:
    found: dict[tuple[int, str], dict[int, float]] = {}
    statement = select(SongTag.song_id, SongTag.source, SongTag.tag_id, SongTag.weight)
    for source, songs in _by_source(keys).items():
        for chunk in chunks(songs):
            where = (SongTag.source == source, SongTag.song_id.in_(chunk))
            for song, name, tag, weight in session.execute(statement.where(*where)):
                found.setdefault((song, name), {})[tag] = weight
    return found


def _ensure_tags(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Return the id of each tag by name, making those that are not there."""
    wanted = list(dict.fromkeys(names))
    known: dict[str, int] = {}
    for chunk in chunks(wanted):
        known.update(
            (name, n) for name, n in session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(chunk)))
        )
    missing = [name for name in wanted if name not in known]
    known.update(
        zip(missing, insert_returning_ids(session, Tag, [{"name": n} for n in missing]), strict=True)
    )
    return known
