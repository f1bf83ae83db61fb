"""Compose whole songs from a seed: a plan, a lead, a band, and a title.

Everything that is not asked for is drawn from the seed as the genre would have it. Each decision has dice of
its own, so that asking for a tempo leaves form, chords and melody what they were as far as they can be.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np

from generation.studio.form import draw_form, energies_of, sections_of
from generation.studio.harmony import song_chords
from generation.studio.idioms import IDIOMS, MOOD_MODES, MOOD_TEMPO
from generation.studio.lead import lead_notes
from generation.studio.piece import GENRES, MOODS, Piece
from generation.studio.plan import Plan
from generation.studio.score import MODES, PITCH_CLASSES, Meter, Part, Score, Tempo
from generation.studio.titles import invent_title

# Shortest and longest song, in seconds, and the range of felt tempos anybody may ask for.
DURATION_S = (10.0, 900.0)
TEMPO_BPM = (30.0, 300.0)
_USUAL_DURATION_S = (75.0, 170.0)
_MIXED_ODDS = 0.25


def dice(seed: int, decision: str) -> np.random.Generator:
    """Return the random numbers of one decision about the song of a seed (0 or more)."""
    return np.random.default_rng([seed, zlib.crc32(decision.encode())])


def make_plan(
    seed: int,
    *,
    genres: Mapping[str, float] | None = None,
    mood: str | None = None,
    tempo_bpm: float | None = None,
    tonic: int | None = None,
    mode: str | None = None,
    meter: Meter | None = None,
    duration_s: float | None = None,
) -> Plan:
    """Plan a song: what `compose` has it played from; the same arguments give the same plan.

    Raises
    ------
    ValueError
        A name, number or meter that cannot be, with what can.
    """
    _check(seed, mood, tempo_bpm, tonic, mode, meter, duration_s)
    mixture = normalised(genres) if genres is not None else draw_genres(dice(seed, "genres"))
    if mood is None:
        mood = _draw_mood(mixture, mode, dice(seed, "mood"))
    if mode is None:
        mode = _draw_mode(mixture, mood, dice(seed, "mode"))
    if meter is None:
        meter = _draw_meter(mixture, dice(seed, "meter"))
    if tempo_bpm is None:
        tempo_bpm = _draw_tempo(mixture, mood, dice(seed, "tempo"))
    if tonic is None:
        tonic = int(dice(seed, "tonic").integers(12))
    if duration_s is None:
        duration_s = float(dice(seed, "duration").uniform(*_USUAL_DURATION_S))
    genre = max(mixture, key=lambda name: mixture[name])
    n_bars = max(4, round(duration_s * tempo_bpm / 60 / meter.beats_per_bar))
    form = draw_form(genre, n_bars, dice(seed, "form"))
    sections = sections_of(form, meter)
    chords = song_chords(sections, mixture, tonic=tonic, mode=mode, meter=meter, rng=dice(seed, "chords"))
    energies = energies_of([kind for kind, _ in form], mixture, mood)
    return Plan(mixture, mood, float(tempo_bpm), tonic, mode, meter, sections, energies, chords)


def compose(
    seed: int,
    *,
    genres: Mapping[str, float] | None = None,
    mood: str | None = None,
    tempo_bpm: float | None = None,
    tonic: int | None = None,
    mode: str | None = None,
    meter: Meter | None = None,
    duration_s: float | None = None,
    instruments: Sequence[str] = (),
    title: str | None = None,
) -> Piece:
    """Compose a song; what is not given is drawn from the seed, idiomatically to the genre.

    Parameters
    ----------
    seed : int
        0 or more. The same seed and arguments give the same piece.
    genres : mapping of str to float, optional
        Weights of piece.GENRES, above 0; they are made to sum to 1.
    mood : str, optional
        One of piece.MOODS.
    tempo_bpm : float, optional
        Felt beats a minute, within TEMPO_BPM.
    tonic : int, optional
        Pitch class, 0..11.
    mode : str, optional
        One of score.MODES.
    meter : Meter, optional
        With 1.5 to 8 felt beats in a bar.
    duration_s : float, optional
        Within DURATION_S; kept within a bar, four bars at least.
    instruments : sequence of str
        Whom to have in the band, the lead first; nobody in particular by default.
    title : str, optional

    Raises
    ------
    ValueError
        A name, number or meter that cannot be, with what can.
    """
    from generation.studio.band import accompany, humanise_part, lead_voice

    plan = make_plan(
        seed,
        genres=genres,
        mood=mood,
        tempo_bpm=tempo_bpm,
        tonic=tonic,
        mode=mode,
        meter=meter,
        duration_s=duration_s,
    )
    voice = lead_voice(plan, rng=dice(seed, "voice"), instruments=instruments)
    notes = lead_notes(plan, voice.low, voice.high, dice(seed, "lead"))
    lead = Part(voice.name, "lead", voice.program, notes, voice.gain_db, voice.pan)
    band = accompany(plan, lead, rng=dice(seed, "band"), instruments=instruments)
    played = humanise_part(lead, plan, rng=dice(seed, "hands"))
    if title is None:
        title = invent_title(plan.genre, plan.mood, dice(seed, "title"))
    return Piece(score_of(plan, (played, *band), title), plan.genres, plan.mood, seed)


def score_of(plan: Plan, parts: Sequence[Part], title: str) -> Score:
    """Write down what was played from a plan."""
    return Score(
        title,
        (Tempo(0.0, plan.tempo_bpm),),
        tuple(parts),
        plan.tonic,
        plan.mode,
        plan.meter,
        plan.chords,
        plan.sections,
    )


def normalised(genres: Mapping[str, float]) -> dict[str, float]:
    """Return a mixture whose weights sum to 1, the heaviest genre first.

    Raises
    ------
    ValueError
        No genre, an unknown one, or a weight that is not above 0.
    """
    unknown = [name for name in genres if name not in GENRES]
    if unknown:
        raise ValueError(f"unknown genres {unknown}; known are {', '.join(GENRES)}")
    if not genres or not all(np.isfinite(weight) and weight > 0 for weight in genres.values()):
        raise ValueError(f"genres need weights above 0, got {dict(genres)}")
    total = float(sum(genres.values()))
    # By weight, then in the order of GENRES: never in that of the caller's mapping.
    names = sorted(genres, key=lambda name: (-genres[name], GENRES.index(name)))
    return {name: float(genres[name]) / total for name in names}


def draw_genres(rng: np.random.Generator) -> dict[str, float]:
    """Draw one genre, or now and then two with weights."""
    first, second = rng.choice(len(GENRES), size=2, replace=False)
    weight = float(rng.uniform(0.55, 0.8))
    if rng.random() >= _MIXED_ODDS:
        return {GENRES[first]: 1.0}
    return {GENRES[first]: weight, GENRES[second]: 1 - weight}


def _mixed(genres: Mapping[str, float], trait: str) -> dict[str, float]:
    """Mix the weights that a mixture's idioms give to their moods, modes or meters."""
    mixed: dict[str, float] = {}
    for genre, share in genres.items():
        weights: Mapping[str, float] = getattr(IDIOMS[genre], trait)
        for name, weight in weights.items():
            mixed[name] = mixed.get(name, 0.0) + share * weight / sum(weights.values())
    return mixed


