"""The form of a song: which sections, how many lines, how long they are, and which of them rhyme.

    Form.parse("verse chorus verse chorus bridge chorus", lines=4, scheme="abab", syllables=(6, 9))

A chorus that was sung returns word for word. A scheme is a letter a line ("aabb"; "." or a letter that comes
once rhymes with nothing); a section with more lines than letters begins it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generation.lyrics.rhyme import Rhymer, last_word
from generation.lyrics.song import CHORUS, MARKS, SongText, words_of

MOST_LINES, MOST_WORDS = 12, 14
SCHEMES = ("aabb", "abab", "abcb")


@dataclass(frozen=True)
class Form:
    """What a song has to be like.

    Attributes
    ----------
    sections : tuple of str
        Marks, in order.
    lines : int
        Of each section.
    scheme : str
        Letters of lines that rhyme; "" asks for no rhyme.
    syllables : tuple of int or None
        Fewest and most syllables of a line.
    """

    sections: tuple[str, ...]
    lines: int = 4
    scheme: str = ""
    syllables: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be sung."""
        if not self.sections or any(mark not in MARKS for mark in self.sections) or len(self.sections) > 12:
            raise ValueError(
                f"a form is one to twelve of {', '.join(MARKS)}, got {' '.join(self.sections)!r}"
            )
        if not 1 <= self.lines <= MOST_LINES:
            raise ValueError(f"a section has 1 to {MOST_LINES} lines, got {self.lines}")
        if (
            not all(letter.isalpha() or letter == "." for letter in self.scheme)
            or len(self.scheme) > MOST_LINES
        ):
            raise ValueError(f"a rhyme scheme is letters, such as {', '.join(SCHEMES)}; got {self.scheme!r}")
        if self.syllables is not None and not 1 <= self.syllables[0] <= self.syllables[1] <= 40:
            raise ValueError(f"a line has 1 to 40 syllables, the fewest first; got {self.syllables}")

    @classmethod
    def parse(
        cls, text: str, *, lines: int = 4, scheme: str = "", syllables: tuple[int, int] | None = None
    ) -> Form:
        """Read a form from its sections' names, with blanks, commas or dashes between them.

        Raises
        ------
        ValueError
        """
        marks = text.lower().replace(",", " ").replace("-", " ").split()
        return cls(tuple(marks), lines, scheme.lower(), syllables)

    def partner(self, line: int) -> int | None:
        """The earlier line of its section that a line has to rhyme with, None where there is none."""
        if not self.scheme:
            return None
        start = line // len(self.scheme) * len(self.scheme)
        letter = self.scheme[line - start]
        if letter == ".":
            return None
        earlier = [start + i for i in range(line - start) if self.scheme[i] == letter]
        return earlier[-1] if earlier else None


def form_faults(song: SongText, *, ended: bool = True) -> list[str]:
    """Return what is wrong with the form of a song, nothing where it is valid.

    Valid is: it came to its end, has a verse, two to twelve lines a section and at most fourteen words a
    line, no section but the chorus twice, and choruses that return (a changed last line is allowed).
    """
    faults = [] if ended else ["it does not end"]
    if not any(section.mark != CHORUS for section in song.sections) or len(song.lines) < 4:
        faults.append("it has no verse, or fewer than four lines")
    for section in song.sections:
        if not 2 <= len(section.lines) <= MOST_LINES:
            faults.append(f"a {section.mark} of {len(section.lines)} lines")
    long = [line for line in song.lines if len(words_of(line)) > MOST_WORDS or not words_of(line)]
    if long:
        faults.append(f"{len(long)} lines without words, or of more than {MOST_WORDS}")
    choruses = [section.lines for section in song.sections if section.mark == CHORUS]
    if any(lines[:-1] != choruses[0][:-1] for lines in choruses[1:]):
        faults.append("a chorus that does not return")
    others = [section.lines for section in song.sections if section.mark != CHORUS]
    if len(set(others)) < len(others):
        faults.append("a verse twice")
    return faults


def follows_scheme(lines: Sequence[str], form: Form, rhymer: Rhymer) -> bool:
    """Whether every line of a section that has a partner rhymes with it."""
    partners = [(line, form.partner(line)) for line in range(len(lines))]
    return all(
        rhymer.rhymes(last_word(lines[line]), last_word(lines[partner]))
        for line, partner in partners
        if partner is not None
    )
