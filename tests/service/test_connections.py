"""How processes hold connections is theirs to set, and PostgreSQL is told who they are."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from db.errors import DatabaseUnavailableError
from db.session import Connections, make_engine
from service.database import connections_of
from service.settings import load_settings
from tests.databases import postgres_server


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    server = postgres_server(request.config)
    url = server.create()
    yield url
    server.drop(url)


def test_postgresql_is_told_who_asks_and_how_long_an_answer_may_take(url: str) -> None:
    settings = load_settings({"database_statement_timeout_s": 7.5})
    engine = make_engine(url, connections_of(settings, "web", answers=True))
    with engine.connect() as connection:
        said = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("application_name", "statement_timeout")]  # fmt: skip # noqa: E501
    engine.dispose()
    assert said == ["songspace web", "7500ms"]


def test_only_answers_have_a_time(url: str) -> None:
    engine = make_engine(url, connections_of(load_settings({}), "night"))
    with engine.connect() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "0"
    engine.dispose()


def test_what_the_url_says_goes_before(url: str) -> None:
    own = f"{url}&application_name=mine&options=-c%20statement_timeout%3D9000"
    engine = make_engine(own, Connections(statement_timeout_s=1.0))
    with engine.connect() as connection:
        said = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("application_name", "statement_timeout")]  # fmt: skip # noqa: E501
    engine.dispose()
    assert said == ["mine", "9s"]


def test_a_statement_that_takes_too_long_is_the_databases_fault(url: str) -> None:
    engine = make_engine(url, Connections(statement_timeout_s=0.05))
    with pytest.raises(DatabaseUnavailableError, match="timeout"), engine.connect() as connection:
        connection.execute(text("SELECT pg_sleep(20)"))
    engine.dispose()


def test_who_finds_no_connection_free_is_told_so(url: str) -> None:
    engine = make_engine(url, Connections(at_once=1, wait_s=0.05))
    with engine.connect(), pytest.raises(DatabaseUnavailableError, match="in use"):
        engine.connect()
    engine.dispose()


def test_a_connection_that_was_cut_is_made_anew_before_it_is_used(url: str) -> None:
    engine, other = make_engine(url, Connections(at_once=1)), make_engine(url)
    with engine.connect() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    time.sleep(0.2)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != number
    engine.dispose()
    other.dispose()


def test_a_process_holds_a_few_more_connections_than_it_answers_requests() -> None:
    given = connections_of(load_settings({"request_threads": 20}), "web")
    assert given.at_once == 28
    assert connections_of(load_settings({"database_connections": 3}), "web").at_once == 3


@pytest.mark.parametrize("wrong", [{"at_once": 0}, {"wait_s": -1.0}, {"statement_timeout_s": -1.0}])
def test_what_cannot_be_held_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="connection"):
        Connections(**wrong)  # type: ignore[arg-type]
