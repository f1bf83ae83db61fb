"""Continuing lists, one at a time and by the file: by score alone, in the asker's names, whole files only."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.errors import NotFoundError
from pipelines.continue_lists import BatchError, BatchReport, Continuer
from tests.tiny_world import LOST, RARE, TWO_NAMES, UNPLAYED, TinyWorld

SEEDS = ["sample:1", "sample:2", "sample:3"]


@pytest.fixture(scope="module")
def continuer(tiny_world: TinyWorld) -> Continuer:
    return Continuer(tiny_world.release, tiny_world.factory)


def ask(
    continuer: Continuer, folder: Path, lines: list[Any], k: int = 10
) -> tuple[list[dict[str, Any]], BatchReport]:
    """Answer lines: text and bytes as they are, everything else as JSON."""
    cases, out = folder / "cases.jsonl", folder / "out.jsonl"
    data = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    cases.write_bytes(b"\n".join(data) + (b"\n" if data else b""))
    report = continuer.batch(cases, out, k)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()], report


def one(continuer: Continuer, folder: Path, songs: list[str | int], k: int = 10) -> dict[str, Any]:
    (answer,), _ = ask(continuer, folder, [{"id": 1, "songs": songs}], k)
    return answer


def test_a_line_in_is_a_line_out_in_the_same_order(continuer: Continuer, tmp_path: Path) -> None:
    answers, report = ask(continuer, tmp_path, [{"id": i, "songs": SEEDS} for i in range(200)])
    assert [answer["id"] for answer in answers] == list(range(200))
    assert report == BatchReport(answered=200, malformed=0)


def test_scores_fall_and_stand_one_for_each_song(continuer: Continuer, tmp_path: Path) -> None:
    answer = one(continuer, tmp_path, [*SEEDS], 50)
    assert len(answer["songs"]) == len(answer["scores"]) == len(set(answer["songs"])) == 50
    assert answer["scores"] == sorted(answer["scores"], reverse=True)
    assert all(math.isfinite(score) for score in answer["scores"])


def test_songs_that_were_given_never_come_back(continuer: Continuer, tmp_path: Path) -> None:
    answer = one(continuer, tmp_path, [*SEEDS, "other:4"], 1000)
    assert not {*SEEDS, "sample:4"} & set(answer["songs"])


def test_no_rule_leaves_anything_else_out(continuer: Continuer, tmp_path: Path) -> None:
    answer = one(continuer, tmp_path, [*SEEDS], 10**9)
    assert len(answer["songs"]) == continuer.release.n_songs - len(SEEDS)


def test_an_answer_is_in_the_names_of_its_question(continuer: Continuer, tmp_path: Path) -> None:
    sample, other = (one(continuer, tmp_path, [f"{name}:5", f"{name}:6"]) for name in ("sample", "other"))
    assert {name.partition(":")[0] for name in sample["songs"]} == {"sample"}
    assert {name.partition(":")[0] for name in other["songs"]} == {"other"}
    assert len(other["songs"]) == 10
    everything = one(continuer, tmp_path, ["other:5"], 1000)["songs"]
    assert len(everything) == TWO_NAMES - 1


def test_own_ids_are_answered_with_own_ids(continuer: Continuer, tmp_path: Path) -> None:
    number = int(continuer.release.song_ids[5])
    for song in (number, str(number), f"songspace:{number}"):
        answer = one(continuer, tmp_path, [song])
        assert "unknown" not in answer
        assert all(name.startswith("songspace:") for name in answer["songs"])


def test_the_first_known_song_decides_on_the_names(continuer: Continuer, tmp_path: Path) -> None:
    answer = one(continuer, tmp_path, ["nowhere:1", "other:5", "sample:6"])
    assert answer["unknown"] == ["nowhere:1"]
    assert all(name.startswith("other:") for name in answer["songs"])


@pytest.mark.parametrize("name", [7, -1, 10**20, 1.5, 0.1, "7", "", "ключ 🎵", "a\nb", "\ud800"])
def test_an_id_comes_back_as_it_went_in(continuer: Continuer, tmp_path: Path, name: Any) -> None:
    (answer,), _ = ask(continuer, tmp_path, [{"id": name, "songs": SEEDS}], 1)
    assert answer["id"] == name
    assert type(answer["id"]) is type(name)


def test_songs_that_nobody_knows_are_listed_and_the_rest_counts(continuer: Continuer, tmp_path: Path) -> None:
    unknown: list[str | int] = [
        "sample:9999",
        "",
        "no scheme",
        UNPLAYED,
        "\ud800:1",
        "x:" + "y" * 5000,
        10**12,
        -3,
    ]
    answer = one(continuer, tmp_path, [*SEEDS, *unknown])
    assert answer["unknown"] == unknown
    assert answer["songs"] == one(continuer, tmp_path, [*SEEDS])["songs"]
    assert "fallback" not in answer


@pytest.mark.parametrize("songs", [[], ["sample:9999"], [LOST[0]]])
def test_when_nothing_is_known_the_popular_songs_stand_in(
    continuer: Continuer, tmp_path: Path, songs: list[str | int]
) -> None:
    answer = one(continuer, tmp_path, songs, 20)
    counts = continuer.release.counts
    assert answer["fallback"] == "popular"
    assert len(answer["songs"]) == 20
    assert answer["scores"][0] == 1.0
    assert answer["scores"][19] == pytest.approx(np.sort(counts)[-20] / counts.max(), abs=1e-5)


def test_a_song_given_twice_counts_once(continuer: Continuer, tmp_path: Path) -> None:
    twice = one(continuer, tmp_path, ["sample:1", "sample:2", "sample:1", "other:2"])
    assert twice == one(continuer, tmp_path, ["sample:1", "sample:2"])


def test_a_rare_song_asks_for_what_it_stands_beside(continuer: Continuer, tmp_path: Path) -> None:
    answer = one(continuer, tmp_path, [RARE[0]], 20)
    assert "fallback" not in answer
    assert "unknown" not in answer
    assert not set(RARE) & set(answer["songs"])
    assert len({f"sample:{i}" for i in range(30, 35)} & set(answer["songs"])) >= 3


def test_neighbours_in_the_file_change_nothing(continuer: Continuer, tmp_path: Path) -> None:
    cases = [{"id": i, "songs": [f"sample:{i}", f"sample:{i + 1}"]} for i in range(70)]
    together, _ = ask(continuer, tmp_path, cases)
    alone, _ = ask(continuer, tmp_path, cases[66:67])
    assert together[66]["songs"] == alone[0]["songs"]
    np.testing.assert_allclose(together[66]["scores"], alone[0]["scores"], atol=2e-5)


MALFORMED = {
    b"{": "line 2: not a JSON object",
    b"[1]": "line 2: not a JSON object",
    b"null": "line 2: not a JSON object",
    b"\xff\xfe\x00": "line 2: not a JSON object",
    b"\x00": "line 2: not a JSON object",
    b"[" * 100_000: "line 2: not a JSON object",
    b'{"songs": []}': "line 2: `id`",
    b'{"id": null, "songs": []}': "line 2: `id`",
    b'{"id": true, "songs": []}': "line 2: `id`",
    b'{"id": [1], "songs": []}': "line 2: `id`",
    b'{"id": {}, "songs": []}': "line 2: `id`",
    b'{"id": NaN, "songs": []}': "line 2: `id`",
    b'{"id": 1e999, "songs": []}': "line 2: `id`",
    b'{"id": 1}': "line 2: `songs`",
    b'{"id": 1, "songs": "sample:1"}': "line 2: `songs`",
    b'{"id": 1, "songs": {"a": 1}}': "line 2: `songs`",
    b'{"id": 1, "songs": [null]}': "line 2: `songs`",
    b'{"id": 1, "songs": [1.5]}': "line 2: `songs`",
    b'{"id": 1, "songs": [true]}': "line 2: `songs`",
    b'{"id": 1, "songs": [["sample:1"]]}': "line 2: `songs`",
    b'{"id": 1, "songs": [' + b"1," * 10_000 + b"1]}": "line 2: more than 10000 songs",
    b'{"id": ' + b"9" * 5000 + b', "songs": []}': "line 2: ",
}


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_line_gets_an_error_in_its_place(
    continuer: Continuer, tmp_path: Path, line: bytes
) -> None:
    good = {"id": "good", "songs": SEEDS}
    answers, report = ask(continuer, tmp_path, [good, line, good])
    assert report == BatchReport(answered=2, malformed=1)
    assert MALFORMED[line] in answers[1]["error"]
    assert set(answers[1]) == {"id", "error"}
    assert answers[0] == answers[2]


def test_the_id_of_a_line_with_wrong_songs_is_kept(continuer: Continuer, tmp_path: Path) -> None:
    (answer,), _ = ask(continuer, tmp_path, [{"id": "x", "songs": 3}])
    assert answer["id"] == "x"


@pytest.mark.parametrize("data", [[], [b""], [b"  ", b"\r"]])
def test_an_empty_file_gives_an_empty_one(continuer: Continuer, tmp_path: Path, data: list[Any]) -> None:
    answers, report = ask(continuer, tmp_path, data)
    assert (answers, report) == ([], BatchReport(0, 0))
    assert (tmp_path / "out.jsonl").read_bytes() == b""


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(
    continuer: Continuer, tmp_path: Path
) -> None:
    answers, _ = ask(
        continuer, tmp_path, [b'\xef\xbb\xbf{"id": 1, "songs": []}\r', b'{"id": 2, "songs": []}']
    )
    assert [answer["id"] for answer in answers] == [1, 2]


@pytest.mark.parametrize("name", ["missing.jsonl", "."])
def test_a_file_that_cannot_be_opened_is_named_and_nothing_is_written(
    continuer: Continuer, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "answers" / "out.jsonl"
    out.parent.mkdir()
    with pytest.raises(BatchError, match="cannot read"):
        continuer.batch(tmp_path / name, out, 5)
    assert list(out.parent.iterdir()) == []


def test_an_answer_that_is_broken_off_leaves_the_old_file(continuer: Continuer, tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": 1, "songs": []}\n' * 200, encoding="utf-8")
    (tmp_path / "out.jsonl").write_text("old", encoding="utf-8")

    def stop(done: int) -> None:
        if done > 100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        continuer.batch(tmp_path / "cases.jsonl", tmp_path / "out.jsonl", 5, progress=stop)
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["cases.jsonl", "out.jsonl"]


def test_a_stored_playlist_goes_on_with_other_songs(continuer: Continuer, tiny_world: TinyWorld) -> None:
    entries = tiny_world.truth.entries
    own = set(entries.loc[entries["playlist_ref"] == "sample:0", "song_ref"])
    found = continuer.continue_playlist("sample:0", 30)
    assert len(found.songs) == 30
    assert not own & {answer.song for answer in found.songs}
    assert [a.score for a in found.songs] == sorted((a.score for a in found.songs), reverse=True)


def test_some_songs_go_on_as_in_a_file(continuer: Continuer, tmp_path: Path) -> None:
    found = continuer.continue_songs(SEEDS, 10)
    assert [answer.song for answer in found.songs] == one(continuer, tmp_path, [*SEEDS])["songs"]
    assert found.fallback is None


def test_no_songs_and_songs_beside_nobody_go_on_with_what_is_popular(continuer: Continuer) -> None:
    assert continuer.continue_songs([]).fallback == "popular"
    assert continuer.continue_songs([LOST[0]]).fallback == "popular"


def test_unknown_playlists_and_songs_are_not_found(continuer: Continuer) -> None:
    with pytest.raises(NotFoundError, match="unknown playlist: sample:none"):
        continuer.continue_playlist("sample:none")
    with pytest.raises(NotFoundError, match="unknown song: sample:none"):
        continuer.continue_songs(["sample:1", "sample:none"])


def test_fewer_than_one_song_cannot_be_asked_for(continuer: Continuer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        continuer.continue_songs(SEEDS, 0)
    with pytest.raises(ValueError, match="at least 1"):
        continuer.batch(tmp_path / "cases.jsonl", tmp_path / "out.jsonl", 0)
