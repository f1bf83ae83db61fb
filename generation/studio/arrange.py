"""Set a tune for an ensemble and a genre: "an Irish reel as techno".

The tune's strains become the sections of a song (`tune_form.py`), in the wanted key and meter (`strains.py`),
with chords where it had none (`harmonise.py`), in the genre's colours (`recolour.py`); each time a strain
comes back it is told a little differently (`retell.py`). The band plays around it, as in `compose.py`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.studio.compose import dice, draw_genres, make_plan, normalised, score_of
from generation.studio.form import energies_of
from generation.studio.piece import Piece
from generation.studio.plan import Plan
from generation.studio.recolour import recolour
from generation.studio.retell import retell, thinned_to
from generation.studio.score import Chord, Meter, Note, Part, Section, Tempo
from generation.studio.strains import Strain, Tone, harmonised, piece, strains_of
from generation.studio.tune import Tune, TuneError, tune_of
from generation.studio.tune_form import Stretch, lay_out

__all__ = ["Tune", "TuneError", "arrange", "tune_of"]

# Genres whose drums know four beats only, and those that take any meter as it comes.
_FOUR = frozenset({"techno", "edm", "hip hop", "funk", "reggae", "latin"})
_ANY = frozenset({"classical", "folk", "ambient"})
_WALTZ = frozenset({"country", "jazz", "pop"})
# Genres in which a triplet stays a triplet: they swing, or gallop.
_TRIPLETS = frozenset({"jazz", "blues", "metal", "folk", "country"})
# Genres in which a chord holds for a bar at least; and those that can bear a chorale's chord on every beat.
_SLOW_CHORDS = frozenset({"techno", "edm", "hip hop", "ambient"})
_ANY_CHORDS = frozenset({"classical", "folk", "jazz", "blues", "pop"})
_BUSY_CHORDS_BEATS = 1.8
_RITARDANDO = frozenset({"classical", "folk", "ambient"})
_MOST_TONES_PER_S = 7.0
_EPSILON = 1e-6


@dataclass(frozen=True)
class _Setting:
    """A section as it is to be played: where, its chords there, its tones there."""

    section: Section
    chords: tuple[Chord, ...]
    tones: tuple[Tone, ...]


def arrange(
    tune: Tune,
    seed: int,
    *,
    genres: Mapping[str, float] | None = None,
    mood: str | None = None,
    tempo_bpm: float | None = None,
    tonic: int | None = None,
    meter: Meter | None = None,
    duration_s: float | None = None,
    instruments: Sequence[str] = (),
) -> Piece:
    """Arrange a tune; what is not given is drawn from the seed, idiomatically to the genre.

    Parameters
    ----------
    tune : Tune
        Of `tunes.load_tune`, or of any score by `tune_of`. Its mode is kept.
    seed : int
        0 or more. The same seed and arguments give the same piece.
    genres, mood, tempo_bpm, tonic, duration_s, instruments
        As in `compose`.
    meter : Meter, optional
        By default the tune's, where the genre can play it, else 4/4.

    Returns
    -------
    Piece
        With the tune's name and origin; strong beats keep the tune's tones.

    Raises
    ------
    ValueError
        A name, number or meter that cannot be, with what can.
    """
    from generation.studio.band import accompany, humanise_part, lead_voice

    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    mixture = normalised(genres) if genres is not None else draw_genres(dice(seed, "genres"))
    genre = max(mixture, key=lambda name: mixture[name])
    dice_meter = dice(seed, "tune meter")
    wanted = meter if meter is not None else _meter_for(tune, genre, dice_meter)
    straighten = genre not in _TRIPLETS and dice_meter.random() < 0.6
    strains, set_meter = strains_of(tune, wanted, straighten=straighten)
    frame = make_plan(
        seed,
        genres=mixture,
        mood=mood,
        tempo_bpm=tempo_bpm,
        tonic=tonic,
        mode=tune.mode,
        meter=set_meter,
        duration_s=duration_s,
    )
    strains = _at_ease(strains, frame, dice(seed, "tune pace"))
    if genre not in _ANY_CHORDS and _busy(strains):
        strains = [replace(strain, chords=()) for strain in strains]
    # Half a bar of 4/4 may be a whole bar of a jig.
    halves = genre not in _SLOW_CHORDS or set_meter.beats_per_bar > tune.meter.beats_per_bar
    best = harmonised(strains, tune, set_meter, half_bars=halves, rng=None)
    other = harmonised(strains, tune, set_meter, half_bars=halves, rng=dice(seed, "tune chords"))
    n_bars = round(frame.n_beats / set_meter.beats_per_bar)
    bars = [round(strain.n_beats / set_meter.beats_per_bar) for strain in best]
    form = lay_out(bars, n_bars, genre=genre, meter=set_meter, rng=dice(seed, "tune form"))
    settings = _settings(form, best, other, tune, frame, dice(seed, "tune telling"))
    sections = _sections(settings, set_meter)
    energies = energies_of([section.kind for section in sections], mixture, frame.mood)
    plan = replace(
        frame,
        sections=sections,
        energies=tuple(energies),
        chords=_transposed([chord for one in settings for chord in one.chords], frame.tonic - tune.tonic),
    )
    voice = lead_voice(plan, rng=dice(seed, "voice"), instruments=instruments)
    notes = _lead_notes(settings, plan, frame.tonic - tune.tonic, voice.low, voice.high)
    lead = Part(voice.name, "lead", voice.program, notes, voice.gain_db, voice.pan)
    band = accompany(plan, lead, rng=dice(seed, "band"), instruments=instruments)
    played = humanise_part(lead, plan, rng=dice(seed, "hands"))
    score = score_of(plan, (played, *band), tune.name)
    if genre in _RITARDANDO:
        score = replace(score, tempos=_slowing(plan))
    return Piece(score, plan.genres, plan.mood, seed, tune.name, tune.origin)


def _meter_for(tune: Tune, genre: str, rng: np.random.Generator) -> Meter | None:
    """Return the meter in which a genre plays a tune; None for the tune's own."""
    beats = tune.meter.beats_per_bar
    keeps = rng.random() < 0.5
    if genre in _ANY or (beats == 4 and not tune.meter.compound):
        return None if beats <= 8 else Meter(4, 4)
    if genre not in _FOUR:
        if tune.meter.compound and beats in (2, 4) and keeps:
            return None
        if beats % 3 == 0 and (genre in _WALTZ or keeps):
            return Meter(3, 4)
    return Meter(4, 4)


