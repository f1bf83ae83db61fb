"""The band: what every genre plays in every meter, and what holds of all of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from generation.studio.band import INSTRUMENTS, TEMPO_RANGES, accompany, humanise_part, lead_voice
from generation.studio.band.bars import bass_class, cut_bars
from generation.studio.band.bass import play_bass
from generation.studio.band.drums import play_drums
from generation.studio.band.humanise import MOST_JITTER_MS, swing_of, swung
from generation.studio.band.voicing import lead_voices, movement
from generation.studio.piece import GENRES
from generation.studio.plan import Plan
from generation.studio.score import Chord, Meter, Note, Part, Section

FORM = (("intro", 4), ("verse", 8), ("chorus", 8), ("break", 4), ("outro", 4))
ENERGIES = (0.4, 0.55, 0.85, 0.3, 0.45)
METERS = (Meter(4, 4), Meter(3, 4), Meter(6, 8), Meter(5, 4), Meter(7, 8))


def plan_of(genre: str, meter: Meter = METERS[0], **changes: object) -> Plan:
    bar = meter.beats_per_bar
    starts = np.cumsum([0, *(n * bar for _, n in FORM)])
    sections = tuple(Section(kind, float(at), n * bar) for (kind, n), at in zip(FORM, starts, strict=False))
    loop = ((0, "maj"), (9, "min"), (5, "maj"), (7, "7"))
    chords = (*tuple(Chord(at * bar, bar, *loop[at % 4]) for at in range(27)), Chord(27 * bar, bar, 0))
    plan = Plan({genre: 1.0}, "happy", 100.0, 0, "major", meter, sections, ENERGIES, chords)
    return replace(plan, **changes)  # type: ignore[arg-type]


def band_of(plan: Plan, seed: int = 0, instruments: tuple[str, ...] = ()) -> tuple[Part, ...]:
    return accompany(plan, None, rng=np.random.default_rng(seed), instruments=instruments)


def drums_in(parts: tuple[Part, ...], plan: Plan, kind: str) -> list[Note]:
    section = next(one for one in plan.sections if one.kind == kind)
    end = section.start + section.duration
    return [n for p in parts if p.is_drums for n in p.notes if section.start <= n.start + 0.05 < end]


@pytest.mark.parametrize("meter", METERS, ids=str)
@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_plays_every_meter_in_range_and_to_the_end(genre: str, meter: Meter) -> None:
    plan = plan_of(genre, meter)
    parts = band_of(plan)
    assert len(parts) >= 3
    ends = [max(note.end for note in part.notes) for part in parts if part.role in ("harmony", "bass", "pad")]
    assert ends == pytest.approx([plan.n_beats] * len(ends))
    for part in parts:
        instrument = INSTRUMENTS[part.name]
        low, high = instrument.low, instrument.high
        assert part.program == instrument.program
        assert all(part.is_drums or low <= note.pitch <= high for note in part.notes), part.name


@pytest.mark.parametrize("genre", GENRES)
def test_no_note_sounds_over_another_of_its_pitch(genre: str) -> None:
    for part in band_of(plan_of(genre)):
        last: dict[int, float] = {}
        for note in part.notes:
            assert note.start >= last.get(note.pitch, 0.0) - 1e-9
            last[note.pitch] = note.end


@pytest.mark.parametrize("meter", METERS[:3], ids=str)
@pytest.mark.parametrize("genre", GENRES)
def test_drums_lie_on_the_grid(genre: str, meter: Meter) -> None:
    bars = cut_bars(plan_of(genre, meter))
    notes = play_drums(bars, [1.0] * len(bars), genres=[genre] * len(bars), rng=np.random.default_rng(1))
    steps = np.array([note.start for note in notes]) * (3 if meter.compound else 8)
    assert notes
    assert np.allclose(steps, np.round(steps))


@pytest.mark.parametrize("genre", GENRES)
def test_the_bass_meets_a_chord_with_its_root(genre: str) -> None:
    bars = cut_bars(plan_of(genre))
    ones = [1.0] * len(bars)
    notes = play_bass(bars, ones, genres=[genre] * len(bars), low=28, high=60, rng=np.random.default_rng(2))
    chords = [chord for bar in bars for chord in bar.chords]
    firsts = [min((n for n in notes if n.start >= chord.start - 1e-6), default=None) for chord in chords]
    met = [
        note.pitch % 12 == bass_class(chord)
        for note, chord in zip(firsts, chords, strict=True)
        if note and note.start < chord.start + chord.duration
    ]
    assert np.mean(met) >= 0.8


def test_fills_are_at_ends_of_sections_alone() -> None:
    bars = cut_bars(plan_of("rock"))
    notes = play_drums(bars, [1.0] * len(bars), genres=["rock"] * len(bars), rng=np.random.default_rng(3))
    ends = [bar for bar in bars if bar.last_of_section]
    toms = [note for note in notes if note.pitch in (41, 45, 48, 50)]
    assert toms
    assert all(any(bar.start <= note.start < bar.end for bar in ends) for note in toms)


@pytest.mark.parametrize("genre", GENRES)
def test_a_break_has_no_drums_where_it_begins(genre: str) -> None:
    plan = plan_of(genre)
    early = plan.sections[3].start + plan.meter.beats_per_bar * 2
    assert not [note for note in drums_in(band_of(plan), plan, "break") if note.start < early]


def test_ambient_and_classical_have_no_drums() -> None:
    assert not any(part.is_drums for genre in ("ambient", "classical") for part in band_of(plan_of(genre)))


@pytest.mark.parametrize("genre", ["rock", "pop", "edm", "funk", "country", "latin"])
def test_a_chorus_is_fuller_than_a_verse(genre: str) -> None:
    plan = plan_of(genre)
    force = {
        kind: sum(
            note.velocity
            for part in band_of(plan)
            for note in part.notes
            if section.start <= note.start < section.start + section.duration
        )
        for kind, section in ((one.kind, one) for one in plan.sections)
    }
    assert force["chorus"] > 1.2 * force["verse"]
    assert force["break"] < force["verse"]


def test_the_same_rng_gives_the_same_parts_and_another_others() -> None:
    plan = plan_of("funk")
    assert band_of(plan, 5) == band_of(plan, 5)
    assert band_of(plan, 5) != band_of(plan, 6)


def test_three_instruments_asked_for_are_the_whole_band() -> None:
    trio = ("saxophone", "piano", "upright bass")
    plan = plan_of("jazz")
    voice = lead_voice(plan, rng=np.random.default_rng(0), instruments=trio)
    lead = Part(voice.name, "lead", voice.program, (Note(0.0, 1.0, 70),))
    parts = accompany(plan, lead, rng=np.random.default_rng(0), instruments=trio)
    assert voice.name == "saxophone"
    assert sorted(part.name for part in parts) == ["piano", "upright bass"]


def test_a_second_melody_instrument_plays_though_the_lead_never_rests() -> None:
    plan = plan_of("classical")
    lead = Part("violin", "lead", 40, (Note(0.0, plan.n_beats, 76),))
    parts = accompany(plan, lead, rng=np.random.default_rng(0), instruments=("violin", "flute"))
    assert [part.name for part in parts] == ["flute"]


def test_one_instrument_asked_for_has_the_core_of_the_band_around_it() -> None:
    parts = band_of(plan_of("country"), instruments=("banjo",))
    assert "banjo" in [part.name for part in parts]
    assert {part.role for part in parts} == {"harmony", "bass", "drums"}


def test_an_unknown_instrument_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(ValueError, match=r"unknown instrument 'kazoo'; known are piano, electric piano"):
        band_of(plan_of("jazz"), instruments=("kazoo",))


def test_a_mixture_has_something_of_both() -> None:
    plan = plan_of("jazz", genres={"jazz": 0.7, "hip hop": 0.3})
    heard = [{part.name for part in band_of(plan, seed)} for seed in range(10)]
    hip_hop = {"808 drums", "sub bass", "electric piano"}
    jazz = {"jazz drums", "upright bass", "piano", "jazz guitar"}
    assert all(names & jazz for names in heard)
    assert sum(bool(names & hip_hop) for names in heard) >= 7


def test_humanised_notes_stay_near_the_swung_grid() -> None:
    plan = plan_of("jazz")
    notes = tuple(Note(at / 2, 0.4, 60 + at % 12) for at in range(64))
    part = humanise_part(Part("piano", "lead", 0, notes), plan, rng=np.random.default_rng(4))
    grid = np.array([swung(note.start, *swing_of(plan)) for note in notes])
    errors_ms = (np.array([note.start for note in part.notes]) - grid) * 60_000 / plan.tempo_bpm
    assert np.abs(errors_ms).max() <= MOST_JITTER_MS + 1e-6
    assert min(note.start for note in part.notes) >= 0


def test_jazz_swings_techno_does_not_and_triplets_stay() -> None:
    assert swung(1.5, *swing_of(plan_of("jazz"))) == pytest.approx(1.655)
    assert swung(1.5, *swing_of(plan_of("techno"))) == 1.5
    assert swung(1 + 1 / 3, *swing_of(plan_of("jazz"))) == 1 + 1 / 3


def test_voices_move_little_from_chord_to_chord() -> None:
    voicing: tuple[int, ...] = ()
    moves = []
    for root, quality in ((0, "maj"), (9, "min"), (5, "maj"), (7, "maj"), (0, "maj")):
        following = lead_voices(Chord(0, 4, root, quality), voicing, low=50, high=67)
        moves.append(movement(voicing, following) / 6)
        voicing = following
    assert max(moves) <= 2.5


@pytest.mark.parametrize("genre", GENRES)
def test_a_lead_has_at_least_an_octave_within_its_instrument(genre: str) -> None:
    for seed in range(8):
        voice = lead_voice(plan_of(genre), rng=np.random.default_rng(seed))
        instrument = INSTRUMENTS[voice.name]
        assert instrument.low <= voice.low <= voice.high - 12 <= instrument.high - 12
    assert TEMPO_RANGES[genre][0] < TEMPO_RANGES[genre][1]


def test_a_plan_without_sections_has_no_band() -> None:
    assert band_of(plan_of("pop", sections=(), energies=(), chords=())) == ()
