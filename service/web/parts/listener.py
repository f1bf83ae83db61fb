"""Who listens: shown at the end of the way, and chosen from a dialog where that may be chosen."""

from __future__ import annotations

import re
from functools import partial

from nicegui import ui

from db.repositories.pages import users_after
from db.repositories.users import UserSummary
from pipelines.make_user import UserTakenError, make_user
from service.http.problems import Refused
from service.web.parts.buttons import button, guarded, text
from service.web.parts.song_sheet import dialog
from service.web.seat import Seat

_SHOWN = 12
_SCHEME = "app"


def draw_listener(seat: Seat) -> None:
    """Show who listens; for those who may be anybody, a button to choose."""
    name = shown_name(seat.listener) if seat.listener else "Who listens?"
    made = ui.element("button").classes("listener").props("type=button")
    made.props["aria-label"] = f"Listening as {name}" if seat.listener else "Choose who listens"
    with made:
        ui.icon("person")
        ui.label(name)
    made.on("click", guarded(lambda: choose_listener(seat)))


async def choose_listener(seat: Seat) -> None:
    """Ask who listens, and load the page anew for them."""
    sheet = dialog("Who listens?", "Recommendations and taste are about whoever this is.")
    with sheet.box:
        if seat.visitor.is_admin:
            await draw_choice(seat)
        else:
            text(f"You are signed in as {seat.listener}.")
        if not seat.service.is_open:
            button("Sign out", lambda: _post("/web/sign-out", {}), icon="logout")


async def draw_choice(seat: Seat) -> None:
    """Draw a field for a new listener and the ones that there are."""
    users = await seat.ask(lambda: _users(seat))
    with ui.element("div").classes("field-row"):
        name = ui.input("A new listener, or the name of one").props(
            'outlined dense maxlength=200 autocomplete="off"'
        )

        async def go() -> None:
            ref = await seat.ask(lambda: find_or_make(seat, name.value or ""))
            listen_as(ref)

        name.on("keydown.enter", guarded(go))
        button("Listen", go, kind="primary")
    with ui.element("div").classes("people"):
        for one in users:
            label = f"{one.name or shown_name(one.ref)} · {one.n_listens:,} listens"
            button(label, partial(listen_as, one.ref), icon="person")
    if seat.listener:
        button("Nobody", partial(listen_as, ""), icon="person_off", kind="quiet")


def listen_as(user: str) -> None:
    """Remember who listens, and load the page anew."""
    _post("/web/listener", {"user": user})


def find_or_make(seat: Seat, name: str) -> str:
    """The user of a name; a new one where there is none.

    Raises
    ------
    Refused
    """
    from db.errors import NotFoundError
    from db.repositories.users import find_user, name_users

    if not name.strip():
        raise Refused(422, "write a name first")
    with seat.service.session_factory() as session:
        try:
            number = find_user(session, name.strip())
            return name_users(session, [number])[number]
        except NotFoundError:
            pass
    value = re.sub(r"[^\w.@-]+", "-", name.strip().lower()).strip("-")
    try:
        ref = name.strip() if ":" in name else f"{_SCHEME}:{value}"
        return make_user(seat.service.session_factory, seat.service.settings.home, ref)
    except UserTakenError as error:
        raise Refused(409, str(error)) from None


def shown_name(ref: str) -> str:
    """What people call a user: the id without where it comes from.

    >>> shown_name("app:ann")
    'ann'
    """
    return ref.partition(":")[2] or ref


def _users(seat: Seat) -> list[UserSummary]:
    with seat.service.session_factory() as session:
        return users_after(session, 0, _SHOWN)


def _post(address: str, fields: dict[str, str]) -> None:
    import json

    ui.run_javascript(
        f"const body = new URLSearchParams({json.dumps(fields)});"
        f"fetch((window.path_prefix || '') + {json.dumps(address)}, {{method: 'POST', body}})"
        ".then(() => location.reload());"
    )
