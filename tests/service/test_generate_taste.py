"""`songspace generate` and the catalogue: tastes, songs, names in prompts, and tracks that are added."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.repositories import audio
from db.repositories import songs as songs_repository
from db.repositories.audio import Features, StoredFile
from db.repositories.lyrics import words_of_song
from db.repositories.placements import load_placements
from db.session import write_transaction
from pipelines.audio_analysis import VERSION
from pipelines.release import ReleaseParts
from pipelines.sounds import fit_release_sounds, read_sounds
from tests.service.conftest import Run
from tests.tiny_encoder import TinyEncoder
from tests.tiny_generator import TinyTokens, tiny_pipeline
from tests.tiny_lyrics import save_tiny_lyrics
from tests.tiny_world import TinyWorld, copy_world

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
NEW = "20990101T000000"
QUICK = ("--seconds", "2", "--steps", "2", "--seed", "3")
TURN = np.random.default_rng(4).normal(size=(128, 200))
USER, OTHER = "sample:linnea_bus9", "sample:hank_upstairs"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from generation.audio.shipped import save_generator

    folder = tmp_path_factory.mktemp("weights") / "generator"
    save_generator(tiny_pipeline(), folder)
    return folder


@pytest.fixture(scope="module")
def heard(tiny_world: TinyWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyWorld]:
    """A world in which every song but the last is analysed, and sounds like where it lies."""
    world = copy_world(tiny_world, tmp_path_factory.mktemp("heard") / "home")
    release = world.release
    ids = release.song_ids[: release.n_songs - 1].tolist()
    with write_transaction(world.factory) as session:
        files = [StoredFile(0, song, f"/music/{song}.ogg", f"{song:064d}", 1, 1, 1.0) for song in ids]
        audio.add_files(session, files)
        found = {
            int(one.sha256): one.file_id
            for one in audio.files_with(session, hashes=[f.sha256 for f in files])
        }
        rows = {song: release.vectors[row] @ TURN for row, song in enumerate(ids)}
        audio.save_features(
            session, VERSION, {found[song]: Features({"timbre": [0.0]}, rows[song]) for song in ids}
        )
        sounds = read_sounds(session)
    tower = fit_release_sounds(
        world.factory, world.home, release.parts.corpus, release.vectors[: release.n_songs], sounds, seed=1,
        encode=TinyEncoder().sentences,
    )  # fmt: skip
    assert tower is not None
    publish_with(world, tower)
    yield world
    world.factory.kw["bind"].dispose()


def publish_with(world: TinyWorld, tower: Any) -> None:
    """Put an audio tower into the published release, in a folder of its own."""
    from dataclasses import replace

    from pipelines.release_files import publish
    from pipelines.stored_release import write_release

    old = world.release
    parts: ReleaseParts = replace(old.parts, audio=tower)
    facts = {key: value for key, value in old.manifest.items() if key not in ("files", "name", "self_test")}
    write_release(world.home / "releases", NEW, parts, old.index, old.output_index, facts)
    publish(world.home / "releases", NEW)


@pytest.fixture
def generate(run: Run, heard: TinyWorld, weights: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("SONGSPACE_HOME", str(heard.home))
    monkeypatch.setenv("SONGSPACE_GENERATOR", str(weights))
    monkeypatch.setattr("generation.text_encoder.TextEncoder", TinyTokens)

    def command(*args: str) -> tuple[int, str, str]:
        return run("generate", *args, *QUICK)

    return command


def style_of(said: str) -> np.ndarray:
    return np.array(json.loads(said)["request"]["style"])


def test_a_users_taste_becomes_a_style(generate: Run, tmp_path: Path) -> None:
    styles = []
    for user in (USER, OTHER):
        code, said, err = generate("--user", user, "--out", str(tmp_path / "x.flac"), "--json")
        assert code == 0, err
        styles.append(style_of(said))
    assert styles[0].shape == (200,)
    assert np.abs(styles[0] - styles[1]).max() > 0.01


def test_whose_taste_it_was_stays_out_of_the_files(generate: Run, tmp_path: Path) -> None:
    assert generate("--user", USER, "--out", str(tmp_path / "x.flac"))[0] == 0
    written = (tmp_path / "x.flac.json").read_text(encoding="utf-8") + str((tmp_path / "x.flac").read_bytes())
    assert USER.removeprefix("sample:") not in written


def test_no_strength_is_the_middle_of_all_songs(generate: Run, heard: TinyWorld, tmp_path: Path) -> None:
    args = ("--user", USER, "--taste-strength", "0", "--out", str(tmp_path / "x.flac"), "--json")
    with heard.factory() as session:
        middle = read_sounds(session).embeddings.mean(0)
    assert style_of(generate(*args)[1]) == pytest.approx(middle, abs=1e-5)


def test_a_song_with_audio_has_its_own_style(generate: Run, heard: TinyWorld, tmp_path: Path) -> None:
    args = ("--like", "sample:5", "--out", str(tmp_path / "x.flac"), "--json")
    with heard.factory() as session:
        song = songs_repository.find_song(session, "sample:5")
        own = read_sounds(session, [song]).embeddings[0]
    assert style_of(generate(*args)[1]) == pytest.approx(own, abs=1e-3)


def test_names_in_a_prompt_are_found_and_said(generate: Run, heard: TinyWorld, tmp_path: Path) -> None:
    artists = list(dict.fromkeys(heard.truth.songs["artist"]))[:2]
    prompt = f"a song of artist {artists[0]} in the style of artist {artists[1]}"
    code, said, err = generate(prompt, "--out", str(tmp_path / "x.flac"), "--json")
    document = json.loads(said)
    assert code == 0
    assert all(f"is the artist {artist}: like it" in err for artist in artists)
    assert document["request"]["prompt"] is None
    assert document["settings"]["style_from"]["prompt"] == prompt


def test_such_a_track_is_made_again_from_its_record(generate: Run, run: Run, tmp_path: Path) -> None:
    one, other = tmp_path / "x.wav", tmp_path / "y.wav"
    assert generate("--user", USER, "--unlike", "sample:5", "--out", str(one))[0] == 0
    assert run("generate", "--from", f"{one}.json", "--out", str(other))[0] == 0
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--user", "sample:9999"), "9999"),
        (("--user", USER, "--interest", "99"), "there is no interest 99"),
        (("--user", "sample:nobody"), "has listened to nothing"),
        (("--like", "sample:99999"), "99999"),
        (("--interest", "1"), "--interest needs --user"),
        (("--user", USER, "--backend", "audioldm2:x"), "knows no style"),
        (("--user", USER, "--taste-strength", "5"), "taste-strength"),
    ],
)
def test_who_and_what_is_not_known_is_an_error_and_no_file(
    generate: Run, tmp_path: Path, args: tuple[str, ...], said: str
) -> None:
    code, _, err = generate(*args, "--out", str(tmp_path / "x.flac"))
    assert code != 0
    assert said in err
    assert list(tmp_path.glob("x*")) == []


def test_without_a_catalogue_a_prompt_is_words_and_it_says_so(
    generate: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path / "empty"))
    code, _, err = generate("folk in the style of Iron Choir", "--out", str(tmp_path / "x.flac"))
    assert code == 0
    assert "no catalogue here yet" in err
    assert not (tmp_path / "empty" / "songspace.db").exists()


def test_an_added_track_is_placed_by_its_sound_and_listed_with_its_prompt(
    generate: Run, run: Run, heard: TinyWorld, tmp_path: Path
) -> None:
    pytest.importorskip("musicnn")
    save_tiny_lyrics(heard.home / "lyrics")
    command = ("a slow thing", "--out", str(tmp_path / "x.flac"), "--add", "--lyrics", "--json")
    code, said, err = generate(*command)
    assert code == 0, err
    (added,) = json.loads(said)["added"]
    assert (added["is_new"], added["is_placed"]) == (True, True)
    assert Path(added["path"]).is_relative_to(heard.home)
    number = int(added["song"].removeprefix("songspace:"))
    with heard.factory() as session:
        assert songs_repository.describe_songs(session, [number])[number].is_generated
        words = words_of_song(session, number)
        placed = {one.song_id: one.how for one in load_placements(session, NEW)}
    assert placed[number] == "sound"
    assert list(words.values()) == [(tmp_path / "x.flac.lyrics.txt").read_text()]
    listed = json.loads(run("generated", "--json")[1])["tracks"]
    assert [one["prompt"] for one in listed] == ["a slow thing"]


def test_adding_the_same_file_twice_changes_nothing(
    generate: Run, run: Run, heard: TinyWorld, tmp_path: Path
) -> None:
    pytest.importorskip("musicnn")
    adds = []
    for _ in range(2):
        shutil.rmtree(tmp_path / "o", ignore_errors=True)
        (tmp_path / "o").mkdir()
        adds.append(generate("same", "--out", str(tmp_path / "o" / "x.wav"), "--add", "--json"))
    first, second = (json.loads(said)["added"][0] for _, said, _ in adds)
    assert (first["song"], second["is_new"]) == (second["song"], False)
    tracks = json.loads(run("generated", "--json")[1])["tracks"]
    assert [one["prompt"] for one in tracks].count("same") == 1


def test_a_generated_track_can_be_liked(generate: Run, run: Run, tmp_path: Path) -> None:
    pytest.importorskip("musicnn")
    said = generate("to be liked", "--out", str(tmp_path / "x.flac"), "--add", "--json")[1]
    song = json.loads(said)["added"][0]["song"]
    assert run("feedback", USER, "like", song)[0] == 0
    tracks = {one["song"]: one for one in json.loads(run("generated", "--json")[1])["tracks"]}
    assert (tracks[song]["likes"], tracks[song]["dislikes"]) == (1, 0)


def test_a_rollback_gives_it_a_place_in_the_earlier_release(
    generate: Run, run: Run, heard: TinyWorld, tmp_path: Path
) -> None:
    pytest.importorskip("musicnn")
    said = generate("rolled back", "--out", str(tmp_path / "x.flac"), "--add", "--json")[1]
    number = int(json.loads(said)["added"][0]["song"].removeprefix("songspace:"))
    code, answer, _ = run("releases", "rollback", "--json")
    assert code == 0
    with heard.factory() as session:
        assert number in {one.song_id for one in load_placements(session, json.loads(answer)["release"])}
    assert run("releases", "rollback", NEW)[0] == 0


def test_a_name_in_a_blend_is_a_style_with_that_share(
    generate: Run, heard: TinyWorld, tmp_path: Path
) -> None:
    one, other = list(dict.fromkeys(heard.truth.songs["artist"]))[:2]
    args = (f"like {one}", "--blend", f"like {other}:0.25", "--out", str(tmp_path / "x.flac"), "--json")
    code, said, err = generate(*args)
    assert code == 0, err
    blend = json.loads(said)["request"]["blend"]
    assert (blend["prompt"], blend["share"], len(blend["style"])) == (None, 0.25, 200)


def test_a_name_in_a_section_is_a_style_from_then_on(
    generate: Run, run: Run, heard: TinyWorld, tmp_path: Path
) -> None:
    one, other = list(dict.fromkeys(heard.truth.songs["artist"]))[:2]
    out, again = tmp_path / "x.wav", tmp_path / "y.wav"
    sections = ("--section", f"techno like {one}@0.5", "--section", f"like {other}@0:01")
    code, said, err = generate("folk", *sections, "--out", str(out), "--json")
    assert code == 0, err
    found = json.loads(said)["request"]["sections"]
    assert [section["start_s"] for section in found] == [0.5, 1.0]
    assert found[0]["prompt"] is not None
    assert found[1]["prompt"] is None
    assert np.abs(np.subtract(found[0]["style"], found[1]["style"])).max() > 0.01
    assert run("generate", "--from", f"{out}.json", "--out", str(again))[0] == 0
    assert out.read_bytes() == again.read_bytes()
