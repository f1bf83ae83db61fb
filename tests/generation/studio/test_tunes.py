"""Tunes of the corpus: what is in, how ABC is read, how they are found; skipped without music21."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from generation.studio import tunes
from generation.studio.corpus_music import heard_key, read_key_field
from generation.studio.harmonise import chord_tone_share, harmonise
from generation.studio.score import Chord, Meter, Note, Part, Score, Section, Tempo
from generation.studio.tune import Tune, TuneError, estimate_key, tune_of

needs_corpus = pytest.mark.skipif(find_spec("music21") is None, reason="music21 is not installed")
JIG = """X: 1
T: Little Jig, The
M: 6/8
L: 1/8
K: Ador
E|ABA c2d|e3 d2B|[1 A3 G2E:|[2 A3 A2||
|:e|a3 gec|A3 A2:|
"""


@pytest.fixture
def one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A corpus of one ABC file that the test writes."""
    path = tmp_path / "oneills1850" / "0001.abc"
    path.parent.mkdir()
    monkeypatch.setattr(tunes, "_corpus", lambda: tmp_path)
    tunes._catalogue.cache_clear()
    tunes.load_tune.cache_clear()
    yield path
    tunes._catalogue.cache_clear()
    tunes.load_tune.cache_clear()


@needs_corpus
def test_a_tune_is_read_with_pickup_strains_and_last_endings(one_file: Path) -> None:
    one_file.write_text(JIG)
    (ref,) = tunes.list_tunes()
    tune = tunes.load_tune(ref)
    assert (ref.id, ref.name, ref.origin) == (
        "oneill:1",
        "The Little Jig",
        "O'Neill's Music of Ireland, 1903",
    )
    assert (tune.tonic, tune.mode, str(tune.meter)) == (9, "dorian", "6/8")
    third = 1 / 3
    assert [note.pitch for note in tune.melody] == [
        64,
        69,
        71,
        69,
        72,
        74,
        76,
        74,
        71,
        69,
        69,
        76,
        81,
        79,
        76,
        72,
        69,
        69,
    ]
    assert tune.pickup_beats == pytest.approx(third)
    assert tune.strains == pytest.approx((third, 6 + third))
    assert tune.n_beats == pytest.approx(10 + third)


@needs_corpus
def test_tied_notes_are_one_and_grace_notes_none(one_file: Path) -> None:
    one_file.write_text("X:1\nT:a\nM:4/4\nL:1/4\nK:C\n{d}c2 G2-|G2 E2|]\n")
    notes = tunes.load_tune(tunes.list_tunes()[0]).melody
    assert [(note.pitch, note.start, note.duration) for note in notes] == [(72, 0, 2), (67, 2, 4), (64, 6, 2)]


@needs_corpus
def test_bars_that_are_all_alike_are_believed_before_the_meter_field(one_file: Path) -> None:
    one_file.write_text("X:1\nT:a\nM:4/4\nL:1/4\nK:C\nC3|E3|G3|c3|B3|c3|\n")
    assert tunes.load_tune(tunes.list_tunes()[0]).meter == Meter(3, 4)


@needs_corpus
@pytest.mark.parametrize("body", ["z4|z4|", "", "[[[|:::|", "K:Q\nM:0/4"])
def test_what_is_no_tune_is_named(body: str, one_file: Path) -> None:
    one_file.write_text(f"X:1\nT:a\nM:4/4\nL:1/4\nK:C\n{body}\n")
    with pytest.raises(TuneError, match="oneill:1"):
        tunes.load_tune(tunes.list_tunes()[0])


def test_tunes_with_a_notice_are_left_out(one_file: Path) -> None:
    one_file.write_text(JIG + "\nX:2\nT:Mine\n% Copyright 1999\nK:C\nCDEF|\n")
    assert [name for name, *_ in tunes._abc_entries(one_file.parent.parent)] == ["oneill:1"]


def test_without_music21_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    tunes._catalogue.cache_clear()
    monkeypatch.setattr(tunes, "find_spec", lambda _: None)
    with pytest.raises(TuneError, match=r"songspace\[tunes\]"):
        tunes.list_tunes()


@needs_corpus
def test_the_corpus_is_listed_without_essen_and_in_a_lasting_order() -> None:
    refs = tunes.list_tunes()
    assert len(refs) > 4000
    assert len({ref.id for ref in refs}) == len(refs)
    assert refs == tunes.list_tunes()
    assert {ref.collection for ref in refs} == {
        "O'Neill's Music of Ireland",
        "Ryan's Mammoth Collection",
        "Aird's Selection of Airs",
        "Northumbrian Minstrelsy",
        "Bach chorales",
    }


@needs_corpus
def test_tunes_are_found_by_name() -> None:
    assert tunes.find_tune("garry owen")[0].name == "Garry Owen Jig"
    assert "White Cockade" in tunes.find_tune("the white cocade")[0].name
    assert tunes.find_tune("ryan:AcaciaReel")[0].name == "Acacia Reel"
    assert tunes.find_tune("xyzzy") == tunes.find_tune(" ") == ()


@needs_corpus
def test_a_chorale_comes_with_the_chords_that_are_sung() -> None:
    tune = tunes.load_tune(tunes.find_tune("Wachet auf, ruft uns die Stimme")[0])
    assert (tune.tonic, tune.mode, tune.origin) == (3, "major", "J. S. Bach, chorale BWV 140.7")
    assert [str(chord) for chord in tune.chords[:4]] == ["Eb", "Bb", "Eb", "Bb"]
    assert str(tune.chords[-1]) == "Eb"


@needs_corpus
def test_tunes_of_every_collection_load_and_take_chords_that_fit() -> None:
    refs = tunes.list_tunes()
    rng = np.random.default_rng(4)
    shares = []
    for row in rng.choice(len(refs), 30, replace=False):
        tune = tunes.load_tune(refs[int(row)])
        bars = (tune.n_beats - tune.pickup_beats) / tune.meter.beats_per_bar
        assert bars == pytest.approx(round(bars))
        chords = tune.chords or harmonise(
            tune.melody, tonic=tune.tonic, mode=tune.mode, meter=tune.meter, pickup_beats=tune.pickup_beats
        )
        shares.append(chord_tone_share(tune.melody, chords, pickup_beats=tune.pickup_beats))
    assert np.mean(shares) >= 0.8


def test_key_fields_are_read() -> None:
    fields = ("G", "Am", "Bb", "F#m", "D Mixolydian", "Edor", "Glydian", "Hp", "none")
    expected = [(7, "major"), (9, "minor"), (10, "major"), (6, "minor"), (2, "mixolydian"), (4, "dorian")]
    assert [read_key_field(field) for field in fields] == [*expected, (7, "major"), None, None]


def test_a_signature_is_no_key() -> None:
    dwells_on_a = [(Fraction(row), Fraction(1), pitch) for row, pitch in enumerate((69, 76, 72, 69))]
    assert heard_key(7, "major", dwells_on_a) == (9, "dorian")
    ends_on_a = [(Fraction(row), Fraction(1), pitch) for row, pitch in enumerate((67, 74, 71, 67, 74, 69))]
    assert heard_key(7, "major", ends_on_a) == (7, "major")


def test_the_tune_of_a_score_is_its_lead_once_through() -> None:
    lead = Part("flute", "lead", 73, tuple(Note(4 + beat, 1, 60 + beat % 8) for beat in range(16)))
    sections = tuple(
        Section(kind, 4 * row, 4) for row, kind in enumerate(("intro", "verse", "chorus", "verse", "outro"))
    )
    score = Score("own", (Tempo(0, 100),), (lead,), 0, "major", Meter(), (Chord(4, 8, 0),), sections)
    tune = tune_of(score)
    assert [note.start for note in tune.melody] == list(range(8))
    assert tune.strains == (0, 4)
    assert tune.chords == (Chord(0, 4, 0), Chord(4, 4, 0))


def test_the_tune_of_a_score_is_on_the_grid() -> None:
    lead = Part("flute", "lead", 73, (Note(0.02, 0.4, 60), Note(0.51, 0.45, 64), Note(1.34, 0.6, 67)))
    tune = tune_of(Score("own", (Tempo(0, 100),), (lead,)))
    assert [note.start * 12 for note in tune.melody] == pytest.approx([0, 6, 16])


def test_a_score_without_melody_has_no_tune() -> None:
    drums = Part("kit", "drums", 0, (Note(0, 1, 36),))
    with pytest.raises(TuneError, match="no part with a melody"):
        tune_of(Score("beat", (Tempo(0, 100),), (drums,)))


def test_keys_that_nobody_said_are_estimated() -> None:
    scale = [Note(row, 1, 62 + step) for row, step in enumerate((0, 2, 4, 5, 7, 9, 11, 12, 7, 0))]
    assert estimate_key(scale) == (2, "major")


def test_a_tune_without_notes_is_refused() -> None:
    with pytest.raises(TuneError, match="0 notes"):
        Tune("nothing", "", (), 0, "major", Meter())
