"""The commands axes, map and profile --plot: scores, pictures, and what they say without axes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import serving
from pipelines.axes import fit_release_axes
from pipelines.release import Release
from pipelines.stored_release import load_release
from recsys.axes import Axes
from service.cli.main import main
from tests.tiny_world import NOBODY, TinyWorld

Ask = Callable[..., tuple[int, str, str]]
AskJson = Callable[..., Any]
PNG = b"\x89PNG"


@pytest.fixture
def user(tiny_world: TinyWorld) -> str:
    """A user with a year of listens."""
    return tiny_world.truth.user_refs[3]


@pytest.fixture(scope="module")
def axes(tiny_world: TinyWorld) -> Axes | None:
    """What the songs' tags make of the published release."""
    release = tiny_world.release
    return fit_release_axes(tiny_world.factory, release.song_ids, release.vectors, seed=1)


@pytest.fixture
def with_axes(axes: Axes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the published release its axes."""

    def load(releases: Path, name: str) -> Release:
        release = load_release(releases, name)
        object.__setattr__(release.parts, "axes", axes)
        return release

    monkeypatch.setattr(serving, "open_unfolded", load)


@pytest.fixture
def without_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the axes from the published release, as where no song bears a tag."""

    def load(releases: Path, name: str) -> Release:
        release = load_release(releases, name)
        object.__setattr__(release.parts, "axes", None)
        return release

    monkeypatch.setattr(serving, "open_unfolded", load)


@pytest.mark.usefixtures("with_axes")
def test_axes_are_listed_with_how_well_they_are_measured(ask: Ask, ask_json: AskJson) -> None:
    answer = ask_json("axes")
    assert {"guitar", "drums"} <= {axis["name"] for axis in answer["axes"]}
    assert all(axis["auc"] > 0.5 and axis["brier"] < axis["base_brier"] for axis in answer["axes"])
    assert "Measured on songs by artists who were held back." in ask("axes")[1]


@pytest.mark.usefixtures("with_axes")
def test_tags_that_are_no_axes_are_named_with_the_reason(ask: Ask) -> None:
    assert "20 are needed" in ask("axes")[1]


@pytest.mark.usefixtures("with_axes")
@pytest.mark.parametrize("of", ["song", "artist", "user"])
def test_scores_are_given_highest_first(
    ask: Ask, ask_json: AskJson, user: str, of: str, tiny_world: TinyWorld
) -> None:
    name = {"song": "sample:5", "artist": tiny_world.truth.artists[0].upper(), "user": user}[of]
    answer = ask_json("axes", f"--{of}", name)
    scores = [one["score"] for one in answer["axes"]]
    assert answer["kind"] == of
    assert len(scores) > 3
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] <= scores[0] <= 1
    assert ask("axes", f"--{of}", name)[1].count("█") > 3


@pytest.mark.usefixtures("with_axes")
def test_an_artists_score_is_the_mean_of_their_songs(ask_json: AskJson, tiny_world: TinyWorld) -> None:
    rows = [row for row, artist in enumerate(tiny_world.truth.song_artist.tolist()) if artist == 1]
    each = [ask_json("axes", "--song", f"sample:{row}") for row in rows]
    mean = sum(score["score"] for one in each for score in one["axes"] if score["axis"] == "guitar") / len(
        rows
    )
    answer = ask_json("axes", "--artist", tiny_world.truth.artists[1])
    assert answer["songs"] == len(rows)
    assert {one["axis"]: one["score"] for one in answer["axes"]}["guitar"] == pytest.approx(mean, abs=2e-3)


@pytest.mark.usefixtures("with_axes")
def test_a_profile_holds_the_scores_of_its_user(ask: Ask, ask_json: AskJson, user: str) -> None:
    assert ask_json("profile", user)["axes"] == ask_json("axes", "--user", user)["axes"]
    assert "On the axes: " in ask("profile", user)[1]


