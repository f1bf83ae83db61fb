"""A request is checked before any work, and says what was given and what is expected."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from generation.audio.request import Request, genre_of, key_of


@pytest.mark.parametrize(
    ("wish", "complaint"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": "a" * 10_000}, "10,000 characters, at most 1,000"),
        ({"negative_prompt": ""}, "the negative prompt is empty"),
        ({"seconds": 0}, "seconds must be from 1 to 60, got 0"),
        ({"seconds": 100_000}, "from 1 to 60"),
        ({"seconds": float("nan")}, "got nan"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"n_takes": 0}, "takes"),
        ({"num_inference_steps": 0}, "steps"),
        ({"guidance_scale": float("inf")}, "guidance_scale"),
        ({"tempo_bpm": 5}, "tempo"),
        ({"key": "H sharp"}, "key 'H sharp' is not known"),
        ({"genre": "bricks"}, "genre 'bricks' is not known: expected one of rock"),
        ({"style": np.array([np.nan])}, "finite"),
    ],
)
def test_what_cannot_be_made_is_refused(wish: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Request(**wish)


@pytest.mark.parametrize(
    ("text", "key"),
    [("F# minor", (6, "minor")), ("Am", (9, "minor")), ("a minor", (9, "minor")), ("Bb", (10, "major")),
     ("D dorian", (2, "dorian")), ("A", (9, "major")), ("c", (0, "major"))],
)  # fmt: skip
def test_keys_are_read_as_people_write_them(text: str, key: tuple[int, str]) -> None:
    assert key_of(text) == key


def test_genres_are_known_by_other_words() -> None:
    assert (genre_of("Hip-Hop"), genre_of("jazz"), genre_of(None)) == ("hip hop", "jazz", None)


def test_a_request_fits_into_json() -> None:
    document = json.loads(json.dumps(Request("jazz", style=np.ones(2)).to_json()))
    assert (document["prompt"], document["style"]) == ("jazz", [1.0, 1.0])
