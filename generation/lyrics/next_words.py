"""The words that are most likely to come next, whole words, with their probabilities."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import count

import numpy as np

from generation.lyrics.language_model import LanguageModel, State
from generation.lyrics.tokenizer import LINE, LyricTokenizer
from generation.lyrics.word_table import LINE_END

_WIDTH = 12  # Continuations of a part of a word that are looked at.
_MOST_TOKENS = 6  # Of a word.
_MOST_STEPS = 400
_POINTS = frozenset(bytes([byte]) for byte in b',.;:!?-()"')


def next_words(
    model: LanguageModel, tokenizer: LyricTokenizer, token_ids: Sequence[int], *, k: int = 10
) -> list[tuple[str, float]]:
    """Return the k likeliest next words behind tokens, likeliest first; the end of a line counts as a word.

    A word's probability is that of its tokens and of its ending there. The search takes the likeliest part
    first, and ends when no part can become likelier than the k-th word (or after some hundreds of parts).
    """
    ends = tokenizer.begins_word[: model.vocab_size].copy()
    ends[: LINE + 1] = True  # marks end a word, too, and so do points
    ends |= [token[:1] in _POINTS for token in tokenizer.token_bytes[: model.vocab_size]]
    logprobs, start = model.feed(model.start(), np.array(token_ids, np.int64))
    p = np.exp(logprobs.astype(np.float64))
    found = {LINE_END: float(p[LINE])}
    order = count()
    heap: list[tuple[float, int, tuple[int, ...]]] = []
    for token in np.argsort(-np.where(tokenizer.begins_word[: len(p)], p, 0.0))[: 4 * k + _WIDTH]:
        heapq.heappush(heap, (-float(p[token]), next(order), (int(token),)))
    for _ in range(_MOST_STEPS):
        if not heap or -heap[0][0] <= _kth(found, k):
            break
        weight, _, part = heapq.heappop(heap)
        after, _ = _after(model, start, part)
        word = tokenizer.decode_text(part)
        if word:  # a blank alone is none
            found[word] = found.get(word, 0.0) - weight * float(after[ends].sum())
        if len(part) < _MOST_TOKENS:
            rest = np.where(ends, 0.0, after)
            for token in np.argsort(-rest)[:_WIDTH]:
                heapq.heappush(heap, (weight * float(rest[token]), next(order), (*part, int(token))))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:k]


def _kth(found: dict[str, float], k: int) -> float:
    return sorted(found.values(), reverse=True)[k - 1] if len(found) >= k else 0.0


def _after(model: LanguageModel, state: State, part: Sequence[int]) -> tuple[np.ndarray, State]:
    logprobs, after = model.feed(state, np.array(part, np.int64))
    return np.exp(logprobs.astype(np.float64)), after
