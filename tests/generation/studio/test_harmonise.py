"""Chords for melodies: known answers on small tunes."""

from __future__ import annotations

import numpy as np
import pytest

from generation.studio.harmonise import chord_tone_share, chords_of_voices, harmonise
from generation.studio.score import MODES, Meter, Note

C_MAJOR = (60, 62, 64, 65, 67, 69, 71, 72)


def line(*pitches: int, beats: float = 1.0) -> tuple[Note, ...]:
    return tuple(Note(row * beats, beats, pitch) for row, pitch in enumerate(pitches))


def test_a_scale_in_c_is_set_with_its_three_main_chords() -> None:
    down = tuple(reversed(C_MAJOR))
    chords = harmonise(line(*C_MAJOR, *down), tonic=0, mode="major", meter=Meter(4, 4))
    assert {str(chord) for chord in chords} <= {"C", "F", "G"}
    assert str(chords[-1]) == "C"


def test_broken_chords_are_named() -> None:
    bars = ((60, 64, 67, 64), (65, 69, 72, 69), (67, 71, 74, 71), (60, 64, 67, 60))
    chords = harmonise(line(*sum(bars, ())), tonic=0, mode="major", meter=Meter(4, 4))
    assert [(str(chord), chord.start) for chord in chords] == [("C", 0), ("F", 4), ("G", 8), ("C", 12)]


@pytest.mark.parametrize("meter", [Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(9, 8), Meter(7, 8)])
@pytest.mark.parametrize("mode", MODES)
def test_chords_have_no_gaps_and_end_at_home(mode: str, meter: Meter) -> None:
    rng = np.random.default_rng(1)
    bar = meter.beats_per_bar
    pitches = [62 + int(rng.choice(MODES[mode])) for _ in range(7 * int(bar * 2))]
    chords = harmonise(
        line(*pitches, beats=0.5), tonic=2, mode=mode, meter=meter, pickup_beats=0.5, n_beats=0.5 + 8 * bar
    )
    ends = [chord.start + chord.duration for chord in chords]
    assert chords[0].start == 0
    assert np.allclose(ends[:-1], [chord.start for chord in chords[1:]])
    assert ends[-1] == pytest.approx(0.5 + 8 * bar)
    assert chords[-1].root == 2


def test_dice_give_other_chords_and_the_same_dice_the_same() -> None:
    melody = line(*C_MAJOR, *C_MAJOR, *C_MAJOR, *C_MAJOR)

    def drawn(seed: int) -> str:
        rng = np.random.default_rng(seed)
        return " ".join(map(str, harmonise(melody, tonic=0, mode="major", meter=Meter(4, 4), rng=rng)))

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(8)}) > 1


def test_no_melody_has_no_chords() -> None:
    assert harmonise((), tonic=0, mode="major", meter=Meter()) == ()


def test_four_voices_tell_their_chords() -> None:
    voices = [line(72, 72, 71, 72), line(67, 69, 67, 67), line(64, 65, 65, 64), line(48, 53, 55, 48)]
    chords = chords_of_voices(voices, n_beats=4)
    assert [str(chord) for chord in chords] == ["C", "F", "G7", "C"]


def test_a_rest_keeps_the_chord_and_silence_has_none() -> None:
    voices = [(Note(1, 1, 64),), (Note(1, 1, 67),), (Note(1, 1, 48),)]
    assert [(str(one), one.start, one.duration) for one in chords_of_voices(voices, n_beats=4)] == [
        ("C", 0, 4)
    ]
    assert chords_of_voices([(), ()], n_beats=4) == ()


def test_the_share_of_chord_tones_counts_notes_on_beats() -> None:
    chords = harmonise(line(60, 64, 67, 60), tonic=0, mode="major", meter=Meter(4, 4))
    assert chord_tone_share((Note(0, 1, 60), Note(1, 0.5, 66), Note(1.5, 0.5, 61)), chords) == 0.5
    assert chord_tone_share((), chords) == 1
