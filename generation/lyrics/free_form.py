"""Songs in a form that the model chooses: any that is valid (`form.form_faults`), and no other.

The model says when a line, a section and the song end and which section comes next; what would make a song
that nobody can sing is not to be chosen: a section of one line, a line of twenty words, a song of one chorus,
an end in the middle of a line. A chorus that comes again is said again word for word. When the room for the
song is nearly used up, what is begun is ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from generation.lyrics.form import MOST_LINES, MOST_WORDS
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.sampling import Sampling
from generation.lyrics.song import words_of
from generation.lyrics.tokenizer import (
    BRIDGE_ID,
    CHORUS_ID,
    END,
    LINE,
    N_MARKS,
    TITLE,
    VERSE_ID,
    LyricTokenizer,
)
from generation.lyrics.word_drawing import Bonus, Objects, draw_words, no_bonus, no_objections

_SECTIONS = (VERSE_ID, CHORUS_ID, BRIDGE_ID)
_MOST_SECTIONS = 8
_MOST_TITLE = 10  # Words.
_FEWEST_LINES = 4  # Of a song.
_MOST_LINE_TOKENS = 44
_LAST_ROOM = 40  # Tokens before the most, from which on nothing new is begun.


def write_freely(
    model: LanguageModel,
    tokenizer: LyricTokenizer,
    prompt: Sequence[int],
    settings: Sampling,
    *,
    rng: np.random.Generator,
    objects: Objects = no_objections,
    bonus: Bonus = no_bonus,
) -> Iterator[int]:
    """Yield the tokens of a song behind a prompt, to its `END`, which comes at about `max_tokens`."""
    form = FreeForm(tokenizer, model.vocab_size, settings.max_tokens)
    said, start = list(prompt), len(prompt)
    _, state = model.feed(model.start(), np.array(said, np.int64))
    while True:
        before = said[start:]

        def allowed(new: Sequence[int], before: Sequence[int] = before) -> np.ndarray:
            return form.allowed([*before, *new])

        state = yield from draw_words(
            model,
            state,
            said,
            settings,
            tokenizer=tokenizer,
            allowed=allowed,
            objects=objects,
            rng=rng,
            stops=(END, CHORUS_ID),
            bonus=lambda read, word: bonus(read[start:], word),
        )
        if said[-1] == END:
            return
        chorus = _first_chorus(said[start:-1])
        if chorus:
            yield from chorus
            said += chorus
            _, state = model.feed(state, np.array(chorus))


def write_title(
    model: LanguageModel,
    tokenizer: LyricTokenizer,
    prompt: Sequence[int],
    settings: Sampling,
    *,
    rng: np.random.Generator,
    objects: Objects = no_objections,
    bonus: Bonus = no_bonus,
) -> list[int]:
    """Return `TITLE` and the tokens of a title behind a prompt, for a song whose sections are written to a
    form.
    """
    form, said = FreeForm(tokenizer, model.vocab_size, settings.max_tokens), [*prompt, TITLE]
    _, state = model.feed(model.start(), np.array(said, np.int64))
    drawn = draw_words(
        model,
        state,
        said,
        settings,
        tokenizer=tokenizer,
        allowed=lambda new: form.allowed([TITLE, *new]),
        objects=objects,
        rng=rng,
        bonus=lambda read, word: bonus(read[len(prompt) :], word),
    )
    title = [TITLE]
    for token in drawn:
        if token < N_MARKS:
            break
        title.append(token)
    return title


def _first_chorus(song: Sequence[int]) -> list[int]:
    """The tokens of the chorus that was sung first, without its mark; none before there is one."""
    if CHORUS_ID not in song:
        return []
    first = list(song).index(CHORUS_ID) + 1
    marks = [place for place in range(first, len(song)) if song[place] in _SECTIONS]
    return list(song[first : marks[0] if marks else len(song)])


class FreeForm:
    """Says which tokens may come next in a song.

    Parameters
    ----------
    max_tokens : int
        At about so many the song ends.
    """

    def __init__(self, tokenizer: LyricTokenizer, vocab_size: int, max_tokens: int) -> None:
        self._tokenizer, self._most = tokenizer, max_tokens
        text = np.arange(vocab_size) >= N_MARKS
        begins = tokenizer.begins_word[:vocab_size]
        self._text: np.ndarray = text
        self._first: np.ndarray = text & begins
        self._within: np.ndarray = text & ~begins
        pieces = [token.decode("ascii", "replace") for token in tokenizer.token_bytes[:vocab_size]]
        self._points: np.ndarray = self._within & [
            not any(c.isalnum() or c == "\ufffd" for c in one) for one in pieces
        ]
        self._lettered: np.ndarray = text & [any(c.isalpha() for c in one) for one in pieces]
        self._letters: np.ndarray = self._within & [one.isalpha() and one.isascii() for one in pieces]

    def allowed(self, song: Sequence[int]) -> np.ndarray:
        """Which tokens may come next, bool (V,), behind those of a song so far; some always may."""
        if not len(song):
            return self._marks((TITLE, VERSE_ID, CHORUS_ID))
        place = next((at for at in range(len(song) - 1, -1, -1) if song[at] < N_MARKS), -1)
        line = song[place + 1 :]
        n_words = len(words_of(self._tokenizer.decode_text(line))) if len(line) else 0
        if place >= 0 and song[place] == TITLE:
            return self._behind_title(line, n_words)
        if len(line):
            return self._in_line(line, n_words)
        return self._between_lines(song)

    def _behind_title(self, line: Sequence[int], n_words: int) -> np.ndarray:
        if not len(line):
            return self._first.copy()
        mask = self._within.copy() if n_words >= _MOST_TITLE else self._text.copy()
        if len(line) > _MOST_LINE_TOKENS:
            mask[:] = False
        return np.asarray(mask | self._marks((VERSE_ID, CHORUS_ID)))

    def _in_line(self, line: Sequence[int], n_words: int) -> np.ndarray:
        if len(line) > _MOST_LINE_TOKENS:  # so many points and no word: now one begins
            return self._marks((LINE,)) if n_words else self._first & self._lettered
        if n_words < MOST_WORDS:
            mask = self._text.copy()
            mask[LINE] = n_words > 0
            return mask
        # The word that began may end, and points may follow, behind which a letter would be another word.
        ends_in_letter = self._tokenizer.decode_text(line)[-1:].isalpha()
        mask = self._marks((LINE,)) | self._points
        return np.asarray(mask | self._letters if ends_in_letter else mask)

    def _between_lines(self, song: Sequence[int]) -> np.ndarray:
        """A new line, another section, or the end."""
        sections = _sections(song)
        mark, lines = sections[-1]
        n_lines = sum(len(part) for _, part in sections)
        has_verse = any(one != CHORUS_ID for one, _ in sections)
        is_late = len(song) > self._most - _LAST_ROOM
        may_close = len(lines) >= 2 and not (
            mark != CHORUS_ID and any(part == lines for one, part in sections[:-1] if one != CHORUS_ID)
        )
        may_end = may_close and has_verse and n_lines >= _FEWEST_LINES
        mask = np.zeros_like(self._text)
        returns = mark == CHORUS_ID and any(one == CHORUS_ID for one, _ in sections[:-1])
        if len(lines) < MOST_LINES and not returns and not (is_late and may_end):
            mask |= self._first
        if may_end:
            mask[END] = True
        may_follow = [one for one in _SECTIONS if not (one == CHORUS_ID == mark)]
        if (may_close and not is_late and len(sections) < _MOST_SECTIONS) or not mask.any():
            mask |= self._marks(may_follow)
        return mask

    def _marks(self, marks: Sequence[int]) -> np.ndarray:
        mask = np.zeros_like(self._text)
        mask[list(marks)] = True
        return mask


def _sections(song: Sequence[int]) -> list[tuple[int, list[tuple[int, ...]]]]:
    """The sections of a song, each its mark and its lines; tokens behind a mark and none are a verse."""
    found: list[tuple[int, list[tuple[int, ...]]]] = []
    line: list[int] = []
    for token in song:
        if token >= N_MARKS:
            line.append(int(token))
            continue
        if token in _SECTIONS:
            found.append((int(token), []))
        elif token == LINE:
            if not found:
                found.append((VERSE_ID, []))
            found[-1][1].append(tuple(line))
        line = []
    return found or [(VERSE_ID, [])]
