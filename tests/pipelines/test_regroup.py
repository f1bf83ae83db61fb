"""Groups worked out from what is new alone are those of comparing everything."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from db.migrate import upgrade
from db.repositories import playlists
from db.repositories.catalogue import SongFacts, add_songs
from db.repositories.playlists import PlaylistContent
from db.session import SessionFactory, make_engine, make_session_factory, write_transaction
from pipelines import regroup as module
from pipelines.ingest_playlists import content_of
from pipelines.regroup import GroupMemory, regroup

Songs = dict[str, list[int]]


@pytest.fixture
def factory(tmp_path: Path) -> SessionFactory:
    factory = make_session_factory(make_engine(f"sqlite:///{tmp_path / 'songspace.db'}"))
    upgrade(factory.kw["bind"])
    with write_transaction(factory) as session:
        add_songs(session, [SongFacts(f"song {i}", "somebody") for i in range(400)])
    return factory


def content(ref: str, songs: list[int]) -> PlaylistContent:
    return content_of(("set", ref), ref, "", {}, np.array(songs, dtype=np.int64))


def put(factory: SessionFactory, lists: Songs) -> None:
    with write_transaction(factory) as session:
        known = playlists.stored_playlists(session, [("set", ref) for ref in lists])
        new = [content(ref, songs) for ref, songs in lists.items() if ("set", ref) not in known]
        playlists.add_playlists(session, new)
        changed = {number: content(ref, lists[ref]) for (_, ref), (number, _) in known.items()}
        playlists.replace_playlists(session, changed)


def groups(factory: SessionFactory) -> dict[str, str]:
    with factory() as session:
        frame = playlists.read_playlists(session)
    return dict(zip(frame["value"], frame["group_key"], strict=True))


def many(rng: np.random.Generator, n: int) -> Songs:
    """Lists of which some are near duplicates of others."""
    lists: Songs = {}
    for i in range(n):
        songs = rng.choice(np.arange(1, 401), 20, replace=False).tolist()
        if lists and rng.random() < 0.4:
            like = lists[str(rng.choice(list(lists)))]
            songs = [*like[:16], *songs[:4]]
        lists[f"{rng.integers(10**6)}-{i}"] = songs
    return lists


def test_what_is_new_finds_what_is_like_it(factory: SessionFactory, tmp_path: Path) -> None:
    memory, rng = tmp_path / "groups.npz", np.random.default_rng(5)
    lists = many(rng, 120)
    names = list(lists)
    put(factory, {name: lists[name] for name in names[:105]})
    regroup(factory, memory)
    put(factory, {name: lists[name] for name in names[105:]} | {names[3]: lists[names[50]], names[4]: []})
    with write_transaction(factory) as session:
        playlists.delete_playlist(session, playlists.find_playlist(session, f"set:{names[7]}"))
    regroup(factory, memory)
    found = groups(factory)
    assert len(set(found.values())) < 0.8 * len(found)
    assert regroup(factory) == 0, "comparing everything finds the same"
    assert groups(factory) == found


def test_little_is_compared_where_little_is_new(
    factory: SessionFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, rng = tmp_path / "groups.npz", np.random.default_rng(6)
    put(factory, many(rng, 100))
    regroup(factory, memory)
    compared: list[int] = []
    inner = module.near_duplicate_groups
    monkeypatch.setattr(
        module, "near_duplicate_groups", lambda *given: compared.append(given[2]) or inner(*given)
    )
    put(factory, {"alone": [1, 399]})
    assert regroup(factory, memory) == 1
    assert compared == [1]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a whole file"])
def test_a_damaged_memory_is_made_anew(factory: SessionFactory, tmp_path: Path, damage: bytes) -> None:
    memory = tmp_path / "groups.npz"
    memory.write_bytes(damage)
    put(factory, {"a": [1, 2, 3], "b": [2, 3, 4], "c": [9]})
    assert regroup(factory, memory) == 3
    assert groups(factory) == {"a": "set:a", "b": "set:a", "c": "set:c"}
    found = GroupMemory.load(memory)
    assert found is not None
    assert len(found.ids) == 3
