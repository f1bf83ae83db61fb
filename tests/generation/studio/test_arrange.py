"""Arrangements of a small tune: whole, in key, recognisable, never twice the same, the same from a seed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from generation.studio.arrange import arrange, tune_of
from generation.studio.harmonise import chord_tone_share
from generation.studio.piece import GENRES, Piece
from generation.studio.recolour import recolour
from generation.studio.retell import retell
from generation.studio.score import Chord, Meter, Note
from generation.studio.strains import Tone, strains_of
from generation.studio.tune import Tune
from generation.studio.tune_form import lay_out

A_BARS = ((60, 64, 67, 64), (65, 69, 72, 69), (67, 71, 74, 71), (60, 64, 67, 60))
B_BARS = ((72, 67, 64, 67), (69, 65, 60, 65), (71, 67, 62, 67), (72, 67, 64, 60))


def march() -> Tune:
    """Two strains of eight bars of 4/4 in C, each with a pickup of one beat."""
    notes = [Note(0, 1, 67)]
    for row, pitch in enumerate(sum((*A_BARS, *A_BARS, *B_BARS, *B_BARS), ())):
        notes.append(Note(1 + row, 1, pitch))
    return Tune("The March", "a test", tuple(notes), 0, "major", Meter(4, 4), (), 1.0, (1.0, 33.0))


def jig() -> Tune:
    notes = [Note(row / 3, 1 / 3, 62 + pitch) for row, pitch in enumerate([0, 4, 7, 4, 7, 12] * 8)]
    return Tune("The Jig", "a test", tuple(notes), 2, "major", Meter(6, 8))


def lead_of(piece: Piece) -> tuple[Note, ...]:
    return next(part.notes for part in piece.score.parts if part.role == "lead")


@pytest.mark.parametrize("genre", GENRES)
def test_every_genre_plays_a_tune_to_its_end(genre: str) -> None:
    piece = arrange(march(), 3, genres={genre: 1.0}, duration_s=60)
    score = piece.score
    assert (piece.tune, piece.origin, piece.genre) == ("The March", "a test", genre)
    assert score.duration_s == pytest.approx(60, abs=9)
    assert len(score.parts) >= 2
    assert score.chords[0].start == 0
    ends = [chord.start + chord.duration for chord in score.chords]
    assert np.allclose(ends[:-1], [chord.start for chord in score.chords[1:]])
    assert ends[-1] == pytest.approx(score.sections[-1].start + score.sections[-1].duration)
    assert score.chords[-1].root == score.tonic


@pytest.mark.parametrize("genre", GENRES)
def test_strong_beats_keep_chord_tones(genre: str) -> None:
    piece = arrange(jig(), 5, genres={genre: 1.0}, duration_s=40)
    snapped = [Note(max(0, round(n.start * 12) / 12), n.duration, n.pitch) for n in lead_of(piece)]
    assert chord_tone_share(snapped, piece.score.chords) >= 0.8


def test_the_tune_is_recognised_in_another_key() -> None:
    piece = arrange(march(), 1, genres={"classical": 1.0}, tonic=2, duration_s=60)
    asked = [(pitch + 2) % 12 for bar in A_BARS for pitch in bar]
    verse = next(section for section in piece.score.sections if section.kind == "verse")
    beats = {round(note.start): note.pitch % 12 for note in reversed(lead_of(piece))}
    heard = [beats.get(round(verse.start) + row) for row in range(16)]
    assert piece.score.key == "D major"
    assert np.mean([a == b for a, b in zip(asked, heard, strict=True)]) >= 0.9


def test_the_same_seed_gives_the_same_piece_and_another_one_another() -> None:
    pieces = [arrange(march(), seed, genres={"folk": 1.0}, duration_s=30) for seed in (1, 1, 2, 3)]
    assert pieces[0] == pieces[1]
    assert len({lead_of(piece) for piece in pieces}) == 3


def test_what_is_asked_for_is_played() -> None:
    piece = arrange(
        jig(),
        9,
        genres={"rock": 3, "jazz": 1},
        mood="dark",
        tempo_bpm=111,
        tonic=7,
        meter=Meter(3, 4),
        duration_s=45,
        instruments=("flute", "piano"),
    )
    score = piece.score
    assert (score.tempo_bpm, score.key, score.meter) == (111, "G major", Meter(3, 4))
    assert (piece.mood, dict(piece.genres)) == ("dark", {"rock": 0.75, "jazz": 0.25})
    assert {"flute", "piano"} <= {part.name for part in score.parts}


def test_a_jig_as_techno_is_in_four() -> None:
    assert arrange(jig(), 1, genres={"techno": 1.0}).score.meter == Meter(4, 4)
    assert arrange(jig(), 1, genres={"folk": 1.0}).score.meter == Meter(6, 8)


def test_an_arrangement_is_a_tune_again() -> None:
    first = arrange(march(), 1, genres={"pop": 1.0}, duration_s=60)
    again = arrange(tune_of(first.score), 2, genres={"latin": 1.0}, duration_s=30)
    assert lead_of(again)


@pytest.mark.parametrize("seconds", [10, 12, 15, 20, 200])
def test_short_and_long_pieces_have_the_tune(seconds: float) -> None:
    for seed in range(4):
        piece = arrange(march(), seed, duration_s=seconds)
        assert lead_of(piece)
        assert piece.score.n_beats > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"genres": {"polka": 1.0}}, "polka"),
        ({"mood": "hungry"}, "hungry"),
        ({"tempo_bpm": 0.0}, "0"),
        ({"tonic": 12}, "12"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        arrange(march(), 1, **given)  # type: ignore[arg-type]


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed"):
        arrange(march(), -1)


def test_two_bars_of_a_jig_are_one_of_four_in_triplets_or_straightened() -> None:
    (triplets, *_), meter = strains_of(jig(), Meter(4, 4))
    (straight, *_), _ = strains_of(jig(), Meter(4, 4), straighten=True)
    assert (meter, triplets.n_beats) == (Meter(4, 4), 16)
    assert [tone.start for tone in triplets.tones[:4]] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [tone.start for tone in straight.tones[:4]] == pytest.approx([0, 0.25, 0.5, 1])


def test_a_waltz_in_four_holds_its_first_beat() -> None:
    waltz = Tune("w", "", tuple(Note(row, 1, 60) for row in range(12)), 0, "major", Meter(3, 4))
    (strain, *_), _ = strains_of(waltz, Meter(4, 4))
    assert [tone.start for tone in strain.tones[:6]] == [0, 2, 3, 4, 6, 7]
    assert strain.n_beats == 16


def test_a_reel_in_sixteenths_is_one_in_eighths() -> None:
    reel = Tune("r", "", tuple(Note(row / 4, 0.25, 60) for row in range(64)), 0, "major", Meter(2, 4))
    (strain, *_), meter = strains_of(reel)
    assert (meter, strain.n_beats, strain.tones[1].start) == (Meter(4, 4), 32, 0.5)


def test_strains_keep_their_pickups() -> None:
    (first, second), _ = strains_of(march())
    assert (first.tones[0].start, second.tones[0].start) == (-1, -1)
    assert (first.n_beats, second.n_beats) == (32, 32)


@pytest.mark.parametrize("n_bars", range(1, 90, 4))
@pytest.mark.parametrize("strains", [[8], [8, 8], [4, 4, 4, 4], [16, 7], [3]])
def test_the_form_fills_its_bars(strains: list[int], n_bars: int) -> None:
    form = lay_out(strains, n_bars, genre="techno", meter=Meter(), rng=np.random.default_rng(0))
    assert n_bars - 1 <= sum(one.bars for one in form) <= n_bars
    assert all(one.bars > 0 and one.first_bar + one.bars <= strains[one.strain] for one in form)


def test_colours_never_lose_a_tone_of_the_tune() -> None:
    chords = [Chord(0, 4, 0), Chord(4, 4, 7), Chord(8, 4, 0)]
    third = [Tone(0, 1, 64)]
    rng = np.random.default_rng(0)
    metal = recolour(chords, third, genre="metal", tonic=0, mode="major", rng=rng)
    jazz = recolour(chords, third, genre="jazz", tonic=0, mode="major", rng=rng)
    assert [chord.quality for chord in metal] == ["maj", "5", "5"]
    assert all(len(chord.pitch_classes) >= 4 for chord in jazz)


@pytest.mark.parametrize("genre", GENRES)
def test_a_tune_told_again_keeps_its_downbeats_and_one_voice(genre: str) -> None:
    tones = [Tone(row / 2, 0.5, 60 + row % 12) for row in range(64)] + [Tone(32, 4, 60), Tone(36, 1, 64)]
    rng = np.random.default_rng(2)
    told = retell(tones, genre=genre, amount=1.0, meter=Meter(), tonic=0, mode="major", rng=rng)
    downbeats = {tone.start: tone.pitch for tone in told if tone.start % 4 == 0}
    assert downbeats == {tone.start: tone.pitch for tone in tones if tone.start % 4 == 0}
    assert all(a.end <= b.start + 1e-9 and a.duration > 0 for a, b in pairwise(told))
