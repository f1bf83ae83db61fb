"""To come."""

from __future__ import annotations

from service.web.parts.buttons import heading
from service.web.seat import Seat


async def build(seat: Seat, like: str = "") -> None:
    """Draw the page."""
    heading("Create", 1)
