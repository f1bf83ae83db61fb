"""Tunes that a prompt wants arranged: "The Kesh jig as techno", "a jazz version of Greensleeves"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Kinds of tunes: words that are understood and still name something to arrange.
TUNE_KINDS = frozenset(
    "reel jig hornpipe tune hymn chorale march air polka strathspey shanty carol "
    "melody minuet folksong".split()
)
_VERSIONS = frozenset(
    "version cover arrangement remix rendition rework reworking interpretation take setting remake".split()
)
_NOT_AS = frozenset("well if though long soon possible much in is background".split())
_NOT_BEFORE_AS = frozenset("such known same just fast slow well loud soft used far".split())
_LEAD_INS = frozenset(
    "a an the please play make do give me us i want to hear would like arrange arranged set turn "
    "let's create generate "
    "render an can you some playing arranging classic old reimagine rework remix "
    "compose this that it my".split()
)
_PASSIVE = frozenset(
    "arranged set played reimagined reworked recast remixed done performed rearranged turned redone".split()
)
_TITLE_ENDS = frozenset("in for at with by as without no on and using".split())
# A point after these ends nothing: "St. Louis Blues".
_ABBREVIATIONS = frozenset("st mr mrs dr mt".split())
_CLAUSE_ENDS = frozenset('.;:!?,"“”()')


@dataclass(frozen=True)
class TuneReading:
    """A tune's name, at tokens `first` up to `last`, and the kinds of facts within it that still hold."""

    name: str
    first: int
    last: int
    keeps: tuple[str, ...]


def find_tune_name(
    text: str, tokens: Sequence[tuple[str, int, int]], readings: Sequence[tuple[int, int, set[str]]]
) -> TuneReading | None:
    """Return the tune that the prompt wants arranged; None where it wants a new piece.

    Parameters
    ----------
    text : str
    tokens : sequence of (word, start, end)
        Words in lower case, with their characters in the text.
    readings : sequence of (first, last, kinds)
        What was understood, by rows of `tokens`.
    """
    understood = {row for first, last, _ in readings for row in range(first, last)}
    genre_rows = {first for first, _, kinds in readings if "genre" in kinds or "vague_genre" in kinds}
    words = [word for word, _, _ in tokens]
    for row, word in enumerate(words):
        span = None
        if (word == "as" and _genre_follows(words, row, genre_rows, understood)) or (
            word == "in"
            and words[row : row + 4] == ["in", "the", "style", "of"]
            and _genre_follows(words, row + 3, genre_rows, understood)
        ):
            span = _before(words, row)
        elif word in _VERSIONS and row + 2 < len(words) and words[row + 1] in ("of", "on"):
            span = _after(words, row + 2)
        if span is not None:
            reading = _named(text, tokens, span, understood)
            if reading is not None:
                return reading
    return None


def _genre_follows(words: Sequence[str], row: int, genre_rows: set[int], understood: set[int]) -> bool:
    """Tell whether "as" leads to a genre, over articles and adjectives that are understood."""
    if (words[row + 1 : row + 2] and words[row + 1] in _NOT_AS) or (row and words[row - 1] in _NOT_BEFORE_AS):
        return False
    for after in range(row + 1, min(row + 6, len(words))):
        if after in genre_rows:
            return True
        if after not in understood and words[after] not in (
            "a",
            "an",
            "some",
            "modern",
            "very",
            "piece",
            "of",
        ):
            return False
    return False


def _before(words: Sequence[str], row: int) -> tuple[int, int] | None:
    """Return the rows of the clause that ends before `row`, without what leads into it."""
    last = row - 1 if row and words[row - 1] in _PASSIVE else row
    quoted = last and words[last - 1] in '"”“'
    last -= 1 if quoted else 0
    first = last
    while first > 0 and last - first < 12:
        if words[first - 1] in _CLAUSE_ENDS and words[max(first - 2, 0)] not in _ABBREVIATIONS:
            break
        first -= 1
    while not quoted and first < last and words[first] in _LEAD_INS - {"the"}:
        first += 1
    return (first, last) if first < last else None


def _after(words: Sequence[str], first: int) -> tuple[int, int] | None:
    """Return the rows of a title that starts at `first`, up to a mark or a word that goes on."""
    if first < len(words) and words[first] in '"“”':
        first += 1
        last = next((row for row in range(first, min(first + 12, len(words))) if words[row] in '"“”'), first)
        return (first, last) if first < last else None
    while first < len(words) and words[first] in ("a", "an"):
        first += 1
    last = first
    while last < len(words) and last - first < 12 and words[last] not in _CLAUSE_ENDS:
        if last > first and words[last] in _TITLE_ENDS:
            break
        last += 1
    return (first, last) if first < last else None


def _named(
    text: str, tokens: Sequence[tuple[str, int, int]], span: tuple[int, int], understood: set[int]
) -> TuneReading | None:
    """Make a reading of rows that name something: a word nobody knows, or a kind of tune."""
    first, last = span
    words = [tokens[row][0] for row in range(first, last)]
    unknown = any(
        row not in understood
        and tokens[row][0].isalpha()
        and tokens[row][0] not in _LEAD_INS | {"of", "and", "with"}
        for row in range(first, last)
    )
    if not unknown and not TUNE_KINDS & set(words):
        return None
    name = text[tokens[first][1] : tokens[last - 1][2]]
    # In a name nothing is meant; "a slow Irish reel" is a kind, and slow.
    keeps = ("tempo_range", "tempo_bpm", "key", "mood") if not unknown else ()
    return TuneReading(name, first, last, keeps)
