"""Cells, figures and motifs."""

from __future__ import annotations

import numpy as np

from generation.studio.motif import Motif, Tone, adorn, augment, closed, fragment, invert
from generation.studio.rhythm import cell_weights, draw_figure, is_strong, read_cells
from generation.studio.score import Meter

MOTIF = Motif((Tone(0, 1, True, 0), Tone(1, 0.5, False, 1), Tone(1.5, 2.5, True, 2), Tone(4, 4, True, -1)), 8)


def test_a_dash_at_the_start_of_a_beat_ties_over() -> None:
    assert read_cells(["x-x-", "--x-"], Meter()) == ((0.0, 0.5), (0.5, 1.0), (1.5, 0.5))


def test_a_dash_after_silence_stays_silent() -> None:
    assert read_cells(["....", "--x-"], Meter()) == ((1.5, 0.5),)


def test_a_bar_of_three_and_a_half_beats_cuts_its_last_cell() -> None:
    figure = read_cells(["x---"] * 8, Meter(7, 8))
    assert [start for start, _ in figure] == [0, 1, 2, 3, 3.5, 4.5, 5.5, 6.5]
    assert figure[3][1] == 0.5


def test_figures_move_and_are_not_all_of_one_length() -> None:
    cells = cell_weights({"folk": 1.0}, Meter(), 110)
    for seed in range(50):
        figure = draw_figure(cells, Meter(), 2, density=0.0, rng=np.random.default_rng(seed))
        assert len(figure) >= 4
        assert len({length for _, length in figure}) > 1


def test_fast_tempos_have_no_sixteenths() -> None:
    assert "xxxx" in cell_weights({"metal": 1.0}, Meter(), 120)
    assert "xxxx" not in cell_weights({"metal": 1.0}, Meter(), 190)


def test_strong_beats() -> None:
    assert [is_strong(beat, Meter()) for beat in (0, 1, 2, 3, 0.5)] == [True, False, True, False, False]
    assert [is_strong(beat, Meter(3, 4)) for beat in (0, 1, 2)] == [True, False, False]
    assert [is_strong(beat, Meter(6, 8)) for beat in (0, 1)] == [True, True]


def test_an_inversion_turned_over_again_is_the_motif() -> None:
    assert invert(MOTIF) != MOTIF
    assert invert(invert(MOTIF)) == MOTIF


def test_augmentation_plays_the_first_half_in_double_time() -> None:
    assert [(tone.start, tone.length) for tone in augment(MOTIF).tones] == [(0, 2), (2, 1), (3, 5)]


def test_a_fragment_says_its_head_twice_higher() -> None:
    tones = fragment(MOTIF, 2).tones
    assert [tone.start for tone in tones] == [0, 1, 1.5, 4, 5, 5.5]
    assert tones[3].offset == tones[0].offset + 2


def test_ornaments_keep_the_length_of_the_whole() -> None:
    adorned = adorn(MOTIF, rng=np.random.default_rng(0), odds=1.0)
    assert len(adorned.tones) > len(MOTIF.tones)
    assert sum(tone.length for tone in adorned.tones) == sum(tone.length for tone in MOTIF.tones)


def test_a_closed_motif_rests_where_it_was_told_to() -> None:
    last = closed(MOTIF, 4.0, 2.0).tones[-1]
    assert (last.start, last.length, last.stands) == (4.0, 2.0, True)