def _busy(strains: Sequence[Strain]) -> bool:
    """Whether chords change about every beat."""
    chords = [chord for strain in strains for chord in strain.chords]
    return bool(chords) and sum(chord.duration for chord in chords) / len(chords) < _BUSY_CHORDS_BEATS


def _at_ease(strains: Sequence[Strain], frame: Plan, rng: np.random.Generator) -> list[Strain]:
    """Return strains that can be played at the tempo: at half speed, or without their weakest tones."""
    n_tones = sum(len(strain.tones) for strain in strains)
    per_beat = n_tones / sum(strain.n_beats for strain in strains)
    most = _MOST_TONES_PER_S * 60 / frame.tempo_bpm
    if per_beat > 1.35 * most:
        strains = [_slower(strain) for strain in strains]
    elif per_beat > most:
        strains = [replace(one, tones=thinned_to(one.tones, most, rng)) for one in strains]
    return list(strains)


def _slower(strain: Strain) -> Strain:
    """Return a strain at half speed."""
    tones = tuple(Tone(2 * tone.start, 2 * tone.duration, tone.pitch) for tone in strain.tones)
    chords = tuple(
        replace(chord, start=2 * chord.start, duration=2 * chord.duration) for chord in strain.chords
    )
    return Strain(tones, chords, 2 * strain.n_beats)


def _settings(
    form: Sequence[Stretch],
    best: Sequence[Strain],
    other: Sequence[Strain],
    tune: Tune,
    frame: Plan,
    rng: np.random.Generator,
) -> list[_Setting]:
    """Set every section of the form, still in the tune's own key."""
    bar = frame.meter.beats_per_bar
    settings: list[_Setting] = []
    at = 0.0
    for row, stretch in enumerate(form):
        dice_here = rng.spawn(1)[0]
        # First as it is best known, later perhaps in another light.
        fresh = stretch.telling > 0 and stretch.kind != "outro" and dice_here.random() < 0.4
        source = (other if fresh else best)[stretch.strain]
        cut = piece(source, stretch.first_bar * bar, (stretch.first_bar + stretch.bars) * bar)
        genre = _draw(frame.genres, dice_here)
        tones = _told(cut, stretch, genre, tune, frame, dice_here)
        chords = recolour(cut.chords, tones, genre=genre, tonic=tune.tonic, mode=tune.mode, rng=dice_here)
        if row + 1 == len(form):
            tones, chords = _ended(tones, chords, cut.n_beats, tune, bar)
        settings.append(
            _Setting(
                Section(stretch.kind, at, cut.n_beats),
                tuple(replace(chord, start=chord.start + at) for chord in chords),
                tuple(replace(tone, start=tone.start + at) for tone in tones),
            )
        )
        at += cut.n_beats
    return settings


def _sections(settings: Sequence[_Setting], meter: Meter) -> tuple[Section, ...]:
    """Return the sections of the form: neighbours of one kind are one, as long as they are short."""
    most = 8 * meter.beats_per_bar + _EPSILON
    sections: list[Section] = []
    for one in (setting.section for setting in settings):
        last = sections[-1] if sections else None
        if (
            last is not None
            and last.kind == one.kind
            and (one.kind in ("intro", "outro") or last.duration + one.duration <= most)
        ):
            sections[-1] = replace(last, duration=last.duration + one.duration)
        else:
            sections.append(one)
    return tuple(sections)


