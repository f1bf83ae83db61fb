"""A button that sends files (static/send_files.js), and what was told of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
