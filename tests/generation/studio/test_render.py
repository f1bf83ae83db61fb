"""Scores become sound: in tune, in place, at their loudness, without clicks."""

from __future__ import annotations

import numpy as np
import pytest

from generation.studio.loudness import SILENCE_LUFS, integrated_loudness
from generation.studio.mix import CEILING, SOUNDS, limit, sound_of
from generation.studio.piece import GENRES
from generation.studio.render import Rendered, render, render_stream
from generation.studio.score import Note, Part, Score, ScoreError, Tempo

pytest.importorskip("tinysoundfont")

OCARINA, ORGAN, PIANO = 79, 19, 0


def piece(*parts: Part, bpm: float = 120.0) -> Score:
    return Score("test", (Tempo(0, bpm),), parts)


def part(*notes: Note, name: str = "organ", role: str = "lead", program: int = ORGAN, **place: float) -> Part:
    return Part(name, role, program, notes, **place)


def scale(n: int = 32, **of_part: object) -> Part:
    notes = [Note(i, 0.9, 60 + (0, 2, 4, 5, 7, 9, 11, 12)[i % 8], 70 + i % 40) for i in range(n)]
    return part(*notes, **of_part)  # type: ignore[arg-type]


BAND = piece(
    scale(),
    part(
        *(Note(i / 2, 0.1, (36, 42, 38, 42)[i % 4]) for i in range(64)), name="drums", role="drums", program=0
    ),
    part(*(Note(4 * i, 4, 48 + i % 3, 60) for i in range(8)), name="strings", role="pad", program=48),
)


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("pitch", [57, 69, 84])
def test_a_note_sounds_at_its_pitch(pitch: int) -> None:
    played = render(piece(part(Note(0, 4, pitch), program=OCARINA)), n_seconds=2).waveform
    spectrum = np.abs(np.fft.rfft(played.sum(axis=1) * np.hanning(len(played))))
    hz = 440 * 2 ** ((pitch - 69) / 12)
    assert spectrum.argmax() / 2 == pytest.approx(hz, rel=0.01)


def test_a_note_begins_where_the_score_says() -> None:
    played = render(piece(part(Note(2, 1, 60), program=PIANO)), n_seconds=2)
    loud = np.flatnonzero(np.abs(played.waveform).max(axis=1) > 0.02)
    assert loud[0] / played.sample_rate == pytest.approx(1.0, abs=0.01)


def test_it_has_the_samples_that_were_asked_for() -> None:
    played = render(BAND, n_seconds=1.5, sample_rate=16_000)
    assert played.waveform.shape == (24_000, 2)
    assert played.waveform.dtype == np.float32
    assert played.sample_rate == 16_000


def test_the_soundfont_is_named_by_its_hash() -> None:
    font = render(BAND, n_seconds=0.1).soundfont
    assert (font.name, len(font.sha256)) == (font.path.name, 64)


@pytest.mark.parametrize("genre", ["classical", "metal", "edm"])
def test_no_sample_clips_and_the_loudness_is_the_genres(genre: str) -> None:
    played = render(BAND, genres={genre: 1.0}).waveform
    assert np.abs(played).max() <= CEILING
    assert integrated_loudness(played, 22_050) == pytest.approx(SOUNDS[genre].lufs, abs=1.0)


def test_a_whole_piece_rings_out_and_fades() -> None:
    played = render(BAND).waveform
    assert len(played) / 22_050 > BAND.duration_s + 1
    assert np.abs(played[-5:]).max() < 1e-4
    assert np.abs(played[0]).max() < 0.01


def test_an_excerpt_does_not_click() -> None:
    cut = render(BAND, start_beat=8.3, n_seconds=2).waveform
    assert np.abs(cut[[0, -1]]).max() < 1e-3
    assert np.abs(np.diff(cut[:100], axis=0)).max() < 0.1


def test_an_excerpt_sounds_as_the_same_seconds_of_the_whole() -> None:
    whole, cut = render(BAND).waveform, render(BAND, start_beat=10, n_seconds=3).waveform
    same = whole[5 * 22_050 : 8 * 22_050]
    assert correlation(same[300:-300], cut[300:-300]) > 0.99


def test_a_note_that_is_held_into_an_excerpt_is_heard() -> None:
    held = piece(part(Note(0, 20, 60)), part(Note(0, 0.5, 72), name="other"))
    played = render(held, start_beat=8, n_seconds=1)
    assert list(played.prominence_db) == ["organ"]


