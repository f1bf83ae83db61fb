"""Read Standard MIDI files: our own without loss, other people's with guesses where MIDI says nothing.

Formats 0, 1 and 2 (the sequences of format 2 one after another), SMPTE time, running status, any number of
tempos. A part is what one channel plays in one track. What a file leaves open is settled so:
- A note that is never let go ends with its track, one that is struck again while it sounds ends there.
- Of several meters, and keys, the one that holds longest is taken; tempos outside 10..400 are moved to there.
- The program is the one with which most notes of the part are played; channel 10 is drums.
- Roles (`guess_roles`): by name where it says one, then bass by program or depth, pads and effects by
  program, the highest part that mostly plays one note at a time leads, other such parts are counter, the rest
  harmony.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.studio.midi_roles import guess_roles, program_name
from generation.studio.midi_text import (
    CHORD_GAP,
    KEY_PREFIX,
    OURS,
    SECTION_GAP,
    MidiError,
    PartWords,
    gain_of_volume,
    pan_of_value,
    pan_value,
    read_chord,
    read_key,
    read_part_text,
    volume_value,
)
from generation.studio.score import SECTIONS, Chord, Meter, Note, Part, Score, ScoreError, Section, Tempo

DRUM_CHANNEL = 9
DEFAULT_TEMPO = 500_000  # microseconds a quarter, where a file says nothing
MAX_QUARTERS = 200_000  # a day of music; more is a broken clock
_MAJOR_FIFTHS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass
class _Voice:
    """One channel of one track, while it is read: notes in quarters."""

    name: str
    channel: int
    port: int
    words: PartWords | None
    notes: list[tuple[float, float, int, int]] = field(default_factory=list)
    programs: Counter[int] = field(default_factory=Counter)
    sounding: dict[int, tuple[float, int]] = field(default_factory=dict)


@dataclass
class _File:
    """What was read of a file: (quarter, value) of what holds from there on, and the voices in file order."""

    title: str = ""
    ours: bool = False
    key: tuple[int | None, str | None] | None = None
    tempos: list[tuple[float, int]] = field(default_factory=list)
    meters: list[tuple[float, Meter]] = field(default_factory=list)
    keys: list[tuple[float, str]] = field(default_factory=list)
    markers: list[tuple[float, str]] = field(default_factory=list)
    texts: list[tuple[float, str]] = field(default_factory=list)
    voices: list[_Voice] = field(default_factory=list)
    controls: dict[tuple[int, int, int], int] = field(default_factory=dict)
    end: float = 0.0


def read_midi(path: Path | str) -> Score:
    """Read a MIDI file as a score; see the module for what is guessed.

    Raises
    ------
    MidiError
        The file is missing, is no MIDI, breaks off, or lasts longer than a day.
    """
    midi = _open(Path(path))
    if midi.ticks_per_beat == 0:
        raise MidiError(f"{path}: its clock has no ticks")
    read = _File()
    offset = 0.0
    for row, track in enumerate(midi.tracks):
        length = _read_track(read, track, offset, _quarters_per_tick(midi.ticks_per_beat), first=row == 0)
        if length > MAX_QUARTERS:
            raise MidiError(f"{path}: lasts {length:.0f} quarters, at most {MAX_QUARTERS} are read")
        offset += length if midi.type == 2 else 0.0
    if midi.ticks_per_beat < 0:
        read.tempos = []
    try:
        return _score(read, Path(path).stem)
    except ScoreError as error:
        raise MidiError(f"{path}: {error}") from error


def _open(path: Path) -> Any:
    """Parse the bytes; text is UTF-8 where it can be, else Latin-1."""
    import mido
    from mido.midifiles.meta import KeySignatureError

    for charset in ("utf-8", "latin-1"):
        try:
            with path.open("rb") as file:
                return mido.MidiFile(file=file, charset=charset, clip=True)
        except UnicodeDecodeError:
            continue
        except EOFError as error:
            raise MidiError(f"{path}: breaks off before its end") from error
        except (OSError, ValueError, LookupError, TypeError, KeySignatureError) as error:
            reason = getattr(error, "strerror", None) or error or type(error).__name__
            raise MidiError(f"{path}: cannot be read as MIDI ({reason})") from error
    raise MidiError(f"{path}: its texts are in no known alphabet")  # Latin-1 reads any: never reached


def _quarters_per_tick(division: int) -> float:
    """Quarters in a tick; SMPTE clocks (below 0: frames a second, ticks a frame) run at 120 a minute."""
    if division > 0:
        return 1 / division
    frames, ticks = 256 - (division >> 8 & 0xFF), division & 0xFF
    return 2 / (frames * max(ticks, 1))


def _read_track(read: _File, track: Any, offset: float, scale: float, *, first: bool) -> float:
    """Read one track into `read` from quarter `offset` on; return its length in quarters."""
    ticks = 0
    name, port = "", 0
    words: PartWords | None = None
    voices: dict[int, _Voice] = {}
    programs: dict[int, int] = {}
    for message in track:
        ticks += message.time
        at = offset + ticks * scale
        if message.type == "track_name":
            name = name or message.name
        elif message.type == "midi_port":
            port = message.port
        elif message.type == "text" and words is None and read_part_text(message.text) is not None:
            words = read_part_text(message.text)
        elif message.is_meta:
            _read_meta(read, message, at)
        elif message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "control_change" and message.control in (7, 10):
            read.controls.setdefault((port, message.channel, message.control), message.value)
        elif message.type in ("note_on", "note_off"):
            voice = voices.setdefault(message.channel, _Voice(name, message.channel, port, words))
            _read_note(voice, message, at, programs.get(message.channel, 0))
    for voice in voices.values():
        for pitch, (start, velocity) in voice.sounding.items():
            voice.notes.append((start, offset + ticks * scale, pitch, velocity))
    if words is not None and not voices:
        # A part of ours that is silent throughout is a part all the same.
        channel = next(iter(programs), 0)
        voices[channel] = _Voice(name, channel, port, words, programs=Counter({programs.get(channel, 0): 1}))
    for voice in voices.values():
        # The name and the port of a track may come after its first notes.
        voice.name, voice.port, voice.words = name if len(voices) == 1 else "", port, words
        if not voice.programs:
            voice.programs[programs.get(voice.channel, 0)] = 1
    read.voices += voices.values()
    if first and not read.title:
        read.title = name
    read.end = max(read.end, offset + ticks * scale)
    return ticks * scale


def _read_meta(read: _File, message: Any, at: float) -> None:
    """Take down tempo, meter, key and words."""
    if message.type == "set_tempo" and message.tempo > 0:
        read.tempos.append((at, message.tempo))
    elif message.type == "time_signature":
        if 1 <= message.numerator <= 32 and message.denominator in (1, 2, 4, 8, 16, 32):
            read.meters.append((at, Meter(message.numerator, message.denominator)))
    elif message.type == "key_signature":
        read.keys.append((at, message.key))
    elif message.type == "marker":
        read.markers.append((at, message.text))
    elif message.type == "text" and message.text == OURS:
        read.ours = True
    elif message.type == "text" and message.text.startswith(KEY_PREFIX):
        read.key = read_key(message.text[len(KEY_PREFIX) :])
    elif message.type == "text":
        read.texts.append((at, message.text))


def _read_note(voice: _Voice, message: Any, at: float, program: int) -> None:
    """Strike a note, or let one go; one that sounds is let go before it is struck again."""
    begun = voice.sounding.pop(message.note, None)
    if begun is not None and at > begun[0]:
        voice.notes.append((begun[0], at, message.note, begun[1]))
    elif begun is not None and message.type == "note_on" and message.velocity > 0:
        message = message.copy(velocity=max(message.velocity, begun[1]))
    if message.type == "note_on" and message.velocity > 0:
        voice.sounding[message.note] = (at, message.velocity)
        voice.programs[program] += 1


def _score(read: _File, stem: str) -> Score:
    """Put what was read together, in felt beats."""
    meter = _longest(read.meters, read.end, Meter())
    per_beat = meter.quarters_per_beat
    parts = _parts(read, per_beat)
    tonic, mode = read.key or _key(_longest(read.keys, read.end, ""))
    return Score(
        title=read.title if read.ours else read.title or stem,
        tempos=_tempos(read.tempos, per_beat),
        parts=parts,
        tonic=tonic,
        mode=mode,
        meter=meter,
        chords=tuple(_chords(read, per_beat)) if read.ours else (),
        sections=tuple(_sections(read, per_beat)),
    )


def _longest(spans: list[tuple[float, Any]], end: float, default: Any) -> Any:
    """Return the value that holds longest, the earlier one of two; the first holds from the start."""
    lengths: dict[Any, float] = {}
    spans = sorted(spans, key=lambda span: span[0])
    following = [*(start for start, _ in spans), end][1:]
    for row, ((start, value), after) in enumerate(zip(spans, following, strict=True)):
        lengths[value] = lengths.get(value, 0.0) + after - (0.0 if row == 0 else start)
    return max(lengths, key=lambda value: lengths[value], default=default)


def _key(name: str) -> tuple[int | None, str | None]:
    """Tonic and mode of a key signature such as "Bbm"."""
    if not name:
        return None, None
    tonic = _MAJOR_FIFTHS[name[0]] + name.count("#") - name[1:].count("b")
    return tonic % 12, "minor" if name.endswith("m") else "major"


def _tempos(tempos: list[tuple[float, int]], per_beat: float) -> tuple[Tempo, ...]:
    """Tempos in felt beats a minute; of several at one place the last; the first from the start."""
    at: dict[float, float] = {}
    for quarter, micros in sorted(tempos, key=lambda tempo: tempo[0]):
        # Two decimals are what a microsecond a quarter can tell apart.
        at[quarter / per_beat] = round(min(400.0, max(10.0, 60e6 / micros / per_beat)), 2)
    if 0.0 not in at:
        at = {0.0: round(60e6 / DEFAULT_TEMPO / per_beat, 2), **at}
    return tuple(Tempo(start, bpm) for start, bpm in at.items())


def _parts(read: _File, per_beat: float) -> tuple[Part, ...]:
    """Voices as parts, with our own words where they agree with the mix, and guessed roles elsewhere."""
    heard = [voice for voice in read.voices if voice.notes or voice.words is not None]
    parts = [_part(read, voice, per_beat) for voice in heard]
    roles = guess_roles(parts, drums=[voice.channel == DRUM_CHANNEL for voice in heard])
    return tuple(
        Part(
            part.name,
            voice.words.role if voice.words is not None else role,
            part.program,
            part.notes,
            part.gain_db,
            part.pan,
        )
        for part, voice, role in zip(parts, heard, roles, strict=True)
    )


def _part(read: _File, voice: _Voice, per_beat: float) -> Part:
    """One voice as a part, its role still open."""
    volume = read.controls.get((voice.port, voice.channel, 7))
    place = read.controls.get((voice.port, voice.channel, 10))
    gain_db = 0.0 if volume is None else gain_of_volume(volume)
    pan = 0.0 if place is None else pan_of_value(place)
    if voice.words is not None:
        # Words say more than seven bits, unless somebody has moved the fader since.
        gain_db = voice.words.gain_db if volume_value(voice.words.gain_db) == volume else gain_db
        pan = voice.words.pan if pan_value(voice.words.pan) == place else pan
    program = max(voice.programs, key=lambda one: voice.programs[one])
    drums = voice.channel == DRUM_CHANNEL
    name = voice.name if voice.name or voice.words else ("drums" if drums else program_name(program))
    notes = tuple(
        Note(start / per_beat, (end - start) / per_beat, pitch, velocity)
        for start, end, pitch, velocity in voice.notes
        if end > start
    )
    return Part(name, "drums" if drums else "harmony", program, notes, gain_db, pan)


def _spans(words: Iterable[tuple[float, str]], end: float) -> Iterator[tuple[float, float, str]]:
    """Start, duration and word: each holds until the next."""
    words = sorted(words, key=lambda word: word[0])
    following = [*(start for start, _ in words), end][1:]
    for (start, word), after in zip(words, following, strict=True):
        if after > start:
            yield start, after - start, word


def _sections(read: _File, per_beat: float) -> Iterator[Section]:
    """Sections of the markers that name one ("Verse 2" does); other markers are left out."""
    known = [(at, _section_kind(text)) for at, text in read.markers]
    for start, duration, kind in _spans([(at, kind) for at, kind in known if kind], read.end):
        if kind != SECTION_GAP:
            yield Section(kind, start / per_beat, duration / per_beat)


def _section_kind(text: str) -> str:
    """Return which kind of section a marker names, or that one ends; empty for neither."""
    word = "".join(letter for letter in text.lower() if letter.isalpha())
    return word if word in (*SECTIONS, SECTION_GAP) else ""


def _chords(read: _File, per_beat: float) -> Iterator[Chord]:
    """Chord symbols of a file of ours."""
    known = [(at, text) for at, text in read.texts if text == CHORD_GAP or read_chord(text)]
    for start, duration, text in _spans(known, read.end):
        symbol = read_chord(text)
        if symbol is not None:
            yield Chord(start / per_beat, duration / per_beat, *symbol)
