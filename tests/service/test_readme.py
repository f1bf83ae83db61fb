"""README.md: what it shows is done here as it stands, with music, playlists and listens of the test's own.

Its calls by curl are made in tests/service/http/test_http_docs.py, its commands by make when it is followed.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.music_files import write_music
from tests.test_docs import INDENTED, python_samples, words
from tests.tiny_world import TinyWorld

Run = Callable[..., tuple[int, str, str]]
README = Path(__file__).resolve().parent.parent.parent / "README.md"
TITLES = ("Dark Star", "Song A", "Song B", "Song C", "Lamplight", "Overdue", "Halyard", "Tin Roof")
SUFFIXES = (".ogg", ".opus", ".mp3", ".flac")
DAY_S = 86_400


def shown(pattern: str) -> list[list[str]]:
    """Arguments of the lines of README's blocks that run `songspace`, of those that a pattern finds."""
    lines = [line.strip() for line in INDENTED.findall(README.read_text(encoding="utf-8"))]
    found = [line for line in lines if re.match(rf"songspace (?:{pattern})\b", line)]
    return [[os.path.expanduser(word) for word in words(line)[1:]] for line in found]


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Somebody who has a folder of music with a playlist in it, an export of listens, and a riff."""
    music = tmp_path / "Music"
    for number, title in enumerate(TITLES):
        tags = {"title": title, "artist": "Ann" if number % 2 else "Ben"}
        name = music / f"{number} {title}{SUFFIXES[number % len(SUFFIXES)]}"
        write_music(name, tags, pitch_hz=110.0 * 1.1**number, beat_s=0.3 + number / 20)
    (music / "summer").mkdir()
    files = [path.name for path in sorted(music.iterdir()) if path.is_file()]
    (music / "summer/beach.m3u8").write_text("\n".join(["#EXTM3U", *(f"../{name}" for name in files[:4])]))
    with zipfile.ZipFile(tmp_path / "listenbrainz_export.zip", "w") as archive:
        archive.writestr("user.json", json.dumps({"user_id": 1, "username": "ann"}))
        for user, first in (("ann", 0), ("ben", 2)):
            listens = [
                {
                    "listened_at": 1_790_000_000 + day * DAY_S,
                    "user_name": user,
                    "track_metadata": {"track_name": TITLES[n], "artist_name": "Ann" if n % 2 else "Ben"},
                }
                for day, n in enumerate(range(first, first + 6))
            ]
            archive.writestr(f"listens/2026/{first + 1}.jsonl", "\n".join(map(json.dumps, listens)))
    write_music(tmp_path / "riff.wav")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_five_minutes_with_a_folder_of_music_go_as_they_stand(run: Run, newcomer: Path) -> None:
    tour = shown("(?!generate|serve)[a-z]+")
    assert len(tour) > 10
    for line in tour:
        code, said, err = run(*line)
        assert (code, bool(said.strip()), "problem" in err) == (0, True, False), (line, said, err)
    assert (newcomer / "map.png").read_bytes().startswith(b"\x89PNG")
    assert "8 songs" not in run("ingest", str(newcomer / "Music"))[1]  # The same again adds nothing.


@pytest.mark.slow
def test_music_is_made_as_it_is_shown(run: Run, newcomer: Path) -> None:
    run("ingest", str(newcomer / "Music"), str(newcomer / "listenbrainz_export.zip"))
    run("nightly")
    made = shown("generate")
    assert len(made) > 3
    for line in made:
        code, said, err = run(*line)
        assert (code, ".flac" in said) == (0, True), (line, said, err)
    assert (newcomer / "techno.png").read_bytes().startswith(b"\x89PNG")


def test_the_example_in_python_recommends_songs(
    tiny_world: TinyWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = next(text for page, text in python_samples() if page == "README.md")
    for shown, own in (
        ('Path("var/demo")', f"Path({str(Path(tiny_world.home))!r})"),
        ("sample:elio_backseat_dj", tiny_world.truth.user_refs[3]),
    ):
        assert shown in sample
        sample = sample.replace(shown, own)
    exec(compile(sample, "README.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all(" by " in line and "because of [" in line for line in lines)
