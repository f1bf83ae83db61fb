"""`songspace worker`: does the long work of the service, apart from the process that answers."""

from __future__ import annotations

from importlib.util import find_spec

import typer

from service.cli.console import print_line
from service.cli.database import open_database
from service.cli.serve import NoServerError
from service.cli.state import settings_of


def run(ctx: typer.Context) -> None:
    """Make generations and run the nightly job, for a service on the same home folder."""
    if find_spec("dbos") is None:
        raise NoServerError("dbos is missing: pip install 'songspace[serve]'")
    from service.work.process import run_worker
    from service.work.worker import Worker

    settings = settings_of(ctx)
    open_database(ctx, create=True)
    cron = settings.nightly_cron
    night = "never by itself" if cron == "off" else f"at {cron} (UTC)"
    print_line(f"A worker of {settings.home} is at work; the nightly job runs {night}.")
    run_worker(Worker(settings))
