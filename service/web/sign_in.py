"""Signing in with a key, choosing who listens, and signing out: plain forms, so that they work everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import ui

from db.repositories.users import find_user
from service.http.problems import Refused, problem, refusal_of
from service.http.service import Service, allow_user
from service.web.session import COOKIE, LASTS_S, Sessions, caller_with, visitor_of

router = APIRouter(prefix="/web")
_TRIES_A_SECOND = 1.0
Key = Annotated[str, Form(max_length=200)]
User = Annotated[str, Form(max_length=300)]


@router.post("/sign-in")
def sign_in(request: Request, key: Key = "") -> Response:
    """Take a key, and give a cookie for it."""
    service: Service = request.app.state.service
    address = request.client.host if request.client else ""
    if service.buckets.take(f"sign-in:{address}", _TRIES_A_SECOND):
        return RedirectResponse("/?wrong=often", 303)
    caller = caller_with(service, key)
    if caller is None:
        return RedirectResponse("/?wrong=key", 303)
    return _with_cookie(request, caller.key_id, caller.user)


@router.post("/listener")
def listener(request: Request, user: User = "") -> Response:
    """Say whose taste it is about; for administrators, and on loopback for all."""
    service: Service = request.app.state.service
    visitor = visitor_of(service, Sessions(service.settings.home), request.cookies)
    try:
        if visitor is None:
            raise Refused(401, "sign in first")
        if user:
            allow_user(visitor.caller, user)
            with service.session_factory() as session:
                find_user(session, user)
    except Exception as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        return problem(refused)
    return _with_cookie(request, visitor.caller.key_id, user)


@router.post("/sign-out")
def sign_out() -> Response:
    """Forget who sat here."""
    response = RedirectResponse("/", 303)
    response.delete_cookie(COOKIE)
    return response


def _with_cookie(request: Request, key_id: int | None, user: str) -> Response:
    service: Service = request.app.state.service
    response = RedirectResponse("/", 303)
    response.set_cookie(
        COOKIE,
        Sessions(service.settings.home).write(key_id, user),
        max_age=LASTS_S,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return response


def draw_sign_in(wrong: str) -> None:
    """Draw the page that asks for a key."""
    said = {"key": "This key is not known.", "often": "Too many tries: wait a moment."}.get(wrong, "")
    with ui.element("main").classes("sign-in"):
        ui.html(_LOGO, sanitize=False)
        heading = ui.element("h1")
        with heading:
            ui.html("Songspace", sanitize=False, tag="span")
        ui.label("This service asks for a key. Whoever runs it makes one: songspace keys create").classes(
            "soft"
        )
        form = ui.element("form").props('method="post" action="/web/sign-in"')
        with form:
            ui.html(
                '<label for="key">Key</label>'
                '<input id="key" name="key" type="password" '
                'autocomplete="current-password" required autofocus>'
                + (f'<p role="alert" class="bad">{said}</p>' if said else "")
                + '<button type="submit" class="button primary">Sign in</button>',
                sanitize=False,
            )


_LOGO = '<img src="/web/static/icon.svg" alt="" width="56" height="56">'
