"""The tags of one batch into the database: folded, bounded, in the place of what the source said before."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from sqlalchemy.orm import Session

from db.repositories.refs import external_id
from db.repositories.tags import set_song_tags, tag_name
from pipelines.columns import SONG_REF, TAG, WEIGHT
from pipelines.ingest_songs import Complain, texts
from pipelines.sources.table_tags import MAX_TAG, MAX_TAGS


def store_tags(
    session: Session, tags: pd.DataFrame, *, song_of: Mapping[str, int], complain: Complain
) -> set[int]:
    """Store a batch's tags, a frame of SONG_TAGS; return the songs whose tags are other than before.

    The source is the scheme of the song's ref. A tag of "" says that the source has looked at a song and
    gives it none. Of one tag spelled in two ways the first row counts.
    """
    said: dict[tuple[int, str], dict[str, float]] = {}
    too_many: dict[tuple[int, str], str] = {}
    columns = (tags[SONG_REF].tolist(), texts(tags[TAG]), tags[WEIGHT].tolist())
    for ref, tag, weight in zip(*columns, strict=True):
        song, pair = song_of.get(ref), external_id(ref)
        if song is None or pair is None:
            complain(f"song {ref[:100]}", "a tag of a song that is not known")
            continue
        key = (song, pair[0])
        weights = said.setdefault(key, {})
        name = tag_name(tag)
        if not name:
            if tag:
                complain(f"song {ref[:100]}", "a tag of blanks")
        elif len(name) > MAX_TAG:
            complain(f"song {ref[:100]}", f"a tag of {len(name)} characters, {MAX_TAG} are the most")
        elif not 0.0 <= weight <= 1.0:  # True of NaN, too.
            complain(f"song {ref[:100]}", f"tag {tag!r} has weight {weight}, from 0 to 1 is expected")
        elif name not in weights and len(weights) >= MAX_TAGS:
            too_many[key] = ref
        else:
            weights.setdefault(name, float(weight))
    for ref in too_many.values():
        complain(f"song {ref[:100]}", f"more than {MAX_TAGS} tags; the first {MAX_TAGS} are kept")
    return set_song_tags(session, said) if said else set()
