"""What stands around every page: the way to the others, who listens, and the player, which plays on while
pages come and go.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread
from fastapi import Request
from nicegui import ui
from nicegui.elements.sub_pages import SubPages

from service.http.problems import Refused
from service.http.service import Service
from service.web.pages import admin, artist, create, home, library, lyrics, playlist, song, taste
from service.web.parts.buttons import heading
from service.web.parts.listener import draw_listener
from service.web.parts.player import Player
from service.web.parts.states import empty, failed
from service.web.seat import Seat
from service.web.session import Sessions, visitor_of
from service.web.sign_in import draw_sign_in

_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Place:
    """One of the pages that the way leads to."""

    path: str
    icon: str
    name: str
    only_admin: bool = False


PLACES = (
    Place("/", "home", "Home"),
    Place("/library", "library_music", "Library"),
    Place("/taste", "blur_on", "Taste"),
    Place("/create", "graphic_eq", "Create"),
    Place("/lyrics", "notes", "Lyrics"),
    Place("/admin", "tune", "Admin", only_admin=True),
)


class Pages(SubPages, component=None):
    """The place where pages come and go, with our words where there is none."""

    def _render_404(self) -> None:
        heading("Nothing is here", 1)
        empty("There is no page at this address.", icon="explore_off", action=("Go home", "/"))

    def _render_error(self, _: Exception) -> None:
        failed("this page could not be made; the log says why")


def make_root(find_service: Callable[[], Service]) -> Callable[[Request], Awaitable[None]]:
    """Make the function that draws the page for whoever opens it, whatever its address."""

    async def root(request: Request) -> None:
        service = find_service()
        sessions = Sessions(service.settings.home)
        cookies = dict(request.cookies)
        ui.add_head_html(
            f'<link rel="stylesheet" href="/web/static/theme.css?{_stamp()}">'
            f'<script defer src="/web/static/hints.js?{_stamp()}"></script>'
        )
        ui.query("body").classes("songspace")
        ui.query("main.q-page").props("role=presentation")  # ours is within: there is one main part
        ui.colors(
            primary="#f2c083", negative="#7c2d25", positive="#1f5a44", warning="#6b4b16", dark="#16191c"
        )
        visitor = await anyio.to_thread.run_sync(visitor_of, service, sessions, cookies)
        if visitor is None:
            draw_sign_in(request.query_params.get("wrong", ""))
            return
        _draw(Seat(service, sessions, cookies, visitor))

    return root


def _stamp() -> int:
    return max(int(file.stat().st_mtime) for file in _STATIC.iterdir())


def _draw(seat: Seat) -> None:
    player = Player(seat)
    seat.seat_player(player)
    skip = ui.element("a").classes("skip")
    skip.props["href"] = "#main"
    with skip:
        ui.label("Skip to the content")
    with ui.element("div").classes("app"):
        _navigation(seat)
        content = ui.element("main").props('id="main" tabindex="-1"')
        with content:
            Pages(_routes(seat), show_404=True)
        player.draw()


def _navigation(seat: Seat) -> None:
    links: dict[str, ui.element] = {}
    way = ui.element("nav").classes("way").props('aria-label="Pages"')
    with way:
        brand = ui.element("a").classes("brand").props('href="/"')
        with brand:
            mark = ui.element("img").props('src="/web/static/icon.svg" alt="" width="28" height="28"')
            mark.classes("mark")
            ui.label("Songspace")
        with ui.element("ul"):
            for place in PLACES:
                if place.only_admin and not seat.visitor.is_admin:
                    continue
                with ui.element("li"):
                    one = links[place.path] = ui.element("a")
                    one.props["href"] = place.path
                    with one:
                        ui.icon(place.icon)
                        ui.label(place.name)
        draw_listener(seat)

    def show(path: str) -> None:
        plain = path.partition("?")[0]
        first = plain.lstrip("/").partition("/")[0]
        here = "/library" if first in ("song", "artist", "playlist") else plain
        for address, one in links.items():
            if address == here:
                one.props["aria-current"] = "page"
            else:
                one.props.pop("aria-current", None)
            one.update()

    router = ui.context.client.sub_pages_router
    show(router.current_path)
    router.on_path_changed(show)


def _routes(seat: Seat) -> dict[str, Callable[..., Awaitable[None]]]:
    async def shown(name: str, build: Awaitable[None]) -> None:
        seat.player.forget_page()
        ui.page_title(f"{name} · Songspace" if name else "Songspace")
        first = ui.context.client.sub_pages_router.is_initial_request
        page = ui.element("div")
        try:
            with page:
                await build
        except Refused as refused:
            page.clear()
            with page:
                heading(name or "Songspace", 1)
                failed(refused.detail)
        if not first:
            # Who goes by key or by ear begins at the heading of the new page.
            ui.run_javascript("document.getElementById('page-title')?.focus({preventScroll: true})")

    async def home_page() -> None:
        await shown("", home.build(seat))

    async def library_page(q: str = "", by: str = "", show: str = "") -> None:
        await shown("Library", library.build(seat, q, by, show))

    async def song_page(number: str) -> None:
        await shown("Song", song.build(seat, number))

    async def artist_page(number: str) -> None:
        await shown("Artist", artist.build(seat, number))

    async def playlist_page(number: str) -> None:
        await shown("Playlist", playlist.build(seat, number))

    async def taste_page() -> None:
        await shown("Taste", taste.build(seat))

    async def create_page(like: str = "") -> None:
        await shown("Create", create.build(seat, like))

    async def lyrics_page() -> None:
        await shown("Lyrics", lyrics.build(seat))

    routes: dict[str, Callable[..., Awaitable[None]]] = {
        "/": home_page,
        "/library": library_page,
        "/song/{number}": song_page,
        "/artist/{number}": artist_page,
        "/playlist/{number}": playlist_page,
        "/taste": taste_page,
        "/create": create_page,
        "/lyrics": lyrics_page,
    }
    if seat.visitor.is_admin:

        async def admin_page() -> None:
            await shown("Admin", admin.build(seat))

        routes["/admin"] = admin_page
    return routes
