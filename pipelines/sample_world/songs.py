"""The songs of the sample world: truth, popularity, durations and tags, and the frame that names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from pipelines.columns import (
    ALBUM,
    ARTIST,
    ATTRIBUTES,
    DTYPES,
    DURATION_MS,
    SONG_REF,
    SONG_TAGS,
    SONGS,
    TAG,
    TITLE,
    WEIGHT,
)
from pipelines.sample_world import model as m
from pipelines.sample_world.catalogue import ARTISTS, BRIGHT_MARK, PLANTED, QUIET_MARK, Artist
from pipelines.sample_world.model import Floats, Ints, TasteModel

NAMESPACE = "sample"

# The usual sound of each genre, in the order of model.ATTRIBUTES:
# guitar, synth, piano, strings, brass, drums, vocal, electronic, calm, cheerful, tempo.
USUAL_SOUND: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "rock": (0.90, 0.12, 0.20, 0.08, 0.06, 0.88, 0.85, 0.12, 0.20, 0.50, 0.68),
        "pop": (0.40, 0.50, 0.40, 0.20, 0.12, 0.70, 0.94, 0.50, 0.35, 0.70, 0.62),
        "edm": (0.06, 0.95, 0.12, 0.06, 0.06, 0.90, 0.35, 0.96, 0.12, 0.65, 0.85),
        "hip hop": (0.12, 0.42, 0.25, 0.12, 0.15, 0.85, 0.92, 0.60, 0.30, 0.45, 0.42),
        "jazz": (0.20, 0.08, 0.80, 0.15, 0.65, 0.60, 0.25, 0.05, 0.60, 0.55, 0.48),
        "classical": (0.05, 0.03, 0.60, 0.88, 0.35, 0.08, 0.12, 0.03, 0.65, 0.45, 0.35),
        "ambient": (0.12, 0.85, 0.30, 0.25, 0.05, 0.05, 0.06, 0.82, 0.95, 0.40, 0.10),
        "folk": (0.88, 0.05, 0.15, 0.40, 0.05, 0.25, 0.82, 0.04, 0.65, 0.52, 0.42),
        "metal": (0.96, 0.10, 0.08, 0.10, 0.04, 0.96, 0.85, 0.12, 0.04, 0.12, 0.80),
        "latin": (0.55, 0.12, 0.45, 0.20, 0.68, 0.72, 0.85, 0.12, 0.30, 0.82, 0.68),
    }
)
OFF_GENRE = 0.04
# What the marks of the catalogue mean, in logits.
NUDGES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        QUIET_MARK: {"calm": 1.4, "tempo": -1.3, "drums": -0.8, "cheerful": -0.5},
        BRIGHT_MARK: {"calm": -1.2, "tempo": 1.1, "drums": 0.3, "cheerful": 0.9},
    }
)
MEAN_MINUTES: Mapping[str, float] = MappingProxyType(
    {"classical": 5.6, "ambient": 6.4, "jazz": 5.0, "edm": 4.6, "metal": 4.8}
)
TAG_FROM = 0.62  # a song bears the name of every axis on which it scores at least this


@dataclass(frozen=True)
class Track:
    """One line of the catalogue, unmarked: `version_of` is the row of the first version, -1 for a first
    version.
    """

    artist: int
    title: str
    mark: str
    album: str
    year: int
    version_of: int


@dataclass(frozen=True)
class Songs:
    """The drawn songs: frame, tags (a row an axis of a song), truth (n_songs, A), popularity (n_songs,) and
    what belongs to each row.
    """

    frame: pd.DataFrame
    tags: pd.DataFrame
    truth: Floats
    popularity: Floats
    artist: Ints
    version_of: Ints
    planted: Ints


def tracks(n_songs: int) -> list[Track]:
    """List the catalogue's first `n_songs` tracks, taken evenly from all artists, artist by artist.

    Raises ValueError when `n_songs` is below 1 or above what is written.
    """
    written = [
        (place, row, album.title, album.year, marked)
        for row, artist in enumerate(ARTISTS)
        for place, (album, marked) in enumerate((a, t) for a in artist.albums for t in a.tracks)
    ]
    if not 1 <= n_songs <= len(written):
        raise ValueError(f"n_songs must be from 1 to {len(written)}, got {n_songs}")
    kept = sorted(sorted(written, key=lambda w: w[:2])[:n_songs], key=lambda w: (w[1], w[0]))
    result: list[Track] = []
    row_of: dict[tuple[int, str], int] = {}
    for _, artist_row, album_title, year, marked in kept:
        mark = marked[-2:] if marked.endswith((QUIET_MARK, BRIGHT_MARK)) else ""
        title = marked.removesuffix(mark)
        first = title.rsplit(" (", 1)[0] if title.endswith(")") else ""
        version_of = row_of.get((artist_row, first), -1)
        row_of[artist_row, title] = len(result)
        result.append(Track(artist_row, title, mark, album_title, year, version_of))
    return result


def artist_scores(artist: Artist) -> Floats:
    """Return an artist's scores on all axes: the sheet's, else the usual sound of their genres."""
    genres = np.array([artist.scores.get(g, OFF_GENRE) for g in m.GENRES])
    usual = np.array([USUAL_SOUND[g] for g in m.GENRES])
    sound = genres**2 @ usual / (genres**2).sum()
    given = [artist.scores.get(name, sound[i]) for i, name in enumerate(m.ATTRIBUTES)]
    return np.concatenate([genres, np.array(given)])


def _truth(listed: list[Track], *, model: TasteModel, rng: np.random.Generator) -> Floats:
    scale = np.repeat([model.genre_jitter, model.attribute_jitter], [len(m.GENRES), len(m.ATTRIBUTES)])
    base = [artist_scores(artist) for artist in ARTISTS]
    truth = np.empty((len(listed), len(m.AXES)))
    for row, track in enumerate(listed):
        nudge = np.zeros(len(m.AXES))
        for name, by in NUDGES.get(track.mark, {}).items():
            nudge[m.axis(name)] = by
        first = track.version_of
        if first >= 0 and listed[first].mark == track.mark:
            nudge[:] = 0.0  # the first version has been nudged already
        start = nudged(base[track.artist] if first < 0 else truth[first], nudge)
        truth[row] = m.jittered(start, scale if first < 0 else scale / 2.0, rng=rng)
        _plant(truth[row], track.title)
    return truth


def nudged(scores: Floats, nudge: Floats) -> Floats:
    """Return scores moved by a nudge in logits: the point that equation (1) jitters."""
    return m.sigmoid(m.logit(scores) + nudge)


def _plant(truth: Floats, title: str) -> None:
    """Give a planted song its written genre scores and, by half, the sound of both genres, in place."""
    written = PLANTED.get(title)
    if written is None:
        return
    sound = np.array([USUAL_SOUND[g] for g in written]).mean(axis=0)
    truth[len(m.GENRES) :] += 0.5 * (sound - truth[len(m.GENRES) :])
    for genre, score in written.items():
        truth[m.axis(genre)] = score


def _popularity(listed: list[Track], *, model: TasteModel, rng: np.random.Generator) -> Floats:
    artist = np.array([track.artist for track in listed])
    # A second version is heard less than the first.
    again = np.array([1.0 if track.version_of >= 0 else 0.0 for track in listed])
    fame = rng.standard_normal(len(ARTISTS))[artist] + rng.standard_normal(len(listed)) - again
    rank = 1.0 + np.argsort(np.argsort(-fame)).astype(np.float64)
    result: Floats = np.power(rank, -model.zipf)
    return result


def _attributes(track: Track, truth: Floats) -> str:
    scores = {name: round(float(score), 3) for name, score in zip(m.AXES, truth, strict=True)}
    tags = [name for name in m.AXES if scores[name] >= TAG_FROM and name != "tempo"]
    if scores["tempo"] >= TAG_FROM:
        tags.append("fast")
    elif scores["tempo"] <= 1.0 - TAG_FROM:
        tags.append("slow")
    return json.dumps({"tags": tags, "truth": scores, "year": track.year}, ensure_ascii=False, sort_keys=True)


def _tags(refs: list[str], truth: Floats) -> pd.DataFrame:
    """Return every axis of every song as a tag, with the truth as its weight."""
    columns = {
        SONG_REF: np.repeat(refs, len(m.AXES)),
        TAG: np.tile(m.AXES, len(refs)),
        WEIGHT: truth.ravel(),
    }
    return pd.DataFrame(columns).astype({name: DTYPES[name] for name in SONG_TAGS})


def _durations_ms(truth: Floats, *, rng: np.random.Generator) -> Ints:
    lead = truth[:, : len(m.GENRES)].argmax(axis=1)
    minutes = np.array([MEAN_MINUTES.get(g, 3.7) for g in m.GENRES])[lead]
    drawn = minutes * np.exp(0.22 * rng.standard_normal(len(truth)))
    result: Ints = (np.clip(drawn, 1.2, 13.0) * 60.0).round().astype(np.int64) * 1000
    return result


def song_refs(rows: Ints) -> list[str]:
    """Name songs by row: `sample:17` is row 17."""
    return [f"{NAMESPACE}:{row}" for row in rows]


def build_songs(n_songs: int, *, model: TasteModel, rng: np.random.Generator) -> Songs:
    """Draw truth, popularity and durations of the first `n_songs` songs and lay out their frame."""
    listed = tracks(n_songs)
    # Rounded as the attributes show it, so that frame and matrix agree to the digit.
    truth = _truth(listed, model=model, rng=rng).round(3)
    frame = pd.DataFrame(
        {
            SONG_REF: song_refs(np.arange(len(listed))),
            TITLE: [track.title for track in listed],
            ARTIST: [ARTISTS[track.artist].name for track in listed],
            ALBUM: [track.album for track in listed],
            DURATION_MS: _durations_ms(truth, rng=rng),
            ATTRIBUTES: [_attributes(track, row) for track, row in zip(listed, truth, strict=True)],
        }
    ).astype({name: DTYPES[name] for name in SONGS})
    return Songs(
        frame=frame,
        tags=_tags(frame[SONG_REF].tolist(), truth),
        truth=truth,
        popularity=_popularity(listed, model=model, rng=rng),
        artist=np.array([track.artist for track in listed], dtype=np.int64),
        version_of=np.array([track.version_of for track in listed], dtype=np.int64),
        planted=np.array([row for row, track in enumerate(listed) if track.title in PLANTED], dtype=np.int64),
    )


def artist_names() -> tuple[str, ...]:
    """Return the artists' names in the order of `Songs.artist`."""
    return tuple(artist.name for artist in ARTISTS)
