"""The drummer: grooves by section and energy, fills where sections end, cymbals where they begin.

Everything here lies on the grid: sixteenths (or thirty-seconds) of simple beats, thirds of compound ones.
`humanise` swings and loosens it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generation.studio.band.bars import Bar, final_start
from generation.studio.band.grooves import DRUMS, GROOVES, KITWORK, Groove, Kitwork
from generation.studio.score import Note

_MARKS = {"X": 14, "x": 2, "o": -16, "g": -36}
_LENGTH = 0.2
# Pitch class of the bass drum in kits where it has one: power, electronic, TR-808.
_RINGS = {16: 3, 24: 5, 25: 9}
# Genres of bands that build with a roll instead of a run over the toms.
_ROLLS = ("edm", "techno", "chiptune")


def play_drums(
    bars: Sequence[Bar], activity: Sequence[float], *, genres: Sequence[str], rng: np.random.Generator
) -> list[Note]:
    """Drum through a piece.

    Parameters
    ----------
    bars : sequence of Bar
    activity : sequence of float
        One a bar: 0 silent, up to .5 the lightest groove, else what the bar's energy says.
    genres : sequence of str
        One a bar: whose groove is played.
    rng : numpy.random.Generator
        Draws each genre's groove a level once, ghosts and fills.

    Returns
    -------
    list of Note
        In no order. The last chord is a stroke on its beat.
    """
    chosen = {
        (genre, level): GROOVES[genre, level][int(rng.integers(len(GROOVES[genre, level])))]
        for genre in sorted(set(genres))
        for level in range(3)
    }
    notes: list[Note] = []
    for number, bar in enumerate(bars):
        if activity[number] <= 0:
            continue
        genre = genres[number]
        if bar.final and len(bars) > 1:
            notes += _ending(bar, final_start(tuple(bars)), KITWORK[genre])
            continue
        level = 0 if activity[number] <= 0.5 else bar.level
        four = not bar.meter.compound and abs(bar.beats - 4) < 1e-6
        groove = chosen[genre, level] if four else other_groove(KITWORK[genre], bar, level)
        played = _play_groove(groove, bar, rng)
        if bar.last_of_section and bar.of > 1 and activity[number] > 0.3 and level > 0:
            played = _with_fill(played, bar, genre, rng)
        starts = bar.place == 0 and bar.energy >= 0.5 and activity[number] > 0.5
        if starts and KITWORK[genre].crash:
            played.append(_hit("crash", bar.start, bar.loudness + 4))
        notes += played
    return notes


def tuned_kick(notes: Sequence[Note], kit: int, tonic: int) -> list[Note]:
    """Take the dry bass drum (35) of a kit whose other one (36) rings on a tone foreign to the key.

    Producers tune a ringing kick to the song; General MIDI has but these two. It may be the tonic or fifth.
    """
    tone = _RINGS.get(kit)
    if tone is None or (tone - tonic) % 12 in (0, 7):
        return list(notes)
    return [replace(note, pitch=DRUMS["kick2"]) if note.pitch == DRUMS["kick"] else note for note in notes]


def other_groove(kit: Kitwork, bar: Bar, level: int) -> Groove:
    """Make a groove for a bar of any meter: kick on strong beats, backbeat between, a pulse over all."""
    division = 3 if bar.meter.compound else 4
    n_steps = max(1, round(bar.beats * division))
    beats = [at for at in range(n_steps) if at % division == 0]
    # Three beats are one strong and two weak; other bars take turns.
    strong = beats[:1] if len(beats) == 3 else beats[::2]
    weak = [at for at in beats if at not in strong]
    back = weak[-1:] if len(beats) == 3 and kit.kick not in ("soft", "all") else weak
    kicks = {"all": beats, "drop": back, "double": list(range(n_steps))}.get(kit.kick, strong)
    kick = ["."] * n_steps
    for at in kicks:
        kick[at] = "g" if kit.kick == "soft" else "X" if at in beats else "o"
    if level == 2 and kit.kick == "one":
        kick[-1 if bar.meter.compound else -2] = "o"
    pulse = ["."] * n_steps
    for at in range(n_steps):
        on_beat = at in beats
        offbeat = at % division == 2 or (bar.meter.compound and at % division != 0)
        if on_beat and not (level == 0 and kit.pulse == "open"):
            pulse[at] = "o" if kit.pulse == "open" else "x"
        elif offbeat and level > 0:
            pulse[at] = "x" if kit.pulse == "open" and not bar.meter.compound else "g"
    backs = ["X" if at in back and level else "x" if at in back else "." for at in range(n_steps)]
    back_drum = "side" if level == 0 and kit.back == "snare" else kit.back
    lines = [("kick", "".join(kick)), (back_drum, "".join(backs)), (kit.pulse, "".join(pulse))]
    return Groove(tuple(lines))


def _play_groove(groove: Groove, bar: Bar, rng: np.random.Generator) -> list[Note]:
    notes = []
    for drum, text in groove.lines:
        choices = text.split("|")
        line = choices[bar.place % len(choices)]
        step = bar.beats / len(line)
        for at, mark in enumerate(line):
            if mark == "." or (mark == "?" and rng.random() < 0.5):
                continue
            loudness = bar.loudness + _MARKS.get(mark, -38)
            notes.append(_hit(drum, bar.start + at * step, loudness))
    return notes


def _with_fill(groove: list[Note], bar: Bar, genre: str, rng: np.random.Generator) -> list[Note]:
    """Replace the end of a section's last bar by a fill, longer where a louder section follows."""
    rising = bar.next_energy - bar.energy
    most = max(1, int(bar.beats) // 2)
    n_beats = min(most, 2 if rising > 0.1 else 1)
    start = bar.end - n_beats
    division = 3 if bar.meter.compound else 4
    # The kick goes on below the fill: the beat must not be lost.
    kept = [note for note in groove if note.start < start - 1e-6 or note.pitch == DRUMS["kick"]]
    drums = KITWORK[genre].fill
    n_steps = n_beats * division
    fill = []
    for at in range(n_steps):
        share = at / n_steps
        drum = drums[min(int(share * len(drums)), len(drums) - 1)]
        on_beat = at % division == 0
        soft = genre in ("folk", "jazz", "ambient", "classical")
        if not on_beat and genre not in _ROLLS and rng.random() < (0.5 if soft else 0.25):
            continue
        loudness = bar.loudness + int(-10 + 18 * share) + (6 if on_beat else 0) - (14 if soft else 0)
        fill.append(_hit(drum, start + at / division, loudness))
    return kept + fill


def _ending(bar: Bar, start: float, kit: Kitwork) -> list[Note]:
    """One stroke with the last chord."""
    soft = kit.kick == "soft" or not kit.crash
    cymbal = _hit("ride" if soft else "crash", start, bar.loudness - (10 if soft else 0))
    hits = [_hit("kick", start, bar.loudness), cymbal]
    return hits if bar.start == start else [*hits, _hit("kick", bar.start, bar.loudness)]


def _hit(drum: str, start: float, velocity: int) -> Note:
    return Note(start, _LENGTH, DRUMS[drum], int(min(max(velocity, 12), 127)))
