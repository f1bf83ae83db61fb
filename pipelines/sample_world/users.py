"""The users of the sample world and what each of them likes: interests, weights and habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.sample_world import model as m
from pipelines.sample_world.handles import handles
from pipelines.sample_world.model import MAX_INTERESTS, Floats, Ints, TasteModel
from pipelines.sample_world.songs import NAMESPACE, USUAL_SOUND, Songs

INTEREST_SHARES = (0.25, 0.35, 0.25, 0.15)  # of users with one, two, three, four interests
N_FAVOURITES = 3
TWIN_SHARE = 0.04  # pairs of twins for each user
OPPOSITE_SHARE = 0.02
# Pairs of genres as far apart as two tastes of this label can be.
OPPOSITE_GENRES = (("metal", "ambient"), ("edm", "folk"), ("hip hop", "classical"), ("rock", "ambient"))


@dataclass(frozen=True)
class Users:
    """The drawn users.

    `interests` (n_users, 4, A) and `weights` (n_users, 4) are zero where a user has fewer than four;
    `favourites` (n_users, n_artists) is true for favourite artists; `drift` is (n_users, 4), the rest is
    (n_users,). `twins` (n, 2) have equal rows in everything of taste; `opposites` (n, 2) have one contrary
    interest each.
    """

    refs: tuple[str, ...]
    interests: Floats
    weights: Floats
    drift: Floats
    favourites: npt.NDArray[np.bool_]
    loyalty: Floats
    pull: Floats
    replay: Floats
    twins: Ints
    opposites: Ints

    @property
    def taste(self) -> Floats:
        """Each user's one point in truth space, the weighted mean of the interests; shape (n_users, A)."""
        result: Floats = np.einsum("ui,uia->ua", self.weights, self.interests)
        return result


def _interests(songs: Songs, *, model: TasteModel, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw one user's interests (4, A) and weights (4,): jittered songs of different leading genres."""
    n_interests = 1 + int(rng.choice(MAX_INTERESTS, p=INTEREST_SHARES))
    lead = songs.truth[:, : len(m.GENRES)].argmax(axis=1)
    genres = rng.permutation(np.unique(lead))[:n_interests]
    anchors = np.array([rng.choice(np.flatnonzero(lead == genre)) for genre in genres])
    interests = np.zeros((MAX_INTERESTS, len(m.AXES)))
    interests[: len(anchors)] = m.jittered(songs.truth[anchors], model.interest_jitter, rng=rng)
    weights = np.zeros(MAX_INTERESTS)
    weights[: len(anchors)] = rng.dirichlet(np.full(len(anchors), 2.0))
    return interests, weights


def _genre_target(genre: str) -> Floats:
    """The plain interest in one genre and its usual sound."""
    genres = [0.95 if name == genre else 0.03 for name in m.GENRES]
    return np.array([*genres, *USUAL_SOUND[genre]])


def _pairs(n_users: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Choose who is whose twin and who is whose opposite; nobody is chosen twice."""
    n_twins, n_opposites = int(n_users * TWIN_SHARE), int(n_users * OPPOSITE_SHARE)
    chosen = rng.permutation(n_users)[: 2 * (n_twins + n_opposites)].reshape(-1, 2).astype(np.int64)
    return chosen[:n_twins], chosen[n_twins:]


def _favourites(
    songs: Songs, interests: Floats, *, weights: Floats, model: TasteModel, rng: np.random.Generator
) -> Ints:
    """Choose favourite artists by how well their songs meet the interests."""
    log_appeal = m.log_appeal(songs.truth, interests[weights > 0], model=model)
    love = weights[weights > 0] @ np.exp(log_appeal)
    by_artist = np.bincount(songs.artist, weights=love) / np.maximum(1, np.bincount(songs.artist))
    return m.draw_without_replacement(np.log(by_artist + 1e-9), N_FAVOURITES, rng=rng)


def build_users(n_users: int, songs: Songs, *, model: TasteModel, rng: np.random.Generator) -> Users:
    """Draw `n_users` users with their tastes and habits, twins and opposites among them."""
    names = handles(n_users, rng=rng)
    twins, opposites = _pairs(n_users, rng)
    interests = np.zeros((n_users, MAX_INTERESTS, len(m.AXES)))
    weights = np.zeros((n_users, MAX_INTERESTS))
    for user in range(n_users):
        interests[user], weights[user] = _interests(songs, model=model, rng=rng)
    for pair, (one, other) in enumerate(opposites):
        for user, genre in zip((one, other), OPPOSITE_GENRES[pair % len(OPPOSITE_GENRES)], strict=True):
            interests[user], weights[user] = 0.0, 0.0
            interests[user, 0], weights[user, 0] = _genre_target(genre), 1.0
    favourites = np.zeros((n_users, int(songs.artist.max()) + 1), dtype=np.bool_)
    for user in range(n_users):
        chosen = _favourites(songs, interests[user], weights=weights[user], model=model, rng=rng)
        favourites[user, chosen] = True
    habits = {
        "interests": interests,
        "weights": weights,
        "drift": rng.normal(0.0, 0.6, size=(n_users, MAX_INTERESTS)),
        "loyalty": rng.gamma(2.0, 2.0, size=n_users),
        "pull": rng.uniform(0.3, 1.1, size=n_users),
        "replay": rng.uniform(0.2, 0.6, size=n_users),
    }
    for values in (*habits.values(), favourites):
        values[twins[:, 1]] = values[twins[:, 0]]
    refs = tuple(f"{NAMESPACE}:{name}" for name in names)
    return Users(refs=refs, favourites=favourites, twins=twins, opposites=opposites, **habits)
