"""What people say of tracks that were made here, put to use: a score a track, and a ranker of takes.

Each night the stage `ratings` reads all likes, dislikes and blocks of generated tracks. From
`recsys.take_ranker.FEWEST_RATINGS` on it learns which sounds are liked, and publishes that if it holds on
tracks that took no part in the fit; else what was published stays. A track's score is its share of likes,
with as much doubt as `DOUBT` ratings of what the ranker says (one half without one):

    score = (likes + DOUBT p) / (likes + dislikes + DOUBT)

A generated track that is rather disliked (a score below one half) is trusted less where songs are recommended
(pipelines/new_songs.py). Under `SONGSPACE_HOME/ratings/` lie `take_ranker.npz` and `scores.json`, each
replaced whole.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from db.repositories import generations
from db.repositories.audio import style_embeddings
from db.repositories.generations import Rating
from db.session import SessionFactory
from pipelines.audio_analysis import VERSION
from pipelines.release_files import write_text_atomically
from recsys.take_ranker import TakeRanker, fit_take_ranker

logger = logging.getLogger(__name__)

FOLDER, RANKER, SCORES = "ratings", "take_ranker.npz", "scores.json"
LIKE = "like"
DOUBT = 4.0
_LEAST_TRUST = 0.25


@dataclass(frozen=True)
class RatedTracks:
    """Ratings of generated tracks, one a user and track, and how the tracks sound.

    Attributes
    ----------
    song_ids : int64 array, shape (n_tracks,), ascending
        Tracks whose sound is known, rated or not.
    embeddings : float32 array, shape (n_tracks, size)
    ratings : tuple of Rating
        A block counts as a dislike, and who does both says it once.
    """

    song_ids: np.ndarray
    embeddings: np.ndarray
    ratings: tuple[Rating, ...]

    @property
    def counts(self) -> dict[int, tuple[int, int]]:
        """Likes and dislikes of each rated track."""
        found: dict[int, list[int]] = {}
        for one in self.ratings:
            found.setdefault(one.song_id, [0, 0])[one.kind != LIKE] += 1
        return {song: (likes, dislikes) for song, (likes, dislikes) in found.items()}


def read_rated(session_factory: SessionFactory) -> RatedTracks:
    """Read what people say, and how the tracks sound."""
    with session_factory() as session:
        made = sorted({one.song_id for one in generations.added_audio(session)})
        said = generations.ratings_of(session)
        heard, embeddings = style_embeddings(session, VERSION, made)
    # Who blocks a song that they like does not want it again.
    kinds: dict[tuple[int, int], str] = {}
    for one in said:
        before = kinds.get((one.user_id, one.song_id), LIKE)
        kinds[one.user_id, one.song_id] = one.kind if before == LIKE else before
    ratings = tuple(Rating(user, song, kind) for (user, song), kind in sorted(kinds.items()))
    return RatedTracks(heard, embeddings, ratings)


def learn_ranker(rated: RatedTracks, *, seed: int) -> TakeRanker | None:
    """Fit a ranker to the ratings of tracks whose sound is known; None where they are too few."""
    row_of = {song: row for row, song in enumerate(rated.song_ids.tolist())}
    used = [one for one in rated.ratings if one.song_id in row_of]
    if not used:
        return None
    return fit_take_ranker(
        rated.embeddings[[row_of[one.song_id] for one in used]],
        np.array([one.kind == LIKE for one in used]),
        np.array([one.song_id for one in used]),
        np.random.default_rng(seed),
    )


def score_tracks(rated: RatedTracks, ranker: TakeRanker | None) -> dict[int, float]:
    """The score of every track that was rated, and with a ranker of every one whose sound is known."""
    prior: dict[int, float] = {}
    if ranker is not None and len(rated.song_ids):
        prior = dict(zip(rated.song_ids.tolist(), ranker(rated.embeddings).tolist(), strict=True))
    counts = rated.counts
    found = {}
    for song in sorted(set(prior) | set(counts)):
        likes, dislikes = counts.get(song, (0, 0))
        found[song] = round((likes + DOUBT * prior.get(song, 0.5)) / (likes + dislikes + DOUBT), 4)
    return found


def trust_factor(score: float) -> float:
    """How much of its trust a track keeps: all from a score of one half on."""
    return float(np.clip(2.0 * score, _LEAST_TRUST, 1.0))


def publish_ranker(home: Path, ranker: TakeRanker) -> None:
    """Put a ranker in force, whole or not at all.

    Raises
    ------
    ValueError
        It is not proven, or does not come back as it was written.
    OSError
    """
    if not ranker.is_proven:
        raise ValueError("a ranker is published only where it beats chance on tracks that it did not see")
    path = home / FOLDER / RANKER
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{os.getpid()}-{RANKER}")
    try:
        ranker.save(beside)
        probe = np.stack([ranker.mean, ranker.mean + ranker.spread])
        if not np.array_equal(TakeRanker.load(beside)(probe), ranker(probe)):
            raise ValueError("the ranker does not come back as it was written")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_ranker(home: Path) -> TakeRanker | None:
    """The ranker in force; None where there is none, or it cannot be read, which is logged."""
    path = home / FOLDER / RANKER
    if not path.is_file():
        return None
    try:
        return TakeRanker.load(path)
    except (OSError, ValueError, KeyError) as error:
        logger.warning("%s cannot be read, takes are not ranked: %s", path, error)
        return None


def save_scores(home: Path, scores: Mapping[int, float]) -> bool:
    """Store the scores; returns whether any is new."""
    if dict(scores) == load_scores(home):
        return False
    (home / FOLDER).mkdir(parents=True, exist_ok=True)
    text = json.dumps({str(song): score for song, score in scores.items()}, indent=1)
    write_text_atomically(home / FOLDER / SCORES, text + "\n")
    return True


def load_scores(home: Path) -> dict[int, float]:
    """The scores by song; none where there are none, or they cannot be read, which is logged."""
    path = home / FOLDER / SCORES
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {int(song): float(score) for song, score in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        logger.warning("%s cannot be read, ratings do not count: %s", path, error)
        return {}


def likelihoods(ranker: TakeRanker, files: Sequence[Path]) -> list[float]:
    """How likely each sound file is to be liked, 0..1.

    Raises
    ------
    AudioError, StyleEncoderMissingError, OSError
    """
    from generation.audio import style_encoder
    from pipelines.audio_analysis import LAYER, hear
    from pipelines.decode import read_excerpts

    found = []
    for file in files:
        heard = hear(read_excerpts(file).at(style_encoder.SAMPLE_RATE))
        embedding = np.concatenate([getattr(one, LAYER) for one in heard]).mean(0)
        found.append(float(ranker(embedding[None])[0]))
    return found
