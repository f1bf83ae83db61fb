"""The counted model: interpolated modified Kneser-Ney (Chen & Goodman, 1999), of two to five words.

    p_k(w | c) = mass_k(c w) + gamma_k(c) p_(k-1)(w | c'),   mass_k(c w) = (a(c w) - D(a)) / a(c .)

c' is c without its first word. At the highest order a are counts, below it the number of different words that
come before; what the discounts D take away is what gamma hands down. Each order is a table sorted by context:
`contexts` (packed words, uint64), and for each its followers `words` with their `mass`. gamma is one less the
masses, so the probabilities of a context sum to one whatever was pruned or rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from generation.checkpoint import load_checkpoint, save_checkpoint
from generation.lyrics.tokenizer import END

KIND = "lyric-ngram-1"
_LEAST_GAMMA = 1e-4


@dataclass(frozen=True)
class Order:
    """All that is known of n-grams of one length.

    Attributes
    ----------
    contexts : uint64 array, shape (n_contexts,)
        The words before, packed, ascending.
    offsets : int64 array, shape (n_contexts + 1,)
        Where the followers of each context lie.
    words : uint16 array, shape (n_entries,)
        Ascending within a context.
    mass : float32 array, shape (n_entries,)
    """

    contexts: np.ndarray
    offsets: np.ndarray
    words: np.ndarray
    mass: np.ndarray
    gamma: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out gamma; masses that sum to one or more, by rounding, are scaled down."""
        sums = _sums(self.mass, self.offsets)
        scale = np.minimum(1.0, (1 - _LEAST_GAMMA) / np.maximum(sums, 1e-12))
        mass = (self.mass * np.repeat(scale, np.diff(self.offsets))).astype(np.float32)
        object.__setattr__(self, "mass", mass)
        object.__setattr__(self, "gamma", (1 - sums * scale).astype(np.float32))

    def find(self, contexts: np.ndarray) -> np.ndarray:
        """Rows of packed contexts, -1 for those that are not there."""
        if not len(self.contexts):
            return np.full(len(contexts), -1)
        rows = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        return np.where(self.contexts[rows] == contexts, rows, -1)

    def entries(self, bits: int) -> np.ndarray:
        """Every n-gram packed, uint64 (n_entries,), ascending."""
        packed = np.repeat(self.contexts, np.diff(self.offsets)) << np.uint64(bits)
        return np.asarray(packed | self.words.astype(np.uint64))


