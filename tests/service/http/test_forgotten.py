"""Everything about a user is handed out on request, and deleted without a trace."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from db.repositories.users import find_user
from db.session import write_transaction
from pipelines.columns import FEEDBACK, LISTENS
from pipelines.erasures import KEY_FILE, Erasures
from pipelines.forget_user import export_user, forget_user
from pipelines.ingest import ingest_batches
from pipelines.make_user import UserTakenError, make_user
from pipelines.sources.batch import Batch
from tests.running_service import running
from tests.tiny_world import TinyWorld, frame

USER = "app:zebedee-quillfeather"


def listens(user: str) -> Batch:
    rows = [(user, f"sample:{i}", 1_780_000_000 + i, 1.0) for i in range(20)]
    said = [(user, "sample:5", "like", 1_780_000_000)]
    return Batch(listens=frame(LISTENS, rows), feedback=frame(FEEDBACK, said))


def ingest(world: TinyWorld, batch: Batch) -> int:
    releases = world.home / "releases"
    return ingest_batches([batch], session_factory=world.factory, releases=releases).listens.added


def traces(home: Path) -> list[str]:
    return [
        str(file.relative_to(home))
        for file in home.rglob("*")
        if file.is_file() and b"zebedee" in file.read_bytes()
    ]


def test_an_export_holds_what_was_done(world_copy: TinyWorld) -> None:
    ingest(world_copy, listens(USER))
    found = export_user(world_copy.factory, USER)
    assert (found["user"], len(found["listens"])) == (USER, 20)
    assert found["feedback"][0]["kind"] == "like"
    assert found["listens"][0] == {
        "song": "other:0",
        "title": world_copy.truth.songs["title"][0],
        "artist": world_copy.truth.songs["artist"][0],
        "listened_at_s": 1_780_000_000,
        "completion": 1.0,
    }


def test_a_deleted_user_leaves_no_trace_and_does_not_come_back(world_copy: TinyWorld) -> None:
    ingest(world_copy, listens(USER))
    with running(world_copy.home) as service:
        caller = service.nobody
        caller.ask("POST", "/v1/playlists", json={"name": "zebedee's", "songs": ["sample:5"], "user": USER})
        assert caller.document(f"/v1/users/{USER}/recommendations")["fallback"] is None
        assert traces(world_copy.home)
        assert caller.ask("DELETE", f"/v1/users/{USER}").status_code == 204
        assert caller.get(f"/v1/users/{USER}").status_code == 404
        assert traces(world_copy.home) == []
        assert caller.ask("POST", "/v1/users", json={"user": USER}).status_code == 409
    other = "app:somebody-else"
    both = [
        pd.concat([getattr(listens(one), name) for one in (USER, other)]) for name in ("listens", "feedback")
    ]
    assert ingest(world_copy, Batch(listens=both[0], feedback=both[1])) == 20
    assert export_user(world_copy.factory, other)["feedback"]
    assert traces(world_copy.home) == []


def test_the_key_of_the_hashes_is_the_operators_alone(world_copy: TinyWorld) -> None:
    make_user(world_copy.factory, world_copy.home, USER)
    forget_user(world_copy.factory, world_copy.home, USER)
    assert (world_copy.home / KEY_FILE).stat().st_mode & 0o077 == 0
    with pytest.raises(UserTakenError, match="forgotten"):
        make_user(world_copy.factory, world_copy.home, USER)


def test_without_the_key_a_hash_tells_nothing(world_copy: TinyWorld, tmp_path: Path) -> None:
    pair = ("app", "zebedee-quillfeather")
    forget_user(world_copy.factory, world_copy.home, make_user(world_copy.factory, world_copy.home, USER))
    with write_transaction(world_copy.factory) as session:
        assert Erasures(world_copy.home).among(session, [pair, ("app", "b")]) == {pair}
        assert Erasures(tmp_path).among(session, [pair]) == set()


def test_nobody_else_is_touched(world_copy: TinyWorld, listener: str) -> None:
    before = export_user(world_copy.factory, listener)
    ingest(world_copy, listens(USER))
    forget_user(world_copy.factory, world_copy.home, USER)
    after = export_user(world_copy.factory, listener)
    assert {**before, "exported_at": ""} == {**after, "exported_at": ""}
    with world_copy.factory() as session:
        assert find_user(session, listener)
