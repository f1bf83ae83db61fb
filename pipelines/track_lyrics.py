"""Words for a track that is made: a lyric model is asked with the track's own prompt.

track.flac    track.flac.json (its record, which holds the words, too)    track.flac.lyrics.txt
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SETTING = "lyrics"
"""Under which the settings of a generation hold its words."""
SOURCE = "songspace:lyrics"
"""Where the database says that they come from."""


@dataclass(frozen=True)
class TrackLyrics:
    """The words of a track: `text` has its title first and a mark above each section."""

    title: str
    text: str
    prompt: str
    seed: int
    model: str
    stage: str
    model_sha256: str


def lyrics_for_track(home: Path, prompt: str | None, *, genre: str | None, seed: int) -> TrackLyrics:
    """Write the words for a track that is asked for with a prompt, or a genre; the same seed, the same words.

    Raises
    ------
    NoLyricModelError
        There is none that answers.
    TextError
        Neither prompt nor genre, or far too long a one.
    RefusedError
    """
    from generation.lyrics.dialogue import worded_prompt
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.song import marked
    from pipelines.lyrics import DEFAULT_MODEL, answering_stage, load_writer, model_root
    from pipelines.write_lyrics import NO_REPEAT, REPETITION, write_song

    asked = worded_prompt(prompt or "", genre or "")
    root = model_root(home)
    writer = load_writer(root, DEFAULT_MODEL, stage=answering_stage(root, DEFAULT_MODEL))
    take = write_song(writer, asked, Sampling(repetition=REPETITION, no_repeat=NO_REPEAT), seed=seed)
    for _ in take:
        pass
    song = take.song
    return TrackLyrics(song.title, marked(song), asked, seed, writer.model.name, writer.stage, writer.sha256)


def with_lyrics(settings: Mapping[str, Any], lyrics: TrackLyrics) -> dict[str, Any]:
    """The settings of a generation with its words among them, for the record."""
    return {**settings, SETTING: asdict(lyrics)}


def lyrics_in(settings: Mapping[str, Any]) -> tuple[str, str] | None:
    """Title and text of the words that a record's settings hold; None where there are none."""
    held = settings.get(SETTING)
    if not isinstance(held, Mapping) or not held.get("text"):
        return None
    return str(held.get("title", "")), str(held["text"])


def lyrics_path(file: Path) -> Path:
    """Where the words of a sound file lie: `x.flac.lyrics.txt` beside `x.flac`."""
    return file.with_name(f"{file.name}.lyrics.txt")


def write_beside(file: Path, settings: Mapping[str, Any]) -> Path | None:
    """Write the words that a record's settings hold beside its sound file; None where there are none.

    Raises
    ------
    OSError
    """
    held = lyrics_in(settings)
    if held is None:
        return None
    path = lyrics_path(file)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(held[1], encoding="utf-8", errors="replace")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    return path