def _draw(weights: Mapping[str, float], rng: np.random.Generator) -> str:
    odds = np.array(list(weights.values()))
    return list(weights)[int(rng.choice(len(odds), p=odds / odds.sum()))]


def _draw_mood(genres: Mapping[str, float], mode: str | None, rng: np.random.Generator) -> str:
    """Draw a mood of the genres; a mode that was asked for makes the moods it suits more likely."""
    weights = _mixed(genres, "moods")
    if mode is not None:
        weights = {mood: weight * MOOD_MODES[mood][mode] for mood, weight in weights.items()}
    return _draw(weights, rng)


def _draw_mode(genres: Mapping[str, float], mood: str, rng: np.random.Generator) -> str:
    weights = _mixed(genres, "modes")
    return _draw({mode: weight * MOOD_MODES[mood][mode] for mode, weight in weights.items()}, rng)


def _draw_meter(genres: Mapping[str, float], rng: np.random.Generator) -> Meter:
    numerator, denominator = _draw(_mixed(genres, "meters"), rng).split("/")
    return Meter(int(numerator), int(denominator))


def _draw_tempo(genres: Mapping[str, float], mood: str, rng: np.random.Generator) -> float:
    """Draw a tempo: about the genres' usual one, moved by the mood, within their bounds."""
    low, usual, high = (
        float(np.exp(sum(share * np.log(IDIOMS[name].tempo[k]) for name, share in genres.items())))
        for k in range(3)
    )
    lean = float(np.clip(MOOD_TEMPO[mood] + rng.normal(0, 0.35), -1, 1))
    return float(round(usual + lean * (high - usual if lean > 0 else usual - low)))


def _check(
    seed: int,
    mood: str | None,
    tempo_bpm: float | None,
    tonic: int | None,
    mode: str | None,
    meter: Meter | None,
    duration_s: float | None,
) -> None:
    """Refuse what cannot be composed."""
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    if mood is not None and mood not in MOODS:
        raise ValueError(f"unknown mood {mood!r}; known are {', '.join(MOODS)}")
    if tempo_bpm is not None and not TEMPO_BPM[0] <= tempo_bpm <= TEMPO_BPM[1]:
        raise ValueError(f"tempo_bpm must be from {TEMPO_BPM[0]:g} to {TEMPO_BPM[1]:g}, got {tempo_bpm}")
    if tonic is not None and tonic not in range(12):
        raise ValueError(f"tonic must be a pitch class, 0 ({PITCH_CLASSES[0]}) to 11, got {tonic}")
    if mode is not None and mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}; known are {', '.join(MODES)}")
    if meter is not None and not 1.5 <= meter.beats_per_bar <= 8:
        raise ValueError(f"meter must have from 1.5 to 8 felt beats in a bar, got {meter}")
    if duration_s is not None and not DURATION_S[0] <= duration_s <= DURATION_S[1]:
        raise ValueError(f"duration_s must be from {DURATION_S[0]:g} to {DURATION_S[1]:g}, got {duration_s}")
