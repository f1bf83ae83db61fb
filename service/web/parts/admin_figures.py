"""Figures of the running service: how much was asked, how quickly it answered, what failed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from nicegui import ui

from service.web.parts import terms
from service.web.parts.buttons import heading, link, text
from service.web.parts.states import fill
from service.web.parts.table import table
from service.web.seat import Seat

_SHOWN = 12


@dataclass
class Route:
    """One route since the service started."""

    requests: int = 0
    failed: int = 0
    seconds: float = 0.0


async def draw(seat: Seat, place: ui.element) -> None:
    """Draw the panel."""
    await fill(seat, place, lambda: _routes(seat), lambda found: _draw(seat, found))


def _routes(seat: Seat) -> dict[str, Route]:
    found: dict[str, Route] = defaultdict(Route)
    for metric in seat.service.metrics.registry.collect():
        for sample in metric.samples:
            name = f"{sample.labels.get('method', '')} {sample.labels.get('route', '')}"
            if sample.name == "songspace_requests_total":
                found[name].requests += int(sample.value)
                found[name].failed += int(sample.value) if sample.labels["status"] >= "500" else 0
            elif sample.name == "songspace_request_seconds_sum":
                found[name].seconds += sample.value
    return dict(found)


def _draw(seat: Seat, found: dict[str, Route]) -> None:
    heading("Figures", hint=terms.FIGURES)
    total, failed = sum(one.requests for one in found.values()), sum(one.failed for one in found.values())
    swaps = seat.service.watch.swaps
    text(f"{total:,} requests, {failed:,} failed here, {swaps} releases loaded.", "bad" if failed else "soft")
    most = sorted(found.items(), key=lambda one: -one[1].requests)[:_SHOWN]
    rows = [
        [name, f"{one.requests:,}", f"{1000 * one.seconds / max(one.requests, 1):.1f} ms", f"{one.failed:,}"]
        for name, one in most
    ]
    table(("Route", "Requests", "Mean", "Failed"), rows, name="Requests by route")
    link("All figures", "/metrics", "more").props["target"] = "_blank"
