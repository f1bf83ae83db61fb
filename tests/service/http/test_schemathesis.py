"""What Schemathesis makes of the OpenAPI document: no call fails, and each answers as documented."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.http import door
from tests.running_service import Running

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis

FEW, MANY = 2, 150
# Composing a song takes seconds, and meaning a text encoder.
HEAVY = ("/audio", "/spectrogram", "/waveform", "/by-meaning")
# It would revoke the key that the calls are made with.
OWN_KEY = ("delete", "/v1/admin/keys/{number}")


@pytest.fixture(scope="module")
def schema(service: Running, admin: Any) -> Iterator[Any]:
    """The document of the running service, to be called with an administrator's key.

    Calls without a key are made, too: they are to be refused for that, and not for being many.
    """
    found = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    found.config.update(headers={"Authorization": f"Bearer {admin.key}"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_STRANGERS_A_SECOND", 1e6)
        yield found


def operations(schema: Any) -> list[Any]:
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if not one.path.endswith(HEAVY) and (one.method, one.path) != OWN_KEY]


def call_all(schema: Any, examples: int) -> int:
    calls = 0
    for operation in operations(schema):

        @settings(
            max_examples=examples,
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
    return calls


def test_every_route_answers_as_documented(schema: Any) -> None:
    assert call_all(schema, FEW) > 50


@pytest.mark.slow
def test_thousands_of_calls_answer_as_documented(schema: Any) -> None:
    assert call_all(schema, MANY) > 5_000
