"""From probabilities to tokens, one after the other, with any of the models.

Filters act in this order: repetition, temperature, then the most likely tokens alone: the first `top_k` (Fan
et al., ACL 2018), the fewest that make up `top_p` (nucleus: Holtzman et al., ICLR 2020), those at least
`min_p` times as likely as the likeliest (Nguyen et al., ICLR 2025). Temperature 0 takes the likeliest token,
always the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.language_model import LanguageModel
from generation.lyrics.tokenizer import BRIDGE_ID, CHORUS_ID, END, LINE, N_MARKS, TITLE, VERSE_ID

SONG_MARKS = (END, TITLE, VERSE_ID, CHORUS_ID, BRIDGE_ID, LINE)
"""Marks that may be sampled; prompts and paddings are not the model's to write."""


@dataclass(frozen=True)
class Sampling:
    """How to choose.

    Attributes
    ----------
    temperature : float
        0 is greedy; 1 is as the model says; above it is unhinged.
    top_k, top_p, min_p : int, float, float
        Filters; 0, 1 and 0 let everything pass.
    repetition : float
        Taken from the log-probability of words said in the last `repetition_span` tokens.
    no_repeat : int
        No run of so many tokens is said twice; 0 allows it.
    max_tokens : int
    """

    temperature: float = 0.8
    top_k: int = 0
    top_p: float = 0.95
    min_p: float = 0.0
    repetition: float = 0.0
    repetition_span: int = 64
    no_repeat: int = 0
    max_tokens: int = 512

    def __post_init__(self) -> None:
        """Refuse what is no way to choose."""
        if not 0 <= self.temperature <= 100:
            raise ValueError(f"the temperature lies between 0 and 100, got {self.temperature}")
        if not 0 < self.top_p <= 1 or not 0 <= self.min_p <= 1 or self.top_k < 0:
            raise ValueError(f"top_p and min_p are shares and top_k is not negative, got {self}")
        if min(self.repetition, self.repetition_span, self.no_repeat) < 0 or self.max_tokens < 1:
            raise ValueError(f"repetition control is not negative and a token is written, got {self}")


def distribution(
    logprobs: np.ndarray,
    settings: Sampling,
    *,
    said: Sequence[int] = (),
    allowed: np.ndarray | None = None,
) -> np.ndarray:
    """Return the probabilities (V,) that are sampled from, float64.

    Parameters
    ----------
    said : sequence of int
        Tokens so far, for repetition control.
    allowed : bool array, shape (V,), optional
        Tokens that may come; if it leaves none, it is the caller's mistake.

    Raises
    ------
    ValueError
        Nothing is allowed.
    """
    scores = logprobs.astype(np.float64).copy()
    if allowed is not None:
        if not allowed.any():
            raise ValueError("no token is allowed here")
        scores[~allowed] = -np.inf
    _control_repetition(scores, settings, said)
    if settings.temperature == 0:
        found = np.zeros(len(scores))
        found[int(scores.argmax())] = 1.0
        return found
    scores = (scores - scores.max()) / settings.temperature
    p = np.exp(scores)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    keep = np.ones(len(p), bool)
    if settings.top_k:
        keep[settings.top_k :] = False
    if settings.top_p < 1:
        before = np.cumsum(p[order]) - p[order]
        keep &= before < settings.top_p
    keep &= p[order] >= settings.min_p * p[order[0]]
    p[order[~keep]] = 0.0
    return np.asarray(p / p.sum())


def choose(p: np.ndarray, rng: np.random.Generator) -> int:
    """Draw a token; a certain one takes no randomness."""
    top = int(p.argmax())
    return top if p[top] == 1.0 else int(np.searchsorted(np.cumsum(p), rng.random() * p.sum(), side="right"))


def generate(
    model: LanguageModel,
    prompt: Sequence[int],
    settings: Sampling,
    *,
    rng: np.random.Generator,
    stops: Collection[int] = (END,),
) -> Iterator[int]:
    """Yield tokens that go on from a prompt, as they are chosen, up to and with the first that stops.

    The prompt counts for repetition control, and is not yielded. Without a prompt a song begins.
    """
    allowed = writable(model.vocab_size)
    said = list(prompt)
    logprobs, state = model.feed(model.start(), np.array(said, np.int64))
    for _ in range(settings.max_tokens):
        token = choose(distribution(logprobs, settings, said=said, allowed=allowed), rng)
        yield token
        if token in stops:
            return
        said.append(token)
        logprobs, state = model.feed(state, np.array([token]))


def writable(vocab_size: int) -> np.ndarray:
    """Tokens that a song is made of, bool (vocab_size,)."""
    allowed = np.ones(vocab_size, bool)
    allowed[:N_MARKS] = False
    allowed[list(SONG_MARKS)] = True
    return allowed


def _control_repetition(scores: np.ndarray, settings: Sampling, said: Sequence[int]) -> None:
    if settings.repetition and said:
        recent = np.unique(np.array(said[-settings.repetition_span :]))
        scores[recent[recent >= N_MARKS]] -= settings.repetition
    n = settings.no_repeat
    if n and len(said) >= n:
        past = np.array(said)
        runs = np.lib.stride_tricks.sliding_window_view(past, n)
        same = (runs[:, :-1] == past[len(past) - n + 1 :]).all(axis=1) if n > 1 else np.ones(len(runs), bool)
        banned = np.unique(runs[same, -1])
        banned = banned[banned >= N_MARKS]
        if np.isfinite(np.delete(scores, banned)).any():
            scores[banned] = -np.inf
