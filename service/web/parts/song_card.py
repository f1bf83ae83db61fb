"""Songs as cards: a large cover, what it is, and why it is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nicegui import ui

from pipelines.answers import Recommendation
from service.web.parts.buttons import guarded, icon_button
from service.web.parts.song_list import by_line, cover, like_button
from service.web.parts.song_sheet import open_sheet
from service.web.seat import Seat
from service.web.songs import SongView


def song_cards(
    seat: Seat, songs: Sequence[SongView], *, source: str = "", notes: Mapping[int, str] | None = None
) -> ui.element:
    """Cards in a grid; playing one plays them all from there on."""
    grid = ui.element("ul").classes("cards")
    with grid:
        for place, song in enumerate(songs):
            with ui.element("li").classes("card") as card:
                card.props["data-song"] = song.id
                _card(seat, songs, place, source, (notes or {}).get(song.id, ""))
    return grid


def _card(seat: Seat, songs: Sequence[SongView], place: int, source: str, note: str) -> None:
    song = songs[place]
    with ui.element("div").classes("card-cover"):
        play = ui.element("button").classes("cover-button")
        play.props["type"] = "button"
        play.props["aria-label"] = f"Play {song.by}"
        with play:
            cover(song.id, 240)
            ui.icon("play_arrow" if song.playable else "music_off")
        play.on("click", guarded(lambda: seat.player.play(songs, place, source)))
        with ui.element("div").classes("card-buttons"):
            if seat.listener:
                like_button(seat, song)
            icon_button(
                "more_horiz", f"More to do with {song.title}", lambda: open_sheet(seat, song), small=True
            )
    with ui.element("div").classes("about"):
        title = ui.element("a").classes("title")
        title.props["href"] = f"/song/{song.id}"
        with title:
            ui.label(song.title)
        by_line(song)
        if note:
            ui.label(note).classes("why").props["title"] = note


def reason(song: Recommendation) -> str:
    """Why a song is recommended, in a line.

    >>> reason(Recommendation("a:1", "T", "A", 1.0, (), "many people play it"))
    'Many people play it'
    """
    signal = song.signal[:1].upper() + song.signal[1:]
    titles = [one.title for one in song.because[:2]]
    if not titles:
        return signal
    return f"Because of {' and '.join(titles)}: {song.signal}"
