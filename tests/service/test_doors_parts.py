"""Parts of the doors by themselves: covers, parameters, XML, what is being played, and other sites."""

from __future__ import annotations

from io import BytesIO
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from pipelines.scrobble import msid_of, song_of_msid
from service.now_playing import LONGEST_S, NowPlaying
from service.pictures.cover import N_TRAITS, CoverSpace, draw_cover
from service.subsonic.answers import xml_of
from service.subsonic.credentials import keep_other_sites_out
from service.subsonic.errors import Failed
from service.subsonic.given import Given


def pixels(traits: np.ndarray) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(draw_cover(traits, 48))), dtype=float)


def test_near_places_have_covers_that_look_alike() -> None:
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(400, 32)) + 3.0
    space = CoverSpace.of(vectors)
    near, far = [], []
    for place in vectors[:12]:
        own = pixels(space.traits(place))
        near.append(np.abs(own - pixels(space.traits(place + 0.02 * rng.normal(size=32)))).mean())
        far.append(np.abs(own - pixels(space.traits(vectors[rng.integers(12, 400)]))).mean())
    assert max(near) < min(far)


def test_readings_are_spread_evenly_whatever_the_space() -> None:
    vectors = 0.01 * np.random.default_rng(2).normal(size=(2_000, 16)) + 5.0
    traits = np.array([CoverSpace.of(vectors).traits(place) for place in vectors])
    assert traits.shape == (2_000, N_TRAITS)
    assert np.allclose(np.quantile(traits, [0.25, 0.5, 0.75], axis=0).mean(1), [0.25, 0.5, 0.75], atol=0.03)


def test_a_space_of_nothing_has_covers_too() -> None:
    for vectors in (np.zeros((0, 8)), np.zeros((3, 8)), np.ones((3, 8))):
        assert draw_cover(CoverSpace.of(vectors).traits(np.ones(8)), 16)[:2] == b"\xff\xd8"


def test_a_cover_of_no_size_is_refused() -> None:
    for size in (0, 15, 1_001):
        with pytest.raises(ValueError, match="pixels"):
            draw_cover(np.full(N_TRAITS, 0.5), size)


def test_parameters_come_from_address_and_form_as_often_as_given() -> None:
    given = Given.of(b"id=so-1&size=9999&f=json", b"id=so%2D2&flag=true&n=x")
    assert given.all("id") == ["so-1", "so-2"]
    assert given.number("size", 1, high=500) == 500
    assert given.number("other", 7) == 7
    assert given.flag("flag", False)
    with pytest.raises(Failed, match="whole number"):
        given.number("n", 1)
    with pytest.raises(Failed, match="id2"):
        given.need("id2")


def test_what_no_text_may_hold_is_refused() -> None:
    for query in (b"id=%00", b"&".join([b"a=1"] * 20_001)):
        with pytest.raises(Failed):
            Given.of(query)


def test_xml_holds_any_title() -> None:
    title = 'a<b>&"\x00\x1b\ud800 ]]> \u2028'
    root = ElementTree.fromstring(xml_of({"song": [{"title": title, "none": None}], "genre": {"value": "x"}}))
    song, genre = root
    assert str(song.get("title")).startswith('a<b>&"')
    assert "none" not in song.attrib
    assert genre.text == "x"


def test_what_is_played_is_over_at_its_end() -> None:
    now = 0.0
    playing = NowPlaying(clock=lambda: now)
    playing.play(1, "Short", "A", duration_s=60.0)
    playing.play(2, "Endless", "A", duration_s=1e9)
    now = 61.0
    assert playing.of(1) is None
    assert playing.of(2) is not None
    now = LONGEST_S + 1
    assert playing.of(2) is None


def test_a_song_has_one_msid_and_others_are_nobodys() -> None:
    assert song_of_msid(msid_of(2**31 - 1)) == 2**31 - 1
    for text in ("", "no uuid", "00000000-0000-4000-8000-000000000005"):
        assert song_of_msid(text) is None


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({"host": "localhost:8000"}, True),
        ({"host": "127.0.0.1:8000", "sec-fetch-site": "none"}, True),
        ({"host": "localhost:8000", "origin": "http://localhost:8000"}, True),
        ({"host": "localhost:8000", "origin": "https://music.example"}, True),
        ({"host": "localhost:8000", "origin": "https://evil.example"}, False),
        ({"host": "localhost:8000", "sec-fetch-site": "cross-site"}, False),
        ({"host": "localhost:8000", "sec-fetch-site": "same-site"}, False),
        ({"host": "evil.example"}, False),
    ],
)
def test_without_keys_pages_of_other_sites_ask_nothing(headers: dict[str, str], passes: bool) -> None:
    service: Any = SimpleNamespace(settings=SimpleNamespace(cors_origins="https://music.example"))
    scope = {"type": "http", "headers": [(n.encode(), v.encode()) for n, v in headers.items()]}
    if passes:
        keep_other_sites_out(service, scope)
    else:
        with pytest.raises(Failed, match="localhost"):
            keep_other_sites_out(service, scope)
