"""A song: how it sounds, where it lies, what is like it."""

from __future__ import annotations

import asyncio

from nicegui import ui

from pipelines.answers import AxisScore
from pipelines.axis_scores import song_axes
from pipelines.explore import similar
from pipelines.show_song import ShownSong, show_song
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.axes import draw_axes
from service.web.parts.buttons import button, heading, icon_button, text
from service.web.parts.song_list import by_line, clock, cover, like_button, song_list
from service.web.parts.song_sheet import choose_playlist, open_sheet
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views, views_of

_SIMILAR, _AXES = 12, 8


async def build(seat: Seat, number: str) -> None:
    """Draw the page of a song, by its number here."""
    if not number.isdecimal() or len(number) > 9:
        raise Refused(404, "there is no such song")
    song_id = int(number)
    factory = seat.service.session_factory

    def known() -> tuple[SongView, ShownSong]:
        shown = show_song(factory, own_ref(song_id))
        return views_of(factory, [song_id], seat.listener)[0], shown

    song, shown = await seat.ask(known)
    ui.page_title(f"{song.title} · Songspace")
    with ui.element("header").classes("hero") as hero:
        hero.props["data-song"] = song.id
        cover(song.id, 480)
        with ui.element("div").classes("about"):
            heading(song.title, 1)
            by_line(song)
            facts = (song.album, clock(song.seconds))
            text(" · ".join(fact for fact in facts if fact), "soft")
            if not song.playable:
                text("No sound is known of this song: it can be recommended, and not be played.", "notice")
            _tags(shown)
            with ui.element("div").classes("row-buttons"):
                play = lambda: seat.player.play([song])  # noqa: E731
                button("Play", play, icon="play_arrow", kind="primary", disabled=not song.playable)
                button("Radio from here", lambda: seat.player.start_radio(song), icon="radio")
                button("Add to a playlist", lambda: choose_playlist(seat, [song]), icon="playlist_add")
                button(
                    "Make something like it",
                    lambda: ui.navigate.to(f"/create?like={song.id}"),
                    icon="graphic_eq",
                )
                if seat.listener:
                    like_button(seat, song)
                icon_button("more_horiz", f"More to do with {song.title}", lambda: open_sheet(seat, song))
    if seat.now.release is None:
        text("What is like it is known after the first night.", "soft")
        return
    with ui.element("div").classes("columns"):
        near, beside = section(), section()
    if song.playable:
        _spectrogram(song)

    def nearest() -> list[SongView]:
        answer = similar(seat.now.shelves, factory, own_ref(song_id), _SIMILAR)
        return in_order(answer.songs, views(factory, answer.songs, seat.listener))

    await asyncio.gather(
        fill(seat, near, nearest, lambda songs: _near(seat, song, songs)),
        fill(seat, beside, lambda: _axes_of(seat, song_id), _axes),
    )


def _tags(shown: ShownSong) -> None:
    best = sorted(shown.tags.items(), key=lambda one: -one[1])[:6]
    if best:
        with ui.element("ul").classes("chips").props('aria-label="Tags"'):
            for name, _ in best:
                with ui.element("li").classes("chip"):
                    ui.label(name)


def _near(seat: Seat, song: SongView, songs: list[SongView]) -> None:
    heading(
        "Similar songs",
        hint=terms.SIMILAR,
    )
    if not songs:
        empty("Nothing is near to it.")
        return
    song_list(seat, songs, source=f"Similar to {song.title}")


def _axes_of(seat: Seat, song_id: int) -> tuple[AxisScore, ...]:
    return song_axes(seat.now.shelves, seat.service.session_factory, own_ref(song_id)).axes[:_AXES]


def _axes(axes: tuple[AxisScore, ...]) -> None:
    heading(
        "What it is",
        hint=terms.SONG_AXES,
    )
    if not axes:
        text("No axes are learned yet: songs need tags for that.", "soft")
        return
    draw_axes(axes)


def _spectrogram(song: SongView) -> None:
    with ui.element("details").classes("panel picture"):
        with ui.element("summary"):
            ui.label("Spectrogram")
        picture = ui.element("img")
        picture.props["src"] = f"/web/spectrogram/{song.id}"
        picture.props["alt"] = (
            f"Spectrogram of {song.title}: time runs to the right, pitch upwards, light is loud"
        )
        picture.props["loading"] = "lazy"
