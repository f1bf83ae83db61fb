"""The words of a song as the lyric models see them: a title and sections of lines, each verse, chorus or
bridge.

Two spellings: `plain`, as books are printed (`# ` before the title, blank lines between stanzas), which is
what bits per byte count the bytes of; and `marked`, with `[verse]`, `[chorus]`, `[bridge]` above each
section, which is what people are shown. Books have no marks: a stanza that comes again is taken for the
chorus.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

VERSE, CHORUS, BRIDGE = MARKS = ("verse", "chorus", "bridge")
_MARK = re.compile(r"\[\s*(verse|chorus|bridge)\b[^\]]*\]", re.IGNORECASE)
_STRAIGHT = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "--"}
)
_ALIKE = 0.6  # Of a stanza's lines come again word for word: then it is the chorus.


@dataclass(frozen=True)
class Section:
    """Lines under one mark."""

    mark: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SongText:
    """A title, "" where there is none, and sections in order."""

    title: str
    sections: tuple[Section, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines in order."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def n_bytes(self) -> int:
        """Bytes of the plain text in UTF-8."""
        return len(plain(self).encode("utf-8", "replace"))


def clean_line(text: str) -> str:
    """Return a line with one spelling of quotes and dashes, no control characters, single spaces."""
    text = unicodedata.normalize("NFC", text).translate(_STRAIGHT)
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def song_of_text(title: str, text: str) -> SongText:
    """Read a plain text: blank lines end stanzas; marks, where there are any, are obeyed.

    Without marks a stanza is a verse, or a chorus where most of its lines come again in another one. Text
    without lines gives a song without sections.
    """
    sections, mark, marked = list[Section](), VERSE, False
    lines: list[str] = []
    for raw in [*text.splitlines(), ""]:
        line = clean_line(raw)
        found = _MARK.fullmatch(line)
        if (found or not line) and lines:
            sections.append(Section(mark, tuple(lines)))
            lines = []
        if found:
            mark, marked = found[1].lower(), True
        elif line:
            lines.append(line)
    if not marked:
        returns = _returning(sections)
        sections = [
            Section(CHORUS, one.lines) if again else one for one, again in zip(sections, returns, strict=True)
        ]
    return SongText(clean_line(title), tuple(sections))


def plain(song: SongText) -> str:
    """Write a song as books are printed, with a line end at its end."""
    head = [f"# {song.title}"] if song.title else []
    return "\n\n".join([*head, *("\n".join(section.lines) for section in song.sections)]) + "\n"


def marked(song: SongText) -> str:
    """Write a song with a mark above each section."""
    head = [song.title] if song.title else []
    return "\n\n".join([*head, *("\n".join([f"[{one.mark}]", *one.lines]) for one in song.sections)]) + "\n"


def words_of(line: str) -> list[str]:
    """The words of a line in lower case, without punctuation; apostrophes inside a word stay.

    >>> words_of("Oh, don't -- you KNOW?")
    ['oh', "don't", 'you', 'know']
    """
    return [word.strip("'") for word in re.findall(r"[^\W_]+(?:['\u2019][^\W_]+)*'?", line.lower())]


def _returning(sections: Sequence[Section]) -> list[bool]:
    """Which sections come again: most of their lines, and at least two, stand in another one of about their
    size.
    """
    lines = [[" ".join(words_of(line)) for line in section.lines] for section in sections]
    sets = [set(one) for one in lines]
    holders: dict[str, set[int]] = {}
    for number, one in enumerate(sets):
        for line in one:
            holders.setdefault(line, set()).add(number)
    found = []
    for number, mine in enumerate(lines):
        others = {other for line in mine for other in holders[line]} - {number}
        found.append(
            len(mine) >= 2
            and any(
                sum(line in sets[other] for line in mine) >= max(2, _ALIKE * len(mine))
                and len(lines[other]) <= 2 * len(mine)
                for other in others
            )
        )
    return found
