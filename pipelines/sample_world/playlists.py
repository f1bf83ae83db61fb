"""The playlists of the sample world: who made them, for what, and what is in them, equation (7) of the
model.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.columns import (
    ATTRIBUTES,
    DTYPES,
    ENTRIES,
    NAME,
    PLAYLIST_REF,
    PLAYLISTS,
    POSITION,
    SONG_REF,
    SOURCE_KEY,
)
from pipelines.sample_world import contexts as words
from pipelines.sample_world import model as m
from pipelines.sample_world.model import Floats, Ints, TasteModel
from pipelines.sample_world.songs import NAMESPACE, Songs, artist_names, song_refs
from pipelines.sample_world.users import Users

KINDS = ("context", "personal", "artist", "two interests")
KIND_SHARES = (0.68, 0.12, 0.1, 0.1)
SHORTEST, LONGEST = 8, 60
MEDIAN_LENGTH, LENGTH_SPREAD = 20.0, 0.5
ARTIST_PUSH = 2.0  # added to the log weight of the songs of the artist whom a playlist is about
CONTEXT_LOOSENESS = 0.3  # how far owners stray from the occasions that suit them
WOBBLE = 0.7  # how far the order of a playlist departs from its drift


@dataclass(frozen=True)
class Playlists:
    """The drawn playlists: frames, owners' rows, and of which row each is an edited copy (-1: of none)."""

    frame: pd.DataFrame
    entries: pd.DataFrame
    owner: Ints
    copied_from: Ints


@dataclass(frozen=True)
class _Draft:
    name: str
    owner: int
    songs: Ints


