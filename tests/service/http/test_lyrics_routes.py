"""Lyrics over HTTP: a tiny model that knows nothing writes, is looked into, and is ranked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from db.repositories.preferences import ranked_takes
from generation.lyrics.tokenizer import FILE
from generation.lyrics.training import MODEL
from pipelines.forget_user import export_user
from pipelines.train_lyrics import stage_folder
from service.http import lyric_stream
from service.http.problems import MEDIA_TYPE
from tests.running_service import Caller, Running, running
from tests.tiny_answerer import tiny_answerer
from tests.tiny_songs import tiny_tokenizer

SONG = "Anna has a red hat\nAnna has a red cat\n"
PROMPT = {"prompt": "a song about rain", "seed": 3, "max_tokens": 30}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a transformer that hardly learned to answer, by name both taught and not."""
    home = tmp_path_factory.mktemp("lyrics") / "home"
    root, tokenizer = home / "lyrics", tiny_tokenizer()
    tokenizer.save(root / FILE)
    model = tiny_answerer(tokenizer, home / "run", steps=8)
    for stage in ("base", "sft"):
        model.save(stage_folder(root, stage, "transformer") / MODEL)
    (home / "policy").write_text("[topics]\nwar\n")
    return home


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Running]:
    with running(home, policy=home / "policy") as found:
        yield found


@pytest.fixture(scope="module")
def caller(service: Running) -> Caller:
    return service.nobody


def post(caller: Caller, path: str, **body: Any) -> httpx2.Response:
    return caller.ask("POST", f"/v1/lyrics/{path}", json=body)


def test_a_song_is_the_same_as_text_as_events_and_whole(caller: Caller) -> None:
    whole = post(caller, "write?as=json", **PROMPT).json()
    text = post(caller, "write", **PROMPT)
    assert (text.text, text.headers["songspace-seed"]) == (whole["text"], "3")
    assert text.headers["content-type"].startswith("text/plain")
    events = post(caller, "write?as=events", **PROMPT).text.strip().split("\n\n")
    told = [json.loads(one.partition("data: ")[2]) for one in events]
    assert "".join(one["text"] for one in told[:-1]) == whole["text"] != ""
    assert events[-1].startswith("event: done\n")
    assert {name: whole[name] for name in told[-1]} == told[-1]
    assert (whole["seed"], whole["cut"], whole["model"]["stage"]) == (3, False, "sft")
    assert "end_rhyme" in whole["measures"]


def test_a_form_is_kept(caller: Caller) -> None:
    form = {"sections": ["verse", "chorus", "chorus"], "lines": 2, "syllables": [6, 3]}
    song = post(caller, "write?as=json", prompt="rain", seed=1, form=form).json()["text"]
    assert song.count("[chorus]") == 2


def test_without_a_seed_one_is_drawn_and_told(caller: Caller) -> None:
    first = post(caller, "write?as=json", prompt="rain", max_tokens=20).json()
    again = post(caller, "write?as=json", prompt="rain", max_tokens=20, seed=first["seed"]).json()
    assert again == first


def test_songs_are_gone_on_with_and_revised(caller: Caller) -> None:
    for path, body in (
        ("continue", {"text": SONG}),
        ("continue", {}),
        ("revise", {"text": SONG, "ask": "sadder"}),
    ):
        answer = post(caller, path, **body, max_tokens=20, seed=1)
        assert answer.status_code == 200, answer.text


def test_next_words_and_scores(caller: Caller) -> None:
    found = post(caller, "next", text="Anna has a", k=3).json()["next"]
    assert 0 < len(found) <= 3
    assert all(0 < one["probability"] <= 1 for one in found)
    (score,) = post(caller, "score", text=SONG).json()["scores"]
    assert (score["model"], score["n_bytes"]) == ("transformer", len(SONG))
    assert score["bits_per_byte"] > 0


def test_what_words_looked_at_is_drawn(caller: Caller) -> None:
    png = post(caller, "attention", text=SONG)
    assert (png.headers["content-type"], png.content[:4]) == ("image/png", b"\x89PNG")
    svg = post(caller, "attention?format=svg", text=SONG, line=0, layer=1, head=1)
    assert "<svg" in svg.text
    assert post(caller, "attention", text=SONG, prompt="a song about Anna").status_code == 200
    for more in ({"line": 99}, {"layer": 99}, {"head": 99}):
        assert post(caller, "attention", text=SONG, **more).status_code == 404


def test_models_are_listed(caller: Caller) -> None:
    found = caller.document("/v1/lyrics/models")["models"]
    assert found == [{"model": "transformer", "writes": True, "attends": True}]


def test_takes_are_ranked_and_the_ranking_is_learned_from(service: Running, caller: Caller) -> None:
    caller.ask("POST", "/v1/users", json={"user": "lyrics:ann"})
    takes = post(caller, "takes", **PROMPT, takes=2).json()["takes"]
    assert [one["seed"] for one in takes] == [3, 4]
    assert takes[0]["text"] == post(caller, "write", **PROMPT).text
    best_first = [takes[1]["text"] or "b", takes[0]["text"] or "a"]
    ann = service.user("lyrics:ann")
    assert post(ann, "rankings", prompt="rain", takes=best_first).status_code == 201
    with service.service.session_factory() as session:
        kept = ranked_takes(session)[-1]
    assert (kept.prompt, list(kept.takes), kept.ranking) == ("rain", best_first, (0, 1))
    mine = export_user(service.service.session_factory, "lyrics:ann")["preferences"]
    assert [one["prompt"] for one in mine] == ["rain"]


