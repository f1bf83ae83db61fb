"""A taste as a picture: interests with their shares, the axes, and what is played most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from service.pictures.canvas import ACCENT, FAINT, INK, PALETTE, SOFT, render, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Panel
    from matplotlib.figure import Figure

    from pipelines.answers import AxisScore, InterestAnswer, ProfileAnswer, SongAnswer

MOST_AXES = 21
_ROW = 0.62  # Inches of height that an interest takes.


def draw_profile(answer: ProfileAnswer, *, format: str) -> bytes:
    """Draw a user's taste and return the bytes of a picture; what is not known is said in words."""
    n_rows = max(len(answer.interests), 3)
    height = 2.0 + max(
        _ROW * n_rows + 0.42 * len(answer.most_played) + 0.9, 0.3 * min(len(answer.axes), MOST_AXES)
    )
    return render(lambda figure: _draw(figure, answer), size=(12.5, height), format=format)


def _draw(figure: Figure, answer: ProfileAnswer) -> None:
    said = ", ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in answer.feedback.items() if n)
    height = float(figure.get_figheight())
    figure.text(
        0.025,
        1 - 0.42 / height,
        f"The taste of {shortened(answer.user, 60)}",
        size=19,
        weight="bold",
        va="center",
    )
    facts = f"{answer.listens:,} listens of {answer.songs:,} songs{'; ' if said else ''}{said}"
    figure.text(0.025, 1 - 0.78 / height, facts, size=11, color=SOFT, va="center")
    left_heights = (max(len(answer.interests), 3) * _ROW, 0.42 * max(len(answer.most_played), 1))
    rows = figure.add_gridspec(
        2, 2, width_ratios=(1.5, 1.0), height_ratios=left_heights,
        left=0.075, right=0.945, top=1 - 1.45 / height, bottom=0.35 / height, wspace=0.3, hspace=1.8 / height,
    )  # fmt: skip
    _interests(figure.add_subplot(rows[0, 0]), answer.interests)
    _most_played(figure.add_subplot(rows[1, 0]), answer.most_played)
    _axes(figure.add_subplot(rows[:, 1]), answer.axes)


def _bare(panel: Panel, heading: str) -> None:
    panel.set_title(heading, loc="left", size=12.5, weight="bold", pad=9, color=INK)
    for side in panel.spines.values():
        side.set_visible(False)
    panel.tick_params(length=0)
    panel.set_xticks([])
    panel.set_yticks([])


def _nothing(panel: Panel, why: str) -> None:
    panel.text(0.0, 0.92, why, transform=panel.transAxes, color=SOFT, va="top", size=10.5)


def _interests(panel: Panel, interests: Sequence[InterestAnswer]) -> None:
    _bare(panel, "Interests")
    if not interests:
        _nothing(panel, "Nothing of it has a place in the song space yet.")
        return
    most = max(interest.weight for interest in interests)
    for place, interest in enumerate(interests):
        colour = FAINT if interest.mark == "muted" else PALETTE[place % len(PALETTE)]
        panel.barh(place, interest.weight, height=0.26, color=colour, align="center")
        medoid = interest.medoid
        mark = f" ({interest.mark})" if interest.mark else ""
        title = f"{shortened(medoid.title or '(no title)', 44)}{mark}"
        by = f"  {shortened(medoid.artist, 36)}" if medoid.artist else ""
        panel.text(0, place - 0.24, title, va="bottom", size=10.5, weight="bold")
        others = ", ".join(shortened(song.title, 24) for song in interest.songs[:3])
        below = f"with {others}" if others else ""
        panel.text(0, place + 0.19, shortened(f"{by.strip()}{' · ' if by and below else ''}{below}", 92),
                   va="top", size=8.3, color=SOFT)  # fmt: skip
        panel.text(-0.02 * most, place, f"{interest.weight:.0%}", va="center", ha="right", size=12,
                   weight="bold", color=colour)  # fmt: skip
    panel.set_xlim(0, max(most, 1e-9))
    panel.set_ylim(max(len(interests), 3) - 0.4, -0.6)


def _most_played(panel: Panel, songs: Sequence[SongAnswer]) -> None:
    _bare(panel, "Most played")
    if not songs:
        _nothing(panel, "Nothing yet.")
        return
    most = max(song.score for song in songs)
    for place, song in enumerate(songs):
        panel.barh(place, song.score / max(most, 1) * 0.26, height=0.5, color=FAINT)
        panel.text(-0.02, place, f"{song.score:.0f}", va="center", ha="right", size=10.5, color=SOFT)
        panel.text(0.28, place, shortened(song.title or "(no title)", 40) + (
            f" · {shortened(song.artist, 36)}" if song.artist else ""), va="center", size=9.5)  # fmt: skip
    panel.set_xlim(0, 1)
    panel.set_ylim(len(songs) - 0.5, -0.6)


def _axes(panel: Panel, scores: Sequence[AxisScore]) -> None:
    _bare(panel, "On the axes, each from 0 to 1")
    if not scores:
        _nothing(panel, "There are no axes yet: they are\nlearned from the tags of songs.")
        return
    shown = scores[:MOST_AXES]
    for place, one in enumerate(shown):
        panel.barh(place, 1.0, height=0.62, color="#f1f2f5")
        panel.barh(place, one.score, height=0.62, color=ACCENT, alpha=0.35 + 0.65 * one.score)
        panel.text(1.02, place, f"{one.score:.2f}", va="center", size=9.5, color=SOFT)
    panel.set_yticks(range(len(shown)), [shortened(one.axis, 22) for one in shown], size=10.5)
    panel.set_xlim(0, 1)
    panel.set_ylim(max(len(shown), 10) - 0.5, -0.6)
