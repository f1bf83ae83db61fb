"""A user's decisions about their profile, as they are kept in its settings, and in a release's rows.

    {"decisions": {"17": {"do": "mute", "what": "interest"}, "4": {"do": "forget", "what": "interest",
    "songs": [4, 9, 12]}}}

A decision goes by the database id of a song. One that forgets an interest names the songs that it had: new
listens of that kind make a new interest, as they would for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.release import Release
from recsys.decisions import Decisions

KEY = "decisions"
PIN, MUTE, FORGET = "pin", "mute", "forget"
DOINGS = (PIN, MUTE, FORGET)
INTEREST, SONG = "interest", "song"


@dataclass(frozen=True)
class Decided:
    """One decision: pin, mute or forget, an interest or a song alone; `songs` are what it forgets."""

    do: str
    what: str
    songs: tuple[int, ...] = ()


def read_decided(settings: Mapping[str, Any] | None) -> dict[int, Decided]:
    """The decisions in a profile's settings, by song id; what is none is passed over."""
    found: dict[int, Decided] = {}
    stored = (settings or {}).get(KEY, {})
    for song, value in stored.items() if isinstance(stored, Mapping) else ():
        if not str(song).isdecimal() or not isinstance(value, Mapping):
            continue
        do, what = value.get("do"), value.get("what")
        if do in DOINGS and what in (INTEREST, SONG):
            songs = tuple(int(i) for i in value.get("songs", ()) if isinstance(i, int))
            found[int(song)] = Decided(str(do), str(what), songs)
    return found


def write_decided(settings: Mapping[str, Any] | None, decided: Mapping[int, Decided]) -> dict[str, Any]:
    """Settings with these decisions in the place of the ones before; everything else stays."""
    others = {name: value for name, value in (settings or {}).items() if name != KEY}
    if not decided:
        return others
    written = {
        str(song): {"do": one.do, "what": one.what} | ({"songs": list(one.songs)} if one.songs else {})
        for song, one in sorted(decided.items())
    }
    return others | {KEY: written}


def decisions_of(release: Release, decided: Mapping[int, Decided]) -> Decisions:
    """Decisions in the rows of a release; songs without a place in it are left out."""
    if not decided:
        return Decisions()

    def rows(do: str, what: str) -> np.ndarray:
        songs = [song for song, one in decided.items() if (one.do, one.what) == (do, what)]
        return _rows(release, songs)

    forgotten = [i for song, one in decided.items() if one.do == FORGET for i in (song, *one.songs)]
    return Decisions(
        pinned_interests=rows(PIN, INTEREST),
        pinned_songs=rows(PIN, SONG),
        muted_interests=rows(MUTE, INTEREST),
        muted_songs=rows(MUTE, SONG),
        forgotten=_rows(release, forgotten),
    )


def _rows(release: Release, songs: list[int]) -> np.ndarray:
    rows = release.rows(np.unique(np.array(songs, dtype=np.int64)))
    return rows[rows >= 0]
