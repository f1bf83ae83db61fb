"""Drawing tokens a word at a time, so that a word that may not be said never is.

Tokens are pieces of words, and whether a word may be said is known when it is whole: when what would come
next begins another word or is a mark. So the tokens of a word are held back until then; one that is objected
to is forgotten, its last piece is forbidden behind its first ones, and the word is drawn anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Mapping, Sequence

import numpy as np

from generation.lyrics.language_model import LanguageModel, State
from generation.lyrics.refused_words import RefusedWords
from generation.lyrics.runs import RUN, RunSet, run_hashes
from generation.lyrics.sampling import Sampling, choose, distribution
from generation.lyrics.song import words_of
from generation.lyrics.tokenizer import END, LINE, MARK_OF, N_MARKS, LyricTokenizer

Objects = Callable[[Sequence[int], int], bool]
"""Whether the last word of some tokens may not be said, in whose place so many were refused before."""
Allowed = Callable[[Sequence[int]], np.ndarray]
"""Which tokens, bool (V,), may come behind those that were drawn."""
Bonus = Callable[[Sequence[int], Sequence[int]], Mapping[int, float]]
"""Nats for tokens behind what was read and a word that has begun."""
_MOST_UNKNOWN = 8  # Words in one place that are refused since nobody knows them.
# Such words in a whole song, beyond one in four of those that are said: hot sampling makes little else, and a
# song of pieces put together anyhow is what was asked for then, not minutes of looking for words.
_UNKNOWN_IN_ALL = 40
_TRIES = 4  # Words that begin with one piece and may not be said: then no word is begun so here.
_LOOKED_AT = 60  # Tokens back in which the last words are looked for.


def no_bonus(_said: Sequence[int], _word: Sequence[int]) -> Mapping[int, float]:
    """All is as likely as the model says."""
    return {}


def raised(logprobs: np.ndarray, bonus: Mapping[int, float]) -> np.ndarray:
    """Scores (V,) with the bonus of each token added; not normalised."""
    if not bonus:
        return logprobs
    found = logprobs.copy()
    for token, nats in bonus.items():
        found[token] += nats
    return found


def draw_words(
    model: LanguageModel,
    state: State,
    said: list[int],
    settings: Sampling,
    *,
    tokenizer: LyricTokenizer,
    allowed: Allowed,
    objects: Objects,
    rng: np.random.Generator,
    stops: Collection[int] = (),
    most: int | None = None,
    bonus: Bonus = no_bonus,
) -> Generator[int, None, State]:
    """Yield tokens, each word whole and none a control character, and return the state behind the last.

    Parameters
    ----------
    said : list of int
        What was read; what is yielded is added to it. Objections and repetition control see all of it.
    stops : collection of int
        Marks behind which it ends.
    most : int, optional
        Tokens to draw at most; a word that is not whole then is left out.
    bonus : callable
        Nats that are added to tokens, behind what was read and the word that has begun.
    """
    start = len(said)
    ends_word = tokenizer.begins_word[: model.vocab_size].copy()
    ends_word[:N_MARKS] = True
    printable = ~tokenizer.is_control[: model.vocab_size]
    word: list[int] = []
    forbidden: dict[tuple[int, ...], set[int]] = {}
    objected: dict[int, int] = {}
    n_refused = 0
    logprobs, state = model.feed(state, np.zeros(0, np.int64))
    fresh = (logprobs, state)  # where the word begins
    while most is None or len(said) + len(word) - start < most:
        mask = allowed([*said[start:], *word]) & printable
        for token in forbidden.get(tuple(word), ()):
            mask[token] = False
        if not (word or mask.any()):
            raise ValueError("no word is left that may be said here")
        liked = raised(logprobs, bonus(said, word))
        drawn = distribution(liked, settings, said=[*said, *word], allowed=mask) if mask.any() else None
        token = END if drawn is None else choose(drawn, rng)
        if word and ends_word[token] and (drawn is None or objects([*said, *word], n_refused)):
            forbidden.setdefault(tuple(word[:-1]), set()).add(word[-1])
            objected[word[0]] = objected.get(word[0], 0) + 1
            if objected[word[0]] >= _TRIES:
                forbidden.setdefault((), set()).add(word[0])
            n_refused += 1
            word, (logprobs, state) = [], fresh
            continue
        # What was forbidden is so until the place is another: a word that begins anew stands where it stood.
        if word and ends_word[token]:
            yield from word
            said += word
            word, forbidden, objected, fresh, n_refused = [], {}, {}, (logprobs, state), 0
        if token >= N_MARKS:
            word.append(token)
        else:
            yield token
            said.append(token)
        logprobs, state = model.feed(state, np.array([token]))
        if token < N_MARKS:
            forbidden, objected, fresh, n_refused = {}, {}, (logprobs, state), 0
        if token in stops:
            return state
    return state


def no_objections(_token_ids: Sequence[int], _n_refused: int = 0) -> bool:
    """Everything may be said."""
    return False


class Objections:
    """What no song of ours says: refused words, words that there are not, and six in a row that stand in the
    training text.

    Parameters
    ----------
    runs : RunSet, optional
        Of the training text; without it copies are not looked for.
    given : sequence of str
        Lines that whoever asks has brought, of which words may be kept.
    words : RunSet, optional
        Words that there are; without it pieces may be put together to words that nobody knows, and so they
        may be after several tries, or where most of what a song tries is unknown: a model that hardly knows a
        word would else search for ever. So objections are of one song, and count what it said.
    """

    def __init__(
        self,
        tokenizer: LyricTokenizer,
        refused: RefusedWords,
        *,
        runs: RunSet | None = None,
        given: Sequence[str] = (),
        words: RunSet | None = None,
    ) -> None:
        self._tokenizer, self._refused, self._runs, self._words = tokenizer, refused, runs, words
        self._brought = frozenset(word for line in given for word in words_of(line))
        self._given = frozenset(run_hashes(given).tolist())
        self._n_said, self._n_unknown = 0, 0

    def __call__(self, token_ids: Sequence[int], n_refused: int = 0) -> bool:
        """Whether the last word of these tokens may not be said."""
        lines = self._lines(token_ids)
        if self._refused.ends_with(lines[-1]) or (self._runs is not None and self._copies(lines, self._runs)):
            return True
        if self._looks_words_up(n_refused) and self._is_unknown(lines[-1]):
            self._n_unknown += 1
            return True
        self._n_said += 1
        return False

    def _looks_words_up(self, n_refused: int) -> bool:
        return n_refused < _MOST_UNKNOWN and self._n_unknown < _UNKNOWN_IN_ALL + self._n_said // 4

    def _is_unknown(self, line: str) -> bool:
        last = words_of(line)[-1:]
        if self._words is None or not last or last[0] in self._brought:
            return False
        return not self._words.contains(run_hashes(last, 1)).all()

    def _copies(self, lines: Sequence[str], runs: RunSet) -> bool:
        words = [word for line in lines for word in words_of(line)][-RUN:]
        found = run_hashes([" ".join(words)])
        return bool(len(found)) and int(found[0]) not in self._given and bool(runs.contains(found)[0])

    def _lines(self, token_ids: Sequence[int]) -> list[str]:
        """The last lines of a song, one at least, up to the one that is written."""
        lines: list[list[int]] = [[]]
        for token in reversed(token_ids[-_LOOKED_AT:]):
            if token >= N_MARKS:
                lines[-1].append(int(token))
            elif token == LINE or token in MARK_OF:
                lines.append([])
            else:
                break
        return [self._tokenizer.decode_text(line[::-1]) for line in reversed(lines)]
