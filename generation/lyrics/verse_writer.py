"""Writing to a form: the model chooses the words, the form says where lines and sections end and what rhymes.

A line is drawn token by token; its end is forbidden before it has its fewest syllables and forced at its
most. A line that has to rhyme is drawn several times. Rewarded, the likeliest take wins, with a bonus for
rhyming; enforced, one that rhymes, and if none does, the last word of the likeliest is replaced by a word
that rhymes, as the model likes it in that place. A chorus that returns is read to the model again, so that
what follows knows of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from generation.lyrics.form import MOST_WORDS, Form
from generation.lyrics.language_model import LanguageModel, State
from generation.lyrics.rhyme import Rhymer, last_word
from generation.lyrics.sampling import Sampling
from generation.lyrics.song import CHORUS, words_of
from generation.lyrics.tokenizer import END, ID_OF, LINE, N_MARKS, LyricTokenizer
from generation.lyrics.word_drawing import Bonus, Objects, draw_words, no_bonus, no_objections

ENFORCED, REWARDED = "enforced", "rewarded"
_MOST_TOKENS = 48  # Of a line.
_MOST_RHYMES = 60  # Words that are tried in a rhyming place.


@dataclass(frozen=True)
class RhymeRule:
    """How rhymes are brought about: `takes` of each rhyming line, and the `bonus`, in nats a token, of a
    rhyme.
    """

    mode: str = ENFORCED
    takes: int = 6
    bonus: float = 1.5

    def __post_init__(self) -> None:
        """Refuse unknown modes."""
        if self.mode not in (ENFORCED, REWARDED) or self.takes < 1:
            raise ValueError(f"rhymes are {ENFORCED} or {REWARDED}, of one take or more; got {self}")


@dataclass(frozen=True)
class _Take:
    """A line that was drawn: its tokens, without the line end, and how likely it was, in nats a token."""

    token_ids: tuple[int, ...]
    score: float
    text: str


class VerseWriter:
    """Writes to forms with one model.

    Parameters
    ----------
    common : sequence of str
        Words that may be put in a rhyming place, as the training text has them: a dictionary knows too many.
    objects : callable
        Says of tokens whether their last word may not be said.
    bonus : callable
        Nats for tokens that are wanted (`topic.Topic.bonus`), behind the prompt and all that is written.
    """

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: LyricTokenizer,
        rhymer: Rhymer,
        *,
        common: Sequence[str] = (),
        rule: RhymeRule | None = None,
        objects: Objects = no_objections,
        bonus: Bonus = no_bonus,
    ) -> None:
        self._objects, self._bonus = objects, bonus
        self._model, self._tokenizer, self._rhymer = model, tokenizer, rhymer
        self._common, self._rule = frozenset(common), rule or RhymeRule()
        text = np.arange(model.vocab_size) >= N_MARKS
        self._text = text
        self._within = text & ~tokenizer.begins_word[: model.vocab_size]

    def write(
        self, prompt: Sequence[int], form: Form, settings: Sampling, *, rng: np.random.Generator
    ) -> Iterator[int]:
        """Yield the tokens of a song of this form behind a prompt, section by section, to `END`.

        Lines that need no rhyme come token by token, the others as wholes.
        """
        said = list(prompt)
        _, state = self._model.feed(self._model.start(), np.array(said, np.int64))
        chorus: list[int] | None = None
        for mark in form.sections:
            if mark == CHORUS and chorus is not None:
                _, state = self._model.feed(state, np.array(chorus))
                said += chorus
                yield from chorus
                continue
            section = [ID_OF[mark]]
            yield ID_OF[mark]
            _, state = self._model.feed(state, np.array(section))
            lines: list[str] = []
            for number in range(form.lines):
                partner = form.partner(number)
                word = last_word(lines[partner]) if partner is not None else ""
                taken = [last_word(line) for line in lines]
                line, state = yield from self._line(state, said + section, form, settings, rng, word, taken)
                section += [*line, LINE]
                lines.append(self._tokenizer.decode_text(line))
            said += section
            if mark == CHORUS:
                chorus = section
        yield END

    def _line(
        self,
        state: State,
        said: Sequence[int],
        form: Form,
        settings: Sampling,
        rng: np.random.Generator,
        word: str,
        taken: Sequence[str],
    ) -> Generator[int, None, tuple[list[int], State]]:
        """Yield a line and its end; return its tokens and the state behind it."""
        if not word:
            line: list[int] = []
            for token in self._tokens(state, said, form, settings, rng):
                line.append(token)
                yield token
        else:
            line = list(self._rhyming(state, said, form, settings, rng, word, taken).token_ids)
            yield from line
        yield LINE
        _, state = self._model.feed(state, np.array([*line, LINE]))
        return line, state

    def _rhyming(
        self,
        state: State,
        said: Sequence[int],
        form: Form,
        settings: Sampling,
        rng: np.random.Generator,
        word: str,
        taken: Sequence[str],
    ) -> _Take:
        # Greedy takes would all be one: the first is as asked, the others are drawn.
        warm = settings if settings.temperature else replace(settings, temperature=0.7)
        takes = []
        for number in range(self._rule.takes):
            token_ids = list(self._tokens(state, said, form, settings if not number else warm, rng))
            takes.append(self._scored(state, token_ids))
            if settings.temperature == 0 and self._rhymes(takes[0], word, taken):
                return takes[0]
        bonus = self._rule.bonus if self._rule.mode == REWARDED else 1e6
        best = max(takes, key=lambda take: take.score + bonus * self._rhymes(take, word, taken))
        if self._rule.mode == REWARDED or self._rhymes(best, word, taken):
            return best
        return self._with_rhyme(state, said, best, word, taken)

    def _rhymes(self, take: _Take, word: str, taken: Sequence[str]) -> bool:
        end = last_word(take.text)
        return end not in taken and self._rhymer.rhymes(end, word)

    def _with_rhyme(
        self, state: State, said: Sequence[int], take: _Take, word: str, taken: Sequence[str]
    ) -> _Take:
        """The line with another last word, the likeliest there that rhymes; as it is where no word does."""
        stem = list(take.token_ids)
        while stem and not self._tokenizer.begins_word[stem[-1]]:
            stem.pop()
        stem = stem[:-1]
        known = [w for w in self._rhymer.words_that_rhyme(word) if w in self._common or not self._common]
        best: _Take | None = None
        for candidate in [w for w in known if w not in taken][:_MOST_RHYMES]:
            line = [*stem, *self._tokenizer.encode_text(candidate)]
            if self._objects([*said, *line], 0):
                continue
            made = self._scored(state, line)
            if best is None or made.score > best.score:
                best = made
        return best or take

    def _scored(self, state: State, token_ids: list[int]) -> _Take:
        """How likely a line is, its end included."""
        total = 0.0
        fed: list[int] = []
        for token in [*token_ids, LINE]:
            logprobs, state = self._model.feed(state, np.array(fed, np.int64))
            total += float(logprobs[token])
            fed = [token]
        text = self._tokenizer.decode_text(token_ids)
        return _Take(tuple(token_ids), total / (len(token_ids) + 1), text)

    def _tokens(
        self,
        state: State,
        said: Sequence[int],
        form: Form,
        settings: Sampling,
        rng: np.random.Generator,
    ) -> Iterator[int]:
        """Draw the tokens of a line, without its end."""
        drawn = draw_words(
            self._model,
            state,
            list(said),
            settings,
            tokenizer=self._tokenizer,
            allowed=lambda line: self._allowed(line, form),
            objects=self._objects,
            rng=rng,
            most=_MOST_TOKENS,
            bonus=self._bonus,
        )
        for token in drawn:
            if token == LINE:
                return
            yield token

    def _allowed(self, line: Sequence[int], form: Form) -> np.ndarray:
        """Which tokens may come next: its end before the fewest syllables may not, a new word at the most."""
        text = self._tokenizer.decode_text(line)
        n_words = len(words_of(text))
        if form.syllables is None:
            is_short, is_full, is_over = n_words < 1, n_words >= MOST_WORDS, False
        else:
            fewest, most = form.syllables
            n = self._rhymer.syllables(text)
            is_short, is_full = n < fewest or n_words < 1, n >= most or n_words >= MOST_WORDS
            is_over = n > most + 1
        if is_full:
            may_grow = not is_over and len(line) < _MOST_TOKENS - 1  # the word that began may end
            allowed = self._within.copy() if may_grow else np.zeros_like(self._text)
            allowed[LINE] = True
            return allowed
        allowed = self._text.copy()
        if not line:
            allowed &= ~self._within  # a line begins with a word
        allowed[LINE] = not is_short
        return allowed
