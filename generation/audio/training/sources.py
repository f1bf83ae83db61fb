"""Sources of music to learn from: the studio's clips by seed, and windows of sound files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.training.music import Item, MusicError
from generation.audio.wishes import Wishes, wishes_of_truth

if TYPE_CHECKING:
    from generation.studio.clips import Clip
    from generation.studio.score import Score

# Not the judge's: what ranks and measures the generator must never have met its songs.
_SPLITS = ("generator", "test")
_SENTENCES, _TAG_LISTS = 3, 1
_WORDS = 98  # Sets the tag lists' randomness apart.
# Tempos of an excerpt that differ by more than this have no common clock.
_STEADY = 0.005


@dataclass(frozen=True)
class StudioSource:
    """Clips 0 .. n_items - 1 of a seed, each `seconds` long; those of the judge's split are left out."""

    seed: int
    n_items: int
    seconds: float = 10.0
    soundfont: Path | None = None

    @property
    def name(self) -> Mapping[str, Any]:
        """Seed and SoundFont: the clips depend on nothing else but their length."""
        from generation.studio.soundfont import find_soundfont

        return {
            "kind": "studio",
            "seed": self.seed,
            "soundfont": find_soundfont(self.soundfont, portable=True).sha256,
        }

    def item(self, number: int) -> Item | None:
        """Render a clip, or None of one that is not to be met here."""
        from generation.studio.caption import tag_lists
        from generation.studio.clips import render_clip
        from generation.studio.sampling import draw_song, song_of, split_of

        song = song_of(number)
        if not draw_song(self.seed, song).arranged and split_of(self.seed, song) not in _SPLITS:
            return None  # known before it is composed
        clip = render_clip(
            self.seed, number, seconds=self.seconds, soundfont=self.soundfont, captions=_SENTENCES
        )
        if clip.split not in _SPLITS:
            return None
        lists = tag_lists(clip.truth, rng=np.random.default_rng([self.seed, number, _WORDS]), n=_TAG_LISTS)
        wishes = wishes_of_truth(clip.truth, bar_phase=_bar_phase(clip))
        captions = tuple(dict.fromkeys([*clip.captions, *lists]))
        return Item(clip.rendered.waveform, clip.rendered.sample_rate, wishes, captions, clip.split)


Decode = Callable[[Path, float, int], tuple[list[np.ndarray], int]]
"""Path, seconds, n -> at most n mono windows spread over the file, and their sample rate."""


@dataclass(frozen=True)
class SoundFile:
    """A file of the user's own: where it is, and what is known of it.

    Attributes
    ----------
    wishes : Wishes
        Measured tempo and key, for instance; empty ones where nothing was.
    captions : tuple of str
        From title, artist and tags; without any it is learned from without words.
    """

    path: Path
    sha256: str
    wishes: Wishes = field(default_factory=Wishes)
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileSource:
    """Windows of files, `per_file` of each; one file in twenty is held out.

    Parameters
    ----------
    decode : callable
        A function of a module, so that workers find it.
    """

    files: tuple[SoundFile, ...]
    decode: Decode
    seconds: float = 10.0
    per_file: int = 3

    @property
    def n_items(self) -> int:
        """Windows of all files."""
        return len(self.files) * self.per_file

    @property
    def name(self) -> Mapping[str, Any]:
        """A digest of the files and of what is said of them."""
        digest = sha256()
        for file in self.files:
            known = (file.sha256, file.captions, file.wishes.tempo_bpm, file.wishes.tonic, file.wishes.mode)
            digest.update(repr(known).encode())
        return {"kind": "files", "files": digest.hexdigest(), "per_file": self.per_file}

    def item(self, number: int) -> Item | None:
        """Decode a window; None where the file has no such window, or cannot be decoded."""
        file, window = self.files[number // self.per_file], number % self.per_file
        try:
            waveforms, sample_rate = self.decode(file.path, self.seconds, self.per_file)
        except (OSError, ValueError):
            return None
        if window >= len(waveforms) or len(waveforms[window]) < sample_rate or not waveforms[window].any():
            return None
        split = "test" if int(file.sha256[:8], 16) % 20 == 0 else "generator"
        return Item(waveforms[window], sample_rate, file.wishes, file.captions, split)

    def __post_init__(self) -> None:
        """Refuse nothing at all."""
        if not self.files:
            raise MusicError("there are no sound files to learn from")


def _bar_phase(clip: Clip) -> float | None:
    """How much of a bar is over where a clip starts, 0..1; None where its tempo changes."""
    score, start = clip.piece.score, clip.spec.start_beat
    if not _is_steady(score, start, clip.spec.start_s + clip.truth.duration_s):
        return None
    bars = score.bar_starts
    row = int(np.searchsorted(bars, start + 1e-6)) - 1
    if not 0 <= row < len(bars) - 1:
        return None
    return float((start - bars[row]) / (bars[row + 1] - bars[row])) % 1.0


def _is_steady(score: Score, start_beat: float, end_s: float) -> bool:
    """Whether one tempo holds from a beat to a second."""
    starts = np.array([tempo.start for tempo in score.tempos])
    clock = score.seconds_at(starts)
    ends = [*starts[1:], np.inf]
    bpm = [
        tempo.bpm
        for tempo, until, at in zip(score.tempos, ends, clock, strict=True)
        if until > start_beat and at < end_s
    ]
    return max(bpm) <= min(bpm) * (1 + _STEADY)
