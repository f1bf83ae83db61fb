"""Tables of benchmarks find their places in pages, and nothing else there changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.pages import DOCS, Report, fill

MARKS = [
    ("control.md", "control"),
    ("editing.md", "edit"),
    ("judge.md", "memorisation"),
    ("judge.md", "frechet"),
    ("create.md", "taste"),
    *(("diffusion.md", name) for name in ("steps", "guidance", "conditions", "scales", "few")),
]


def test_what_stands_between_the_marks_is_written_anew(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- a -->\nold\n<!-- /a -->\nafter\n", encoding="utf-8")
    for text in ("| new |", "| newer |"):
        fill(page, "a", text)
    assert page.read_text(encoding="utf-8") == "before\n<!-- a -->\n\n| newer |\n\n<!-- /a -->\nafter\n"
    assert list(tmp_path.iterdir()) == [page]


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- a -->\nold\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no marks"):
        fill(page, "a", "new")
    assert page.read_text(encoding="utf-8") == "<!-- a -->\nold\n"


@pytest.mark.parametrize(("page", "mark"), MARKS)
def test_every_page_has_its_marks_once(page: str, mark: str) -> None:
    written = (DOCS / page).read_text(encoding="utf-8")
    assert len(re.findall(f"<!-- {mark} -->.*?<!-- /{mark} -->", written, re.DOTALL)) == 1


def test_a_report_that_is_not_to_be_written_only_prints(capsys: pytest.CaptureFixture[str]) -> None:
    before = (DOCS / "control.md").read_bytes()
    report = Report("control.md", "control", writes=False)
    report.line("| a |\n|---|")
    report.done()
    assert capsys.readouterr().out == "| a |\n|---|\n"
    assert (DOCS / "control.md").read_bytes() == before
