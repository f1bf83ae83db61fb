"""The model of taste from which the sample world is drawn.

**Truth space.** A song s is a point t_s in [0, 1]^A. Its A axes are the ten genres, each scored by itself
(a song may be .99 rock and .99 classical), and eleven attributes such as guitar, synth and calm.

**Songs.** With artist scores b (the genres of the sheet, else .04), attribute scores that the sheet gives
or the genres' usual sound mixed by b_g^2, a nudge k for quiet and bright songs, and z ~ N(0, 1):

    t_sa = sigmoid(logit b_a + k_a + jitter_a z)                                                        (1)

A second version of a recording starts from its first version instead of b, with half the jitter. Planted
songs have the genre scores that were written for them. Popularity follows Zipf's law, with rank r_s by the
sum of an artist's and a song's normal deviate:

    p_s = r_s^-zipf                                                                                     (2)

**Interests.** A target m in [0, 1]^A cares about an axis as far as it is extreme there; a genre matters
only by being wanted, an attribute also by being unwanted (half as much):

    c_a(m) = c_0 + max(0, 2 m_a - 1) for a genre,   c_0 + |2 m_a - 1| / 2 for an attribute              (3)
    d(s, m) = sum_a c_a (t_sa - m_a)^2 / sum_a c_a                                                      (4)
    appeal(s, m) = exp(-d(s, m) / (2 width^2))                                                          (5)

A song that is high on two genres thus appeals to those who want either. A user has one to four interests
m_i, each a song's truth jittered once more (so that tastes live where songs do), of different leading
genres, with weights w_i ~ Dirichlet(2). Their taste is sum_i w_i m_i.

**Listens.** At share x of the year a session (5 to 25 songs, one mood) belongs to interest i with probability
proportional to w_i exp(drift_i (2 x - 1)). Its songs are drawn without replacement with weights

    (1 - replay) g_s / sum g + replay h_s / sum h,                                                      (6)
    g_s = appeal(s, mood) p_s^pull (1 + loyalty [s is by a favourite artist]),   h_s = n_s appeal(s, mood),

where the mood is m_i jittered, n_s counts the user's plays of s so far (so that what is loved is replayed),
and pull, loyalty and replay are the user's own. A song is skipped with probability sigmoid((skip_at -
appeal(s, m_i)) / .12).

**Playlists.** One is made by an owner out of a context q (a target with a name, such as quiet strings on a
wet Sunday) or an artist, with one or two of the owner's interests, and a whim N(0, whim) for each artist:

    log weight_s = share log appeal(s, q) + (1 - share) log appeal(s, m_i) + pull log p_s + whim_artist(s) (7)

Owners choose the occasions that suit an interest: those whose appealing songs are appealing to it. A few
songs are noise, drawn by popularity alone. Order drifts slowly along a random direction of truth space.
One playlist in ten is an edited copy of an earlier one.

Drawing n of N without replacement with weights w takes the n largest of log w + Gumbel noise (Efraimidis &
Spirakis, 2006; Kool et al., 2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GENRES: tuple[str, ...] = (
    "rock",
    "pop",
    "edm",
    "hip hop",
    "jazz",
    "classical",
    "ambient",
    "folk",
    "metal",
    "latin",
)
ATTRIBUTES: tuple[str, ...] = (
    "guitar",
    "synth",
    "piano",
    "strings",
    "brass",
    "drums",
    "vocal",
    "electronic",
    "calm",
    "cheerful",
    "tempo",
)
AXES: tuple[str, ...] = GENRES + ATTRIBUTES
MAX_INTERESTS = 4


@dataclass(frozen=True)
class TasteModel:
    """The constants of the model; names as in the module's equations, jitters in logits."""

    genre_jitter: float = 0.45
    attribute_jitter: float = 0.55
    zipf: float = 0.75
    base_care: float = 0.06
    width: float = 0.16
    interest_jitter: float = 0.3
    mood_jitter: float = 0.35
    skip_at: float = 0.25
    context_share: float = 0.6
    playlist_pull: float = 0.75
    whim: float = 0.8
    noise_share: float = 0.09
    copy_share: float = 0.1


def axis(name: str) -> int:
    """Return the column of an axis in every truth matrix; ValueError for a name that is none."""
    return AXES.index(name)


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), elementwise."""
    result: Floats = 1.0 / (1.0 + np.exp(-x))
    return result


def logit(p: Floats) -> Floats:
    """Return log(p / (1 - p)), elementwise, with p kept within .005 to .995 so that it stays finite."""
    clipped = np.clip(p, 0.005, 0.995)
    result: Floats = np.log(clipped / (1.0 - clipped))
    return result


def jittered(points: Floats, scale: Floats | float, *, rng: np.random.Generator) -> Floats:
    """Move points of truth space by normal noise of this scale in logits; the shape stays."""
    return sigmoid(logit(points) + scale * rng.standard_normal(points.shape))


def care(targets: Floats, *, base_care: float) -> Floats:
    """How much each target cares about each axis, equation (3), normalised to sum 1; shape (..., A)."""
    lean = 2.0 * targets - 1.0
    n_genre = len(GENRES)
    weights = np.concatenate(
        [np.maximum(0.0, lean[..., :n_genre]), 0.5 * np.abs(lean[..., n_genre:])], axis=-1
    )
    weights = weights + base_care
    result: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return result


def log_appeal(song_truth: Floats, targets: Floats, *, model: TasteModel) -> Floats:
    """Return log appeal of every song to every target, equations (4) and (5); shape (n_targets, n_songs)."""
    weights = care(targets, base_care=model.base_care)
    # sum_a c (t - m)^2 = c.t^2 - 2 (c m).t + c.m^2: three matrix products, no (targets, songs, axes) array.
    distance = weights @ (song_truth**2).T - 2.0 * (weights * targets) @ song_truth.T
    distance += (weights * targets**2).sum(axis=1, keepdims=True)
    result: Floats = -np.maximum(distance, 0.0) / (2.0 * model.width**2)
    return result


def draw_without_replacement(log_weights: Floats, n: int, *, rng: np.random.Generator) -> Ints:
    """Draw n positions, without replacement, in falling order of Gumbel key; fewer if fewer have weight."""
    keys = log_weights + rng.gumbel(size=len(log_weights))
    rows = np.argpartition(-keys, min(n, len(keys)) - 1)[:n]
    rows = rows[np.isfinite(keys[rows])]
    result: Ints = rows[np.argsort(-keys[rows])].astype(np.int64)
    return result


def drifting_order(points: Floats, *, wobble: float, rng: np.random.Generator) -> Ints:
    """Order points (n, A) along a random direction of their space, with noise of `wobble` times their
    spread.
    """
    along = points @ rng.standard_normal(points.shape[1])
    result: Ints = np.argsort(along + wobble * along.std() * rng.standard_normal(len(points))).astype(
        np.int64
    )
    return result
