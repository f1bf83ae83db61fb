"""Which songs and which excerpts a data set is made of, each drawn from (seed, number) alone.

Clip i is excerpt i % CLIPS_PER_SONG of song i // CLIPS_PER_SONG: composing is then a small part of the
work, and a song's excerpts lie in successive quarters of it, so they overlap little. Every second excerpt
starts on a downbeat, the others anywhere. A song's genre, mood, or the tune that it arranges come from its
number; nothing depends on what was made before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from generation.studio.piece import GENRES, MOODS, Piece
from generation.studio.score import Score

CLIPS_PER_SONG = 4
TUNE_SHARE = 0.2
MIXTURE_SHARE = 0.3
# A tune stays in its split whatever the data set, and so do all its arrangements.
SPLITS: Mapping[str, float] = {"generator": 0.8, "judge": 0.1, "test": 0.1}
# An excerpt in which less than this share of the time is played over is drawn again.
LEAST_SOUND = 0.7
_DRAWS = 12
_TUNES_TRIED = 20


@dataclass(frozen=True)
class SongSpec:
    """What song number `song` of a data set is to be.

    Attributes
    ----------
    song : int
    seed : int
        From which its notes are made.
    genres : mapping of str to float
        Weights that sum to 1, the greatest first.
    mood : str or None
        None: as is usual in the genre.
    arranged : bool
        Whether it is a tune of the collections, or composed.
    """

    song: int
    seed: int
    genres: Mapping[str, float]
    mood: str | None
    arranged: bool


@dataclass(frozen=True)
class ClipSpec:
    """An excerpt: number `clip` of a data set, of song number `song`, from a beat of the song on."""

    clip: int
    song: int
    start_beat: float
    start_s: float
    on_downbeat: bool


def song_of(clip: int) -> int:
    """Return the number of a clip's song."""
    return clip // CLIPS_PER_SONG


def draw_song(seed: int, song: int, *, tune_share: float = TUNE_SHARE) -> SongSpec:
    """Draw what a song is: a genre, three times in ten mixed with another one, and every second time a mood.

    Genres and moods are drawn evenly, so that rare combinations are there to be learned, too.
    """
    rng = np.random.default_rng([seed, song])
    first, second = rng.permutation(len(GENRES))[:2].tolist()
    weight = float(np.round(rng.uniform(0.55, 0.8), 2))
    mixed = rng.random() < MIXTURE_SHARE
    genres = {GENRES[first]: weight, GENRES[second]: round(1 - weight, 2)} if mixed else {GENRES[first]: 1.0}
    mood = MOODS[int(rng.integers(len(MOODS)))] if rng.random() < 0.5 else None
    return SongSpec(song, int(rng.integers(2**31)), genres, mood, bool(rng.random() < tune_share))


def draw_clip(seed: int, clip: int, score: Score, *, seconds: float) -> ClipSpec:
    """Draw where in its song a clip starts.

    A song that is shorter than the clip is heard from its start. Silence is avoided where the song allows.
    """
    rng = np.random.default_rng([seed, song_of(clip), 1 + clip % CLIPS_PER_SONG])
    on_downbeat = clip % 2 == 0
    latest = max(score.duration_s - seconds, 0.0)
    quarter = clip % CLIPS_PER_SONG
    best = (-1.0, 0.0)
    for draw in range(_DRAWS):
        # In its quarter of the song; anywhere, where nothing is to be heard there.
        of_song = rng.random()
        seconds_in = latest * ((quarter + of_song) / CLIPS_PER_SONG if draw < _DRAWS / 2 else of_song)
        beat = _downbeat_near(score, seconds_in, latest) if on_downbeat else _beat_at(score, seconds_in)
        sounding = sounding_share(score, float(score.seconds_at(beat)), seconds)
        best = max(best, (sounding, beat))
        if sounding >= LEAST_SOUND:
            best = (sounding, beat)
            break
    beat = best[1]
    return ClipSpec(clip, song_of(clip), beat, float(score.seconds_at(beat)), on_downbeat)


def split_of(seed: int, song: int, tune: str = "") -> str:
    """Return the split of a song: by its tune where it has one, else by its number; never by its clips."""
    name = f"tune {tune.casefold()}" if tune else f"song {seed} {song}"
    at = int.from_bytes(sha256(name.encode()).digest()[:8], "big") / 2**64
    for split, share in SPLITS.items():
        if at < share:
            return split
        at -= share
    return list(SPLITS)[-1]


def sounding_share(score: Score, start_s: float, seconds: float) -> float:
    """Return the share of an excerpt, 0..1, during which a key is held or a drum has just been struck."""
    steps = np.linspace(start_s, start_s + seconds, 101)
    sounding = np.zeros(len(steps), dtype=bool)
    for part in score.parts:
        spans = score.seconds_at(np.array([(note.start, note.end) for note in part.notes]).reshape(-1, 2))
        if part.is_drums:
            spans = np.column_stack([spans[:, 0], spans[:, 0] + 0.3])
        spans = spans[(spans[:, 1] > start_s) & (spans[:, 0] < start_s + seconds)]
        sounding |= ((spans[:, :1] <= steps) & (steps < spans[:, 1:])).any(axis=0)
    return float(sounding[:-1].mean())


def make_song(spec: SongSpec) -> Piece:
    """Compose the song, or arrange the tune, that was drawn."""
    if spec.arranged:
        return _arranged(spec)
    from generation.studio.compose import compose

    return compose(spec.seed, genres=spec.genres, mood=spec.mood)


def _arranged(spec: SongSpec) -> Piece:
    from generation.studio.arrange import arrange
    from generation.studio.tunes import TuneError, list_tunes, load_tune

    refs = list_tunes()
    rng = np.random.default_rng(spec.seed)
    for _ in range(_TUNES_TRIED):
        try:
            tune = load_tune(refs[int(rng.integers(len(refs)))])
        except TuneError:  # it cannot be read as one line: the next one, then
            continue
        return arrange(tune, spec.seed, genres=spec.genres, mood=spec.mood)
    raise TuneError(f"none of {_TUNES_TRIED} tunes can be read")


def _downbeat_near(score: Score, seconds: float, latest: float) -> float:
    bars = score.bar_starts
    starts = score.seconds_at(bars)
    bars = bars[starts <= max(latest, 0.0) + 1e-9]
    return float(bars[np.abs(score.seconds_at(bars) - seconds).argmin()])


def _beat_at(score: Score, seconds: float) -> float:
    """Turn seconds into beats: the inverse of `Score.seconds_at`."""
    clock = score.seconds_at(np.array([tempo.start for tempo in score.tempos]))
    row = int(np.searchsorted(clock, seconds, side="right")) - 1
    return float(score.tempos[row].start + (seconds - clock[row]) * score.tempos[row].bpm / 60)
