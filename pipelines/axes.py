"""From the tags of the database to the axes of a release.

What a source does not say is not known: a song is taken not to bear a tag only where a source that uses the
tag has tagged that song with something else. Where sources differ, the larger weight counts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from db.repositories import songs as songs_repository
from db.repositories import tags as tags_repository
from db.session import SessionFactory
from pipelines.columns import SONG_ID, WEIGHT
from recsys.axes import BEARS, MAX_AXES, Axes, fit_axes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

logger = logging.getLogger(__name__)

TAG_ID, SOURCE = "tag_id", "source"
# Tags that are looked at, those of most songs: as many again as can become axes.
MOST_TAGS = 2 * MAX_AXES


def fit_release_axes(
    session_factory: SessionFactory, song_ids: np.ndarray, vectors: np.ndarray, *, seed: int
) -> Axes | None:
    """Learn the axes of a release from the tags that are stored.

    Parameters
    ----------
    song_ids : int array, shape (n_songs,)
        Database ids, in any order.
    vectors : float array, shape (n_songs, dim)
        Their unit vectors; zero rows are songs without a place.

    Returns
    -------
    Axes or None
        None where no song of the release bears a tag; `Axes` without any axis where none can be learned.
    """
    started = time.perf_counter()
    with session_factory() as session:
        labels, names, artists = release_labels(session, song_ids)
    if not names:
        logger.info("axes: no song bears a tag")
        return None
    axes = fit_axes(vectors, labels, names, artists=artists, rng=np.random.default_rng(seed))
    logger.info("axes: %d of %d tags, %.1f s", len(axes), len(names), time.perf_counter() - started)
    return axes


def release_labels(session: Session, song_ids: np.ndarray) -> tuple[np.ndarray, Sequence[str], np.ndarray]:
    """What axes are learned from: `tag_labels`, and the artist of each song, its own where none is known."""
    labels, names = tag_labels(session, song_ids)
    songs = songs_repository.read_songs(session)
    artist_of = pd.Series(songs["artist_id"].to_numpy(), index=songs[SONG_ID].to_numpy())
    artists = artist_of.reindex(song_ids).fillna(-1).to_numpy(np.int64)
    own = artists.max(initial=0) + 1 + np.arange(len(artists))
    return labels, names, np.where(artists < 0, own, artists)


def tag_labels(session: Session, song_ids: np.ndarray) -> tuple[np.ndarray, Sequence[str]]:
    """How much each tag fits each song, and the names of the tags, those of most songs first.

    Returns
    -------
    labels : float32 array, shape (n_songs, n_tags)
        0..1, NaN where nobody looked.
    names : list of str
        At most `MOST_TAGS`.
    """
    rows = tags_repository.read_song_tags(session)
    order = np.argsort(song_ids, kind="stable")
    place = np.searchsorted(song_ids[order], rows[SONG_ID].to_numpy())
    place = np.minimum(place, max(len(order) - 1, 0))
    if not len(order):
        return np.zeros((0, 0), np.float32), []
    rows = rows.assign(row=order[place])
    rows = rows[song_ids[rows["row"].to_numpy()] == rows[SONG_ID].to_numpy()]
    # Ties go by the name, not by the order in which the tags came in.
    names = tags_repository.tag_names(session)
    frequency = rows[rows[WEIGHT] >= BEARS].groupby(TAG_ID)[SONG_ID].nunique()
    chosen = sorted(frequency.index.tolist(), key=lambda tag: (-int(frequency[tag]), names[tag]))[:MOST_TAGS]
    return _labels(rows, chosen, len(song_ids)), [names[tag] for tag in chosen]


def _labels(rows: pd.DataFrame, tags: Sequence[int], n_songs: int) -> np.ndarray:
    labels = np.full((n_songs, len(tags)), np.nan, dtype=np.float32)
    column = pd.Index(tags)
    for _, own in rows.groupby(SOURCE, sort=True):
        tagged = own["row"].unique()
        columns = column.get_indexer(pd.Index(own[TAG_ID]))
        used = np.unique(columns[columns >= 0])
        seen = np.ix_(tagged, used)
        labels[seen] = np.fmax(labels[seen], 0.0)
        there = columns >= 0
        cells = own["row"].to_numpy()[there], columns[there]
        np.maximum.at(labels, cells, own[WEIGHT].to_numpy(np.float32)[there])
    return labels
