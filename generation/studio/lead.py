"""The lead of a song: which theme each section has, and how loudly each note is sung."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from generation.studio.melody import Singer, Tune
from generation.studio.motif import augment
from generation.studio.plan import Plan
from generation.studio.rhythm import cell_weights, is_strong
from generation.studio.score import Note, Section
from generation.studio.themes import Composer, Theme, Unit, resized, varied
from generation.studio.tune_styles import mixed_style

_THEMED = ("verse", "prechorus", "chorus", "bridge")


def lead_notes(plan: Plan, low: int, high: int, rng: np.random.Generator) -> tuple[Note, ...]:
    """Compose the lead of a plan between two pitches (an octave at least), in exact time.

    Verses return varied, choruses as they were; solos are new each time; intros and breaks may be silent;
    the song ends on its tonic.
    """
    style = mixed_style(plan.genres)
    singer = Singer(plan, low, high, five=bool(rng.random() < style.pentatonic))
    cells = cell_weights(plan.genres, plan.meter, plan.tempo_bpm)
    composer = Composer(style, plan.meter, cells, rng)
    themes = _themes(plan, composer)
    hooked = bool(rng.random() < style.hook_intro)
    broken = bool(rng.random() < 0.5)
    tune: list[Tune] = []
    for row, section in enumerate(plan.sections):
        earlier = [one.kind for one in plan.sections[:row]].count(section.kind)
        later = [one.kind for one in plan.sections[row + 1 :]].count(section.kind)
        if section.kind == "intro":
            sung = _intro(singer, _hook(themes), section, plan) if hooked else []
        elif section.kind == "break":
            sung = singer.sing(_sparse(themes, section, plan), *_span(section)) if broken else []
        elif section.kind == "outro":
            sung = _outro(singer, _hook(themes), section, plan, tune)
        else:
            theme = _of_section(section, themes, composer, plan, earlier, later)
            sung = singer.sing(theme, *_span(section))
        _join(tune, sung)
    return _voiced(tune, plan, style.gate, rng)


def _span(section: Section) -> tuple[float, float]:
    return section.start, section.start + section.duration


def _n_units(section: Section, plan: Plan) -> int:
    return max(1, int(np.ceil(round(section.duration / plan.meter.beats_per_bar) / 2)))


def _themes(plan: Plan, composer: Composer) -> dict[str, Theme]:
    """Write the themes that the sections need, at least a verse's: four units, six in a blues."""
    kinds = {section.kind for section in plan.sections}
    themes = {}
    for kind in _THEMED:
        if kind in kinds or kind == "verse":
            longest = max((_n_units(one, plan) for one in plan.sections if one.kind == kind), default=4)
            n_units = 6 if longest % 6 == 0 and "blues" in plan.genres else min(longest, 4)
            themes[kind] = composer.theme(kind, max(n_units, 2))
    return themes


def _hook(themes: dict[str, Theme]) -> Theme:
    return themes.get("chorus", themes["verse"])


def _of_section(
    section: Section, themes: dict[str, Theme], composer: Composer, plan: Plan, earlier: int, later: int
) -> Theme:
    """Return what a section sings, the `earlier`-th time with `later` more to come."""
    n_units = _n_units(section, plan)
    if section.kind == "solo":
        theme = composer.theme("solo", min(n_units, 6 if n_units % 6 == 0 else 4))
    else:
        theme = themes[section.kind]
    again = n_units > len(theme.units)
    theme = _extended(theme, n_units, composer) if again else resized(theme, n_units)
    if section.kind in ("verse", "bridge", "solo") and earlier:
        return varied(theme, rng=composer.rng, much=0.4)
    if section.kind == "chorus" and earlier >= 2 and not later:
        return varied(theme, rng=composer.rng, much=0.3)
    return theme


def _extended(theme: Theme, n_units: int, composer: Composer) -> Theme:
    """Say a theme until n_units are full, varied from the second time on, each time alike."""
    dice = np.random.default_rng(len(theme.units[0].motif.tones) * 1000 + n_units)
    units = list(theme.units)
    while len(units) < n_units:
        units += varied(theme, rng=dice, much=0.5).units
    whole = [*units[: n_units - 1], units[-1]] if n_units % len(theme.units) else units[:n_units]
    return replace(theme, units=tuple(whole))


def _intro(singer: Singer, hook: Theme, section: Section, plan: Plan) -> list[Tune]:
    """Let the tune's head be heard in the second half of the intro, or in all of a short one."""
    start, end = _span(section)
    n_bars = round(section.duration / plan.meter.beats_per_bar)
    skip = (n_bars // 2) * plan.meter.beats_per_bar if n_bars > 2 else 0.0
    n_units = max(1, round((end - start - skip) / plan.meter.beats_per_bar) // 2)
    head = replace(hook, units=tuple(hook.units[:n_units]), pickup=False)
    return singer.sing(head, start + skip, end)


def _sparse(themes: dict[str, Theme], section: Section, plan: Plan) -> Theme:
    """Make of the verse's motif something slow, every second unit silent."""
    first = themes["verse"].units[0]
    slow = replace(first, motif=augment(first.motif))
    silent = Unit(replace(first.motif, tones=()), 0)
    return Theme(tuple((slow, silent)[row % 2] for row in range(_n_units(section, plan))), 0.4)


def _outro(singer: Singer, hook: Theme, section: Section, plan: Plan, tune: Sequence[Tune]) -> list[Tune]:
    """Recall the hook, then cadence."""
    start, end = _span(section)
    words_from = max(end - 2 * plan.meter.beats_per_bar, start)
    n_units = round((words_from - start) / plan.meter.beats_per_bar / 2)
    sung = singer.sing(replace(resized(hook, n_units), pickup=False), start, words_from) if n_units else []
    before = sung[-1].pitch if sung else (tune[-1].pitch if tune else None)
    return [*sung, *singer.last_words(start, end, before)]


def _join(tune: list[Tune], sung: list[Tune]) -> None:
    """Add a section's notes; what its upbeat overlaps gives way."""
    if not sung:
        return
    begin = sung[0].start
    while tune and tune[-1].start >= begin - 1e-6:
        tune.pop()
    if tune and tune[-1].end > begin:
        tune[-1].length = begin - tune[-1].start
    tune += sung


def _voiced(tune: Sequence[Tune], plan: Plan, gate: float, rng: np.random.Generator) -> tuple[Note, ...]:
    """Turn the line into notes, louder in full sections, on strong beats, high up and amid a phrase."""
    notes = []
    per_bar = plan.meter.beats_per_bar
    middle = float(np.mean([note.pitch for note in tune])) if tune else 0.0
    starts = [section.start for section in plan.sections]
    for row, note in enumerate(tune):
        energy = plan.energies[bisect_right(starts, note.start + 1e-6) - 1]
        following = tune[row + 1].start if row + 1 < len(tune) else plan.n_beats
        length = min(note.length, max(following - note.start, 0.05))
        length *= gate if length < 1 else (1 + gate) / 2
        in_bar = note.start % per_bar
        accent = 7 if is_strong(in_bar, plan.meter) else 2 if in_bar == int(in_bar) else -4
        # A phrase is four bars: it swells to its middle and fades to its end.
        arc = 9 * np.sin(np.pi * ((note.start % (4 * per_bar)) / (4 * per_bar))) - 4
        height = 0.5 * (note.pitch - middle)
        velocity = 62 + 44 * energy + accent + arc + height + float(rng.normal(0, 2.5))
        notes.append(
            Note(round(note.start, 6), round(length, 6), note.pitch, int(np.clip(round(velocity), 30, 124)))
        )
    return tuple(notes)
