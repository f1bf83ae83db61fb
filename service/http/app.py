"""Puts the service together: `build_app(settings)` is an ASGI application, `make_server` what runs it.

What has to be opened (database, release, watch) is opened when the application starts, and closed when it
ends; importing this opens nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from db.migrate import upgrade
from db.read_in import read_in
from db.session import make_engine, make_session_factory
from pipelines.mapped_files import available_bytes
from service.answering.pool import Answerers
from service.database import connections_of
from service.doors import add_doors
from service.http.bodies import Bodies
from service.http.door import Door
from service.http.edge import Edge
from service.http.exact import Exact, exact_methods
from service.http.keys import require_keys
from service.http.metrics import Metrics
from service.http.openapi import document
from service.http.problems import add_problem_handlers
from service.http.references import References
from service.http.routes import (
    admin,
    generations,
    health,
    lyrics,
    nightly,
    playlists,
    songs,
    space,
    users,
)
from service.http.service import Service, asks_for_keys
from service.http.snapshot import ReleaseWatch
from service.settings import Settings

if TYPE_CHECKING:
    import uvicorn

# Connections that senders may hold open at once; one more is told to come again.
MOST_CONNECTIONS = 1_000
_KEEP_ALIVE_S, _GRACE_S = 5, 20
# A database of up to this part of the memory is read in when the service starts.
_OF_MEMORY = 8


def build_app(
    settings: Settings, *, host: str = "127.0.0.1", web: bool = False, answerers: Answerers | None = None
) -> FastAPI:
    """Build the application.

    Parameters
    ----------
    host : str
        The address that it will listen on: off loopback it asks for keys.
    web : bool
        Whether it has the web page, too: one application of a process may.
    answerers : Answerers, optional
        Processes that recommend; they end with the application.

    Raises
    ------
    NoKeysError, DatabaseError
        When it starts: there are no keys where they are asked for, or no database.
    """
    page = _build_page() if web else None
    app = FastAPI(
        title="Songspace",
        lifespan=_lifespan(settings, host, page, answerers),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        strict_content_type=False,
    )
    add_problem_handlers(app)
    app.include_router(health.router)
    routers = [
        module.router for module in (songs, playlists, users, space, admin, lyrics, generations, nightly)
    ]
    for router in routers:
        app.include_router(router, prefix="/v1")
    app.add_middleware(Exact, methods=exact_methods(routers, "/v1"))
    # The last that is added is the first that a request meets.
    for layer in (References, Bodies, Door):
        app.add_middleware(layer)
    add_doors(app)
    origins = [origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()]
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "Range"],
            expose_headers=["ETag", "Location", "Retry-After"],
        )
    if page is not None:
        from service.web.entrance import WebEntrance

        app.add_middleware(WebEntrance, web=page)
    app.add_middleware(Edge)
    app.openapi = _described(app)  # type: ignore[method-assign]
    return app


def _build_page() -> FastAPI:
    # NiceGUI takes two seconds to import: those who only serve the API do without.
    from service.web.app import build_web

    return build_web()


def make_server(
    settings: Settings, *, host: str, port: int, web: bool = False, answerers: Answerers | None = None
) -> uvicorn.Server:
    """Make the server of an application (`build_app`); `run()` answers until it is told to stop."""
    import uvicorn

    from service.http.patience import PatientProtocol

    config = uvicorn.Config(
        build_app(settings, host=host, web=web, answerers=answerers),
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # addresses name users
        server_header=False,
        http=PatientProtocol,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config)


def _lifespan(
    settings: Settings, host: str, page: FastAPI | None, answerers: Answerers | None
) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.request_threads
        service = await anyio.to_thread.run_sync(_open, settings, host, answerers)
        app.state.service = service
        try:
            if page is None:
                yield
            else:
                page.state.service = service
                async with page.router.lifespan_context(page):
                    yield
        finally:
            await anyio.to_thread.run_sync(_close, service)

    return lifespan


def _open(settings: Settings, host: str, answerers: Answerers | None) -> Service:
    engine = make_engine(settings.database_url, connections_of(settings, "web", answers=True))
    try:
        upgrade(engine)
        factory = make_session_factory(engine)
        is_open = not asks_for_keys(settings, host)
        if not is_open:
            require_keys(factory)
        watch = ReleaseWatch(settings.home, factory, answerers)
        watch.start()
        # Last: a release that had to be unfolded first has pushed out of memory what lay there.
        read_in(engine, at_most=available_bytes() // _OF_MEMORY)
    except BaseException:
        engine.dispose()
        raise
    return Service(settings, factory, watch, is_open, Metrics())


def _close(service: Service) -> None:
    service.watch.stop()
    service.session_factory.kw["bind"].dispose()


def _described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app, version=version("songspace"))
        return app.openapi_schema

    return openapi
