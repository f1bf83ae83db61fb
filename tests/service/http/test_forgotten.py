"""Everything about a user is handed out on request, and deleted without a trace."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from sqlalchemy import text

from db.models import User
from db.repositories.users import find_user
from db.repositories.whole_tables import tables_of
from db.session import make_engine, write_transaction
from pipelines.columns import FEEDBACK, LISTENS
from pipelines.erasures import KEY_FILE, Erasures
from pipelines.forget_user import export_user, forget_user
from pipelines.ingest import ingest_batches
from pipelines.make_user import UserTakenError, make_user
from pipelines.player_passwords import give_password
from pipelines.sources.batch import Batch
from service.http.keys import create_key
from tests.home_database import URL_FILE, url_of
from tests.running_service import Caller, Running, running
from tests.tiny_world import TinyWorld, frame

USER = "app:zebedee-quillfeather"
# Its bytes stand in no other number by accident.
NUMBER = 1_511_506_142


def listens(user: str) -> Batch:
    rows = [(user, f"sample:{i}", 1_780_000_000 + i, 1.0) for i in range(20)]
    said = [(user, "sample:5", "like", 1_780_000_000)]
    return Batch(listens=frame(LISTENS, rows), feedback=frame(FEEDBACK, said))


def ingest(world: TinyWorld, batch: Batch) -> int:
    releases = world.home / "releases"
    return ingest_batches([batch], session_factory=world.factory, releases=releases).listens.added


def forms(user_id: int) -> list[bytes]:
    """What a number looks like in text, in a row of SQLite, and in an array."""
    return [str(user_id).encode(), user_id.to_bytes(4, "big"), user_id.to_bytes(8, "little")]


def traces(home: Path, user_id: int | None = None) -> list[str]:
    """Where something of the user is left: in the bytes of which files, in which tables."""
    wanted = [b"zebedee", *([] if user_id is None else forms(user_id))]
    files = [file for file in home.rglob("*") if file.is_file()]
    found = [str(file) for file in files if any(one in file.read_bytes() for one in wanted)]
    return found + (tables_with(home, user_id) if (home / URL_FILE).is_file() else [])


def tables_with(home: Path, user_id: int | None) -> list[str]:
    """The tables of PostgreSQL with a row that tells of the user, after what is dead was swept out."""
    engine = make_engine(url_of(home))
    wanted = "zebedee" if user_id is None else f"zebedee|[^0-9]{user_id}[^0-9]"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        tables = [table.name for table in tables_of(connection)]
        asked = {name: text(f'SELECT count(*) FROM "{name}" AS one WHERE one::text ~ :it') for name in tables}
        found = [name for name, ask in asked.items() if connection.execute(ask, {"it": wanted}).scalar_one()]
    engine.dispose()
    return found


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


def tone() -> bytes:
    """Two seconds of sound, which say whose they are."""
    file = io.BytesIO()
    soundfile.write(file, np.sin(np.arange(44_100) / 8) / 2, 22_050, format="WAV")
    return file.getvalue() + b"LIST\x08\x00\x00\x00zebedee "


def everything_done(service: Running, world: TinyWorld) -> int:
    """Let a user whose number is found by its bytes do all that a user can; return the number."""
    with write_transaction(world.factory) as session:
        session.add(User(id=NUMBER, scheme="app", value="zebedee-quillfeather", name=""))
        session.flush()
        session.add(User(id=NUMBER + 1, scheme="app", value="who-came-later", name=""))
    ingest(world, listens(USER))
    made = create_key(world.factory, "user", USER)
    me, address = Caller(service.client, made.key), f"/v1/users/{USER}"
    me.ask("POST", f"{address}/listens", json={"listens": [{"song": "sample:9", "listened_at_s": 9}]})
    me.ask("PUT", f"{address}/feedback/sample:7", json={"kind": "like"})
    me.ask("POST", f"{address}/decisions", json={"do": "pin", "what": "sample:5"})
    me.ask("POST", "/v1/playlists", json={"name": "zebedee's own", "songs": ["sample:5"]})
    me.ask("POST", "/v1/lyrics/rankings", json={"prompt": "for zebedee", "takes": ["a", "b"]})
    told = {"track_name": "Zebedee's song", "artist_name": "Known"}
    single = {"listen_type": "playing_now", "payload": [{"track_metadata": told}]}
    me.ask("POST", "/1/submit-listens", json=single)
    sound = me.ask("POST", "/v1/generations/sounds", content=tone())
    assert sound.status_code == 201, sound.text
    edit = {"kind": "variation", "sound": {"upload": sound.json()["upload"]}}
    ordered = me.ask("POST", "/v1/generations", json={"prompt": "for zebedee", "edit": edit})
    assert ordered.status_code == 202, ordered.text
    give_password(world.factory, world.home, made.stored.key_id)
    for path in ("", "/recommendations", "/profile", "/neighbours", "/discoveries", "/export", "/listens"):
        assert me.get(f"{address}{path}").status_code == 200, path
    return NUMBER


def test_nothing_of_all_that_a_user_did_is_left(world_copy: TinyWorld) -> None:
    with running(world_copy.home) as service:
        number = everything_done(service, world_copy)
        assert traces(world_copy.home, number)
        assert service.nobody.ask("DELETE", f"/v1/users/{USER}").status_code == 204
        assert traces(world_copy.home, number) == []
        assert service.nobody.get(f"/v1/users/songspace:{number}").status_code == 404
        near = service.nobody.document("/v1/users/app:who-came-later/recommendations")
        assert "zebedee" not in str(near)
    assert traces(world_copy.home, number) == []


@pytest.mark.slow
def test_the_next_release_knows_nothing_of_who_left(world_copy: TinyWorld) -> None:
    with running(world_copy.home) as service:
        number = everything_done(service, world_copy)
        world_copy.night(force=True)
        assert service.nobody.ask("DELETE", f"/v1/users/{USER}").status_code == 204
    assert traces(world_copy.home, number) == []
    assert ingest(world_copy, listens(USER)) == 0
    world_copy.night(force=True, seed=2)
    assert traces(world_copy.home, number) == []


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
