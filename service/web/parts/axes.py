"""Scores on axes as bars that can be read as text, too."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import ui

from pipelines.answers import AxisScore


def draw_axes(axes: Sequence[AxisScore]) -> ui.element:
    """A bar an axis, from nothing of it to all of it."""
    bars = ui.element("dl").classes("axes")
    with bars:
        for one in axes:
            with ui.element("div"):
                with ui.element("dt"):
                    ui.label(one.axis)
                with ui.element("dd"):
                    bar = ui.element("span").classes("bar")
                    bar.props["style"] = f"--share: {one.score:.3f}"
                    bar.props["aria-hidden"] = "true"
                    ui.label(f"{one.score:.0%}")
    return bars
