"""The project's own songs: short lyrics in today's words, written for it and released under CC0, one file a
genre in `songs/`, and revisions of some as people might ask for them.

    title: Paper Boats on Second Street
    theme: childhood
    mood: wistful
    prompt: a folk song about building paper boats after the rain
    prompt: write something wistful about being a kid on a wet street

    [verse]
    The gutter ran like a river that day
    ...
    ===

A revision has `of: TITLE` and `ask: the same, but sadder` in the place of these lines. One song in ten is
held out, with its revisions, by a hash of its title: always the same ones, however many songs are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from generation.lyrics.song import SongText, song_of_text

FOLDER = Path(__file__).parent / "songs"
_REVISIONS = "revisions"
_END = "==="
_HELD_OUT = 10  # One in so many.


class OwnSongError(ValueError):
    """A file of own songs is not as the format says; the message names file and song."""


@dataclass(frozen=True)
class OwnSong:
    """A song with what it was written for."""

    song: SongText
    genre: str
    theme: str
    mood: str
    prompts: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        """Whether no training may see it."""
        return held_out(self.song.title)


@dataclass(frozen=True)
class Revision:
    """A song, what somebody asks of it, and the song that answers."""

    of: OwnSong
    ask: str
    song: SongText


def held_out(title: str) -> bool:
    """Whether the song of this title is one of those that no training may see."""
    return int(sha256(title.strip().lower().encode()).hexdigest()[:8], 16) % _HELD_OUT == 0


def load_own_songs(folder: Path = FOLDER) -> list[OwnSong]:
    """Load all songs, by file and in their order; none where there are no files.

    Raises
    ------
    OwnSongError
    """
    found = []
    for file in sorted(folder.glob("*.txt")):
        if not file.name.startswith(_REVISIONS):
            found += [_own_song(block, file) for block in _blocks(file)]
    return found


def load_revisions(folder: Path = FOLDER) -> list[Revision]:
    """Load all revisions.

    Raises
    ------
    OwnSongError
        Also where a revision is of a song that is not there.
    """
    songs = {one.song.title.lower(): one for one in load_own_songs(folder)}
    found = []
    for file in sorted(folder.glob(f"{_REVISIONS}*.txt")):
        for place, header, body in _blocks(file):
            title, ask = " ".join(header.get("of", [])), " ".join(header.get("ask", []))
            if title.lower() not in songs or not ask:
                raise OwnSongError(f"{file.name}, {place}: `of: TITLE` of a song and `ask: ...` are expected")
            of = songs[title.lower()]
            song = song_of_text(of.song.title, body)
            if not song.sections:
                raise OwnSongError(f"{file.name}, {place}: no lines")
            found.append(Revision(of, ask, song))
    return found


Block = tuple[str, Mapping[str, list[str]], str]
"""Where it stands, header values by name, and the body."""


def _own_song(block: Block, file: Path) -> OwnSong:
    place, header, body = block
    titles, prompts = header.get("title", []), header.get("prompt", [])
    if len(titles) != 1 or not prompts:
        raise OwnSongError(f"{file.name}, {place}: one `title:` and a `prompt:` are expected")
    song = song_of_text(titles[0], body)
    if not song.sections:
        raise OwnSongError(f"{file.name}, {place}: no lines")
    theme, mood = (" ".join(header.get(name, [])) for name in ("theme", "mood"))
    return OwnSong(song, file.stem.replace("_", " "), theme, mood, tuple(prompts))


def _blocks(file: Path) -> Iterator[Block]:
    """Yield the songs of a file, whatever they are: header and body, divided by a blank line."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise OwnSongError(f"{file.name}: not UTF-8 at byte {error.start}") from None
    number, lines = 1, list[str]()
    for line in [*text.splitlines(), _END]:
        if line.strip() != _END:
            lines.append(line)
            continue
        if any(one.strip() for one in lines):
            yield _block(lines, f"song {number}", file)
            number += 1
        lines = []


def _block(lines: list[str], place: str, file: Path) -> Block:
    while lines and not lines[0].strip():
        lines = lines[1:]
    header: dict[str, list[str]] = {}
    for at, line in enumerate(lines):
        if not line.strip():
            return place, header, "\n".join(lines[at:])
        name, colon, value = line.partition(":")
        if not colon:
            raise OwnSongError(f"{file.name}, {place}: `name: value` is expected, got {line[:40]!r}")
        header.setdefault(name.strip().lower(), []).append(value.strip())
    return place, header, ""
