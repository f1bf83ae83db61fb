"""The history of the schema: Alembic revisions under `versions/`, forward only; `db.migrate.upgrade` runs them."""
