"""Which incoming song is which stored one (DESIGN 3), decided on plain values.

1. A song that is stored under the incoming song's own id is it.
2. Else one that is stored under a further id of it, unless both have ids of one scheme and they differ: two
   different ids of one scheme are two songs.
3. Else the oldest song of the same artist and title that has no id of any of the incoming song's schemes. A
song
   that comes in without ids matches any song of its artist and title.
4. Else it is new.

Songs of one batch are decided in their order, and a later one finds what an earlier one brought. A found
song gains the ids that it has not, but never a second one of a scheme, nor one that belongs to another song.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Id = tuple[str, str]  # scheme, value


@dataclass(frozen=True, slots=True)
class Incoming:
    """One song as a source names it.

    `ids` are its external ids, its own first; none for a song known by name alone. `name_key` is "" where
    artist and title cannot tell it.
    """

    ids: tuple[Id, ...]
    name_key: str


@dataclass
class Known:
    """The stored songs that a batch may mean: by id, by name (oldest first), and the ids that they have."""

    song_of: dict[Id, int] = field(default_factory=dict)
    by_name: dict[str, list[int]] = field(default_factory=dict)
    ids_of: dict[int, dict[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolution:
    """For each incoming song the stored one, or -1, -2, ... for new ones in the order of their coming.

    `new_ids` are the ids to be stored: (song as above, scheme, value).
    """

    songs: list[int]
    new_ids: list[tuple[int, str, str]]

    @property
    def n_new(self) -> int:
        """How many songs are new."""
        return -min(self.songs, default=0) if min(self.songs, default=0) < 0 else 0


def resolve(incoming: Sequence[Incoming], known: Known) -> Resolution:
    """Decide for each incoming song which one it is; `known` takes up what is new."""
    songs: list[int] = []
    new_ids: list[tuple[int, str, str]] = []
    n_new = 0
    for song in incoming:
        found = _find(song, known)
        if found is None:
            n_new += 1
            found = -n_new
            if song.name_key:
                known.by_name.setdefault(song.name_key, []).append(found)
        new_ids.extend((found, *pair) for pair in _give(song.ids, found, known))
        songs.append(found)
    return Resolution(songs, new_ids)


def _find(song: Incoming, known: Known) -> int | None:
    if song.ids and song.ids[0] in known.song_of:
        return known.song_of[song.ids[0]]
    for pair in song.ids[1:]:
        candidate = known.song_of.get(pair)
        if candidate is not None and not _contradicts(known.ids_of.get(candidate, {}), song.ids):
            return candidate
    schemes = {scheme for scheme, _ in song.ids}
    for candidate in known.by_name.get(song.name_key, ()) if song.name_key else ():
        if schemes.isdisjoint(known.ids_of.get(candidate, {})):
            return candidate
    return None


def _contradicts(stored: dict[str, str], ids: Iterable[Id]) -> bool:
    """Say whether a scheme has one value here and only others there."""
    values: dict[str, set[str]] = {}
    for scheme, value in ids:
        values.setdefault(scheme, set()).add(value)
    return any(scheme in stored and stored[scheme] not in given for scheme, given in values.items())


def _give(ids: Iterable[Id], song: int, known: Known) -> list[Id]:
    """Note the ids that a song gains, and return them."""
    mine = known.ids_of.setdefault(song, {})
    gained = []
    for scheme, value in ids:
        if scheme not in mine and (scheme, value) not in known.song_of:
            mine[scheme] = value
            known.song_of[scheme, value] = song
            gained.append((scheme, value))
    return gained
