"""MIDI files: our own come back whole, other people's are read, broken ones are named."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest

from generation.studio.midi import MidiError, read_midi, write_midi
from generation.studio.score import CHORDS, ROLES, Chord, Meter, Note, Part, Score, Section, Tempo

TICK = 1 / 960


def song(**changes: object) -> Score:
    lead = Part("tin whistle", "lead", 78, (Note(0, 1, 74, 90), Note(1.5, 0.5, 76)), -2.5, 0.25)
    drums = Part("drum kit", "drums", 25, (Note(0, 0.25, 36), Note(1, 0.25, 38)), 1.0, 0.0)
    whole = Score(
        "Päd o' Rileys",
        (Tempo(0, 117.3), Tempo(8, 96)),
        (lead, drums),
        tonic=2,
        mode="dorian",
        chords=(Chord(0, 4, 2, "min7"), Chord(6, 2, 7, "maj", 11), Chord(8, 2, 7)),
        sections=(Section("intro", 0, 4), Section("verse", 4, 4), Section("verse", 10, 2)),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def close(a: float, b: float, within: float = TICK) -> bool:
    return abs(a - b) <= within


def assert_same(a: Score, b: Score) -> None:
    assert (a.title, a.tonic, a.mode, a.meter) == (b.title, b.tonic, b.mode, b.meter)
    assert len(a.tempos) == len(b.tempos)
    assert all(
        close(x.start, y.start) and close(x.bpm, y.bpm, 0.01) for x, y in zip(a.tempos, b.tempos, strict=True)
    )
    assert [(c.root, c.quality, c.bass) for c in a.chords] == [(c.root, c.quality, c.bass) for c in b.chords]
    assert [s.kind for s in a.sections] == [s.kind for s in b.sections]
    spans = [
        [(chord.start, chord.duration) for chord in score.chords]
        + [(section.start, section.duration) for section in score.sections]
        for score in (a, b)
    ]
    assert np.allclose(spans[0], spans[1], atol=2 * TICK)
    assert [replace(p, notes=()) for p in a.parts] == [replace(p, notes=()) for p in b.parts]
    for p, q in zip(a.parts, b.parts, strict=True):
        assert [(n.pitch, n.velocity) for n in p.notes] == [(n.pitch, n.velocity) for n in q.notes]
        assert all(
            close(n.start, m.start) and close(n.end, m.end) for n, m in zip(p.notes, q.notes, strict=True)
        )


def round_trip(score: Score, tmp_path: Path) -> Score:
    write_midi(tmp_path / "song.mid", score)
    return read_midi(tmp_path / "song.mid")


def save(tmp_path: Path, *tracks: list[object], kind: int = 1, ticks: int = 480) -> Path:
    file = mido.MidiFile(type=kind, ticks_per_beat=ticks)
    file.tracks += [mido.MidiTrack(track) for track in tracks]
    file.save(tmp_path / "other.mid")
    return tmp_path / "other.mid"


def strike(pitch: int, time: int = 0, channel: int = 0) -> list[object]:
    on = mido.Message("note_on", note=pitch, velocity=64, time=time, channel=channel)
    return [on, mido.Message("note_off", note=pitch, time=480, channel=channel)]


def test_a_score_comes_back_whole(tmp_path: Path) -> None:
    assert_same(song(), round_trip(song(), tmp_path))


def test_a_jig_comes_back_in_its_felt_beats(tmp_path: Path) -> None:
    jig = song(meter=Meter(6, 8))
    assert_same(jig, round_trip(jig, tmp_path))
    tempos = [m for m in mido.MidiFile(tmp_path / "song.mid").tracks[0] if m.type == "set_tempo"]
    assert tempos[0].tempo == round(60e6 / (117.3 * 1.5))


@pytest.mark.parametrize("seed", range(20))
def test_any_score_comes_back_whole(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    parts = []
    for row in range(int(rng.integers(0, 40))):
        starts = np.cumsum(rng.uniform(0.01, 2, int(rng.integers(0, 30))))
        pitches = rng.integers(0, 128, len(starts))
        notes = tuple(Note(float(at), 0.0099, int(p), 1 + row) for at, p in zip(starts, pitches, strict=True))
        role = ROLES[int(rng.integers(len(ROLES)))]
        gain_db, pan = float(rng.uniform(-30, 3)), float(rng.uniform(-1, 1))
        parts.append(Part(f"part {row}", role, int(rng.integers(128)), notes, gain_db, pan))
    ends = np.cumsum(rng.uniform(0.5, 4, 8))
    kinds = rng.permutation(list(CHORDS))[:7]
    chords = tuple(
        Chord(float(a), float(b - a), int(rng.integers(12)), str(kind))
        for a, b, kind in zip(ends, ends[1:], kinds, strict=False)
    )
    meter = Meter(*[(4, 4), (6, 8), (7, 8), (3, 2)][seed % 4])
    score = song(parts=tuple(parts), chords=chords, meter=meter)
    assert_same(score, round_trip(score, tmp_path))


def test_silent_scores_have_a_file_too(tmp_path: Path) -> None:
    empty = Score("", (Tempo(0, 120),), ())
    assert_same(empty, round_trip(empty, tmp_path))


def test_drums_are_on_channel_ten_and_the_mix_in_controllers(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", song())
    file = mido.MidiFile(tmp_path / "song.mid")
    assert file.type == 1
    assert {m.channel for m in file.tracks[2] if not m.is_meta} == {9}
    controls = {m.control: m.value for m in file.tracks[1] if m.type == "control_change"}
    assert controls == {7: 87, 10: 80}


def test_the_sixteenth_part_goes_to_another_port(tmp_path: Path) -> None:
    parts = tuple(Part(f"voice {row}", "harmony", row, (Note(0, 1, 60),)) for row in range(40))
    read = round_trip(song(parts=parts), tmp_path)
    assert [part.program for part in read.parts] == list(range(40))
    ports = [
        next(m.port for m in t if m.type == "midi_port")
        for t in mido.MidiFile(tmp_path / "song.mid").tracks[1:]
    ]
    assert (ports[14], ports[15], ports[39]) == (0, 1, 2)


def test_a_note_struck_again_is_let_go_there(tmp_path: Path) -> None:
    twice = Part("piano", "harmony", 0, (Note(0, 4, 60), Note(1, 1, 60)))
    notes = round_trip(song(parts=(twice,)), tmp_path).parts[0].notes
    assert [(note.start, note.end) for note in notes] == [(0, 1), (1, 2)]


def test_a_fader_moved_in_a_daw_is_believed(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", song())
    file = mido.MidiFile(tmp_path / "song.mid")
    file.tracks[1] = mido.MidiTrack(
        m.copy(value=0) if m.type == "control_change" and m.control == 10 else m for m in file.tracks[1]
    )
    file.save(tmp_path / "song.mid")
    lead = read_midi(tmp_path / "song.mid").parts[0]
    assert (lead.pan, lead.gain_db) == (-1.0, -2.5)


def test_one_track_of_many_channels_becomes_parts(tmp_path: Path) -> None:
    track = [*strike(72), *strike(36, channel=9), *strike(40, channel=3)]
    score = read_midi(save(tmp_path, track, kind=0))
    assert [part.role for part in score.parts] == ["lead", "drums", "bass"]
    assert [part.notes[0].start for part in score.parts] == [0, 1, 2]


def test_sequences_of_format_two_follow_each_other(tmp_path: Path) -> None:
    score = read_midi(save(tmp_path, strike(72), strike(74), kind=2))
    assert [part.notes[0].start for part in score.parts] == [0, 1]


def test_running_status_is_read(tmp_path: Path) -> None:
    body = bytes([0, 0x90, 60, 64, 0x60, 60, 0, 0, 62, 64, 0x60, 62, 0, 0, 0xFF, 0x2F, 0])
    header = b"MThd" + bytes([0, 0, 0, 6, 0, 0, 0, 1, 0, 0x60])
    (tmp_path / "running.mid").write_bytes(header + b"MTrk" + len(body).to_bytes(4, "big") + body)
    assert [note.pitch for note in read_midi(tmp_path / "running.mid").parts[0].notes] == [60, 62]


def test_a_note_never_let_go_ends_with_its_track(tmp_path: Path) -> None:
    track = [mido.Message("note_on", note=60, velocity=64), mido.MetaMessage("end_of_track", time=960)]
    assert read_midi(save(tmp_path, track)).parts[0].notes == (Note(0, 2, 60, 64),)


def test_meter_key_and_tempos_of_others_are_read(tmp_path: Path) -> None:
    head = [
        mido.MetaMessage("time_signature", numerator=6, denominator=8),
        mido.MetaMessage("key_signature", key="F#m"),
        mido.MetaMessage("set_tempo", tempo=400_000, time=720),
    ]
    score = read_midi(save(tmp_path, head, strike(60)))
    assert (score.key, str(score.meter)) == ("F# minor", "6/8")
    assert score.tempos == (Tempo(0, 80), Tempo(1, 100))


def test_latin_1_names_are_read(tmp_path: Path) -> None:
    track = [mido.MetaMessage("track_name", name="Flöte"), *strike(80)]
    assert read_midi(save(tmp_path, track)).parts[0].name == "Flöte"


@pytest.mark.parametrize(
    "content", [b"", b"MThd", b"ID3 is not MIDI", b"MThd\0\0\0\6\0\1\0\1\0\0MTrk\0\0\0\0"]
)
def test_what_is_no_midi_is_named_with_a_reason(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.mid").write_bytes(content)
    with pytest.raises(MidiError, match=r"bad\.mid: \w+"):
        read_midi(tmp_path / "bad.mid")


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(MidiError, match="No such file"):
        read_midi(tmp_path / "none.mid")
    with pytest.raises(MidiError, match="cannot be written"):
        write_midi(tmp_path / "no" / "where.mid", song())


def test_broken_files_never_raise_anything_else(tmp_path: Path) -> None:
    write_midi(tmp_path / "song.mid", song())
    whole = (tmp_path / "song.mid").read_bytes()
    rng = np.random.default_rng(0)
    cuts = [whole[:cut] for cut in range(len(whole))]
    for _ in range(400):
        changed = bytearray(whole)
        for at in rng.integers(0, len(whole), int(rng.integers(1, 6))):
            changed[at] = rng.integers(256)
        cuts.append(bytes(changed))
    for content in cuts:
        (tmp_path / "bad.mid").write_bytes(content)
        with suppress(MidiError):
            assert read_midi(tmp_path / "bad.mid").n_beats >= 0


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_midi(tmp_path / "song.mid", song())
    before = (tmp_path / "song.mid").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mido.MidiFile, "save", full)
    with pytest.raises(MidiError, match="No space left"):
        write_midi(tmp_path / "song.mid", song(title="new"))
    assert (tmp_path / "song.mid").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["song.mid"]
