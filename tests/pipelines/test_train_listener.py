"""The listener's training on made-up songs that are easy to tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from generation.audio.listener import Listener
from generation.audio.listener_examples import Example
from generation.studio.piece import GENRES, MOODS
from pipelines.train_listener import TooFewClipsError, train_listener

DIM = 40
PLAYED = ("piano", "saxophone", "electric guitar", "jazz drums")


def world(n_songs: int = 160, *, noise: float = 0.4) -> list[Example]:
    """Give two clips of each song, which lie where their genre and lead are, and somewhere near."""
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(len(GENRES) + len(PLAYED), DIM))
    found = []
    for song in range(n_songs):
        genre, lead = song % len(GENRES), int(rng.integers(len(PLAYED)))
        split = ("generator", "generator", "generator", "judge", "test")[song // len(GENRES) % 5]
        for _ in range(2):
            place = centres[genre] + centres[len(GENRES) + lead] + noise * rng.normal(size=DIM)
            found.append(
                Example(
                    song=f"song {song}",
                    split=split,
                    genres={GENRES[genre]: 1.0},
                    mood=MOODS[song % len(MOODS)],
                    lead=PLAYED[lead],
                    instruments={PLAYED[lead]: 0.6, "bass guitar": 0.4},
                    place=place.astype(np.float32),
                    bands=rng.normal(size=9).astype(np.float32),
                )
            )
    return found


def test_what_can_be_told_apart_is_told_apart(tmp_path: Path) -> None:
    report = train_listener(world(), tmp_path, seed=1, made_with={"clips": 320, "seed": 1})
    assert report.halves["genre"].mean > 0.9
    assert report.test["lead"].mean > 0.9
    assert report.plain["genre"].mean < 0.3
    assert report.calibration["genres"] < 0.15


def test_what_was_trained_is_what_is_loaded(tmp_path: Path) -> None:
    examples = world()
    report = train_listener(examples, tmp_path, seed=1, made_with={})
    listener = Listener(tmp_path)
    assert listener.sha256 == report.sha256
    right = [next(iter(listener.tags_of(one.place).genres)) == next(iter(one.genres)) for one in examples]
    assert np.mean(right) > 0.95
    assert (tmp_path / "README.md").read_text().startswith("# The listener")


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    one, two = (train_listener(world(), tmp_path / name, seed=1, made_with={}).sha256 for name in ("a", "b"))
    assert one == two


def test_instruments_are_tagged_with_their_kinds(tmp_path: Path) -> None:
    train_listener(world(), tmp_path, seed=1, made_with={})
    listener = Listener(tmp_path)
    assert set(PLAYED) | {"guitar", "drums", "bass"} <= set(listener.config.instruments)


def test_too_few_clips_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooFewClipsError, match="4 clips are too few"):
        train_listener(world(2), tmp_path, seed=1, made_with={})
    assert not list(tmp_path.iterdir())
