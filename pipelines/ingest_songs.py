"""The songs of one batch into the database: resolved, added, filled in.

What is stored of a song is never taken away or overwritten: a source that comes later adds what was missing
(an id, the album, the duration, attributes), and nothing else. So sources that disagree cannot undo each
other, and the same input again changes nothing. Only the tags of a file that was edited go before what the
same file said earlier, of a song that nothing but files tells of.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from db.repositories.bulk import MAX_ID
from db.repositories.catalogue import (
    SongFacts,
    add_aliases,
    add_songs,
    aliases_of,
    facts_of,
    replace_facts,
    songs_by_name,
)
from db.repositories.refs import OWN_SCHEME, external_id
from db.repositories.songs import songs_by_alias
from db.text import cleaned, name_key
from pipelines.columns import ALBUM, ARTIST, ATTRIBUTES, DURATION_MS, SCHEME, SONG_REF, TITLE, VALUE
from pipelines.ingest_files import ids_of_files
from pipelines.recording_key import recording_key
from pipelines.resolve import Id, Incoming, Known, resolve

NAME_SCHEME = "name"  # A ref of this scheme says that a song has no id.
# Schemes of songs that only their music files tell of: by hash, by place, and by ids in tags.
_OF_FILES = frozenset(["file", "path", "mbid", "isrc"])

Complain = Callable[[str, str], None]  # Called with a place and a reason.


SongMemory = dict[str, tuple[int, int]]
"""Songs that this run has stored, by ref: a hash of what was said of them, and their id."""

MOST_REMEMBERED = 3_000_000  # Some 300 bytes each.


@dataclass(frozen=True)
class StoredSongs:
    """Which song each ref of the batch is, and which songs are new or gained something.

    `said` is what to remember of the batch once it is committed.
    """

    song_of: dict[str, int]
    added: set[int]
    changed: set[int]
    said: SongMemory = field(default_factory=dict)


def store_songs(
    session: Session,
    songs: pd.DataFrame,
    aliases: pd.DataFrame,
    *,
    complain: Complain,
    edited: Mapping[Id, int] | None = None,
    memory: Mapping[str, tuple[int, int]] | None = None,
) -> StoredSongs:
    """Store a batch's songs and their ids; frames as in `pipelines.sources.batch`.

    A song of which the same was said before in the same run (`memory`) is not looked at again. What lies at a
    path, or has a hash, is known better by the audio files than by aliases, which may tell of what lay there
    once; `edited` are the ids of files that still hold the song that they held.
    """
    refs, hashes = songs[SONG_REF].tolist(), _hashes(songs)
    before = _before(refs, hashes, aliases, memory) if memory else {}
    if before:
        # The frame's own way to look words up makes a table of all of them first.
        songs = songs[np.array([ref not in before for ref in refs], dtype=bool)]
    stored = _store(session, songs, aliases, complain, edited)
    song_of = stored.song_of
    said = {ref: (one, song_of[ref]) for ref, one in zip(refs, hashes, strict=True) if ref in song_of}
    song_of.update(before)
    return replace(stored, said=said)


def _hashes(songs: pd.DataFrame) -> list[int]:
    """One number for all that is said of a song; of use in this process only."""
    columns = (songs[name].tolist() for name in (SONG_REF, TITLE, ARTIST, ALBUM, ATTRIBUTES))
    durations = songs[DURATION_MS].fillna(-1).tolist()
    return list(map(hash, zip(*columns, durations, strict=True)))


def _before(
    refs: Sequence[str],
    hashes: Sequence[int],
    aliases: pd.DataFrame,
    memory: Mapping[str, tuple[int, int]],
) -> dict[str, int]:
    """The songs of which nothing new is said, by ref, with their ids."""
    named = set(aliases[SONG_REF].tolist())
    return {
        ref: known[1]
        for ref, hashed, known in zip(refs, hashes, map(memory.get, refs), strict=True)
        if known is not None and known[0] == hashed and ref not in named
    }


def _store(
    session: Session,
    songs: pd.DataFrame,
    aliases: pd.DataFrame,
    complain: Complain,
    edited: Mapping[Id, int] | None,
) -> StoredSongs:
    refs, ids, facts = _incoming(songs, aliases, complain)
    pairs_given = [pair for pairs in ids for pair in pairs]
    song_of_id = (
        songs_by_alias(session, pairs_given) | ids_of_files(session, pairs_given) | dict(edited or {})
    )
    keys = [
        "" if pairs and pairs[0] in song_of_id else _name_key(fact, has_ids=bool(pairs))
        for pairs, fact in zip(ids, facts, strict=True)
    ]
    by_name = songs_by_name(session, keys)
    candidates = {*song_of_id.values(), *(song for found in by_name.values() for song in found)}
    known = Known(song_of_id, by_name, aliases_of(session, candidates))
    resolution = resolve([Incoming(*one) for one in zip(ids, keys, strict=True)], known)

    old = facts_of(session, (song for song in resolution.songs if song > 0))
    new = {-number: SongFacts() for number in range(1, resolution.n_new + 1)}
    filled: dict[int, SongFacts] = {}
    retold = {song for song in (edited or {}).values() if known.ids_of.get(song, {}).keys() <= _OF_FILES}
    for song, fact in zip(resolution.songs, facts, strict=True):
        if song < 0:
            _fill(new[song], fact)
        elif (_retell if song in retold else _fill)(old[song], fact):
            filled[song] = old[song]
    number_of = dict(zip(new, add_songs(session, list(new.values())), strict=True))
    replace_facts(session, filled)
    gained = [(number_of.get(song, song), scheme, value) for song, scheme, value in resolution.new_ids]
    add_aliases(session, gained)
    stored = [number_of.get(song, song) for song in resolution.songs]
    added = set(number_of.values())
    changed = {song for song, *_ in gained} | set(filled)
    return StoredSongs(dict(zip(refs, stored, strict=True)), added, changed - added)


def parse_attributes(text: str) -> dict[str, Any] | None:
    """Return a JSON object given as text, None when it is none; NaN and infinities become null."""

    def finite(digits: str) -> float | None:
        return float(digits) if math.isfinite(float(digits)) else None

    if text in ("", "{}"):
        return {}
    try:
        value = json.loads(text, parse_constant=lambda _: None, parse_float=finite)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def texts(column: pd.Series) -> list[str]:
    """Return a column of text with "" for what is missing, and only characters that a database can hold."""
    return [cleaned(text) for text in column.fillna("").astype(str).tolist()]


def _incoming(
    songs: pd.DataFrame, aliases: pd.DataFrame, complain: Complain
) -> tuple[list[str], list[tuple[Id, ...]], list[SongFacts]]:
    """Return refs, ids and facts of the songs that can be stored."""
    further: dict[str, list[Id]] = {}
    columns = (aliases[SONG_REF].tolist(), texts(aliases[SCHEME]), texts(aliases[VALUE]))
    for ref, scheme, value in zip(*columns, strict=True):
        pair = external_id(f"{scheme}:{value}")
        if pair is not None and pair[0] not in (OWN_SCHEME, NAME_SCHEME):
            further.setdefault(ref, []).append(pair)
    refs: list[str] = []
    ids: list[tuple[Id, ...]] = []
    facts: list[SongFacts] = []
    for ref, fact in _rows(songs, complain):
        own = external_id(ref)
        if own is None or own[0] == OWN_SCHEME:
            complain(f"song {ref[:100]}", "not an external id, scheme:value")
        elif own[0] == NAME_SCHEME and not further.get(ref) and not name_key(fact.title, fact.artist):
            complain(f"song {ref[:100]}", "neither an id nor a title")
        else:
            named = () if own[0] == NAME_SCHEME else (own,)
            refs.append(ref)
            ids.append((*named, *further.get(ref, ())))
            facts.append(fact)
    return refs, ids, facts


def _rows(songs: pd.DataFrame, complain: Complain) -> Iterable[tuple[str, SongFacts]]:
    columns: Sequence[list[Any]] = (
        songs[SONG_REF].tolist(),
        texts(songs[TITLE]),
        texts(songs[ARTIST]),
        texts(songs[ALBUM]),
        songs[DURATION_MS].astype("Float64").to_numpy(dtype=float, na_value=math.nan).tolist(),
        songs[ATTRIBUTES].fillna("").tolist(),
    )
    for ref, title, artist, album, duration_ms, text in zip(*columns, strict=True):
        attributes = parse_attributes(text)
        if attributes is None:
            complain(f"song {ref[:100]}", "attributes are not a JSON object")
        usable = 0 < duration_ms <= MAX_ID  # False for NaN
        yield ref, SongFacts(title, artist, album, int(duration_ms) if usable else None, attributes or {})


def _name_key(song: SongFacts, *, has_ids: bool) -> str:
    """Return what a song may be recognised by beside its ids; "" for one whose name does not tell it."""
    if has_ids and not recording_key(song.title, song.artist):  # "Track 01" by "Unknown Artist"
        return ""
    return name_key(song.title, song.artist)


def _retell(stored: SongFacts, given: SongFacts) -> bool:
    """Let edited tags go before what is stored of a song that only files tell of; else as `_fill`."""
    before = (stored.title, stored.artist, stored.album)
    told = (given.title or before[0], given.artist or before[1], given.album or before[2])
    stored.title, stored.artist, stored.album = told
    stored.recording_key = recording_key(stored.title, stored.artist)
    return _fill(stored, given) or told != before


def _fill(stored: SongFacts, given: SongFacts) -> bool:
    """Add to what is stored what is given and missing; return whether there was anything."""
    before = (stored.title, stored.artist, stored.album, stored.duration_ms)
    stored.title = stored.title or given.title
    stored.artist = stored.artist or given.artist
    stored.album = stored.album or given.album
    stored.duration_ms = stored.duration_ms or given.duration_ms
    known = stored.attributes or {}
    more = {key: value for key, value in (given.attributes or {}).items() if key not in known}
    stored.attributes = known | more
    after = (stored.title, stored.artist, stored.album, stored.duration_ms)
    if after[:2] != before[:2]:
        stored.recording_key = recording_key(stored.title, stored.artist)
    return bool(more) or after != before
