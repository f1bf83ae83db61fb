"""`songspace policy`, and that nothing is made of what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service.conftest import Run

LIST = "refuse\tnazi march\nrefuse\tsomebody from Liverpool\nallow\tcalm piano\nallow\tagainst nazis\n"


@pytest.fixture(autouse=True)
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "policy.txt"
    path.write_text("[topics]\nnazi*\n[names]\nTaylor Swift\n")
    monkeypatch.setenv("SONGSPACE_POLICY", str(path))
    return path


def test_prompts_are_looked_at(run: Run) -> None:
    code, said, _ = run("policy", "calm piano", "taylor-swift ballad")
    assert (code, said) == (0, "allowed: calm piano\nrefused, names: Taylor Swift: taylor-swift ballad\n")


def test_rates_are_printed_with_what_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text(LIST)
    _, said, _ = run("policy", "--test", str(tmp_path / "list.tsv"))
    assert said.splitlines() == [
        "refused        50.0%  (1 of 2)",
        "  missed: somebody from Liverpool",
        "over-refused   50.0%  (1 of 2)",
        "  wrongly: against nazis",
    ]


def test_rates_can_be_had_as_json(run: Run, tmp_path: Path) -> None:
    (tmp_path / "list.tsv").write_text(LIST)
    document = json.loads(run("policy", "--test", str(tmp_path / "list.tsv"), "--json")[1])
    assert document["test"]["refusal_rate"] == 0.5
    assert document["rules"] == 2


@pytest.mark.parametrize(
    "args",
    [
        ("generate", "a Taylor Swift song"),
        ("generate", "jazz", "--negative", "nazism"),
        ("generate", "jazz", "--title", "Nazi song", "--out", "x.flac"),
        ("compose", "a Nazi march", "--out", "x.flac"),
    ],
)
def test_what_is_refused_is_not_made(
    run: Run, args: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("generation.audio.backends.load_backend", lambda *_, **__: pytest.fail("it worked"))
    code, _, said = run(*args)
    assert code == 1
    assert said.startswith("error: this service does not make music for the ")
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["policy.txt"]


def test_a_damaged_policy_lets_nothing_be_made(run: Run, policy: Path) -> None:
    policy.write_text("nazi")
    code, _, said = run("generate", "calm piano")
    assert code == 1
    assert "before the first section" in said
