"""Scores as Standard MIDI files, written so that any DAW plays the mix and our own reader loses nothing.

Format 1, `TICKS` ticks a quarter. The first track holds title, tempos, meter, key, sections (markers, with an
"end" where a gap follows) and chord symbols (text, "N.C." where a gap follows); then one track a part: name,
port, program, volume (CC7) and pan (CC10). What MIDI cannot say is a text of ours beside it: mode, role, gain
and pan exactly. Percussion is on channel 10; from the sixteenth melodic part on, tracks go to further ports.

What is rounded: times to a tick, tempos to a microsecond a quarter. One channel cannot hold a pitch twice, so
a note that is struck again while it sounds is let go there. `midi_reader.py` reads files, ours and others'.

Source: MIDI 1.0 Detailed Specification and Standard MIDI Files 1.0, MIDI Manufacturers Association, 1996;
the decibels of CC7 (40 log10 of its share) are General MIDI's.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.studio.midi_reader import read_midi
from generation.studio.midi_text import (
    CHORD_GAP,
    KEY_PREFIX,
    OURS,
    SECTION_GAP,
    TICKS,
    MidiError,
    pan_value,
    part_text,
    volume_value,
)
from generation.studio.score import PITCH_CLASSES, Chord, Note, Part, Score, Section

__all__ = ["MidiError", "read_midi", "write_midi"]

DRUM_CHANNEL = 9
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
# Ports have seven bits.
MAX_PARTS = 128 * len(MELODIC_CHANNELS)
# Key signatures have their own spelling: no G# major, no Ab minor without seven flats.
_MAJOR_KEYS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_KEYS = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")


@dataclass(frozen=True, order=True)
class _Event:
    """A message at a tick; `rank` orders those at one tick: words, then letting go, then striking."""

    tick: int
    rank: int
    order: int
    message: Any


def write_midi(path: Path | str, score: Score) -> None:
    """Write a score as a MIDI file; the file appears whole or not at all.

    Raises
    ------
    MidiError
        The file cannot be written, or has more parts than MIDI has ports.
    """
    import mido

    if len(score.parts) > MAX_PARTS:
        raise MidiError(f"{path}: MIDI holds at most {MAX_PARTS} parts, the score has {len(score.parts)}")
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks.append(_track(_conductor(score)))
    places = _places(score.parts)
    for part, (port, channel) in zip(score.parts, places, strict=True):
        file.tracks.append(_track(_part_events(part, port, channel, _ticks_per_beat(score))))
    _replace(Path(path), file)


def _replace(path: Path, file: Any) -> None:
    """Write beside the path, then move there."""
    beside = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as out:
            beside = out.name
            file.save(file=out)
        # Temporary files are for their owner alone; a result has the rights of any other file.
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, path)
    except OSError as error:
        raise MidiError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if beside is not None and os.path.exists(beside):
            os.unlink(beside)


def _umask() -> int:
    """Return the mask of new files; it can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _ticks_per_beat(score: Score) -> float:
    """Ticks in a felt beat."""
    return TICKS * score.meter.quarters_per_beat


