"""A year of listens and a few likes and dislikes, equation (6) of the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.columns import (
    COMPLETION,
    DTYPES,
    DURATION_MS,
    FEEDBACK,
    KIND,
    LISTENED_AT_S,
    LISTENS,
    SONG_REF,
    USER_REF,
)
from pipelines.sample_world import model as m
from pipelines.sample_world.model import Floats, Ints, TasteModel
from pipelines.sample_world.songs import Songs, song_refs
from pipelines.sample_world.users import Users

DAY_S = 86_400
YEAR_START_S = 1_761_955_200  # 2025-11-01T00:00:00Z, a Saturday
N_DAYS = 365
YEAR_END_S = YEAR_START_S + N_DAYS * DAY_S  # the first second after 2026-10-31
FEWEST, MOST = 60, 400  # listens a user
MEDIAN_LISTENS, LISTENS_SPREAD = 170.0, 0.5
SHORTEST_SESSION, LONGEST_SESSION = 5, 25
WEEKEND = 1.8  # how much likelier a session is on a Saturday or Sunday
HOURS = np.array([7.5, 12.5, 17.5, 20.5])  # the middle of breakfast, lunch, the way home, the evening
WORKDAY_HOURS = np.array([0.2, 0.1, 0.2, 0.5])
WEEKEND_HOURS = np.array([0.05, 0.25, 0.2, 0.5])
WOBBLE = 1.0
SKIP_SOFTNESS = 0.12
N_LIKES, N_DISLIKES = 6.0, 2.0  # on average


@dataclass(frozen=True)
class _History:
    """One user's year, in order of time; all arrays are (n_listens,)."""

    songs: Ints
    times_s: Ints
    completion: Floats
    appeal: Floats


def session_sizes(n_listens: int, *, rng: np.random.Generator) -> list[int]:
    """Split n_listens (at least 5) into sessions of 5 to 25."""
    sizes: list[int] = []
    left = n_listens
    while left > LONGEST_SESSION:
        drawn = int(
            np.clip(round(10.0 * np.exp(0.4 * rng.standard_normal())), SHORTEST_SESSION, LONGEST_SESSION)
        )
        sizes.append(min(drawn, left - SHORTEST_SESSION))
        left -= sizes[-1]
    return [*sizes, left]


def session_starts(n_sessions: int, *, rng: np.random.Generator) -> Ints:
    """Draw rising start times, in seconds UTC, on different days, none of them the last: sessions end in
    the year.
    """
    weekend = np.arange(N_DAYS - 1) % 7 < 2
    chance = np.where(weekend, WEEKEND, 1.0)
    days = np.sort(rng.choice(N_DAYS - 1, size=n_sessions, replace=False, p=chance / chance.sum()))
    cumulative = np.where(weekend[days, None], WEEKEND_HOURS.cumsum(), WORKDAY_HOURS.cumsum())
    slots = (rng.random((n_sessions, 1)) > cumulative[:, :-1]).sum(axis=1)
    hours = np.clip(HOURS[slots] + rng.normal(0.0, 1.0, size=n_sessions), 5.5, 22.9)
    result: Ints = (YEAR_START_S + days * DAY_S + np.round(hours * 3600.0)).astype(np.int64)
    return result


def _session(
    user: int, n: int, *, mood: Floats, plays: Floats, users: Users, songs: Songs, rng: np.random.Generator
) -> Ints:
    """Draw the songs of one session from the mood's appeal (n_songs,) and the plays so far, equation (6)."""
    new = mood * songs.popularity ** users.pull[user]
    new *= 1.0 + users.loyalty[user] * users.favourites[user][songs.artist]
    again = plays * mood
    replay = users.replay[user] if again.sum() > 0 else 0.0
    weights = (1.0 - replay) * new / new.sum() + replay * again / max(again.sum(), 1e-12)
    chosen = m.draw_without_replacement(np.log(weights + 1e-12), n, rng=rng)
    return chosen[m.drifting_order(songs.truth[chosen], wobble=WOBBLE, rng=rng)]


def _completion(appeal: Floats, *, model: TasteModel, rng: np.random.Generator) -> Floats:
    skipped = rng.random(len(appeal)) < m.sigmoid((model.skip_at - appeal) / SKIP_SOFTNESS)
    result: Floats = np.where(skipped, rng.beta(1.2, 5.0, size=len(appeal)), 1.0).round(3)
    return result


