"""Buttons that send files, or a folder of them (static/send_files.js), and what was told of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from service.web.parts.buttons import text


class SendFiles(ui.element, component="../static/send_files.js"):
    """The button."""


def draw_sending(
    url: str, label: str, accept: str, told: ui.element, draw: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """Draw a button that sends files to an address; `draw` says what came of each, in the place `told`."""

    def sent(event: Any) -> None:
        name, answer = str(event.args["name"]), event.args["told"]
        with told:
            if event.args["ok"]:
                draw(name, answer)
            else:
                text(f"{name}: {answer.get('detail', 'it was not taken')}.", "bad")

    made = SendFiles()
    made.props.update({"url": url, "label": label, "accept": accept})
    made.on("sent", sent)


def draw_sending_folder(
    url: str, label: str, accept: str, told: ui.element, done: Callable[[int], Awaitable[None]]
) -> None:
    """Draw a button that sends those files of a folder that end in one of `accept`; what is not taken is said
    in the place `told`, and `done` is called with how many were.
    """

    def sent(event: Any) -> None:
        if not event.args["ok"]:
            with told:
                text(f"{event.args['name']}: {event.args['told'].get('detail', 'it was not taken')}.", "bad")

    async def ended(event: Any) -> None:
        if event.args["taken"]:
            await done(int(event.args["taken"]))
        elif not event.args["of"]:
            with told:
                text("There is no music in that folder.", "soft")

    made = SendFiles()
    made.props.update({"url": url, "label": label, "accept": accept, "folder": True})
    made.on("sent", sent)
    made.on("done", ended)
