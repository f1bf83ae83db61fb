"""A judge that was trained on made-up sounds in a second, with the sounds that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.hearing import Sound
from generation.audio.judge_examples import Example, Facts
from generation.audio.pulse import N_LAGS
from generation.audio.training.judging import TowerSettings
from generation.studio.piece import GENRES, MOODS
from pipelines.judge_report import JudgeReport
from pipelines.train_judge import train_judge

DIM = 40
PLAYERS = ("piano", "violin", "drums")


class TinyText:
    """Sentence vectors by which words stand in a text: a fake of the text encoder."""

    def __init__(self) -> None:
        self._words: dict[str, np.ndarray] = {}

    def sentences(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, (n, 24)."""
        rows = np.array([sum((self._word(word) for word in text.split()), np.zeros(24)) for text in texts])
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)

    def _word(self, word: str) -> np.ndarray:
        if word not in self._words:
            seed = int.from_bytes(word.encode()[:6], "big")
            self._words[word] = np.random.default_rng(seed).normal(size=24)
        return self._words[word]


def example(song: int, *, take: int = 0, genres: int = 4) -> Example:
    """A clip whose place says its genre and lead, with a caption of both."""
    rng = np.random.default_rng([song, take])
    genre, player = song % genres, (song // genres) % 2
    place = np.zeros(DIM)
    place[genre], place[10 + player], place[20 + song % 3] = 3, 3, 1
    classes = np.full((3, 12), 0.02)
    tonic = song % 12
    classes[:, [tonic, (tonic + (4, 3)[song % 2]) % 12, (tonic + 7) % 12]] = 0.27
    repeats = np.zeros((2, N_LAGS))
    bpm = 80.0 + song % 5 * 20
    for beat in range(1, 8):
        lag = round(beat * 60 / bpm * 22_050 / 128)
        repeats[:, max(lag - 2, 0) : lag + 3] = 1 / beat
    sound = Sound(*(np.asarray(part, np.float32) for part in (
        place + 0.5 * rng.normal(size=DIM), repeats, classes)))  # fmt: skip
    facts = Facts(
        clip=4 * song + take,
        song=f"song {song}",
        captions=(f"{GENRES[genre]} with {PLAYERS[player]}", f"{PLAYERS[player]} playing {GENRES[genre]}"),
        genres={GENRES[genre]: 1.0},
        mood=MOODS[song % 3],
        lead=PLAYERS[player],
        instruments={PLAYERS[player]: 0.6, "drums": 0.4},
        tempo_bpm=bpm,
        tonic=tonic,
        mode=("major", "minor")[song % 2],
        has_drums=True,
        estimated_bpm=100.0,
        estimated_key="C major",
    )
    return Example(sound, facts)


def train_tiny_judge(folder: Path, **changes: Any) -> JudgeReport:
    """Train on songs 0 to 99, measure on songs 200 to 247."""
    arguments: dict[str, Any] = {"seed": 0, "made_with": {"clips": 200}, "text_encoder": TinyText()}
    train = [example(song, take=take) for song in range(100) for take in range(2)]
    settings = TowerSettings(dim=8, hidden=16, components=30, epochs=40, batch=32, dropout=0.1)
    return train_judge(
        train,
        [example(song) for song in range(200, 248)],
        folder,
        **{"settings": settings, **arguments, **changes},
    )
