"""Options that take several values in a row."""

from __future__ import annotations

import pytest

from service.cli.options import spread


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", ""),
        ("--plus a", "--plus a"),
        ("--plus a b c", "--plus a --plus b --plus c"),
        ("--plus a b --minus c d --k 3", "--plus a --plus b --minus c --minus d --k 3"),
        ("--k 3 x --plus a", "--k 3 x --plus a"),
        ("--plus a -- b", "--plus a -- b"),
        ("--plus=a b", "--plus=a b"),
        ("--plus a --json b", "--plus a --json b"),
        ("--plus --minus a", "--plus --minus a"),
    ],
)
def test_a_repeatable_option_goes_before_each_of_its_values(given: str, meant: str) -> None:
    assert spread(given.split(), {"--plus", "--minus"}) == meant.split()