class NgramModel:
    """Kneser-Ney counts as a language model; made by `ngram_training.train_ngram`.

    Parameters
    ----------
    unigram : float32 array, shape (V,)
        Probability of each token by itself, none of them 0.
    orders : sequence of Order
        Of two words, of three, and so on.
    """

    def __init__(self, unigram: np.ndarray, orders: Sequence[Order], *, tokenizer_id: str = "") -> None:
        self.unigram, self.orders, self._tokenizer_id = unigram, tuple(orders), tokenizer_id
        self.bits = bits_of(len(unigram))

    @property
    def order(self) -> int:
        """The longest n-gram, in words."""
        return len(self.orders) + 1

    @property
    def name(self) -> str:
        """`ngram` and how long."""
        return f"ngram-{self.order}"

    @property
    def vocab_size(self) -> int:
        """Of the tokens."""
        return len(self.unigram)

    @property
    def n_parameters(self) -> int:
        """N-grams with a probability of their own."""
        return self.vocab_size + sum(len(order.words) for order in self.orders)

    @property
    def tokenizer_id(self) -> str:
        """`identity` of the tokenizer that it was trained with."""
        return self._tokenizer_id

    @property
    def n_bytes(self) -> int:
        """What its tables take on disk."""
        return 4 * self.vocab_size + sum(size_of(order) for order in self.orders)

    def start(self) -> np.ndarray:
        """The words before the first: `END`."""
        return np.array([END], np.int64)

    def feed(self, state: np.ndarray, token_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Read tokens; see `LanguageModel`."""
        history = np.concatenate([state, np.asarray(token_ids, np.int64)])[-max(self.order - 1, 1) :]
        p = self.unigram.astype(np.float64)
        for k, order in enumerate(self.orders, start=1):
            if len(history) < k:
                break
            (row,) = order.find(pack(history[-k:][None], self.bits))
            if row >= 0:
                part = slice(order.offsets[row], order.offsets[row + 1])
                p *= order.gamma[row]
                p[order.words[part]] += order.mass[part]
        return np.log(p / p.sum()).astype(np.float32), history

    def logprobs(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probabilities (T, V); see `LanguageModel`."""
        state, rows = self.start(), []
        fed: np.ndarray = np.zeros(0, np.int64)
        for token in np.asarray(token_ids, np.int64):
            row, state = self.feed(state, fed)
            rows.append(row)
            fed = np.array([token])
        return np.stack(rows) if rows else np.zeros((0, self.vocab_size), np.float32)

    def scores(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probability (T,) of each token, all at once; see `LanguageModel`."""
        words = np.asarray(token_ids, np.int64)
        history = np.concatenate([[END], words])
        p = self.unigram[words].astype(np.float64)
        for k, order in enumerate(self.orders, start=1):
            if len(words) < k:
                break
            windows = np.lib.stride_tricks.sliding_window_view(history[:-1], k)
            p[k - 1 :] = self._interpolate(order, k, pack(windows, self.bits), words[k - 1 :], p[k - 1 :])
        return np.log(p).astype(np.float32)

    def _interpolate(
        self, order: Order, k: int, contexts: np.ndarray, words: np.ndarray, lower: np.ndarray
    ) -> np.ndarray:
        """Probabilities of words in contexts of k words, from those in shorter ones."""
        entries = self._entries[k - 1]
        if not len(entries):
            return lower
        rows = order.find(contexts)
        p = np.where(rows >= 0, order.gamma[np.maximum(rows, 0)], 1.0) * lower
        packed = (contexts << np.uint64(self.bits)) | words.astype(np.uint64)
        at = np.minimum(np.searchsorted(entries, packed), len(entries) - 1)
        return np.asarray(p + np.where(entries[at] == packed, order.mass[at], 0.0))

    @cached_property
    def _entries(self) -> list[np.ndarray]:
        return [order.entries(self.bits) for order in self.orders]

    def save(self, folder: Path) -> None:
        """Write the tables; masses in half precision."""
        arrays = {"unigram": self.unigram.astype(np.float32)}
        for k, order in enumerate(self.orders, start=2):
            arrays[f"contexts{k}"] = order.contexts
            arrays[f"counts{k}"] = np.diff(order.offsets).astype(np.uint16)
            arrays[f"words{k}"] = order.words
            arrays[f"mass{k}"] = order.mass.astype(np.float16)
        config = {"order": self.order, "vocab_size": self.vocab_size, "tokenizer": self._tokenizer_id}
        save_checkpoint(folder, kind=KIND, config=config, arrays=arrays)


def load_ngram(folder: Path) -> NgramModel:
    """Read what `NgramModel.save` wrote.

    Raises
    ------
    CheckpointError
    """
    saved = load_checkpoint(folder, kind=KIND)
    orders = [
        Order(
            saved.arrays[f"contexts{k}"],
            np.concatenate([[0], np.cumsum(saved.arrays[f"counts{k}"].astype(np.int64))]),
            saved.arrays[f"words{k}"],
            saved.arrays[f"mass{k}"].astype(np.float32),
        )
        for k in range(2, int(saved.config["order"]) + 1)
    ]
    return NgramModel(saved.arrays["unigram"], orders, tokenizer_id=str(saved.config["tokenizer"]))


def bits_of(vocab_size: int) -> int:
    """Bits that a token takes in a packed n-gram."""
    return max(1, (vocab_size - 1).bit_length())


def pack(windows: np.ndarray, bits: int) -> np.ndarray:
    """Pack rows of tokens, (n, k), into uint64 (n,): the first one highest."""
    packed = np.zeros(len(windows), np.uint64)
    for column in windows.T:
        packed = (packed << np.uint64(bits)) | column.astype(np.uint64)
    return packed


def size_of(order: Order) -> int:
    """Bytes of a table on disk: eight and two a context, two and two an n-gram."""
    return 10 * len(order.contexts) + 4 * len(order.words)


def _sums(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Sums of the parts that offsets cut, float64; empty parts sum to 0."""
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    return np.asarray(total[offsets[1:]] - total[offsets[:-1]])
