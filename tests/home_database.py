"""Which database a test's home folder has: SQLite within, unless a file there names another."""

from __future__ import annotations

from pathlib import Path

URL_FILE = "database-url"


def url_of(home: Path) -> str:
    """Return the URL of a home folder's database."""
    named = home / URL_FILE
    return named.read_text(encoding="utf-8") if named.is_file() else f"sqlite:///{home / 'songspace.db'}"
