"""What every test shares: no setting of whoever runs them gets in, nothing is written into ./var."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take all settings out of the environment and put the home folder into the test's own."""
    for name in [name for name in os.environ if name.upper().startswith("SONGSPACE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path / "var"))


@pytest.fixture
def repository() -> Path:
    """Return the root of the repository."""
    return Path(__file__).resolve().parent.parent
