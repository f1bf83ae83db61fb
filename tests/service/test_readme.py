"""README.md: the example in Python runs as it stands, but for the home folder and the listener."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_docs import python_samples
from tests.tiny_world import TinyWorld


def test_the_example_in_python_recommends_songs(
    tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = next(text for page, text in python_samples() if page == "README.md")
    for shown, own in (
        ('Path("var/demo")', f"Path({str(Path(tiny_world.home))!r})"),
        ("sample:elio_backseat_dj", tiny_world.truth.user_refs[3]),
    ):
        assert shown in sample
        sample = sample.replace(shown, own)
    exec(compile(sample, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(" by " in line and "because of [" in line for line in lines)
