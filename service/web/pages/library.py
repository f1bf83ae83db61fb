"""Library: all songs, searched by words or by meaning, and the playlists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from db.repositories.browse import ArtistRow, find_artists
from db.repositories.player_lists import ListRow, lists_of
from db.repositories.users import find_user
from pipelines.meaning import search_meaning
from pipelines.show_song import list_songs, search_page
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, explained, guarded, heading, link, text
from service.web.parts.send_files import draw_sending
from service.web.parts.song_list import picture, song_list
from service.web.parts.song_sheet import dialog, new_playlist
from service.web.parts.states import empty, fill, section
from service.web.seat import Seat
from service.web.songs import SongView, in_order, views

_PAGE, _ARTISTS = 30, 48
_PLAYLISTS = ".m3u,.m3u8,.jspf,.xspf,.json,.xml"


async def build(seat: Seat, q: str = "", by: str = "", show: str = "") -> None:
    """Draw the page; `by` is "meaning" or "", `show` "artists", "playlists" or ""."""
    heading("Library", 1)
    with ui.element("div").classes("tabs"):
        for name, label in (("", "Songs"), ("artists", "Artists"), ("playlists", "Playlists")):
            tab = link(label, "/library" + (f"?show={name}" if name else ""))
            if name == show:
                tab.props["aria-current"] = "page"
    if show == "playlists":
        await _playlists(seat)
    elif show == "artists":
        await _artists(seat)
    else:
        await _songs(seat, q, by == "meaning")


async def _songs(seat: Seat, q: str, meaning: bool) -> None:
    with ui.element("form").classes("search").props("role=search onsubmit='return false'"):
        field = ui.input(value=q, placeholder="Search by title or artist").props(
            'outlined dense clearable type=search maxlength=300 aria-label="Search songs"'
        )
        switch = ui.switch("by meaning", value=meaning)
        explained(terms.MEANING)
    found = section()

    async def search() -> None:
        words = (field.value or "").strip()
        await _remember(words, bool(switch.value))
        await _show(seat, found, words, bool(switch.value))

    field.on("update:model-value", guarded(search), throttle=0.35, leading_events=False)
    field.on("keydown.enter", guarded(search))
    switch.on_value_change(guarded(search))
    await _show(seat, found, q.strip(), meaning)


async def _remember(words: str, meaning: bool) -> None:
    """Put the search into the address, so that going back finds it again."""
    given = {name: value for name, value in (("q", words), ("by", "meaning" if meaning else "")) if value}
    address = "/library" + (f"?{urlencode(given)}" if given else "")
    ui.run_javascript(
        f"history.replaceState({{page: {address!r}}}, '', (window.path_prefix || '') + {address!r})"
    )


async def _show(seat: Seat, place: ui.element, words: str, meaning: bool) -> None:
    factory = seat.service.session_factory

    def question(after: int = 0) -> tuple[list[SongView], int | None]:
        if words and meaning:
            songs, behind = list(search_meaning(seat.now.need, factory, words, 2 * _PAGE).songs), None
        elif words:
            songs, behind = search_page(factory, words, after, _PAGE)
        else:
            songs, behind = list_songs(factory, after, _PAGE)
        return in_order(songs, views(factory, songs, seat.listener)), behind

    source = f"“{words}”" if words else "All songs"

    def draw(found: tuple[list[SongView], int | None]) -> None:
        songs, behind = found
        if not songs and words:
            empty(f"No song is found for “{words}”.", icon="search_off")
            text("Try fewer words, or search by meaning.", "soft")
            return
        if not songs:
            empty(
                "There are no songs yet. Add a folder with music, or playlists.",
                action=("Add music", "/admin"),
            )
            return
        song_list(seat, songs, source=source)
        if behind is not None:
            more = ui.element("div")

            async def go_on() -> None:
                following = await seat.ask(lambda: question(behind))
                more.clear()
                with more:
                    draw(following)

            with more:
                button("Show more", go_on, icon="expand_more")

    await fill(seat, place, question, draw)


async def _artists(seat: Seat) -> None:
    place = section()

    def question(behind: int = 0) -> list[ArtistRow]:
        with seat.service.session_factory() as session:
            return find_artists(session, "", _ARTISTS + 1, behind)

    def draw(found: list[ArtistRow], behind: int = 0) -> None:
        if not found:
            empty("There are no artists yet. Add a folder with music.", action=("Add music", "/admin"))
            return
        with ui.element("ul").classes("cards artists"):
            for one in found[:_ARTISTS]:
                counted = "1 song" if one.n_songs == 1 else f"{one.n_songs} songs"
                source = f"/web/artist/{one.artist_id}/cover?size=240"
                _list_card(f"/artist/{one.artist_id}", source, one.name or "Nobody known", counted)
        if len(found) > _ARTISTS:
            more = ui.element("div")

            async def go_on() -> None:
                following = await seat.ask(lambda: question(behind + _ARTISTS))
                more.clear()
                with more:
                    draw(following, behind + _ARTISTS)

            with more:
                button("Show more", go_on, icon="expand_more")

    await fill(seat, place, question, draw, shape="cards")


def _list_card(target: str, source: str, title: str, said: str) -> None:
    with ui.element("li").classes("card"):
        way = ui.element("a").classes("list-card")
        way.props["href"] = target
        with way:
            picture(source)
            ui.label(title).classes("title")
            ui.label(said).classes("soft")


async def _playlists(seat: Seat) -> None:
    with ui.element("div").classes("row-buttons"):
        button("New playlist", lambda: _new(seat), icon="add", kind="primary")
        button("Import", lambda: _import(seat), icon="upload_file")
    place = section()
    await fill(seat, place, lambda: _lists(seat), _draw_lists, shape="cards")


def _lists(seat: Seat) -> tuple[list[ListRow], list[ListRow]]:
    with seat.service.session_factory() as session:
        own = lists_of(session, find_user(session, seat.listener), 500) if seat.listener else []
        return own, lists_of(session, None, 60)


def _draw_lists(found: tuple[list[ListRow], list[ListRow]]) -> None:
    own, others = found
    if not own and not others:
        empty(
            "There are no playlists yet. Make one, or import an M3U, JSPF or XSPF file.", icon="queue_music"
        )
    for title, lists in (("Yours", own), ("Everybody's", others)):
        if not lists:
            continue
        heading(title)
        with ui.element("ul").classes("cards"):
            for one in lists:
                source = f"/web/playlist/{one.playlist_id}/cover?size=240"
                counted = "1 song" if one.n_songs == 1 else f"{one.n_songs} songs"
                _list_card(f"/playlist/{one.playlist_id}", source, one.name or "Playlist", counted)


def _new(seat: Seat) -> None:
    sheet = dialog("New playlist")
    with sheet.box:
        name = (
            ui.input("Name")
            .props('outlined dense maxlength=200 autofocus autocomplete="off"')
            .classes("wide")
        )

        async def make() -> None:
            if not (name.value or "").strip():
                raise Refused(422, "say what the playlist is to be called")
            await seat.ask(lambda: new_playlist(seat, name.value.strip(), []))
            sheet.close()
            ui.navigate.to("/library?show=playlists")
            await ui.context.client.sub_pages_router.refresh()

        name.on("keydown.enter", guarded(make))
        button("Make it", make, kind="primary")


def _import(seat: Seat) -> None:
    sheet = dialog(
        "Import a playlist", "M3U, JSPF or XSPF. Of its tracks those are taken that the library holds."
    )
    with sheet.box:
        told = ui.element("div")

        def taken(_: str, made: Mapping[str, Any]) -> None:
            text(f"{made['name']}: {made['songs']} songs are in it.")
            if made["unknown"]:
                text(
                    f"{len(made['unknown'])} are not in the library: {'; '.join(made['unknown'][:5])}", "soft"
                )
            link("See your playlists", "/library?show=playlists", "button")

        draw_sending("/web/send/playlist", "Choose files", _PLAYLISTS, told, taken)