class _Maker:
    """Draws one playlist after another; holds what is the same for all of them."""

    def __init__(self, songs: Songs, users: Users, *, model: TasteModel, rng: np.random.Generator) -> None:
        self.songs, self.users, self.model, self.rng = songs, users, model, rng
        self.artists = artist_names()
        self.log_popularity = np.log(songs.popularity)
        targets = np.stack([context.target() for context in words.CONTEXTS])
        self.context_appeal = m.log_appeal(songs.truth, targets, model=model)
        n_users, n_slots, n_axes = users.interests.shape
        appeal = m.log_appeal(songs.truth, users.interests.reshape(-1, n_axes), model=model)
        self.interest_appeal = appeal.reshape(n_users, n_slots, -1)
        activity = 0.3 + rng.pareto(2.0, size=(n_users,))
        self.activity = activity / activity.sum()

    def new(self) -> _Draft:
        """Draw a playlist that is nobody's copy."""
        owner = int(self.rng.choice(len(self.activity), p=self.activity))
        kind = self.rng.choice(KINDS, p=KIND_SHARES)
        interests = self._interests(owner, 2 if kind == "two interests" else 1)
        length = self._length()
        parts = np.array_split(np.arange(length), len(interests))
        weights, name = self._weights_and_name(kind, owner, interests)
        picked: list[Ints] = []
        for part, log_weights in zip(parts, weights, strict=True):
            taken = log_weights.copy()
            for earlier in picked:
                taken[earlier] = -np.inf
            chosen = m.draw_without_replacement(self._with_noise(taken), len(part), rng=self.rng)
            order = m.drifting_order(self.songs.truth[chosen], wobble=WOBBLE, rng=self.rng)
            picked.append(chosen[order])
        return _Draft(name, owner, np.concatenate(picked))

    def copy(self, original: _Draft) -> _Draft:
        """Draw an edited copy: up to a tenth dropped, up to a fifth of its kin added, two songs swapped."""
        kept = original.songs[self.rng.random(len(original.songs)) > self.rng.uniform(0.0, 0.1)]
        kin = m.log_appeal(self.songs.truth, self.songs.truth[kept].mean(axis=0)[None], model=self.model)[0]
        kin = kin + self.log_popularity
        kin[original.songs] = -np.inf
        n_added = int(self.rng.integers(0, max(1, len(kept) // 5) + 1))
        added = m.draw_without_replacement(kin, n_added, rng=self.rng) if n_added else kept[:0]
        songs = np.concatenate([kept, added])[:LONGEST]
        if len(songs) < SHORTEST:
            songs = original.songs.copy()
        one, other = self.rng.choice(len(songs), size=2, replace=False)
        songs[[one, other]] = songs[[other, one]]
        owner = original.owner if self.rng.random() < 0.5 else int(self.rng.integers(len(self.activity)))
        return _Draft(str(self.rng.choice(words.COPY_NAMES)).format(original.name), owner, songs)

    def _length(self) -> int:
        drawn = MEDIAN_LENGTH * np.exp(LENGTH_SPREAD * self.rng.standard_normal())
        return int(np.clip(round(drawn), min(SHORTEST, len(self.log_popularity)), LONGEST))

    def _interests(self, owner: int, n: int) -> list[int]:
        weights = self.users.weights[owner]
        n = min(n, int((weights > 0).sum()))
        return [int(i) for i in self.rng.choice(len(weights), size=n, replace=False, p=weights)]

    def _weights_and_name(self, kind: str, owner: int, interests: list[int]) -> tuple[list[Floats], str]:
        own = self.interest_appeal[owner, interests]
        whim = self.rng.normal(0.0, self.model.whim, size=len(self.artists))[self.songs.artist]
        rest = self.model.playlist_pull * self.log_popularity + whim
        if kind == "context":
            # The occasion suits the interest when both like the same songs.
            fit = np.exp(self.context_appeal) @ np.exp(own[0])
            fit /= np.exp(self.context_appeal).sum(axis=1) ** 0.5
            chosen = int(
                m.draw_without_replacement(np.log(fit + 1e-9) / CONTEXT_LOOSENESS, 1, rng=self.rng)[0]
            )
            share = self.model.context_share
            name = str(self.rng.choice(words.CONTEXTS[chosen].names))
            suffix = str(self.rng.choice(words.SERIES_SUFFIXES))
            return [share * self.context_appeal[chosen] + (1.0 - share) * own[0] + rest], name + suffix
        if kind == "artist":
            artist = self._artist(owner, own[0])
            push = ARTIST_PUSH * (self.songs.artist == artist)
            name = str(self.rng.choice(words.ARTIST_NAMES)).format(self.artists[artist])
            return [own[0] + rest + push], name
        genres = [self._genre(owner, i) for i in interests]
        pattern = words.TWO_INTEREST_NAMES if len(genres) == 2 else words.PERSONAL_NAMES
        return [row + rest for row in own], str(self.rng.choice(pattern)).format(*genres)

    def _artist(self, owner: int, own: Floats) -> int:
        """One of the owner's favourite artists, the better suited to the interest the likelier."""
        log_love = own + np.where(self.users.favourites[owner][self.songs.artist], 0.0, -50.0)
        song = m.draw_without_replacement(log_love, 1, rng=self.rng)[0]
        return int(self.songs.artist[song])

    def _genre(self, owner: int, interest: int) -> str:
        return m.GENRES[int(self.users.interests[owner, interest, : len(m.GENRES)].argmax())]

    def _with_noise(self, log_weights: Floats) -> Floats:
        """Mix in popularity alone: every song gets its part of `noise_share`."""
        most = log_weights.max()
        wanted = np.exp(log_weights - most)
        free = np.where(np.isfinite(log_weights), self.songs.popularity, 0.0)
        share = self.model.noise_share
        with np.errstate(divide="ignore"):
            result: Floats = np.log((1.0 - share) * wanted / wanted.sum() + share * free / free.sum())
        return result


def build_playlists(
    n_playlists: int, songs: Songs, *, users: Users, model: TasteModel, rng: np.random.Generator
) -> Playlists:
    """Draw `n_playlists` playlists of the users, some of them edited copies of earlier ones."""
    maker = _Maker(songs, users, model=model, rng=rng)
    drafts: list[_Draft] = []
    copied_from = np.full(n_playlists, -1, dtype=np.int64)
    for row in range(n_playlists):
        if row > 0 and rng.random() < model.copy_share:
            source = int(rng.integers(row))
            # A copy of a copy counts as a copy of the first, from which it may have drifted too far.
            source = source if copied_from[source] < 0 else int(copied_from[source])
            copied_from[row] = source
            drafts.append(maker.copy(drafts[source]))
        else:
            drafts.append(maker.new())
    owner = np.array([draft.owner for draft in drafts], dtype=np.int64)
    return Playlists(_frame(drafts, users), _entries(drafts), owner, copied_from)


def _frame(drafts: list[_Draft], users: Users) -> pd.DataFrame:
    owners = [users.refs[draft.owner].removeprefix(f"{NAMESPACE}:") for draft in drafts]
    return pd.DataFrame(
        {
            PLAYLIST_REF: [f"{NAMESPACE}:{row}" for row in range(len(drafts))],
            NAME: [draft.name for draft in drafts],
            # Copies are left for the grouping to find, as in most real collections.
            SOURCE_KEY: "",
            ATTRIBUTES: [json.dumps({"owner": owner}) for owner in owners],
        }
    ).astype({name: DTYPES[name] for name in PLAYLISTS})


def _entries(drafts: list[_Draft]) -> pd.DataFrame:
    lengths = [len(draft.songs) for draft in drafts]
    return pd.DataFrame(
        {
            PLAYLIST_REF: np.repeat([f"{NAMESPACE}:{row}" for row in range(len(drafts))], lengths),
            POSITION: np.concatenate([np.arange(n) for n in lengths]),
            SONG_REF: song_refs(np.concatenate([draft.songs for draft in drafts])),
        }
    ).astype({name: DTYPES[name] for name in ENTRIES})
