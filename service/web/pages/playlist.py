"""A playlist: played, changed, gone on with, taken out as a file."""

from __future__ import annotations

from nicegui import ui

from db.repositories.playlists import find_playlist
from pipelines.stored_playlists import PlaylistAnswer, delete_playlist, edit_playlist, owner_of, show_playlist
from service.http.problems import Refused
from service.web.media import allow_reading
from service.web.parts import terms
from service.web.parts.buttons import Load, button, guarded, heading, icon_button, link, text
from service.web.parts.song_list import picture, song_list
from service.web.parts.song_sheet import dialog
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat, own_ref
from service.web.songs import SongView, in_order, views

_FURTHER = 12


async def build(seat: Seat, number: str) -> None:
    """Draw the page of a playlist, by its number here."""
    if not number.isdecimal() or len(number) > 9:
        raise Refused(404, "there is no such playlist")
    ref = own_ref(int(number))
    factory = seat.service.session_factory

    def known() -> tuple[PlaylistAnswer, list[SongView]]:
        allow_reading(seat.service, seat.visitor, ref)
        shown = show_playlist(factory, ref)
        return shown, in_order(shown.songs, views(factory, shown.songs, seat.listener))

    shown, songs = await seat.ask(known)
    found = section()
    further = section()

    async def load(*, quiet: bool = False) -> None:
        if not await fill(seat, found, known, lambda got: _draw(seat, number, *got, load), quiet=quiet):
            return
        await go_on()

    async def go_on() -> None:
        await fill(
            seat,
            further,
            lambda: _goes_on(seat, ref),
            lambda got: _further(seat, ref, *got, load),
            quiet=True,
        )

    with found:
        _draw(seat, number, shown, songs, load)
    await go_on()


def _draw(seat: Seat, number: str, shown: PlaylistAnswer, songs: list[SongView], load: Load) -> None:
    may_change = _may_change(seat, shown.owner)
    name = shown.name or "Playlist"
    ref = own_ref(int(number))
    factory = seat.service.session_factory
    with ui.element("header").classes("hero"):
        picture(f"/web/playlist/{number}/cover?size=480")
        with ui.element("div").classes("about"):
            heading(name, 1)
            seconds = sum(song.seconds or 0 for song in songs)
            length = f" · {int(seconds // 60)} min" if seconds else ""
            text(f"{len(songs)} songs{length}" if len(songs) != 1 else f"1 song{length}", "soft")
            with ui.element("div").classes("row-buttons"):
                button(
                    "Play",
                    lambda: seat.player.play(songs, 0, name),
                    icon="play_arrow",
                    kind="primary",
                    disabled=not songs,
                )
                if may_change:
                    button("Rename", lambda: _rename(seat, ref, name, load), icon="edit")
                    button("Delete", lambda: _delete(seat, ref, name), icon="delete")
            with ui.element("p").classes("soft files"):
                ui.label("As a file: ")
                for suffix in ("m3u8", "xspf", "jspf"):
                    file = link(suffix.upper(), f"/web/playlist/{number}/file?format={suffix}")
                    file.props["download"] = f"playlist.{suffix}"
    if not songs:
        empty(
            "Nothing is in it yet: find songs in the library, or take some from below.",
            action=("Library", "/library"),
        )
        return

    def taken_out(place: int, song: SongView) -> None:
        async def take() -> None:
            left = [own_ref(one.id) for at, one in enumerate(songs) if at != place]
            await seat.ask(lambda: edit_playlist(factory, ref, songs=left))
            await load(quiet=True)

        icon_button("close", f"Take {song.title} out of the playlist", take, small=True)

    song_list(seat, songs, source=name, numbered=True, extra=taken_out if may_change else None)


def _may_change(seat: Seat, owner: int | None) -> bool:
    own = seat.visitor.caller.user_id
    return seat.visitor.is_admin or (own is not None and owner == own)


def _goes_on(seat: Seat, ref: str) -> tuple[list[SongView], bool]:
    if seat.now.release is None:
        return [], False
    factory = seat.service.session_factory
    answer = seat.now.continuer.continue_playlist(ref, _FURTHER)
    return in_order(answer.songs, views(factory, answer.songs, seat.listener)), _may_change(
        seat, owner_of(factory, ref)
    )


def _further(seat: Seat, ref: str, songs: list[SongView], may_change: bool, load: Load) -> None:
    if not songs:
        return
    factory = seat.service.session_factory
    heading("Would go on with", hint=terms.CONTINUATION)

    def added(_: int, song: SongView) -> None:
        async def add() -> None:
            def do() -> None:
                before = [one.song for one in show_playlist(factory, ref).songs]
                edit_playlist(factory, ref, songs=[*before, own_ref(song.id)])

            await seat.ask(do)
            await load(quiet=True)

        icon_button("add", f"Add {song.title} to the playlist", add, small=True)

    song_list(seat, songs, source="Would go on", extra=added if may_change else None)


def _rename(seat: Seat, ref: str, name: str, load: Load) -> None:
    sheet = dialog("Rename the playlist")
    with sheet.box:
        field = (
            ui.input("Name", value=name)
            .props('outlined dense maxlength=200 autofocus autocomplete="off"')
            .classes("wide")
        )

        async def rename() -> None:
            wanted = (field.value or "").strip()
            if not wanted:
                raise Refused(422, "a playlist has a name")
            await seat.ask(lambda: edit_playlist(seat.service.session_factory, ref, name=wanted))
            sheet.close()
            await load(quiet=True)

        field.on("keydown.enter", guarded(rename))
        button("Rename", rename, kind="primary")


def _delete(seat: Seat, ref: str, name: str) -> None:
    sheet = dialog(f"Delete {name}?", "Its songs stay in the library. This cannot be taken back.")

    async def delete() -> None:
        def do() -> None:
            with seat.service.session_factory() as session:
                find_playlist(session, ref)
            delete_playlist(seat.service.session_factory, ref)

        await seat.ask(do)
        sheet.close()
        ui.navigate.to("/library?show=playlists")

    with sheet.box, ui.element("div").classes("row-buttons"):
        button("Delete it", delete, kind="danger", icon="delete")
        button("Keep it", sheet.close)