def test_a_stream_is_the_same_but_for_its_gain() -> None:
    chunks = list(render_stream(BAND, genres={"classical": 1.0}))
    streamed, whole = np.concatenate(chunks), render(BAND, genres={"classical": 1.0}).waveform
    assert len(chunks) > 2
    assert streamed.shape == whole.shape
    assert correlation(streamed, whole) > 0.999
    assert integrated_loudness(streamed, 22_050) == pytest.approx(-20, abs=3)


@pytest.mark.parametrize("program", [ORGAN, 80])
def test_there_is_no_constant_offset(program: int) -> None:
    played = render(piece(scale(program=program)), genres={"metal": 1.0}, n_seconds=4).waveform
    assert np.abs(played.mean(axis=0)).max() < 2e-3


def test_the_same_score_gives_the_same_bytes() -> None:
    first, second = (render(BAND, genres={"edm": 1.0}, n_seconds=3).waveform for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_a_part_is_heard_where_it_is_panned() -> None:
    left = render(piece(scale(pan=-0.8), bpm=120), n_seconds=4).waveform
    right = render(piece(scale(pan=0.8), bpm=120), n_seconds=4).waveform
    assert np.sum(left[:, 0] ** 2) > 4 * np.sum(left[:, 1] ** 2)
    assert np.sum(right[:, 1] ** 2) > 4 * np.sum(right[:, 0] ** 2)


def test_gain_is_heard_in_decibels() -> None:
    two = piece(scale(name="loud"), scale(name="soft", gain_db=-12))
    assert render(two, n_seconds=4).prominence_db == {"loud": 0.0, "soft": pytest.approx(-12, abs=0.1)}


def test_a_program_is_about_as_loud_as_any_other() -> None:
    programs = (0, 19, 25, 40, 56, 73)
    band = piece(*(scale(name=str(program), program=program) for program in programs))
    assert min(render(band, n_seconds=8).prominence_db.values()) > -8


def test_more_parts_than_channels_are_all_heard() -> None:
    many = piece(*(scale(name=str(i), program=i) for i in range(20)))
    assert len(render(many, n_seconds=2).prominence_db) == 20


def test_a_kick_pushes_the_others_down() -> None:
    kick = part(
        *(Note(2 * i, 0.1, 36) for i in range(8)), name="kick", role="drums", program=0, gain_db=-60.0
    )
    organ = part(Note(0, 16, 60))
    played = render(piece(kick, organ), genres={"edm": 1.0}, start_beat=4, n_seconds=4).waveform
    power = np.square(played[: 4 * 22_050]).sum(axis=1).reshape(-1, 22_050)  # a second is two beats
    assert power[1:, 500:2500].mean() < 0.5 * power[1:, 15_000:22_000].mean()


@pytest.mark.parametrize("score", [piece(), piece(part())])
def test_a_score_without_notes_is_refused(score: Score) -> None:
    with pytest.raises(ScoreError, match="no notes"):
        render(score)


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_seconds": 0},
        {"n_seconds": float("nan")},
        {"start_beat": 32},
        {"start_beat": -1},
        {"sample_rate": 100},
    ],
)
def test_what_cannot_be_rendered_is_refused_at_once(wrong: dict[str, float]) -> None:
    for use in (render, render_stream):
        with pytest.raises(ValueError, match="must"):
            use(BAND, **wrong)  # type: ignore[arg-type]


def test_every_genre_has_a_sound_and_mixtures_lie_between() -> None:
    assert set(SOUNDS) == set(GENRES)
    mixed = sound_of({"classical": 0.5, "metal": 0.5})
    assert SOUNDS["classical"].lufs < mixed.lufs < SOUNDS["metal"].lufs


def test_the_limiter_leaves_what_is_soft_and_holds_what_is_loud() -> None:
    soft = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 5000)).astype(np.float32)
    assert limit(soft, 22_050) is soft
    assert np.abs(limit(5 * soft, 22_050)).max() <= CEILING


def test_silence_has_a_loudness_and_short_sounds_do() -> None:
    assert integrated_loudness(np.zeros((22_050, 2)), 22_050) == SILENCE_LUFS
    sine = np.sin(np.arange(2205) * 2 * np.pi * 1000 / 22_050)
    assert integrated_loudness(sine, 22_050) == pytest.approx(-3, abs=0.5)


def test_what_is_rendered_is_a_record() -> None:
    assert isinstance(render(BAND, n_seconds=0.2), Rendered)
