"""Whether the studio's music is what it says: `python -m benchmarks.studio_truth [--clips N] [--songs N]`.

Clips of 10 s, drawn as data sets draw them, are rendered and measured with librosa: the tempo by
`librosa.feature.tempo` (hop length 128; its double or half count, within 3 %), where there are drums; the key
by Krumhansl-Schmuckler on `chroma_cqt`, where the mode is major or minor. On songs that are not rendered:
how many of the lead's notes on strong beats are chord tones, and how long a run of (interval, duration) pairs
of the lead two songs share. Shares come with 95 % intervals (Wilson).
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from generation.audio.compiled_librosa import import_librosa
from generation.studio.clips import render_clip
from generation.studio.compose import compose
from generation.studio.score import Score
from pipelines.features import key_of_chroma

WITHIN = 0.03
LONGEST_SHARED = 16
_HOP = 128


def tempo_of(waveform: np.ndarray, sample_rate: int) -> float:
    """Beats a minute of a mono waveform, as DESIGN's bar measures them."""
    librosa = import_librosa()
    onsets = librosa.onset.onset_strength(y=waveform, sr=sample_rate, hop_length=_HOP)
    return float(librosa.feature.tempo(onset_envelope=onsets, sr=sample_rate, hop_length=_HOP)[0])


def is_tempo(found: float, stated: float) -> bool:
    """Whether a tempo, its double or its half is the stated one within 3 %."""
    return any(abs(found * factor / stated - 1) <= WITHIN for factor in (0.5, 1.0, 2.0))


def key_in(waveform: np.ndarray, sample_rate: int) -> str:
    """The key of a mono waveform, "A minor"; "" for silence."""
    librosa = import_librosa()
    key = key_of_chroma(librosa.feature.chroma_cqt(y=waveform, sr=sample_rate).mean(1))
    return "" if key is None else str(key)


def on_chord(score: Score) -> tuple[int, int]:
    """How many notes of the lead start on the first or middle beat of a bar, and how many of them are chord
    tones.
    """
    bar, strong, fitting = score.meter.beats_per_bar, 0, 0
    for part in score.parts:
        for note in part.notes if part.role == "lead" else ():
            # Played notes come a little early or late.
            place = (note.start + 0.08) % bar
            if min(place, abs(place - bar / 2)) > 0.16 or (chord := score.chord_at(note.start + 0.1)) is None:
                continue
            strong += 1
            fitting += note.pitch % 12 in chord.pitch_classes
    return strong, fitting


def fingerprint(score: Score) -> list[tuple[int, float]]:
    """The lead as (interval, duration) pairs, durations in quarters of a beat: players are not exact."""
    notes = [note for part in score.parts if part.role == "lead" for note in part.notes]
    return [(after.pitch - note.pitch, round(4 * note.duration) / 4) for note, after in pairwise(notes)]


def longest_shared(songs: Sequence[Sequence[tuple[int, float]]], least: int = 8) -> tuple[int, int]:
    """The longest run that two of the songs share, and how many pairs of songs share more than 16."""
    length, longest, alike = least, least - 1, 0
    while True:
        holders: dict[tuple[tuple[int, float], ...], set[int]] = defaultdict(set)
        for number, song in enumerate(songs):
            for start in range(len(song) - length + 1):
                holders[tuple(song[start : start + length])].add(number)
        shared = {pair for found in holders.values() if len(found) > 1 for pair in _pairs(sorted(found))}
        if length == LONGEST_SHARED + 1:
            alike = len(shared)
        if not shared:
            return longest, alike
        longest, length = length, length + 1


def _pairs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    return [(a, b) for i, a in enumerate(numbers) for b in numbers[i + 1 :]]


def share(hits: Sequence[bool]) -> str:
    """A share with its interval and number."""
    n = len(hits)
    if not n:
        return "none"
    p, z = sum(hits) / n, 1.96
    middle, half = p + z * z / (2 * n), z * float(np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)))
    low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return f"{p:.3f} ({low:.3f}-{high:.3f}), {sum(hits)} of {n}"


def main() -> None:
    """Print the shares, all together and by genre."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--clips", type=int, default=320)
    parser.add_argument("--songs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20_261_121)
    arguments = parser.parse_args()
    started = time.perf_counter()
    tempo: dict[str, list[bool]] = defaultdict(list)
    key: dict[str, list[bool]] = defaultdict(list)
    # Every fourth: clips of one song say the same.
    for number in range(0, 4 * arguments.clips, 4):
        clip = render_clip(arguments.seed, number, seconds=10.0)
        truth, sample_rate = clip.truth, clip.rendered.sample_rate
        sound = clip.rendered.waveform.mean(1)
        if truth.has_drums:
            tempo[truth.genre].append(is_tempo(tempo_of(sound, sample_rate), truth.tempo_bpm))
        if truth.tonic is not None and truth.mode in ("major", "minor"):
            stated = f"{_NAMES[truth.tonic]} {truth.mode}"
            key[truth.genre].append(_same_key(key_in(sound, sample_rate), stated))
    print(f"tempo within 3 %, drum-driven clips: {share([hit for one in tempo.values() for hit in one])}")
    print(f"key, clips in major or minor:        {share([hit for one in key.values() for hit in one])}\n")
    print(f"{'genre':<12}{'tempo':>14}{'key':>14}")
    for genre in sorted({*tempo, *key}):
        cells = [f"{sum(one[genre])}/{len(one[genre])}" for one in (tempo, key)]
        print(f"{genre:<12}{cells[0]:>14}{cells[1]:>14}")
    scores = [compose(arguments.seed + i).score for i in range(arguments.songs)]
    strong = np.array([on_chord(score) for score in scores]).sum(0)
    longest, alike = longest_shared([fingerprint(score) for score in scores])
    fitting = strong[1] / strong[0]
    print(f"\nchord tones among {strong[0]:,} strong notes of {len(scores):,} leads: {fitting:.3f}")
    print(f"longest run that two leads share: {longest} pairs; pairs of songs with more than 16: {alike}")
    print(f"\nseed {arguments.seed}, {time.perf_counter() - started:.0f} s")


_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_ENHARMONIC = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb"}


def _same_key(found: str, stated: str) -> bool:
    tonic, _, mode = found.partition(" ")
    return f"{_ENHARMONIC.get(tonic, tonic)} {mode}" == stated


if __name__ == "__main__":
    main()
