"""An empty database with the tables of one revision, which need not be the newest: for what an older version
saved. `db.migrate.upgrade` brings it to this version's.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text

from db.errors import DatabaseError, DatabaseTooNewError
from db.migrate import HEAD, alembic_config


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables that are there; None where there are none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def make_tables(connection: Connection, revision: str) -> None:
    """Create the tables of a revision, in the transaction of the connection.

    Raises
    ------
    DatabaseTooNewError
        A newer version's revision.
    DatabaseError
        There are tables already, of another revision.
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    config = alembic_config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision not in known:
        raise DatabaseTooNewError(
            f"it holds schema {revision!r}, made by a newer version of Songspace; "
            f"this one knows schemas up to {HEAD!r}"
        )
    found = revision_of(connection)
    if found == revision:
        return
    if found is not None or inspect(connection).get_table_names():
        raise DatabaseError(
            f"the database has tables of {f'schema {found!r}' if found else 'something else'}; "
            "one without any tables is expected"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
