"""Puts the page together: `build_web()` is an application that the service's own hands its addresses to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nicegui import ui
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from service.http.service import Service
from service.web import made, media, sign_in, space, uploads
from service.web.shell import make_root

STATIC = Path(__file__).parent / "static"


class Lasting(StaticFiles):
    """Files that browsers keep: addresses of those that change with us carry a stamp."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """Answer with a file, or that it is as it was."""
        response = super().file_response(*args, **more)
        response.headers["Cache-Control"] = "public, max-age=86400"
        return response


def build_web() -> FastAPI:
    """Build the page; one in a process, since NiceGUI keeps what it serves in one place.

    Its lifespan is to be entered by the application that hands it its addresses, after it has set
    `state.service`.
    """
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for module in (media, made, space, uploads, sign_in):
        web.include_router(module.router)
    web.mount("/web/static", Lasting(directory=STATIC))

    def service() -> Service:
        found = web.state.service
        assert isinstance(found, Service)
        return found

    ui.run_with(
        web,
        root=make_root(service),
        title="Songspace",
        favicon=STATIC / "icon.svg",
        dark=True,
        language="en-US",
        tailwind=False,
        reconnect_timeout=15.0,
        show_welcome_message=False,
    )
    return web
