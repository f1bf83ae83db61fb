"""What an evaluation learns from and measures on: lists, listens and facts of songs, from files or the
database.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from db.repositories import listens as listens_repository
from db.repositories import playlists as playlists_repository
from db.repositories import songs as songs_repository
from db.repositories import tags as tags_repository
from db.session import SessionFactory
from db.text import fold
from pipelines.clean import GROUP, LIST_ID, LISTS, SOURCE, kinship, playlist_lists, training_lists
from pipelines.columns import (
    ALBUM,
    ARTIST,
    ATTRIBUTES,
    COMPLETION,
    ENTRIES,
    LISTENED_AT_S,
    LISTENS,
    PLAYLIST_REF,
    PLAYLISTS,
    SONG_ID,
    SONG_REF,
    SONGS,
    TITLE,
    USER_ID,
    USER_REF,
    empty,
)
from pipelines.corpora import corpus_of_lists
from pipelines.recording_key import recording_keys
from pipelines.release import ALBUM_ID, ARTIST_ID, RECORDING_KEY, facts_of_songs
from pipelines.sources.batch import Problem
from pipelines.sources.detect import read_any
from recsys.corpus import Corpus
from recsys.facts import SongFacts


@dataclass(frozen=True)
class Material:
    """Lists, listens and songs under one numbering.

    Attributes
    ----------
    corpus : Corpus
        Every list, sessions of listens included, every song.
    playlists : frame of list_id, song_id, group, source
        The playlists alone.
    listens : frame of user_id, song_id, listened_at_s, completion
    songs : frame of song_id, title, artist, artist_id, album_id, recording_key
        By song_id; ids are -1 where nothing is known.
    tags : weights of tags, by song id
    """

    corpus: Corpus
    playlists: pd.DataFrame
    listens: pd.DataFrame
    songs: pd.DataFrame
    tags: dict[int, dict[str, float]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def facts(self) -> SongFacts:
        """What models know of the songs."""
        return facts_of_songs(self.songs)


def material_of_database(session_factory: SessionFactory) -> Material:
    """Every playlist, session and song of the database, as a night would learn from them."""
    with session_factory() as session:
        entries = playlists_repository.read_entries(session)
        kin = kinship(playlists_repository.read_playlists(session))
        listens = listens_repository.read_listens(session)
        songs = songs_repository.read_songs(session)
        tags = tags_repository.tags_of(session, songs[SONG_ID].tolist())
    corpus = corpus_of_lists(training_lists(entries, kin, listens))
    return Material(corpus, playlist_lists(entries, kin), listens, songs, tags)


def material_of_folder(path: Path, *, group_column: str | None = None, format: str | None = None) -> Material:
    """Read playlists and listens from files, past the database.

    Parameters
    ----------
    group_column : str, optional
        Playlists with the same value of this attribute are one group, as `spotify_playlist_id`; by default
        the source playlist where the files name one, else each playlist alone.

    Raises
    ------
    ValueError
        No playlist has the column.
    """
    playlists, entries, listens, songs = (
        [empty(PLAYLISTS)],
        [empty(ENTRIES)],
        [empty(LISTENS)],
        [empty(SONGS)],
    )
    problems: list[Problem] = []
    for batch in read_any(path, format=format):
        playlists.append(batch.playlists)
        entries.append(batch.entries)
        listens.append(batch.listens)
        songs.append(batch.songs)
        problems.extend(batch.problems)
    listed, pairs = _last_of_each(playlists, entries)
    described = pd.concat(songs, ignore_index=True).drop_duplicates(SONG_REF, keep="last")
    heard = pd.concat(listens, ignore_index=True)
    refs = pd.Index(pd.unique(pd.concat([pairs[SONG_REF], heard[SONG_REF], described[SONG_REF]])))
    kin = _kin(listed, group_column)
    of_list = (
        pd.Series(np.arange(len(listed)), index=listed[PLAYLIST_REF]).loc[pairs[PLAYLIST_REF]].to_numpy()
    )
    order = np.lexsort((pairs["position"].to_numpy(), of_list))
    lists = pd.DataFrame(
        {
            LIST_ID: of_list,
            SONG_ID: refs.get_indexer(pairs[SONG_REF]),
            GROUP: kin[GROUP].to_numpy()[of_list],
            SOURCE: kin[SOURCE].to_numpy()[of_list],
        }
    ).iloc[order]
    plays = pd.DataFrame(
        {
            USER_ID: pd.factorize(heard[USER_REF])[0].astype(np.int64),
            SONG_ID: refs.get_indexer(heard[SONG_REF]).astype(np.int64),
            LISTENED_AT_S: heard[LISTENED_AT_S],
            COMPLETION: heard[COMPLETION],
        }
    )
    return Material(
        _corpus(lists, plays), lists[list(LISTS)].reset_index(drop=True), plays, _songs(refs, described),
        problems=tuple(problems),
    )  # fmt: skip


def _corpus(lists: pd.DataFrame, plays: pd.DataFrame) -> Corpus:
    from pipelines.clean import session_lists

    after = lists.max() + 1 if len(lists) else dict.fromkeys(LISTS, 0)
    sessions = session_lists(
        plays,
        first_list=int(after[LIST_ID]),
        first_group=int(after[GROUP]),
        first_source=int(after[SOURCE]),
    )
    return corpus_of_lists(pd.concat([lists[list(LISTS)], sessions], ignore_index=True))


def _songs(refs: pd.Index, described: pd.DataFrame) -> pd.DataFrame:
    """The songs in the order of their numbers, with artists, albums and recordings numbered as ingest
    would.
    """
    facts = described.set_index(SONG_REF).reindex(refs)
    titles, artists, albums = (facts[name].fillna("").astype(str).tolist() for name in (TITLE, ARTIST, ALBUM))
    keys = [fold(artist) for artist in artists]
    artist_ids = np.where([key == "" for key in keys], -1, pd.factorize(np.array(keys, dtype=object))[0])
    on_album = np.array(
        [f"{key}\n{fold(album)}" for key, album in zip(keys, albums, strict=True)], dtype=object
    )
    album_ids = np.where([album == "" for album in albums], -1, pd.factorize(on_album)[0])
    return pd.DataFrame(
        {
            SONG_ID: np.arange(len(refs), dtype=np.int64),
            TITLE: titles,
            ARTIST: artists,
            ARTIST_ID: artist_ids.astype(np.int64),
            ALBUM_ID: album_ids.astype(np.int64),
            RECORDING_KEY: recording_keys(titles, artists),
        }
    )


def _last_of_each(
    playlists: Sequence[pd.DataFrame], entries: Sequence[pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """All playlists with their entries; of one that comes several times the last, as in an ingest."""
    last = {ref: number for number, frame in enumerate(playlists) for ref in frame[PLAYLIST_REF]}

    def kept(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
        pieces = [frame[frame[PLAYLIST_REF].map(last) == number] for number, frame in enumerate(frames)]
        return pd.concat(pieces, ignore_index=True)

    return kept(playlists), kept(entries)


def _kin(listed: pd.DataFrame, group_column: str | None) -> pd.DataFrame:
    """Group and source of each playlist, numbered."""
    return pd.DataFrame(
        {
            GROUP: pd.factorize(_keys(listed, group_column))[0].astype(np.int64),
            SOURCE: pd.factorize(_keys(listed, None))[0].astype(np.int64),
        }
    )


def _keys(playlists: pd.DataFrame, group_column: str | None) -> pd.Series:
    own = playlists[PLAYLIST_REF]
    if group_column is None:
        return playlists["source_key"].where(playlists["source_key"] != "", own)
    attributes = [json.loads(text) for text in playlists[ATTRIBUTES]]
    values = [facts.get(group_column) for facts in attributes]
    if not any(value is not None for value in values):
        known = sorted({name for facts in attributes[:1000] for name in facts})
        raise ValueError(f"no playlist has a column {group_column!r}; there are {', '.join(known) or 'none'}")
    return pd.Series([str(v) if v is not None else ref for v, ref in zip(values, own, strict=True)])
