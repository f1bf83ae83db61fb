"""Buttons and headings as plain elements of HTML, so that keyboards and screen readers know them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from nicegui import ui

from service.http.problems import Refused

Handler = Callable[[], Awaitable[Any] | Any]


class Load(Protocol):
    """Loads a part of a page anew; quietly, so that what stands there stays until it is made."""

    async def __call__(self, *, quiet: bool = False) -> None:  # noqa: D102
        ...


def guarded(handler: Handler) -> Callable[[], Awaitable[None]]:
    """A handler that tells people what was refused instead of failing."""

    async def run() -> None:
        try:
            result = handler()
            if inspect.isawaitable(result):
                await result
        except Refused as refused:
            ui.notify(refused.detail, type="negative")
        except Exception:
            ui.notify("Something went wrong here; the log says what.", type="negative")
            raise

    return run


def button(
    label: str, on_click: Handler, *, icon: str = "", kind: str = "", disabled: bool = False
) -> ui.element:
    """A button with a word on it; `kind` is "primary", "danger", "quiet" or ""."""
    made = ui.element("button").classes(f"button {kind}".strip())
    made.props["type"] = "button"
    if disabled:
        made.props["disabled"] = True
    with made:
        if icon:
            ui.icon(icon)
        ui.label(label)
    return made.on("click", guarded(on_click))


def icon_button(icon: str, label: str, on_click: Handler, *, small: bool = False) -> ui.element:
    """A button with a picture on it, and a word for those who hear it."""
    made = ui.element("button").classes("icon-button small" if small else "icon-button")
    made.props["type"] = "button"
    made.props["aria-label"] = label
    made.props["title"] = label
    with made:
        ui.icon(icon)
    return made.on("click", guarded(on_click))


def set_pressed(pressed_button: ui.element, pressed: bool, icon: str = "") -> None:
    """Show a button as pressed or not, with another picture if one is given."""
    pressed_button.props["aria-pressed"] = "true" if pressed else "false"
    pressed_button.update()
    if icon:
        pressed_button.clear()
        with pressed_button:
            ui.icon(icon)


def heading(text: str, level: int = 2, *, hint: str = "") -> ui.element:
    """A heading, with a word of explanation behind a question mark if one is given."""
    with ui.element("div").classes(f"heading h{level}"):
        made = ui.element(f"h{level}")
        with made:
            ui.label(text)
        if level == 1:
            made.props["tabindex"] = "-1"
            made.props["id"] = "page-title"
        if hint:
            explained(hint)
    return made


def explained(text: str) -> ui.element:
    """A question mark that says in plain words what something is, when it is pointed at or reached by key."""
    made = ui.element("button").classes("hint")
    made.props["type"] = "button"
    made.props["aria-label"] = f"What is this? {text}"
    made.props["data-tip"] = text
    with made:
        ui.label("?")
    return made


def text(words: str, classes: str = "") -> ui.element:
    """A paragraph."""
    made = ui.element("p").classes(classes)
    with made:
        ui.label(words)
    return made


def link(label: str, target: str, classes: str = "") -> ui.element:
    """A link to another page, or to a file."""
    made = ui.element("a").classes(classes)
    made.props["href"] = target
    with made:
        ui.label(label)
    return made
