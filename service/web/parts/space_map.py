"""The map of the song space, to be moved about in (static/space_map.js)."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from service.http.problems import Refused
from service.web.seat import Seat
from service.web.songs import views_of


class SpaceMap(ui.element, component="../static/space_map.js"):
    """The map itself; it loads its songs."""


def draw_space_map(seat: Seat) -> None:
    """Draw the map; a song that is chosen plays."""

    async def chosen(event: Any) -> None:
        song_id = int(event.args["id"])
        try:
            songs = await seat.ask(lambda: views_of(seat.service.session_factory, [song_id], seat.listener))
        except Refused as refused:
            ui.notify(refused.detail, type="negative")
            return
        seat.player.play(songs, source="From the map")

    SpaceMap().on("chosen", chosen)
