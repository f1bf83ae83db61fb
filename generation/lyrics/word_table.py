"""The spreadsheet of next words: how often each word follows each, in percent, nothing smoothed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from generation.lyrics.song import words_of

LINE_END = "(end of line)"


@dataclass(frozen=True)
class Row:
    """A word, how often it comes, and its commonest followers with their shares of 0..1."""

    word: str
    count: int
    followers: tuple[tuple[str, float], ...]


def word_table(lines: Iterable[str], *, n_rows: int = 10, n_followers: int = 5) -> list[Row]:
    """Count the words of lines; return the commonest, each with what follows it, commonest first."""
    seen: Counter[str] = Counter()
    pairs: dict[str, Counter[str]] = {}
    for line in lines:
        words = words_of(line)
        seen.update(words)
        for word, follower in zip(words, [*words[1:], LINE_END], strict=True):
            pairs.setdefault(word, Counter())[follower] += 1
    ordered = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:n_rows]
    return [
        Row(
            word,
            count,
            tuple(
                (follower, n / count)
                for follower, n in sorted(pairs[word].items(), key=lambda item: (-item[1], item[0]))[
                    :n_followers
                ]
            ),
        )
        for word, count in ordered
    ]
