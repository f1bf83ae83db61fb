"""Question marks of the page and docs/how-it-works.md say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.web.parts import terms

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-it-works.md"


def plain(text: str) -> str:
    """Return a text without marks and line ends."""
    return re.sub(r"\s+", " ", re.sub(r"\*+|`", "", text))


@pytest.mark.parametrize("name", terms.QUOTED)
def test_an_idea_is_told_in_the_words_of_how_it_works(name: str) -> None:
    quoted = terms.QUOTED[name]
    assert quoted in plain(PAGE.read_text(encoding="utf-8"))
    assert quoted[1:] in getattr(terms, name)


def test_every_question_mark_says_whole_sentences() -> None:
    told = {name: text for name, text in vars(terms).items() if name.isupper() and isinstance(text, str)}
    assert [name for name, text in told.items() if not re.fullmatch(r"[A-Z].*[^ ]\.", text)] == []
    assert [name for name, text in told.items() if " ." in text or "  " in text] == []
