"""`songspace serve`: the web page and the HTTP API."""

from __future__ import annotations

from contextlib import nullcontext
from importlib.util import find_spec
from typing import Annotated

import typer

from service.cli.console import print_line
from service.cli.database import open_database
from service.cli.state import settings_of


class NoServerError(Exception):
    """The libraries of the service are not installed."""


def run(
    ctx: typer.Context,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="To listen on; off loopback the service asks for keys.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="To listen on.")] = 8000,
    worker: Annotated[
        bool,
        typer.Option("--worker/--no-worker", help="Whether a worker runs beside, in a process of its own."),
    ] = True,
) -> None:
    """Serve the web page and the HTTP API."""
    for library in ("uvicorn", "nicegui", *(("dbos",) if worker else ())):
        if find_spec(library) is None:
            raise NoServerError(f"{library} is missing: pip install 'songspace[serve]'")
    from service.answering.pool import Answerers
    from service.http.keys import require_keys
    from service.http.service import asks_for_keys

    settings = settings_of(ctx)
    factory = open_database(ctx, create=True)
    asks = asks_for_keys(settings, host)
    if asks:
        require_keys(factory)
    shown = f"[{host}]" if ":" in host else host
    print_line(f"Songspace answers at http://{shown}:{port}/, {'to keys' if asks else 'to this machine'}.")
    # Begun first: they import what they need while this process does.
    with Answerers(settings) as answerers:
        from service.answering.process import keep_going
        from service.http.app import make_server
        from service.work.beside import worker_beside

        server = make_server(settings, host=host, port=port, web=True, answerers=answerers)
        keep_going()
        with worker_beside(settings) if worker else nullcontext():
            server.run()
