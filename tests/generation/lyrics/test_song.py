"""The words of songs: stanzas, marks, the chorus that comes again; the project's own songs."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.lyrics.own_songs import OwnSongError, held_out, load_own_songs, load_revisions
from generation.lyrics.song import clean_line, marked, plain, song_of_text

TEXT = "I walk\nyou talk\n\nHey ho\nthe wind\n\nWe sing\nthe ring\n\nHey, ho!\nthe wind"
HEADER = "title: Rain\ntheme: weather\nmood: calm\nprompt: a song about rain\nprompt: rain\n\n"


def test_a_stanza_that_comes_again_is_the_chorus() -> None:
    song = song_of_text("T", TEXT)
    assert [section.mark for section in song.sections] == ["verse", "chorus", "verse", "chorus"]


def test_marks_are_obeyed_and_stay_over_blank_lines() -> None:
    song = song_of_text("", "[Chorus 2]\na\nb\n\nc\n[bridge]\nd")
    assert [(s.mark, s.lines) for s in song.sections] == [
        ("chorus", ("a", "b")), ("chorus", ("c",)), ("bridge", ("d",))
    ]  # fmt: skip


def test_what_is_written_reads_the_same() -> None:
    song = song_of_text("T", TEXT)
    assert song_of_text("T", marked(song).removeprefix("T\n")) == song
    assert plain(song) == "# T\n\n" + TEXT + "\n"
    assert song.n_bytes == len(plain(song))


def test_a_line_has_one_spelling() -> None:
    assert clean_line("\u201cDon\u2019t\u201d \x00 go\u2014now ") == '"Don\'t" go--now'
    assert song_of_text("", " \n\x00\n").sections == ()


def test_own_songs_are_read_with_their_prompts(tmp_path: Path) -> None:
    (tmp_path / "hip_hop.txt").write_text(
        HEADER + "[verse]\na\nb\n===\n" + HEADER.replace("Rain", "Sun") + "c\n===\n"
    )
    (tmp_path / "revisions-a.txt").write_text("of: Rain\nask: sadder\n\n[verse]\nx\n===\n")
    one, two = load_own_songs(tmp_path)
    assert (one.genre, one.theme, one.prompts) == ("hip hop", "weather", ("a song about rain", "rain"))
    assert two.song.title == "Sun"
    (revision,) = load_revisions(tmp_path)
    assert (revision.of, revision.ask, revision.song.lines) == (one, "sadder", ("x",))


@pytest.mark.parametrize("text", ["title: A\n\nx", "a line\n\nx", HEADER, "title: A\nprompt: b\n"])
def test_an_own_song_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "pop.txt").write_text(text)
    with pytest.raises(OwnSongError, match=r"pop\.txt, song 1"):
        load_own_songs(tmp_path)


def test_a_revision_of_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "revisions.txt").write_text("of: Nothing\nask: sadder\n\nx\n")
    with pytest.raises(OwnSongError, match="song 1"):
        load_revisions(tmp_path)


def test_the_songs_that_ship_are_whole_and_some_are_held_out() -> None:
    songs = load_own_songs()
    assert all(one.song.sections and one.theme and one.mood for one in songs)
    assert all(revision.ask for revision in load_revisions())
    shares = [held_out(f"title {n}") for n in range(1000)]
    assert 60 < sum(shares) < 140