def _told(
    cut: Strain, stretch: Stretch, genre: str, tune: Tune, frame: Plan, rng: np.random.Generator
) -> tuple[Tone, ...]:
    """Return what the lead plays in a section."""
    if stretch.lead == "none":
        return ()
    tones = cut.tones
    if stretch.lead == "phrase":
        tones = tuple(tone for tone in tones if tone.start < cut.n_beats / 2 - _EPSILON)
    amount = min(1.0, 0.25 + 0.35 * stretch.telling)
    return retell(
        tones, genre=genre, amount=amount, meter=frame.meter, tonic=tune.tonic, mode=tune.mode, rng=rng
    )


def _ended(
    tones: Sequence[Tone], chords: Sequence[Chord], n_beats: float, tune: Tune, bar: float
) -> tuple[tuple[Tone, ...], tuple[Chord, ...]]:
    """End a piece: its last bar is the tonic, held."""
    start = n_beats - bar
    kept = [replace(tone, duration=min(tone.end, start) - tone.start) for tone in tones if tone.start < start]
    near = kept[-1].pitch if kept else next((tone.pitch for tone in tones), tune.melody[-1].pitch)
    home = near + (tune.tonic - near + 6) % 12 - 6
    before = [
        replace(chord, duration=min(chord.duration, start - chord.start))
        for chord in chords
        if chord.start < start
    ]
    last = next((chord for chord in reversed(chords) if chord.root == tune.tonic), None)
    quality = last.quality if last is not None else "maj" if tune.mode in ("major", "mixolydian") else "min"
    ending = Tone(start, 0.9 * bar, home)
    return (*kept, ending), (*before, Chord(start, bar, tune.tonic, quality))


def _draw(genres: Mapping[str, float], rng: np.random.Generator) -> str:
    """Draw a genre by weight."""
    names = list(genres)
    return names[int(rng.choice(len(names), p=[genres[name] for name in names]))]


def _transposed(chords: Sequence[Chord], semitones: int) -> tuple[Chord, ...]:
    """Return chords in another key, neighbours that are alike joined."""
    moved: list[Chord] = []
    for chord in chords:
        bass = None if chord.bass is None else (chord.bass + semitones) % 12
        one = replace(chord, root=(chord.root + semitones) % 12, bass=bass)
        last = moved[-1] if moved else None
        if last is not None and (last.root, last.quality, last.bass) == (one.root, one.quality, one.bass):
            moved[-1] = replace(last, duration=one.start + one.duration - last.start)
        else:
            moved.append(one)
    return tuple(moved)


def _lead_notes(
    settings: Sequence[_Setting], plan: Plan, semitones: int, low: int, high: int
) -> tuple[Note, ...]:
    """Join the sections' tones to one line, pickups before their sections, in the range of the lead."""
    line: list[tuple[Tone, float]] = []
    starts = [section.start for section in plan.sections]
    for setting in settings:
        energy = plan.energies[bisect_right(starts, setting.section.start + _EPSILON) - 1]
        for tone in setting.tones:
            if tone.start < 0:
                continue
            while line and line[-1][0].start >= tone.start - _EPSILON:
                line.pop()
            if line and line[-1][0].end > tone.start:
                last, force = line.pop()
                line.append((replace(last, duration=tone.start - last.start), force))
            line.append((tone, energy))
    if not line:
        return ()
    shift = _octave([tone.pitch for tone, _ in line], semitones % 12, low, high)
    end = plan.n_beats
    return tuple(
        Note(
            tone.start,
            min(tone.duration, end - tone.start),
            _folded(tone.pitch + shift, low, high),
            _velocity(tone, energy, plan.meter),
        )
        for tone, energy in line
        if tone.start < end - _EPSILON
    )


def _octave(pitches: Sequence[int], semitones: int, low: int, high: int) -> int:
    """Return the transposition that leaves fewest notes out of range, and the line nearest its middle."""
    values = np.array(pitches)

    def cost(shift: int) -> tuple[float, float]:
        moved = values + shift
        outside = np.maximum(low - moved, 0) + np.maximum(moved - high, 0)
        return float(np.mean(outside > 0)), abs(float(np.median(moved)) - (low + high) / 2)

    return min((semitones + 12 * octave for octave in range(-6, 7)), key=cost)


def _folded(pitch: int, low: int, high: int) -> int:
    """Bring a pitch into range by octaves."""
    while pitch < low:
        pitch += 12
    while pitch > high and pitch - 12 >= low:
        pitch -= 12
    return pitch


def _velocity(tone: Tone, energy: float, meter: Meter) -> int:
    """How hard a tone is struck: by the section's energy, harder on beats."""
    accent = (
        7
        if tone.start % meter.beats_per_bar < 0.02
        else 3
        if abs(tone.start - round(tone.start)) < 0.02
        else 0
    )
    return int(np.clip(round(68 + 36 * energy + accent), 1, 127))


def _slowing(plan: Plan) -> tuple[Tempo, ...]:
    """Return the tempo, and a slower one for the last bar."""
    last = plan.n_beats - plan.meter.beats_per_bar
    slow = max(10.0, round(0.85 * plan.tempo_bpm, 1))
    return (Tempo(0.0, plan.tempo_bpm), Tempo(last, slow)) if last > 0 else (Tempo(0.0, plan.tempo_bpm),)
