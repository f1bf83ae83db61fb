"""A slider of HTML's own: keys and those who hear the page know it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nicegui import ui

Changed = Callable[[float], object]


@dataclass
class Slider:
    """A slider with its value; `told` are called when it moves."""

    value: float
    element: ui.element
    told: list[Changed] = field(default_factory=list)

    def moved(self, event: Any) -> None:
        """Take the value that the page sends."""
        self.value = float(event.args)
        for tell in self.told:
            tell(self.value)


def slider(label: str, low: float, high: float, step: float, value: float) -> Slider:
    """Draw a slider that is called so."""
    element = ui.element("input").classes("range")
    element.props.update(
        # As an attribute: as a property it would be put back whenever anything of the page is drawn anew.
        {"type": "range", "min": low, "max": high, "step": step, "^value": value, "aria-label": label}
    )
    made = Slider(value, element)
    element.on("input", made.moved, js_handler="(event) => emit(event.target.value)", throttle=0.05)
    return made
