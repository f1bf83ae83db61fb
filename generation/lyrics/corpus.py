"""Songs to learn from: which books train and which are held back, without one text on both sides, and the
stream of tokens that batches are cut from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.runs import run_hashes
from generation.lyrics.song import SongText
from generation.lyrics.tokenizer import LyricTokenizer

_SHARED = 0.05
"""Of a training song's six-word runs stand in held-back books: then it is the same song, or quotes it."""


@dataclass(frozen=True)
class Document:
    """One song of a book (`group`); `weight`, 0..1, is how often training sees it."""

    song: SongText
    group: str
    weight: float = 1.0


@dataclass(frozen=True)
class Split:
    """Songs by what they are for; `n_shared` were taken out of training, being in the held-back books too."""

    train: tuple[Document, ...]
    valid: tuple[Document, ...]
    test: tuple[Document, ...]
    n_shared: int = 0


def split_books(documents: Sequence[Document], *, seed: int = 1, share: float = 0.1) -> Split:
    """Hold back whole books: about this share of all bytes to choose by, and as much to measure with.

    Books come in a random order by `numpy.random.default_rng(seed)`; one goes to the side that lacks most,
    if it fits there. Training songs that share runs of words with held-back ones are left out: old songs
    stand in many books.

    Raises
    ------
    ValueError
        Fewer than three books.
    """
    size: dict[str, int] = {}
    for document in documents:
        size[document.group] = size.get(document.group, 0) + document.song.n_bytes
    if len(size) < 3:
        raise ValueError(f"books are split as wholes, which takes at least three; there are {len(size)}")
    groups = sorted(size)
    order = [groups[i] for i in np.random.default_rng(seed).permutation(len(groups))]
    wanted = share * sum(size.values())
    sides: dict[str, set[str]] = {"valid": set(), "test": set()}
    for name, side in sides.items():
        held = 0
        for group in order:
            taken = group in sides["valid"] or group in sides["test"]
            if not taken and (held + size[group] / 2 <= wanted or not side):
                if len(sides["valid"] | sides["test"]) == len(size) - (1 if name == "test" else 2):
                    break  # training needs a book, too
                side.add(group)
                held += size[group]
    by_side = {name: [d for d in documents if d.group in side] for name, side in sides.items()}
    rest = [d for d in documents if not any(d.group in side for side in sides.values())]
    kept = without_shared(rest, [*by_side["valid"], *by_side["test"]])
    return Split(tuple(kept), tuple(by_side["valid"]), tuple(by_side["test"]), len(rest) - len(kept))


def without_shared(documents: Sequence[Document], held_back: Iterable[Document]) -> list[Document]:
    """Leave out songs that share more than one six-word run in twenty with held-back ones."""
    theirs = [run_hashes(document.song.lines) for document in held_back]
    known = np.unique(np.concatenate(theirs)) if theirs else np.zeros(0, np.uint64)
    kept = []
    for document in documents:
        mine = run_hashes(document.song.lines)
        at = np.searchsorted(known, mine)  # `isin` would sort all runs anew for each song
        shared = known[np.minimum(at, len(known) - 1)] == mine if len(known) else np.zeros(len(mine), bool)
        if not len(mine) or shared.mean() <= _SHARED:
            kept.append(document)
    return kept


@dataclass(frozen=True)
class TokenStream:
    """Songs one after the other.

    Attributes
    ----------
    ids : int32 array, shape (n_tokens,)
        Each song from its first token to `<end>`.
    starts : int64 array, shape (n_songs,)
        Where each begins.
    weights : float32 array, shape (n_songs,)
    n_bytes : int64 array, shape (n_songs,)
        Of each song's plain text.
    """

    ids: np.ndarray
    starts: np.ndarray
    weights: np.ndarray
    n_bytes: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def song(self, number: int) -> np.ndarray:
        """The tokens of one song."""
        ends = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.ids)
        return self.ids[self.starts[number] : ends]

    def songs(self) -> list[np.ndarray]:
        """The tokens of each song."""
        return [self.song(number) for number in range(len(self))]


def token_stream(
    documents: Sequence[Document], tokenizer: LyricTokenizer, *, seed: int | None = None
) -> TokenStream:
    """Encode songs, in their order or shuffled by a seed."""
    order = range(len(documents)) if seed is None else np.random.default_rng(seed).permutation(len(documents))
    chosen = [documents[i] for i in order if documents[i].song.sections]
    encoded = [np.array(tokenizer.encode_song(one.song), np.int32) for one in chosen]
    lengths = np.array([len(ids) for ids in encoded], np.int64)
    return TokenStream(
        np.concatenate(encoded) if encoded else np.zeros(0, np.int32),
        np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64) if encoded else np.zeros(0, np.int64),
        np.array([one.weight for one in chosen], np.float32),
        np.array([one.song.n_bytes for one in chosen], np.int64),
    )
