"""Admin: music that comes in, nights that learn from it, releases, how good they are, figures, keys."""

from __future__ import annotations

import asyncio

from service.web.parts import admin_figures, admin_keys, admin_music, admin_nights, admin_releases
from service.web.parts.buttons import heading
from service.web.parts.states import section
from service.web.seat import Seat


async def build(seat: Seat) -> None:
    """Draw the page."""
    heading("Admin", 1)
    admin_music.draw(seat)
    night, releases, evaluation, figures, keys = (section("panel") for _ in range(5))

    async def again() -> None:
        await asyncio.gather(
            admin_releases.draw(seat, releases, again), admin_releases.draw_evaluation(seat, evaluation)
        )

    await asyncio.gather(
        admin_nights.draw(seat, night, again),
        again(),
        admin_figures.draw(seat, figures),
        admin_keys.draw(seat, keys),
    )
