"""What stands where something is still being made, where there is nothing, and where something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nicegui import ui

from service.http.problems import Refused
from service.web.parts.buttons import button, link, text
from service.web.seat import Seat

Answer = TypeVar("Answer")


def section(classes: str = "") -> ui.element:
    """A part of a page that is filled later."""
    return ui.element("section").classes(classes)


async def fill(
    seat: Seat,
    place: ui.element,
    question: Callable[[], Answer],
    draw: Callable[[Answer], None],
    *,
    shape: str = "rows",
    quiet: bool = False,
) -> bool:
    """Ask, and draw the answer into a place; meanwhile its outline, and what went wrong if something did.

    `shape` is what the outline looks like: "rows", "cards" or "picture"; a quiet one has none. Returns
    whether it went well.
    """
    if not quiet:
        place.clear()
        with place:
            skeleton(shape)
    try:
        answer = await seat.ask(question)
    except Refused as refused:
        if place.is_deleted:
            return False
        place.clear()
        with place:
            failed(refused.detail, lambda: fill(seat, place, question, draw, shape=shape))
        return False
    if place.is_deleted:  # somebody went to another page meanwhile
        return False
    place.clear()
    with place:
        draw(answer)
    return True


def skeleton(shape: str) -> None:
    """The outline of what is being made."""
    outline = ui.element("div").classes(f"skeleton {shape}")
    outline.props["role"] = "status"
    outline.props["aria-label"] = "Loading"
    with outline:
        for _ in range({"cards": 6, "rows": 5}.get(shape, 1)):
            ui.element("span")


def empty(words: str, *, icon: str = "music_note", action: tuple[str, str] | None = None) -> None:
    """Say that there is nothing, and where to go for something: a label and an address."""
    with ui.element("div").classes("state"):
        ui.icon(icon)
        text(words)
        if action is not None:
            link(*action, classes="button")


def failed(words: str, again: Callable[[], object] | None = None) -> None:
    """Say what went wrong, with a way to try again."""
    box = ui.element("div").classes("state bad")
    box.props["role"] = "alert"
    with box:
        ui.icon("error_outline")
        text(f"{words[:1].upper()}{words[1:]}.")
        if again is not None:
            button("Try again", again, icon="refresh")