@pytest.mark.usefixtures("with_axes")
@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--artist", "Nobody At All"], 1, "unknown artist: Nobody At All"),
        (["--artist", ""], 1, "unknown artist"),
        (["--song", "sample:99999"], 1, "sample:99999"),
        (["--user", "sample:?"], 1, "unknown user"),
        (["--song", "sample:1", "--user", "x"], 2, "cannot be asked for at once"),
    ],
)
def test_what_cannot_be_scored_is_one_line(ask: Ask, args: list[str], code: int, said: str) -> None:
    found, out, err = ask("axes", *args)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err


@pytest.mark.usefixtures("with_axes")
def test_a_misspelled_artist_names_who_is_near(ask: Ask, tiny_world: TinyWorld) -> None:
    name = tiny_world.truth.artists[0]
    assert f"near are {name}" in ask("axes", "--artist", name[:-1] + "q")[2]


@pytest.mark.usefixtures("with_axes")
def test_who_did_nothing_has_no_scores(ask: Ask) -> None:
    code, out, _ = ask("axes", "--user", NOBODY)
    assert code == 0
    assert "Nothing of it has a place" in out


@pytest.mark.usefixtures("without_axes")
def test_without_axes_everything_says_so(ask: Ask, ask_json: AskJson, user: str, tmp_path: Path) -> None:
    for args in ([], ["--song", "sample:1"], ["--user", user]):
        code, out, _ = ask("axes", *args)
        assert code == 0
        assert "There are no axes in this release" in out
    assert ask_json("axes")["axes"] == ask_json("profile", user)["axes"] == []
    for command in (["profile", user], ["map"]):
        assert ask(*command, "--plot", str(tmp_path / "p.png"))[0] == 0


@pytest.mark.usefixtures("with_axes")
@pytest.mark.parametrize("line", [["profile"], ["map", "--user"]])
@pytest.mark.parametrize(("ending", "begin"), [(".png", PNG), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_pictures_are_drawn_in_the_format_of_their_name(
    ask: Ask, line: list[str], user: str, tmp_path: Path, ending: str, begin: bytes
) -> None:
    out = tmp_path / f"out{ending}"
    code, _, err = ask(*line, user, "--plot", str(out))
    assert (code, err) == (0, "")
    assert out.read_bytes().startswith(begin)
    assert [path.name for path in tmp_path.glob("out*")] == [out.name]


@pytest.mark.usefixtures("with_axes")
def test_the_same_map_twice_is_the_same_file(ask: Ask, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        assert ask("map", "--plot", str(tmp_path / name))[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.usefixtures("with_axes")
def test_a_map_is_told_as_regions(ask: Ask, ask_json: AskJson) -> None:
    answer = ask_json("map", "--songs", "100")
    assert sum(region["songs"] for region in answer["regions"]) == answer["songs"] == 100
    assert all(region["artists"] for region in answer["regions"])
    assert "100 songs in" in ask("map", "--songs", "100")[1]


@pytest.mark.parametrize("command", [["profile", "USER"], ["map"]])
@pytest.mark.parametrize(
    ("place", "said"),
    [("missing/p.png", "no folder"), (".", "folder"), ("p.gif", ".png, .svg, .pdf"), ("p.png.txt", ".png")],
)
def test_a_place_where_no_picture_can_be_is_told_before_the_work(
    ask: Ask, user: str, tmp_path: Path, command: list[str], place: str, said: str
) -> None:
    line = [user if word == "USER" else word for word in command]
    code, out, err = ask(*line, "--plot", str(tmp_path / place))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert said in err
    assert not list(tmp_path.glob("p*"))


def test_a_picture_goes_to_standard_output(
    user: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    tiny_world: TinyWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tiny_world.home))
    assert main(["--log-level", "warning", "profile", user, "--plot", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(PNG)


@pytest.mark.usefixtures("with_axes")
def test_who_did_nothing_is_drawn_too(ask: Ask, tmp_path: Path) -> None:
    for line in (["profile", NOBODY], ["map", "--user", NOBODY]):
        assert ask(*line, "--plot", str(tmp_path / "p.png"))[0] == 0


def test_json_is_one_document_beside_the_picture(ask: Ask, user: str, tmp_path: Path) -> None:
    code, out, _ = ask("profile", user, "--plot", str(tmp_path / "p.png"), "--json")
    assert (code, json.loads(out)["user"]) == (0, user)
