"""Tables that can be read on a narrow screen: they scroll by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nicegui import ui

Cell = str | Callable[[], object]


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], *, name: str) -> ui.element:
    """A table; a cell is text, or draws itself. The first cell of a row names it."""
    box = ui.element("div").classes("table").props("tabindex=0 role=region")
    box.props["aria-label"] = name
    with box, ui.element("table"):
        with ui.element("thead"), ui.element("tr"):
            for word in head:
                with ui.element("th").props("scope=col") if word else ui.element("td"):
                    ui.label(word)
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for place, cell in enumerate(row):
                        with ui.element("td") if place else ui.element("th").props("scope=row"):
                            if callable(cell):
                                cell()
                            else:
                                ui.label(cell)
    return box
