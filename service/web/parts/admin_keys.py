"""Keys: who has one, new ones, and those that are to open nothing any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui import ui

from db.repositories.keys import StoredKey
from service.http.keys import ADMIN, USER, create_key, list_keys, revoke_key
from service.http.problems import Refused
from service.web.parts import terms
from service.web.parts.buttons import button, heading, text
from service.web.parts.song_sheet import dialog
from service.web.parts.states import fill
from service.web.parts.table import Cell, table
from service.web.seat import Seat


async def draw(seat: Seat, place: ui.element) -> None:
    """Draw the panel."""
    factory = seat.service.session_factory

    async def again() -> None:
        await draw(seat, place)

    await fill(seat, place, lambda: list_keys(factory), lambda keys: _draw(seat, keys, again))


def _draw(seat: Seat, keys: list[StoredKey], again: Callable[[], Awaitable[None]]) -> None:
    heading("Keys", hint=terms.KEYS)
    with ui.element("div").classes("field-row"):
        user = ui.input("For a user; empty for an administrator").props('outlined dense autocomplete="off"')

        async def make() -> None:
            name = (user.value or "").strip()
            scope = USER if name else ADMIN
            factory = seat.service.session_factory
            made = await seat.change("make a key", lambda: create_key(factory, scope, name or None))
            with dialog("The new key", "Write it down now: it is not shown again.").box:
                ui.label(made.key).classes("key")
            await again()

        button("Make a key", make, icon="key")
    if not keys:
        text("There are none. On loopback nobody is asked for one.", "soft")
        return
    rows: list[list[Cell]] = []
    for one in keys:
        state = "open" if one.revoked_at is None else f"revoked {one.revoked_at:%d %B %Y}"
        last: Cell = partial(_revoke_button, seat, one, again) if one.revoked_at is None else ""
        rows.append([str(one.key_id), one.user or "administrator", f"{one.created_at:%d %B %Y}", state, last])
    table(("Number", "Whose", "Made", "State", ""), rows, name="Keys")


def _revoke_button(seat: Seat, key: StoredKey, again: Callable[[], Awaitable[None]]) -> None:
    async def revoke() -> None:
        if key.key_id == seat.visitor.caller.key_id:
            raise Refused(409, "this is the key that you signed in with")
        factory = seat.service.session_factory
        await seat.change("revoke a key", lambda: revoke_key(factory, key.key_id), number=str(key.key_id))
        await again()

    button("Revoke", revoke, icon="block", kind="quiet")