def test_a_ranking_is_of_whoever_gives_it(service: Running, caller: Caller) -> None:
    caller.ask("POST", "/v1/users", json={"user": "lyrics:bob"})
    bob, body = service.user("lyrics:bob"), {"prompt": "rain", "takes": ["a", "b"]}
    assert post(bob, "rankings", **body, user="lyrics:ann").status_code == 403
    assert post(caller, "rankings", **body, user="no:body").status_code == 404
    assert post(caller, "rankings", **body, user="lyrics:bob").status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("write", {"prompt": "a song about war"}),
        ("takes", {"prompt": "a song about war"}),
        ("write", {"prompt": "a song", "theme": "war"}),
        ("attention", {"text": SONG, "prompt": "war"}),
        ("revise", {"text": SONG, "ask": "more war"}),
        ("revise", {"text": "war and war\n", "ask": "sadder"}),
        ("continue", {"text": "war and"}),
        ("next", {"text": "war and"}),
        ("rankings", {"prompt": "war", "takes": ["a", "b"]}),
        ("rankings", {"prompt": "rain", "takes": ["a", "war"]}),
    ],
)
def test_the_operators_policy_goes_before_the_model(caller: Caller, path: str, body: dict[str, Any]) -> None:
    answer = post(caller, path, **body)
    assert (answer.status_code, answer.headers["content-type"]) == (403, MEDIA_TYPE)
    assert "policy" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("write", {}, "body.prompt"),
        ("write", {"prompt": "!!!"}, "body.prompt"),
        ("write", {"prompt": "a" * 1_701}, "body.prompt"),
        ("write", {"prompt": "a", "temperature": -1}, "body.temperature"),
        ("write", {"prompt": "a", "top_p": 0}, "body.top_p"),
        ("write", {"prompt": "a", "max_tokens": 10**6}, "body.max_tokens"),
        ("write", {"prompt": "a", "form": {"sections": ["solo"]}}, "body.form.sections.0"),
        ("write", {"prompt": "a", "form": {"sections": ["verse"], "scheme": "1"}}, "body.form.scheme"),
        ("write", {"prompt": "a", "model": "../../etc"}, "body.model"),
        ("next", {"text": "a", "k": 0}, "body.k"),
        ("score", {"text": "  "}, "body.text"),
        ("score", {"text": "# title alone"}, "body.text"),
        ("takes", {"prompt": "a", "takes": 1}, "body.takes"),
        ("rankings", {"prompt": "a", "takes": ["a"]}, "body.takes"),
        ("write?as=exe", {"prompt": "a"}, "as"),
    ],
)
def test_a_wrong_value_is_a_422_that_names_its_field(
    caller: Caller, path: str, body: dict[str, Any], field: str
) -> None:
    answer = post(caller, path, **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_a_model_that_is_not_here_is_a_409_that_says_what_to_do(caller: Caller) -> None:
    answer = post(caller, "write", prompt="rain", model="lstm")
    assert (answer.status_code, answer.headers["content-type"]) == (409, MEDIA_TYPE)
    assert "songspace train lyrics" in answer.json()["detail"] or "there are" in answer.json()["detail"]


def test_who_breaks_off_leaves_the_place_to_others(service: Running, caller: Caller) -> None:
    places = service.service.lyrics.places
    for _ in range(3):
        with caller.client.stream("POST", "/v1/lyrics/write", json=PROMPT | {"max_tokens": 2_000}) as answer:
            assert answer.status_code == 200
            next(answer.iter_raw())
        assert all(places.acquire(timeout=60) for _ in range(2))
        places.release(2)


def test_when_all_places_are_taken_one_comes_again_later(service: Running, caller: Caller) -> None:
    places = service.service.lyrics.places
    assert all(places.acquire(timeout=30) for _ in range(2))
    try:
        answer = post(caller, "write", **PROMPT)
    finally:
        places.release(2)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


def test_a_song_that_takes_too_long_is_cut(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lyric_stream, "MOST_SECONDS", 0.0)
    assert post(caller, "write?as=json", **PROMPT).json()["cut"] is True


def test_without_weights_every_route_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.lyrics.SHIPPED", tmp_path / "nothing")
    (tmp_path / "home").mkdir()
    with running(tmp_path / "home") as bare:
        for path, body in (
            ("write", PROMPT), ("takes", PROMPT), ("revise", {"text": SONG, "ask": "sadder"}),
            ("continue", {"text": SONG}), ("next", {"text": SONG}), ("score", {"text": SONG}),
            ("attention", {"text": SONG}),
        ):  # fmt: skip
            answer = post(bare.nobody, path, **body)
            assert (answer.status_code, answer.headers["content-type"]) == (409, MEDIA_TYPE)
            assert "songspace train lyrics" in answer.json()["detail"]
        assert bare.nobody.get("/v1/lyrics/models").status_code == 409
