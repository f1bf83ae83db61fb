"""Radio: an endless walk through the song space that starts at its seeds and drifts gently.

Each song is drawn among those nearest to a target half way between the song before and a slowly moving home,
so neighbours are near one another and the whole stays together. The home follows what was played and is
pulled back to the seed; with several seeds it glides from one to the next. No recording comes twice, at
least `gap` songs by others lie between two of an artist, and no `window` places in a row hold more than
`artist_cap` of them. Where no song of the catalogue could obey, the cap gives way, then the gap, and the
step says so.

The walk depends on nothing but its arguments and the state of `rng`, never on how many songs are taken: the
first fifty of a hundred are the fifty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recsys.rules import DEFAULT_ADVENTURE, Catalogue, RuleSettings
from recsys.song2vec import unit

# The walk chooses among so many songs near its home, found anew every so many steps.
_POOL, _RENEWED = 2000, 50
# Places between the starts of two seeds' turns, and how fast the home glides then.
_LEG, _GLIDE = 10, 0.25


@dataclass(frozen=True)
class RadioSettings:
    """How a radio walks.

    Attributes
    ----------
    artist_cap, window : int
        Songs of an artist among so many places in a row.
    gap : int
        Songs by others between two of an artist, at least.
    drift, pull : float
        How far the home moves towards each song played, and back to the seed.
    noise : float
        Scale of the Gumbel noise on cosines: what makes two radios differ.
    novelty : float
        What the rarest song gains on the most popular one, in cosine.
    leaning : float
        Weight of the listener's taste, in cosine.
    """

    artist_cap: int = 2
    window: int = 50
    gap: int = 5
    drift: float = 0.08
    pull: float = 0.04
    noise: float = 0.02
    novelty: float = 0.0
    leaning: float = 0.15

    @classmethod
    def of_adventure(cls, adventure: float) -> RadioSettings:
        """Settings for one number: 0 stays at the seed and with the popular, 1 leads far away.

        Raises
        ------
        ValueError
            Not within 0..1.
        """
        rules = RuleSettings.of_adventure(adventure)
        return cls(
            artist_cap=rules.artist_cap,
            drift=0.02 + 0.2 * adventure,
            pull=0.06 * (1.0 - adventure),
            noise=0.01 + 0.03 * adventure,
            novelty=0.2 * (adventure - DEFAULT_ADVENTURE),
            leaning=0.2 * (1.0 - adventure),
        )


@dataclass(frozen=True)
class Step:
    """One song of a radio: its row, its cosine with the song before (1 for the first), the rules that gave
    way for it.
    """

    row: int
    cosine: float
    relaxed: tuple[str, ...] = ()


def radio(
    seeds: np.ndarray,
    *,
    vectors: np.ndarray,
    catalogue: Catalogue,
    counts: np.ndarray,
    banned: np.ndarray,
    rng: np.random.Generator,
    settings: RadioSettings | None = None,
    taste: np.ndarray | None = None,
) -> Iterator[Step]:
    """Walk on from the seeds until every recording has come.

    Parameters
    ----------
    seeds : int array
        Rows, at least one; the walk begins with the first.
    vectors : float32 array, shape (n_rows, dim)
        Unit song vectors.
    counts : array, shape (n_songs,)
        In how many lists each song stands. Rows from `n_songs` on may be seeds but are not drawn.
    banned : int array
        Rows that never come, unless they are seeds.
    taste : float32 array, shape (n_interests, dim), optional
        Unit vectors of the listener's interests.

    Raises
    ------
    ValueError
        No seeds.
    """
    if len(seeds) == 0:
        raise ValueError("name at least one song to start from")
    return _Walk(seeds, vectors, catalogue, counts, banned, rng, settings or RadioSettings(), taste).steps()


class _Walk:
    """The state of a walk."""

    def __init__(
        self, seeds: np.ndarray, vectors: np.ndarray, catalogue: Catalogue, counts: np.ndarray,
        banned: np.ndarray, rng: np.random.Generator, settings: RadioSettings, taste: np.ndarray | None,
    ) -> None:  # fmt: skip
        n = len(counts)
        self.seeds, self.vectors, self.catalogue = seeds, vectors, catalogue
        self.rng, self.settings = rng, settings
        self.open = np.linalg.norm(vectors[:n], axis=1) > 0.5
        self.open[banned[banned < n]] = False
        bits = -np.log2(counts + 1.0)
        span = float(bits.max() - bits.min()) if n else 0.0
        self.bonus = settings.novelty * (bits - bits.min()) / span if span > 0 else np.zeros(n)
        if taste is not None and len(taste):
            self.bonus = self.bonus + settings.leaning * (vectors[:n] @ taste.T).max(1)
        self.home = vectors[seeds[0]]
        self.played: list[int] = []
        self.artists_played: list[int] = []
        self.pool = np.zeros(0, dtype=np.int64)

    def steps(self) -> Iterator[Step]:
        while True:
            step = self._seed_of_this_place() or self._drawn()
            if step is None:
                return
            self._play(step.row)
            yield step

    def _anchor(self) -> int:
        return int(self.seeds[(len(self.played) // _LEG) % len(self.seeds)])

    def _seed_of_this_place(self) -> Step | None:
        """A seed opens its turn, where the rules let it."""
        place = len(self.played)
        if place % _LEG or place // _LEG >= len(self.seeds):
            return None
        row, recordings = self._anchor(), self.catalogue.recordings
        recording = int(recordings[row])
        again = row in self.played or (recording >= 0 and recording in recordings[self.played])
        if place and (again or not self._obeys(np.array([row]), self.settings.gap, capped=True)[0]):
            return None
        return Step(row, self._cosine(row))

    def _cosine(self, row: int) -> float:
        return float(self.vectors[self.played[-1]] @ self.vectors[row]) if self.played else 1.0

    def _drawn(self) -> Step | None:
        if len(self.played) % _RENEWED <= 1 or not len(self.pool):
            self.pool = self._nearest()
        found = self._draw(self.pool, self.settings.gap, capped=True)
        if found is not None:
            return Step(found, self._cosine(found))
        everything = np.flatnonzero(self.open)
        attempts = [(self.settings.gap, True), *((gap, False) for gap in range(self.settings.gap, -1, -1))]
        for gap, capped in attempts:
            found = self._draw(everything, gap, capped=capped)
            if found is not None:
                cap = () if capped else ("artist cap",)
                return Step(
                    found, self._cosine(found), (*cap, *(("artist gap",) if gap < self.settings.gap else ()))
                )
        return None

    def _nearest(self) -> np.ndarray:
        near = np.where(self.open, self.vectors[: len(self.open)] @ self.home, -np.inf)
        reach = min(_POOL, len(near))
        best = np.argpartition(-near, reach - 1)[:reach] if reach else np.zeros(0, dtype=np.int64)
        return np.sort(best)

    def _draw(self, among: np.ndarray, gap: int, *, capped: bool) -> int | None:
        among = among[self.open[among]]
        among = among[self._obeys(among, gap, capped=capped)]
        if not len(among):
            return None
        before = self.vectors[self.played[-1]] if self.played else self.home
        target = unit((before + self.home)[None])[0]
        value = self.vectors[among] @ target + self.bonus[among]
        value = value + self.settings.noise * self.rng.gumbel(size=len(among))
        return int(among[int(value.argmax())])

    def _obeys(self, rows: np.ndarray, gap: int, *, capped: bool) -> np.ndarray:
        """Whether the artist of each row may come now."""
        last = np.array(self.artists_played[-gap:] if gap else [], dtype=np.int64)
        barred = set(last.tolist())
        if capped:
            recent = np.array(self.artists_played[-(self.settings.window - 1) :], dtype=np.int64)
            artists, times = np.unique(recent, return_counts=True)
            barred |= set(artists[times >= self.settings.artist_cap].tolist())
        barred.discard(-1)
        return ~np.isin(self.catalogue.artists[rows], list(barred))

    def _play(self, row: int) -> None:
        versions = self.catalogue.versions(np.array([row]))
        self.open[versions[versions < len(self.open)]] = False
        self.played.append(row)
        self.artists_played.append(max(int(self.catalogue.artists[row]), -1))
        # One seed pulls a little all the time; several take the home along from one to the next.
        pull = self.settings.pull if len(self.seeds) == 1 else _GLIDE
        moved = self.home + self.settings.drift * self.vectors[row] + pull * self.vectors[self._anchor()]
        self.home = unit(moved[None])[0]
