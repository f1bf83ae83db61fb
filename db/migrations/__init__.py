"""The history of the schema: Alembic revisions under `versions/`, forward only; run by `db.migrate`."""
