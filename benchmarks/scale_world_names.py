"""What songs, artists, albums and lists of the scale world are called: made from numbers, kept nowhere.

Every fifteenth song or so is a version of the song before it (live, remastered), as catalogues are. A song
that came on a later day is by the artist of the song that it stands beside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.scale_world_model import GENRES, Ints, World, mixed

_ONSETS = "b br c ch d dr f fl g gr h j k l m n p pr r s sh st t tr v w z".split()
_VOWELS = "a e i o u ai ea ou".split()
_CODAS = "l m n nd r rn s st t x".split()
WORDS = [o + v + c for o in _ONSETS for v in _VOWELS for c in _CODAS]
_VERSIONS = (" - Live", " - Remastered 2011", " (Acoustic)", " - Radio Edit")
GENRE_WORDS = (
    "rock pop jazz folk metal house techno soul funk blues country reggae punk disco ambient classical indie "
    "latin gospel rap"
).split()
assert len(GENRE_WORDS) == GENRES
_MOODS = "late summer quiet loud golden rainy happy blue slow fast".split()


@dataclass(frozen=True)
class SongNames:
    """Columns of one row a song; `ids` are 22 letters and digits, as Spotify's are."""

    ids: list[str]
    titles: list[str]
    artists: list[str]
    artist_numbers: Ints
    albums: list[str]
    durations_ms: Ints
    genres: list[str]


def song_names(world: World, songs: Ints) -> SongNames:
    """Name songs, of any day."""
    stand = world.standing_for(songs)
    artists = world.catalogue.artists[stand].astype(np.int64)
    salt = world.seed * 4
    bits = mixed(songs, salt)
    first = world.catalogue.artist_starts[artists]
    is_version = (bits % np.uint64(15) == 0) & (songs > first) & (songs < world.size.songs)
    named = mixed(np.where(is_version, songs - 1, songs), salt)
    titles = [_title(word) for word in named.tolist()]
    for i in np.flatnonzero(is_version).tolist():
        titles[i] += _VERSIONS[int(bits[i]) >> 20 & 3]
    albums = mixed(artists * 64 + (bits % np.uint64(4)).astype(np.int64), salt + 3)
    return SongNames(
        ids=[f"{high & (2**60 - 1):015x}{number:07x}" for high, number in
             zip(bits.tolist(), songs.tolist(), strict=True)],
        titles=titles,
        artists=[artist_name(number, word) for number, word in
                 zip(artists.tolist(), mixed(artists, salt + 1).tolist(), strict=True)],
        artist_numbers=artists,
        albums=[_title(word) for word in albums.tolist()],
        durations_ms=(120_000 + bits % np.uint64(200_000)).astype(np.int64),
        genres=[GENRE_WORDS[g] for g in world.catalogue.genre_of(stand).tolist()],
    )  # fmt: skip


def list_names(world: World, communities: Ints, numbers: Ints) -> list[str]:
    """Name lists after what is in them."""
    starts = world.catalogue.communities[communities]
    genres = world.catalogue.genre_of(np.minimum(starts, world.size.songs - 1)).tolist()
    n = len(WORDS)
    return [
        f"{_MOODS[number * 7 % len(_MOODS)]} {GENRE_WORDS[genre]} {WORDS[community * 31 % n]}"
        for genre, community, number in zip(genres, communities.tolist(), numbers.tolist(), strict=True)
    ]


def artist_name(number: int, bits: int) -> str:
    """Two words and, so that no two are alike, a number in words of few letters."""
    n = len(WORDS)
    tail = WORDS[number % n] + (WORDS[number // n % n] if number >= n else "")
    return f"{WORDS[bits % n].capitalize()} {tail.capitalize()}"


def _title(bits: int) -> str:
    n = len(WORDS)
    words = [WORDS[bits % n].capitalize(), WORDS[(bits >> 16) % n], WORDS[(bits >> 32) % n]]
    return " ".join(words[: 1 + (bits >> 48) % 3])
