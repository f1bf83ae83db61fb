"""Pictures hold whatever text a catalogue holds, and labels never cover each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from pipelines.answers import AxisScore, InterestAnswer, ProfileAnswer, SongAnswer
from pipelines.song_map import MarkedInterest, MarkedUser, Region, SongMap
from service.pictures.canvas import render
from service.pictures.labels import renderer_of, spread_labels
from service.pictures.profile import draw_profile
from service.pictures.song_map import draw_map

STRANGE = ["$uicideboy$ $x_{", "夜に駆ける", "نور", "🎵🎵", "x" * 2000, "", "A\nB\tC", "100% \\frac{1}{0}"]


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_any_text_can_be_drawn(text: str, format: str) -> None:
    song = SongAnswer("s:1", text, text, 3.0)
    answer = ProfileAnswer(
        text, 3, 1, {"like": 1}, (InterestAnswer(1.0, song, (song,)),), (song,), "r", (AxisScore(text, 0.5),)
    )
    assert len(draw_profile(answer, format=format)) > 1000


@pytest.mark.parametrize("text", STRANGE)
def test_any_text_can_stand_on_a_map(text: str) -> None:
    marked = MarkedUser(text, np.zeros((1, 2)), np.ones(1), (MarkedInterest(text, text, 1.0, 0.0, 0.0),))
    regions = (Region((text,), (text, text), 0.5, 0.5, 2), Region((), (), 0.0, 0.0, 1))
    drawn = SongMap(np.eye(3, 2), np.array([0, 0, 1]), (text, "b"), regions, "r", marked)
    assert draw_map(drawn, format="png").startswith(b"\x89PNG")


def test_a_map_says_what_its_songs_stand_together_by() -> None:
    lists = SongMap(np.eye(3, 2), np.zeros(3, dtype=int), (), (Region((), ("Ann",), 0.5, 0.5, 3),), "r")
    written = [draw_map(one, format="svg") for one in (lists, replace(lists, is_by_sound=True))]
    assert written[0] != written[1]


def test_many_interests_and_axes_find_room() -> None:
    song = SongAnswer("s:1", "Title", "Artist", 3.0)
    interests = tuple(InterestAnswer(1 / 8, song, (song,) * 4) for _ in range(8))
    axes = tuple(AxisScore(f"axis {i}", i / 64) for i in range(64))
    answer = ProfileAnswer("u", 1, 1, {}, interests, (song,) * 5, "r", axes)
    assert draw_profile(answer, format="png").startswith(b"\x89PNG")


def test_an_empty_taste_is_drawn() -> None:
    assert len(draw_profile(ProfileAnswer("u", 0, 0, {}, (), (), "r"), format="png")) > 1000


def test_labels_on_one_spot_are_spread_or_left_out() -> None:
    found: list[Text] = []
    gone: list[int] = []

    def draw(figure: Figure) -> None:
        panel = figure.add_axes((0, 0, 1, 1))
        labels = [[panel.text(0.5, 0.5, f"label {i}")] for i in range(60)]
        gone.append(spread_labels(panel, labels, np.full((50, 2), 0.5)))
        found.extend(text for text in panel.texts)
        boxes = [text.get_window_extent(renderer_of(panel)) for text in found]
        assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))

    render(draw, size=(6, 4), format="png")
    assert len(found) + gone[0] == 60
    assert len(found) > 15


def test_the_first_label_stays_where_nothing_is_in_its_way() -> None:
    def draw(figure: Figure) -> None:
        panel = figure.add_axes((0, 0, 1, 1))
        text = panel.text(0.5, 0.5, "label")
        assert spread_labels(panel, [[text]], np.zeros((0, 2))) == 0
        assert text.get_position() == pytest.approx((0.5, 0.5))

    render(draw, size=(6, 4), format="png")
