"""How `make docs` builds the site: Sphinx reads these pages as they are, and asks no other host."""

from __future__ import annotations

from importlib.metadata import version as installed
from typing import Any

project = "Songspace"
author = "The Songspace authors"
copyright = author
version = release = installed("songspace")
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]

# Links to headings are those that a forge makes of them, too.
myst_heading_anchors = 4
# Pages are written as people read them on a forge: code without a language is plain text.
highlight_language = "none"
smartquotes = False

html_theme = "furo"
html_title = "Songspace"
html_copy_source = False
html_show_sphinx = False
html_static_path: list[str] = []


def _lead_home(_app: object, _page: str, source: list[str]) -> None:
    """Lead links to the README, which is not in the site, to the first page."""
    source[0] = source[0].replace("](../README.md)", "](index.md)")


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _lead_home)
