"""Counting n-grams, and taking away those that matter least.

Modified Kneser-Ney takes three discounts an order from how many n-grams were seen once, twice, three and
four times (Chen & Goodman, 1999, section 3). Pruning compares, for each n-gram, what it says with what the
shorter one would (weighted difference: Seymore & Rosenfeld, ICSLP 1996), and hands the mass of those that go
down to the shorter ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.ngram import NgramModel, Order, bits_of, pack, size_of
from generation.lyrics.tokenizer import END

_PREDICTED_FROM = 1  # PAD is never predicted, but the unigrams give it a crumb: nothing has probability 0.


@dataclass(frozen=True)
class NgramConfig:
    """How long n-grams are, in words, and how much room they may take on disk (0: as much as they need)."""

    order: int = 5
    most_bytes: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no n-gram."""
        if not 2 <= self.order <= 5 or self.most_bytes < 0:
            raise ValueError(f"n-grams have two to five words and no negative size, got {self}")


def train_ngram(
    songs: Sequence[np.ndarray], vocab_size: int, config: NgramConfig | None = None, *, tokenizer_id: str = ""
) -> NgramModel:
    """Count the n-grams of songs, each an array of tokens.

    Raises
    ------
    ValueError
        No songs, tokens outside the vocabulary, or a vocabulary too large for n-grams of this length.
    """
    config = config or NgramConfig()
    bits = bits_of(vocab_size)
    if bits * config.order > 64:
        raise ValueError(f"{config.order} words of {vocab_size} do not fit into 64 bits: use shorter n-grams")
    stream, ends = _stream(songs)
    if not len(stream) or stream.min() < 0 or stream.max() >= vocab_size:
        raise ValueError(f"songs of tokens 0..{vocab_size - 1} are expected")
    counted = [_count(stream, ends, k, bits) for k in range(1, config.order + 1)]
    tables = [
        counted[k - 1] if k == config.order else _continuations(counted, k, bits)
        for k in range(1, config.order + 1)
    ]
    unigram = _unigram(*tables[0], vocab_size)
    orders = [_order(*tables[k - 1], bits) for k in range(2, config.order + 1)]
    model = NgramModel(unigram, orders, tokenizer_id=tokenizer_id)
    if config.most_bytes and model.n_bytes > config.most_bytes:
        model = prune(model, [counts for _, counts in counted[1:]], config.most_bytes)
    return model


def prune(model: NgramModel, counts: Sequence[np.ndarray], most_bytes: int) -> NgramModel:
    """Take n-grams away until the tables take at most so many bytes.

    Parameters
    ----------
    counts : sequence of int arrays
        How often each n-gram of each order was seen, in the tables' order.

    Raises
    ------
    ValueError
        The unigrams alone take more.
    """
    worth = [_worth(model, k, count) for k, count in enumerate(counts, start=1)]
    low, high = 0.0, float(max((w.max(initial=0.0) for w in worth), default=0.0)) + 1.0
    best = [_kept(order, w >= high) for order, w in zip(model.orders, worth, strict=True)]
    for _ in range(40):
        middle = (low + high) / 2
        kept = [_kept(order, w >= middle) for order, w in zip(model.orders, worth, strict=True)]
        if 4 * model.vocab_size + sum(map(size_of, kept)) <= most_bytes:
            best, high = kept, middle
        else:
            low = middle
    if 4 * model.vocab_size + sum(map(size_of, best)) > most_bytes:
        raise ValueError(f"{model.vocab_size} words do not fit into {most_bytes} bytes")
    return NgramModel(model.unigram, best, tokenizer_id=model.tokenizer_id)


def train_small_ngram(
    songs: Sequence[np.ndarray],
    vocab_size: int,
    valid: Sequence[np.ndarray],
    most_bytes: int,
    *,
    tokenizer_id: str = "",
) -> NgramModel:
    """Train n-grams of each length, pruned to a size, and return what says most about held-out songs.

    Longer is not better here: Kneser-Ney's shorter n-grams are made to stand below longer ones, and say less
    where those were taken away (Chelba et al., Interspeech 2010).
    """
    found = [
        train_ngram(songs, vocab_size, NgramConfig(order, most_bytes), tokenizer_id=tokenizer_id)
        for order in (2, 3, 4, 5)
        if order * bits_of(vocab_size) <= 64
    ]
    return max(found, key=lambda model: sum(float(model.scores(song).sum()) for song in valid))


