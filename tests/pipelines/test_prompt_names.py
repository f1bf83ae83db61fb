"""Names of the catalogue in prompts: found whole, longest first, and never an everyday word alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from db.migrate import upgrade
from db.repositories import generations
from db.repositories import songs as songs_repository
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines.columns import SONGS
from pipelines.ingest import ingest_batches
from pipelines.prompt_names import ReadPrompt, read_names
from pipelines.sources.batch import Batch
from tests.tiny_world import frame

SONGS_THERE = [
    ("t:1", "Glass Harbour", "Velvet Lantern"),
    ("t:2", "Glass", "Iron Choir"),
    ("t:3", "Home", "The Odessa Plums"),
    ("t:4", "Slow Jazz", "Björk & Søn"),
    ("t:5", "Glass Harbour", "Iron Choir"),
    ("t:6", "100%", "AC/DC"),
    ("t:7", "Made by a model", "Songspace"),
]


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SessionFactory]:
    path: Path = tmp_path_factory.mktemp("names") / "songs.db"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    factory = make_session_factory(engine)
    rows = [(ref, title, artist, "", None, "{}") for ref, title, artist in SONGS_THERE]
    ingest_batches([Batch(songs=frame(SONGS, rows))], session_factory=factory)
    with write_transaction(factory) as session:
        made = songs_repository.find_song(session, "t:7")
        generations.mark_generated(session, made, recording_key="generated:1")
    yield factory
    engine.dispose()


def read(factory: SessionFactory, prompt: str) -> ReadPrompt:
    with factory() as session:
        return read_names(session, prompt)


@pytest.mark.parametrize(
    ("prompt", "names", "words"),
    [
        ("a song of Velvet Lantern in the style of band Iron Choir", ["Velvet Lantern", "Iron Choir"], None),
        ("dark techno in the style of iron choir", ["Iron Choir"], "dark techno"),
        ("something like VELVET  LANTERN, 120 bpm", ["Velvet Lantern"], "120 bpm"),
        ("bjork and son at night", ["Björk & Søn"], "at night"),
        ("odessa plums, loud", ["The Odessa Plums"], "loud"),
        ("ac/dc riffs", ["AC/DC"], "riffs"),
        ("glass harbour by velvet lantern", ["Glass Harbour - Velvet Lantern"], None),
        ('a waltz like "Home"', ["Home - The Odessa Plums"], "a waltz"),
        ("a waltz like Home", ["Home - The Odessa Plums"], "a waltz"),
    ],
)  # fmt: skip
def test_names_are_found_and_leave_the_words(
    factory: SessionFactory, prompt: str, names: list[str], words: str | None
) -> None:
    found = read(factory, prompt)
    assert [one.name for one in found.names] == names
    assert found.words == words


@pytest.mark.parametrize(
    "prompt",
    [
        "a song about rain and home",
        "slow jazz trio in F minor",
        "Slow Jazz",
        "drums in the style of slow jazz",
        "it sounds like home",
        "the sound of glass breaking",
        "velvet lanterns",
        "100% fun",
        "made by a model",
        "!!!",
        "",
        "\ud800 home",
    ],
)
def test_words_are_no_names(factory: SessionFactory, prompt: str) -> None:
    assert read(factory, prompt) == ReadPrompt(prompt)


def test_the_longest_name_comes_first(factory: SessionFactory) -> None:
    (found,) = read(factory, "like Glass Harbour").names
    assert found.name.startswith("Glass Harbour")


def test_a_title_of_several_is_that_of_the_artist_who_is_named(factory: SessionFactory) -> None:
    found = read(factory, "like Glass Harbour with drums of Iron Choir").names
    assert [one.name for one in found] == ["Glass Harbour - Iron Choir", "Iron Choir"]


def test_what_is_denied_is_said_to_be(factory: SessionFactory) -> None:
    found = read(factory, "loud metal, not like Velvet Lantern but like Iron Choir")
    assert [(one.name, one.denied) for one in found.names] == [
        ("Velvet Lantern", True),
        ("Iron Choir", False),
    ]
    assert found.words == "loud metal, but"
