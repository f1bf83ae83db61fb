"""What Schemathesis makes of the OpenAPI document: no call fails, and each answers as documented.

All checks, with two calls a route drawn anew for each state of the source, and some thousands of them in the
slow test (`pytest -m slow -s` shows its count).
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.http import door
from tests.running_service import Caller, Running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis

FEW, MANY, CALLS = 2, 120, 5_000
# Composing a song takes seconds, a meaning needs a text encoder, and pictures are drawn one at a time.
HEAVY = ("/audio", "/spectrogram", "/waveform", "/by-meaning", "/picture")
# It would revoke the key that the calls are made with.
OWN_KEY = ("delete", "/v1/admin/keys/{number}")


@pytest.fixture(scope="module")
def patient() -> Iterator[None]:
    """Let strangers in as often as they like: they are to be refused for having no key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_STRANGERS_A_SECOND", 1e6)
        yield


@pytest.fixture(scope="module")
def schema(service: Running, admin: Any, patient: None) -> Any:
    """The document of the running service, to be called with an administrator's key."""
    found = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    found.config.update(headers={"Authorization": f"Bearer {admin.key}"})
    return found


def operations(schema: Any) -> list[Any]:
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if not one.path.endswith(HEAVY) and (one.method, one.path) != OWN_KEY]


def test_every_route_answers_as_documented(schema: Any) -> None:
    calls = 0
    for operation in operations(schema):

        @settings(
            max_examples=FEW,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def one(case: Any) -> None:
            nonlocal calls
            calls += 1
            case.call_and_validate(timeout=60)

        given(case=operation.as_strategy())(one)()
    assert calls > 50


@pytest.mark.slow
def test_thousands_of_calls_pass_every_check(
    service: Running, admin: Caller, patient: None, tmp_path: Path
) -> None:
    """All checks, in all phases: examples, bounds of values, drawn values, calls that build on others."""
    left_out = "|".join(one.lstrip("/") for one in HEAVY)
    program = Path(sys.executable).with_name("schemathesis")
    said = subprocess.run(
        [
            program, "run", f"{service.url}/openapi.json", "--header", f"Authorization: Bearer {admin.key}",
            "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(MANY),
            "--exclude-path-regex", f"/({left_out})$",
            "--exclude-operation-id", "revoke_v1_admin_keys__number__delete",
            "--max-response-time", "120", "--request-timeout", "120", "--suppress-health-check", "all",
            "--continue-on-failure", "--seed", "8", "--no-color",
        ],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    found = re.search(r"([\d,]+) generated", said.stdout)
    assert found is not None, said.stdout[-4_000:]
    calls = int(found[1].replace(",", ""))
    print(f"schemathesis: {calls} calls")
    assert said.returncode == 0, said.stdout[-20_000:]
    assert calls >= CALLS
