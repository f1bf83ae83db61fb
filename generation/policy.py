"""What an operator does not let be asked for: topics and names, found in prompts before any work.

A policy is a text file. A line is a word or a phrase; "#" begins a comment:

    [topics]            in all its forms: lynch, lynches, lynched, lynching
    lynch
    terroris*           and whatever begins so
    [names]             also of several: Drake, Drake's, Drakes; "The" may be left out
    Taylor Swift
    "Prince"            in quotation marks: only as written, or in capitals, for names that are words
    [allowed]           where these words stand, what is in them is not found
    suicide prevention

Whole words are found, however they are spelled (`generation.folding`). A list finds words and no meanings:
who describes a person without the name is not refused, and who sings against a topic is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from generation.folding import is_unspaced, plain, readings, words_of

if TYPE_CHECKING:
    from generation.audio.request import Request

TOPICS, NAMES, ALLOWED = "topics", "names", "allowed"
SECTIONS = (TOPICS, NAMES, ALLOWED)
MOST_BYTES = 2**20
_SHORTEST_STEM = 4
_ARTICLE = "the"


class PolicyError(ValueError):
    """A policy, or a list of cases, that cannot be used; the message says where."""


class RefusedError(ValueError):
    """A prompt asks for what the operator's policy refuses."""


@dataclass(frozen=True)
class Rule:
    """One entry: what it says, of which section, and what its words may be."""

    entry: str
    section: str
    words: tuple[frozenset[str], ...] = ()
    stems: tuple[str, ...] = ()
    together: frozenset[str] = frozenset()
    is_exact: bool = False

    def spans(self, text: str, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Yield where it is found: first word, and the one after the last; a text without spaces is one."""
        if self.is_exact:
            if self._stands_in(text):
                yield 0, len(words)
            return
        if is_unspaced(self.entry):
            if _joined(self.entry) in _joined(text):
                yield 0, len(words)
            return
        n = len(self.words)
        for start, word in enumerate(words):
            if readings(word) & self.together:
                yield start, start + 1
            part = words[start : start + n]
            if len(part) == n and all(self._is(number, one) for number, one in enumerate(part)):
                yield start, start + n

    def _is(self, number: int, word: str) -> bool:
        stem = self.stems[number]
        said = readings(word)
        return bool(said & self.words[number]) or bool(stem and any(one.startswith(stem) for one in said))

    def _stands_in(self, text: str) -> bool:
        ways = "|".join(re.escape(way) for way in {self.entry, self.entry.upper()})
        return (
            re.search(rf"(?<!\w)(?:{ways})(?:['’]?s)?(?!\w)", unicodedata.normalize("NFKC", text)) is not None
        )


@dataclass(frozen=True)
class Policy:
    """Rules, and what is allowed all the same."""

    rules: tuple[Rule, ...] = ()
    allowed: tuple[Rule, ...] = ()

    def refusing(self, text: str) -> Rule | None:
        """Return the first rule that a text breaks, or None."""
        words = words_of(text)
        fine = [span for rule in self.allowed for span in rule.spans(text, words)]
        for rule in self.rules:
            for start, end in rule.spans(text, words):
                if not any(first <= start and end <= last for first, last in fine):
                    return rule
        return None

    def check(self, texts: Iterable[str | None]) -> None:
        """Refuse texts that break a rule.

        Raises
        ------
        RefusedError
            It names the rule, so that whoever runs the service can be asked about it.
        """
        for text in texts:
            rule = self.refusing(text) if text else None
            if rule is not None:
                kind = "name" if rule.section == NAMES else "topic"
                raise RefusedError(
                    f"this service does not make music for the {kind} {rule.entry!r}: its policy"
                )


def load_policy(path: Path | None) -> Policy:
    """Read a policy; None is one without rules.

    Raises
    ------
    PolicyError
        It cannot be read, or a line means nothing: better no service than one without its rules.
    """
    if path is None:
        return Policy()
    rules: dict[str, list[Rule]] = {section: [] for section in SECTIONS}
    section = ""
    for number, line in lines_of(path):
        where = f"{path}, line {number}"
        if line.startswith("["):
            section = line.strip("[] ").casefold()
            if section not in SECTIONS:
                raise PolicyError(f"{where}: a section is one of {', '.join(SECTIONS)}, got {line[:40]}")
        elif not section:
            raise PolicyError(f"{where}: an entry stands before the first section, [topics] or [names]")
        else:
            try:
                rules[section].append(rule_of(line, section))
            except ValueError as error:
                raise PolicyError(f"{where}: {error}") from None
    if not rules[TOPICS] and not rules[NAMES]:
        raise PolicyError(f"{path} holds neither topics nor names")
    return Policy((*rules[TOPICS], *rules[NAMES]), tuple(rules[ALLOWED]))


def texts_of(request: Request) -> list[str]:
    """All that somebody asks of a generator in words of their own."""
    blend = request.blend.prompt if request.blend is not None else None
    words = [request.prompt, request.negative_prompt, request.genre, blend]
    return [text for text in [*words, *(section.prompt for section in request.sections)] if text]


def rule_of(entry: str, section: str) -> Rule:
    """Read one entry.

    Raises
    ------
    ValueError
        It has no words, or a star behind fewer than four letters.
    """
    quoted = re.fullmatch(r'"(.+)"', entry)
    if quoted:
        return Rule(unicodedata.normalize("NFKC", quoted[1].strip()), section, is_exact=True)
    words, is_stem = words_of(entry), entry.endswith("*")
    if not words or "*" in entry[:-1]:
        raise ValueError(f"{entry[:40]!r}: words are expected, at most with a star at the end")
    if is_stem and len(words[-1]) < _SHORTEST_STEM:
        raise ValueError(f"{entry[:40]!r}: a star stands behind {_SHORTEST_STEM} letters or more")
    if section == NAMES and words[0] == _ARTICLE and any(len(word) > 3 for word in words[1:]):
        words = words[1:]
    return Rule(
        entry,
        section,
        words=tuple(frozenset(_forms(word, section)) for word in words),
        stems=("",) * (len(words) - 1) + (words[-1] if is_stem else "",),
        together=frozenset(_forms("".join(words), section)) if len(words) > 1 else frozenset(),
    )


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something, with their numbers; raises PolicyError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PolicyError(f"{path} has more than {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PolicyError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path} is no UTF-8 at byte {error.start}") from None
    for number, line in enumerate(text.splitlines(), start=1):
        said = re.sub(r"(^|\s)#.*", "", line).strip()
        if said:
            yield number, said


def _forms(word: str, section: str) -> list[str]:
    """A word, itself first, and as it is inflected: a name in plural and genitive, a topic also as a verb.

    Words that are made of it (killer, rapist) are others, and have lines of their own.

    >>> _forms("stab", "topics")
    ['stab', 'stabs', 'stabing', 'stabed', 'stabbing', 'stabbed']
    """
    found = [word, f"{word}s"]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        found.append(f"{word}es")
    if section == NAMES:
        return found + ([word[:-1]] if word.endswith("s") and len(word) > _SHORTEST_STEM else [])
    if not word.isalpha() or len(word) < 3:
        return found
    if word.endswith("y"):
        found += [f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing"]
    elif word.endswith("e"):
        found += [f"{word[:-1]}ing", f"{word}d"]
    else:
        found += [f"{word}ing", f"{word}ed"]
        if word[-1] not in "aeiouwx" and word[-2] in "aeiou":
            found += [f"{word}{word[-1]}ing", f"{word}{word[-1]}ed"]
    return found


def _joined(text: str) -> str:
    return "".join(character for character in plain(text) if character.isalnum())
