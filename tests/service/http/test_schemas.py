"""Bodies, as the OpenAPI document tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import service.http.schemas.generations as generations
import service.http.schemas.lyrics as lyrics
import service.http.schemas.users as users
from service.http.schemas.base import Given

BODIES = sorted(
    {
        body
        for module in (generations, lyrics, users)
        for body in vars(module).values()
        if isinstance(body, type) and issubclass(body, Given) and body is not Given
    },
    key=lambda body: body.__name__,
)
BOUNDS = {"minimum", "exclusiveMinimum"}


def numbers(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if node.get("type") in ("integer", "number"):
            yield path, node
        for name, below in node.items():
            yield from numbers(below, f"{path}/{name}")
    elif isinstance(node, list):
        for place, below in enumerate(node):
            yield from numbers(below, f"{path}/{place}")


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.__name__)
def test_every_number_of_a_body_has_its_bounds_in_the_document(body: type[Given]) -> None:
    assert [path for path, one in numbers(body.model_json_schema()) if not BOUNDS & set(one)] == []


def test_a_whole_number_may_be_written_with_a_point() -> None:
    assert lyrics.TakesIn.model_validate_json('{"prompt": "rain", "takes": 3.0}').takes == 3


def test_a_whole_number_is_no_fraction_and_no_word() -> None:
    for takes in ("2.5", '"2"', "true"):
        with pytest.raises(ValueError, match="takes"):
            lyrics.TakesIn.model_validate_json(f'{{"prompt": "rain", "takes": {takes}}}')
