"""What can be done with a song, as a sheet: queue, radio, playlist, dislike."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

from nicegui import ui

from db.repositories.player_lists import ListRow, lists_of
from db.repositories.users import find_user
from pipelines.stored_playlists import edit_playlist, make_playlist, show_playlist
from service.http.problems import Refused
from service.web.parts.buttons import Handler, button, guarded, heading, text
from service.web.seat import Seat, own_ref
from service.web.songs import SongView

_MOST_LISTS = 200


def open_sheet(seat: Seat, song: SongView) -> None:
    """Open the sheet of a song."""
    sheet = dialog(song.title, song.artist)
    with sheet.box:

        def then(do: Handler) -> Handler:
            async def run() -> None:
                sheet.close()
                await guarded(do)()

            return run

        with ui.element("div").classes("sheet-actions"):
            button("Play next", then(lambda: seat.player.enqueue([song], next=True)), icon="playlist_play")
            button("Add to the queue", then(lambda: seat.player.enqueue([song])), icon="queue")
            button("Radio from here", then(lambda: seat.player.start_radio(song)), icon="radio")
            button("Add to a playlist", then(lambda: choose_playlist(seat, [song])), icon="playlist_add")
            button("Similar songs", then(lambda: ui.navigate.to(f"/song/{song.id}")), icon="hub")
            if seat.listener:
                _marks(seat, song, then)


def _marks(seat: Seat, song: SongView, then: Callable[[Handler], Handler]) -> None:
    for kind, label, icon in (
        ("dislike", "Less like this", "thumb_down"),
        ("block", "Never again", "block"),
    ):
        said = song.mark == kind
        do = then(partial(seat.player.mark, song.id, "clear" if said else kind))
        button(f"Take back: {label.lower()}" if said else label, do, icon=icon)


async def choose_playlist(seat: Seat, songs: list[SongView]) -> None:
    """Ask for a playlist, and put songs at its end."""
    lists = await seat.ask(lambda: own_playlists(seat))
    sheet = dialog("Add to a playlist", songs[0].title if len(songs) == 1 else f"{len(songs)} songs")
    with sheet.box:
        name = (
            ui.input("New playlist").props('outlined dense maxlength=200 autocomplete="off"').classes("wide")
        )

        async def make() -> None:
            if not (name.value or "").strip():
                raise Refused(422, "say what the new playlist is to be called")
            made = await seat.ask(lambda: new_playlist(seat, name.value.strip(), songs))
            sheet.close()
            ui.notify(f"{made} was made")

        button("Make it", make, icon="add", kind="primary")
        if not lists:
            text("You have no playlist yet.", "soft")
        with ui.element("div").classes("sheet-actions"):
            for one in lists:

                async def add(one: ListRow = one) -> None:
                    await seat.ask(lambda: append(seat, own_ref(one.playlist_id), songs))
                    sheet.close()
                    ui.notify(f"Added to {one.name}")

                button(f"{one.name or 'Playlist'} ({one.n_songs})", add, icon="queue_music")


def own_playlists(seat: Seat) -> list[ListRow]:
    """The playlists that the listener may change; without a listener, those that were made for nobody."""
    with seat.service.session_factory() as session:
        if seat.listener:
            return lists_of(session, find_user(session, seat.listener), _MOST_LISTS)
        return lists_of(session, None, _MOST_LISTS) if seat.visitor.is_admin else []


def new_playlist(seat: Seat, name: str, songs: list[SongView]) -> str:
    """Make a playlist of the listener's, and return its name."""
    refs = [own_ref(song.id) for song in songs]
    made = make_playlist(
        seat.service.session_factory, secrets.token_hex(12), name, refs, user=seat.listener or None
    )
    return made.name


def append(seat: Seat, playlist: str, songs: list[SongView]) -> None:
    """Put songs at the end of a playlist."""
    factory = seat.service.session_factory
    before = [one.song for one in show_playlist(factory, playlist).songs]
    edit_playlist(factory, playlist, songs=[*before, *(own_ref(song.id) for song in songs)])


class Sheet:
    """An open dialog."""

    def __init__(self, opened: ui.dialog, box: ui.element) -> None:
        self.opened = opened
        self.box = box

    def close(self) -> None:
        """Close it for good."""
        self.opened.close()


def dialog(title: str, subtitle: str = "") -> Sheet:
    """Open a dialog with a title; Escape and a click beside it close it."""
    # In no part of the page, which may be made anew while it is open.
    with ui.context.client.content:
        opened = ui.dialog()
    opened.props(f'aria-label="{"".join(c for c in title if c.isalnum() or c == " ")}"')
    with opened:
        box = ui.element("div").classes("sheet")
        with box:
            heading(title)
            if subtitle:
                text(subtitle, "soft")
    opened.on("hide", opened.delete)
    opened.open()
    return Sheet(opened, box)
