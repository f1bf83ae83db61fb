"""What a judge learns from: studio clips of the split that no generator sees, as they sound and in words.

Songs are drawn by number; only those of the wanted split are composed. Of each song one or two clips are
heard at a level drawn from their number. What was heard is kept in a folder, in files of `PER_FILE` clips
that
are moved into place whole, so that a broken run goes on.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio import pulse
from generation.audio.hearing import Sound, hear

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder
    from generation.studio.clips import Clip

PER_FILE = 20
_GAIN_DB = (-12.0, 3.0)
_GAIN, _WORDS = 78, 97  # Set these draws apart from those of excerpts and captions.
_SENTENCES, _TAG_LISTS = 2, 1
Estimate = Callable[[np.ndarray], tuple["float | None", str]]
"""Tempo and key ("A minor", "") of a mono waveform at 22,050 Hz, by somebody else's method."""


@dataclass(frozen=True)
class Facts:
    """What is true of a clip; `estimated_bpm` and `estimated_key` are what others measured in it."""

    clip: int
    song: str
    captions: tuple[str, ...]
    genres: Mapping[str, float]
    mood: str
    lead: str
    instruments: Mapping[str, float]
    tempo_bpm: float
    tonic: int | None
    mode: str | None
    has_drums: bool
    estimated_bpm: float | None = None
    estimated_key: str = ""


@dataclass(frozen=True)
class Example:
    """A clip as it sounds, with what is true of it."""

    sound: Sound
    facts: Facts


def examples(
    seed: int,
    clips: int,
    split: str,
    *,
    cache: Path,
    each: int = 2,
    soundfont: Path | None = None,
    estimate: Estimate | None = None,
    progress: Callable[[int, str], None] = lambda _done, _note: None,
) -> list[Example]:
    """Hear so many clips of a split, or read those that are in the cache already.

    Parameters
    ----------
    each : int
        Clips of a song.
    estimate : callable, optional
        Measures every clip beside.

    Raises
    ------
    ValueError
        Fewer than one clip.
    StyleEncoderMissingError, SoundFontMissingError, OSError
    """
    from generation.audio.style_encoder import StyleEncoder

    if clips < 1 or each not in (1, 2):
        raise ValueError(f"at least one clip, one or two of a song, got {clips} and {each}")
    encoder = StyleEncoder(threads=1)
    folder = cache / f"{split}-{seed}-{each}"
    folder.mkdir(parents=True, exist_ok=True)
    numbers = clip_numbers(seed, split, each=each)
    found: list[Example] = []
    for file in range(-(-clips // PER_FILE)):
        wanted = [next(numbers) for _ in range(PER_FILE)]
        path = folder / f"{file:04d}.npz"
        if not path.is_file():
            made = [_example(seed, clip, soundfont, encoder, estimate) for clip in wanted]
            _write(path, [one for one, its_split in made if its_split == split])
        found += _read(path)
        progress(min(len(found), clips), "clips")
    return found[:clips]


def clip_numbers(seed: int, split: str, *, each: int = 2) -> Iterator[int]:
    """Yield the numbers of a seed's clips that belong to a split, without composing anything."""
    from generation.studio.sampling import CLIPS_PER_SONG, split_of

    song = 0
    while True:
        if split_of(seed, song, _tune(seed, song)) == split:
            for take in range(each):
                yield CLIPS_PER_SONG * song + 2 * take + song % 2
        song += 1


def _tune(seed: int, song: int) -> str:
    """The name of the tune that a song will arrange, "" for none."""
    from generation.studio.sampling import draw_song
    from generation.studio.tunes import list_tunes

    spec = draw_song(seed, song)
    if not spec.arranged:
        return ""
    # The first one that is drawn; should it not be readable, the clip's own split is asked later.
    refs = list_tunes()
    return refs[int(np.random.default_rng(spec.seed).integers(len(refs)))].name


def _example(
    seed: int, clip: int, soundfont: Path | None, encoder: StyleEncoder, estimate: Estimate | None
) -> tuple[Example, str]:
    import soxr

    from generation.studio.clips import render_clip

    made = render_clip(seed, clip, soundfont=soundfont, captions=_SENTENCES)
    gain_db = np.random.default_rng([seed, clip, _GAIN]).uniform(*_GAIN_DB)
    waveform = made.rendered.waveform.mean(axis=1) * np.float32(10 ** (gain_db / 20))
    facts = _facts(seed, clip, made)
    if estimate is not None:
        bpm, key = estimate(soxr.resample(waveform, made.rendered.sample_rate, pulse.SAMPLE_RATE))
        facts = replace(facts, estimated_bpm=bpm, estimated_key=key)
    return Example(hear(waveform, made.rendered.sample_rate, encoder), facts), made.split


def _facts(seed: int, clip: int, made: Clip) -> Facts:
    from generation.studio.caption import tag_lists

    truth, tune = made.truth, made.piece.tune.casefold()
    lists = tag_lists(truth, rng=np.random.default_rng([seed, clip, _WORDS]), n=_TAG_LISTS)
    return Facts(
        clip=clip,
        song=f"tune {tune}" if tune else f"song {made.spec.song}",
        captions=(*made.captions, *lists),
        genres=dict(truth.genres),
        mood=truth.mood,
        lead=truth.lead,
        instruments=dict(truth.instruments),
        tempo_bpm=truth.tempo_bpm,
        tonic=truth.tonic,
        mode=truth.mode,
        has_drums=truth.has_drums,
    )


def _write(path: Path, found: Sequence[Example]) -> None:
    content = io.BytesIO()
    lines = "\n".join(json.dumps(asdict(one.facts)) for one in found).encode()
    sounds = [one.sound for one in found]
    np.savez(
        content,
        places=np.array([one.place for one in sounds], np.float16),
        repeats=np.array([one.repeats for one in sounds], np.float16),
        classes=np.array([one.classes for one in sounds], np.float16),
        facts=np.frombuffer(lines, np.uint8),
    )
    beside = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        beside.write_bytes(content.getvalue())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: Path) -> list[Example]:
    with np.load(path) as stored:
        facts = [_facts_of(json.loads(line)) for line in bytes(stored["facts"]).decode().splitlines()]
        columns = [stored[name].astype(np.float32) for name in ("places", "repeats", "classes")]
    return [Example(Sound(*rows), one) for one, *rows in zip(facts, *columns, strict=True)]


def _facts_of(stored: Mapping[str, Any]) -> Facts:
    return Facts(**{**stored, "captions": tuple(stored["captions"])})
