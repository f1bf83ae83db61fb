"""What users are playing right now: told by players, kept in memory for as long as a song may last."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from service.http.kept import Kept

# Without a length a song is taken to be over by then.
LONGEST_S = 15 * 60.0
_MOST_USERS = 10_000


@dataclass(frozen=True)
class Playing:
    """A song that is being played; `song_id` is 0 where it is none of the catalogue."""

    title: str
    artist: str
    album: str
    song_id: int
    until: float


@dataclass
class NowPlaying:
    """The song of each user. Each process has its own: it is told and asked for again soon enough."""

    clock: Callable[[], float] = time.monotonic
    _songs: Kept[int, Playing] = field(default_factory=lambda: Kept(_MOST_USERS))

    def play(
        self, user_id: int, title: str, artist: str, album: str = "", *, song_id: int = 0,
        duration_s: float | None = None,
    ) -> None:  # fmt: skip
        """Note what a user begins to play."""
        lasts_s = min(duration_s or LONGEST_S, LONGEST_S)
        self._songs.put(user_id, Playing(title, artist, album, song_id, self.clock() + lasts_s))

    def of(self, user_id: int) -> Playing | None:
        """What a user plays; None for nothing, or what must be over by now."""
        found = self._songs.get(user_id)
        return found if found is not None and found.until > self.clock() else None