def discounts(counts: np.ndarray) -> tuple[float, float, float]:
    """What is taken from n-grams seen once, twice, and more often.

    >>> discounts(np.array([1, 1, 1, 1, 2, 2, 3, 4]))
    (0.5, 1.25, 1.0)
    """
    n1, n2, n3, n4 = ((counts == n).sum() for n in (1, 2, 3, 4))
    if not n1 or not n2:
        return 0.5, 1.0, 1.5  # too little text to tell
    y = n1 / (n1 + 2 * n2)
    third = 3 - 4 * y * n4 / n3 if n3 else 1.5
    one, two, more = (
        float(min(max(d, 0.05), n))
        for n, d in enumerate((1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, third), start=1)
    )
    return one, two, more


def _stream(songs: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All songs with `END` before each, and where the song of each token ends."""
    parts = [np.concatenate([[END], song]) for song in songs if len(song)]
    lengths = [len(part) for part in parts]
    stream = np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)
    return stream, np.repeat(np.cumsum(lengths), lengths) if parts else np.zeros(0, np.int64)


def _count(stream: np.ndarray, ends: np.ndarray, k: int, bits: int) -> tuple[np.ndarray, np.ndarray]:
    """N-grams of k words within songs, packed and ascending, and how often each was seen."""
    if len(stream) < k:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    windows = np.lib.stride_tricks.sliding_window_view(stream, k)
    begins = np.concatenate([[True], ends[1:] != ends[:-1]])[: len(windows)]
    inside = np.arange(len(windows)) + k <= ends[: len(windows)]
    if k == 1:
        inside &= ~begins  # the END before a song is a context, and never predicted
    found, counts = np.unique(pack(windows[inside], bits), return_counts=True)
    return found, counts.astype(np.int64)


def _continuations(
    counted: Sequence[tuple[np.ndarray, np.ndarray]], k: int, bits: int
) -> tuple[np.ndarray, np.ndarray]:
    """N-grams of k words with the number of different words seen before them.

    Before a song's beginning stands nothing: those n-grams keep their counts.
    """
    longer = counted[k][0]
    mask = np.uint64((1 << (bits * k)) - 1)
    found, counts = np.unique(longer & mask, return_counts=True)
    if k == 1:
        return found, counts
    grams, seen = counted[k - 1]
    first = (grams >> np.uint64(bits * (k - 1))) == END
    both = np.concatenate([found, grams[first]])
    order = np.argsort(both)
    return both[order], np.concatenate([counts, seen[first]])[order]


def _unigram(words: np.ndarray, counts: np.ndarray, vocab_size: int) -> np.ndarray:
    """Kneser-Ney unigrams, interpolated with all words alike."""
    taken = _discounted(counts)
    p = np.zeros(vocab_size)
    p[words.astype(np.int64)] = taken / counts.sum()
    p += (1 - p.sum()) / vocab_size
    return p.astype(np.float32)


def _order(grams: np.ndarray, counts: np.ndarray, bits: int) -> Order:
    contexts, first = np.unique(grams >> np.uint64(bits), return_index=True)
    offsets = np.append(first, len(grams)).astype(np.int64)
    totals = np.add.reduceat(counts, first) if len(grams) else np.zeros(0)
    mass = _discounted(counts) / np.repeat(totals, np.diff(offsets))
    words = (grams & np.uint64((1 << bits) - 1)).astype(np.uint16)
    return Order(contexts, offsets, words, mass.astype(np.float32))


def _discounted(counts: np.ndarray) -> np.ndarray:
    taken = np.array([0.0, *discounts(counts)])
    return np.asarray(counts - taken[np.minimum(counts, 3)])


def _worth(model: NgramModel, k: int, counts: np.ndarray) -> np.ndarray:
    """What each n-gram with a context of k words adds to the log-likelihood of a text like the training text.

    Such a text has it as often as its count less the discount says: what was seen once may be chance.
    """
    order, bits = model.orders[k - 1], model.bits
    contexts = np.repeat(order.contexts, np.diff(order.offsets))
    words = order.words.astype(np.int64)
    lower = model.unigram[words].astype(np.float64)
    for shorter in range(1, k):
        tail = contexts & np.uint64((1 << (bits * shorter)) - 1)
        lower = model._interpolate(model.orders[shorter - 1], shorter, tail, words, lower)
    gamma = np.repeat(order.gamma, np.diff(order.offsets)).astype(np.float64)
    with_it, without = order.mass + gamma * lower, (gamma + order.mass) * lower
    return np.asarray(_discounted(counts) * np.log(with_it / without))


def _kept(order: Order, keep: np.ndarray) -> Order:
    """The n-grams to keep; contexts without any go."""
    sizes = np.diff(np.concatenate([[0], np.cumsum(keep)])[order.offsets])
    alive = sizes > 0
    offsets = np.concatenate([[0], np.cumsum(sizes[alive])]).astype(np.int64)
    return Order(order.contexts[alive], offsets, order.words[keep], order.mass[keep])
