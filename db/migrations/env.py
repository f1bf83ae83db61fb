"""Alembic's entry: run the revisions on the connection and in the transaction of `db.migrate.upgrade`."""

from __future__ import annotations

from alembic import context

from db.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite can, once transactions are begun by hand, as `db.session` does.
)
with context.begin_transaction():
    context.run_migrations()
