"""The tests of the commands share one small world, which those that only read may open."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from service.cli.main import main
from tests.tiny_world import TinyWorld, tiny_world, world_copy  # noqa: F401

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in the test's own home; give exit code, output and what was said beside it."""

    def command(*args: str) -> tuple[int, str, str]:
        code = main(["--log-level", "warning", *args])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def ask(run: Run, tiny_world: TinyWorld, monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: F811
    """Run a command line that only reads, in the shared world."""
    monkeypatch.setenv("SONGSPACE_HOME", str(tiny_world.home))
    return run


@pytest.fixture
def ask_json(ask: Run) -> Callable[..., Any]:
    """Run a command that has to succeed, with --json, and give what it answers."""

    def document(*args: str) -> Any:
        code, out, err = ask(*args, "--json")
        assert code == 0, err
        return json.loads(out)

    return document