def _history(
    user: int, *, users: Users, songs: Songs, model: TasteModel, rng: np.random.Generator
) -> _History:
    drawn = MEDIAN_LISTENS * np.exp(LISTENS_SPREAD * rng.standard_normal())
    sizes = session_sizes(int(np.clip(round(drawn), FEWEST, MOST)), rng=rng)
    starts = session_starts(len(sizes), rng=rng)
    x = (starts - YEAR_START_S) / (YEAR_END_S - YEAR_START_S)
    lean = users.weights[user] * np.exp(np.outer(2.0 * x - 1.0, users.drift[user]))
    cumulative = (lean / lean.sum(axis=1, keepdims=True)).cumsum(axis=1)
    interest = (rng.random((len(sizes), 1)) > cumulative[:, :-1]).sum(axis=1)
    targets = users.interests[user][interest]
    liking = np.exp(m.log_appeal(songs.truth, targets, model=model))
    moods = m.log_appeal(songs.truth, m.jittered(targets, model.mood_jitter, rng=rng), model=model)
    duration_s = songs.frame[DURATION_MS].to_numpy(dtype=np.float64) / 1000.0
    plays = np.zeros(len(songs.truth))
    parts: list[tuple[Ints, Ints, Floats, Floats]] = []
    for size, start, like, mood in zip(sizes, starts, liking, np.exp(moods), strict=True):
        chosen = _session(user, size, mood=mood, plays=plays, users=users, songs=songs, rng=rng)
        done = _completion(like[chosen], model=model, rng=rng)
        plays[chosen] += done > 0.5
        # Two seconds between songs, and at least that long on each, keep the times of a user apart.
        lasted = np.maximum(1.0, np.round(done * duration_s[chosen])) + 2.0
        times = start + np.concatenate([[0.0], lasted.cumsum()[:-1]]).astype(np.int64)
        parts.append((chosen, times, done, like[chosen]))
    return _History(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _feedback(history: _History, *, rng: np.random.Generator) -> list[tuple[int, str, int]]:
    """Draw (song, kind, time): likes among what was heard out and suits, dislikes among what was skipped."""
    result: list[tuple[int, str, int]] = []
    heard_out = history.completion > 0.5
    for kind, rows, mean in (
        ("like", np.flatnonzero(heard_out & (history.appeal > 0.5)), N_LIKES),
        ("dislike", np.flatnonzero(~heard_out & (history.appeal < 0.2)), N_DISLIKES),
    ):
        picked = rng.permutation(rows)[: rng.poisson(mean)]
        result += [(int(history.songs[row]), kind, int(history.times_s[row])) for row in picked]
    # The last word on a song counts.
    latest = {song: (song, kind, time) for song, kind, time in sorted(result, key=lambda r: (r[2], r[0]))}
    return list(latest.values())


def build_listens(
    users: Users, songs: Songs, *, model: TasteModel, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw everyone's year; return the frames of listens and of feedback, each user's rows in order of
    time.
    """
    histories = [
        _history(user, users=users, songs=songs, model=model, rng=rng) for user in range(len(users.refs))
    ]
    said = [
        (ref, *row) for ref, h in zip(users.refs, histories, strict=True) for row in _feedback(h, rng=rng)
    ]
    listens = pd.DataFrame(
        {
            USER_REF: np.repeat(users.refs, [len(h.songs) for h in histories]),
            SONG_REF: song_refs(np.concatenate([h.songs for h in histories])),
            LISTENED_AT_S: np.concatenate([h.times_s for h in histories]),
            COMPLETION: np.concatenate([h.completion for h in histories]),
        }
    )
    feedback = pd.DataFrame(
        {
            USER_REF: [row[0] for row in said],
            SONG_REF: song_refs(np.array([row[1] for row in said], dtype=np.int64)),
            KIND: [row[2] for row in said],
            LISTENED_AT_S: [row[3] for row in said],
        }
    )
    return (
        listens.astype({name: DTYPES[name] for name in LISTENS}),
        feedback.astype({name: DTYPES[name] for name in FEEDBACK}),
    )