def _places(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Port and channel of each part: drums on channel 10 of a port of their own, others in turn."""
    melodic = drums = 0
    places = []
    for part in parts:
        if part.is_drums:
            places.append((drums, DRUM_CHANNEL))
            drums += 1
        else:
            port, row = divmod(melodic, len(MELODIC_CHANNELS))
            places.append((port, MELODIC_CHANNELS[row]))
            melodic += 1
    return places


def _track(events: list[_Event]) -> Any:
    """Turn events at ticks into a track of differences."""
    import mido

    track = mido.MidiTrack()
    now = 0
    for event in sorted(events):
        track.append(event.message.copy(time=event.tick - now))
        now = event.tick
    track.append(mido.MetaMessage("end_of_track", time=0))
    return track


def _conductor(score: Score) -> list[_Event]:
    """Title, tempos, meter, key, sections and chords."""
    import mido

    per_beat = _ticks_per_beat(score)
    messages: list[tuple[float, Any]] = [
        (0.0, mido.MetaMessage("track_name", name=score.title)),
        (0.0, mido.MetaMessage("text", text=OURS)),
        (
            0.0,
            mido.MetaMessage(
                "time_signature",
                numerator=score.meter.numerator,
                denominator=score.meter.denominator,
                clocks_per_click=round(24 * score.meter.quarters_per_beat),
            ),
        ),
    ]
    if score.tonic is not None or score.mode is not None:
        tonic = "" if score.tonic is None else PITCH_CLASSES[score.tonic]
        messages.append((0.0, mido.MetaMessage("text", text=f"{KEY_PREFIX}{tonic} {score.mode or ''}")))
    if score.tonic is not None and score.mode in ("major", "minor"):
        names = _MAJOR_KEYS if score.mode == "major" else _MINOR_KEYS
        messages.append((0.0, mido.MetaMessage("key_signature", key=names[score.tonic])))
    for tempo in score.tempos:
        micros = round(60e6 / (tempo.bpm * score.meter.quarters_per_beat))
        messages.append((tempo.start, mido.MetaMessage("set_tempo", tempo=micros)))
    messages += [(at, mido.MetaMessage("marker", text=text)) for at, text in _sections(score.sections)]
    messages += [(at, mido.MetaMessage("text", text=text)) for at, text in _chords(score.chords)]
    return [_Event(round(at * per_beat), 0, order, message) for order, (at, message) in enumerate(messages)]


def _sections(sections: Sequence[Section]) -> list[tuple[float, str]]:
    """Names of sections where they start, and an end wherever no other starts."""
    starts = [section.start for section in sections]
    return _with_gaps([(one.start, one.duration, one.kind) for one in sections], starts, SECTION_GAP)


def _chords(chords: Sequence[Chord]) -> list[tuple[float, str]]:
    """Chord symbols where they start, and "N.C." wherever no other starts."""
    starts = [chord.start for chord in chords]
    return _with_gaps([(one.start, one.duration, str(one)) for one in chords], starts, CHORD_GAP)


def _with_gaps(
    spans: Sequence[tuple[float, float, str]], starts: Sequence[float], gap: str
) -> list[tuple[float, str]]:
    """Words at starts, and the gap's word at each end at which nothing starts (a tick is no gap)."""
    words = []
    following = [*starts, None][1:]
    for (start, duration, word), after in zip(spans, following, strict=True):
        words.append((start, word))
        if after is None or after > start + duration + 0.5 / TICKS:
            words.append((start + duration, gap))
    return words


def _part_events(part: Part, port: int, channel: int, per_beat: float) -> list[_Event]:
    """Name, port, mix and notes of one part."""
    import mido

    head = [
        mido.MetaMessage("track_name", name=part.name),
        mido.MetaMessage("midi_port", port=port),
        mido.MetaMessage("text", text=part_text(part)),
        mido.Message("program_change", channel=channel, program=part.program),
        mido.Message("control_change", channel=channel, control=7, value=volume_value(part.gain_db)),
        mido.Message("control_change", channel=channel, control=10, value=pan_value(part.pan)),
    ]
    events = [_Event(0, 0, order, message) for order, message in enumerate(head)]
    for order, (start, end, note) in enumerate(_struck(part.notes, per_beat)):
        on = mido.Message("note_on", channel=channel, note=note.pitch, velocity=note.velocity)
        off = mido.Message("note_off", channel=channel, note=note.pitch, velocity=0)
        events += [_Event(start, 2, order, on), _Event(end, 1, order, off)]
    return events


def _struck(notes: Sequence[Note], per_beat: float) -> list[tuple[int, int, Note]]:
    """Ticks of the notes' starts and ends, each at least a tick long and let go where it is struck again."""
    by_pitch: dict[int, list[tuple[int, int, Note]]] = {}
    for note in notes:
        start = round(note.start * per_beat)
        end = max(start + 1, round(note.end * per_beat))
        row = by_pitch.setdefault(note.pitch, [])
        if row and row[-1][0] == start:
            # Struck twice at once: one sound, the longer and louder of the two.
            _, last_end, last = row.pop()
            note = note if note.velocity >= last.velocity else last
            end = max(end, last_end)
        elif row and row[-1][1] > start:
            row[-1] = (row[-1][0], start, row[-1][2])
        row.append((start, end, note))
    return sorted(
        (span for row in by_pitch.values() for span in row), key=lambda span: (span[0], span[2].pitch)
    )
