"""A small causal transformer over lists of songs, as a component of the blend where lists have an order that
tells what comes (docs/transformer.md). This module imports torch, so others import it inside functions.

A decoder (Radford et al., 2018; for recommending, Kang & McAuley, "Self-attentive sequential recommendation",
ICDM 2018) reads the songs of a list in order and says after each of them what the rest may hold: the logit of
song j after songs i_1..i_t is h_t . e_j + b_j, where e is also what the decoder reads (tied) and b starts as
the logarithm of the song's weighted count. With targets `next` it learns the song that follows, with `later`
all that follow, each alike: what protocol continuation-v1 asks for. The softmax runs over all songs when they
are few; over the songs of the batch and random ones when they are many, and then each logit is lowered by
the logarithm of the chance that its song was drawn (Jean et al., ACL 2015).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor, nn
from torch.nn import functional

from recsys.cooccurrence import song_weights
from recsys.corpus import Corpus, sample_versions

# So many songs at most are all in the softmax.
_FEW_SONGS = 4000
# A batch's gradient is cut to this length.
_LONGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class TransformerSettings:
    """Settings of the transformer and of its training.

    Attributes
    ----------
    targets : str
        `next` or `later`.
    steps : int
        Batches of lists to learn from: small corpora are gone through often, large ones seldom.
    negative : int
        Random songs in the softmax beside those of the batch, where it is sampled.
    """

    targets: str = "later"
    dim: int = 64
    std: float = 0.02
    n_layer: int = 2
    n_head: int = 2
    context_length: int = 12
    dropout: float = 0.2
    steps: int = 4000
    batch_lists: int = 16
    learning_rate: float = 5e-3
    weight_decay: float = 0.05
    negative: int = 1500
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse other targets."""
        if self.targets not in ("next", "later"):
            raise ValueError(f"targets must be 'next' or 'later', got {self.targets!r}")


class Block(nn.Module):
    """Attention to the songs before, then a layer for each place alone; both add to what comes in."""

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        dim = settings.dim
        self.n_head, self.dropout = settings.n_head, settings.dropout
        self.before_attention, self.before_layer = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query_key_value, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.layer = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) to (B, T, dim)."""
        B, T, C = x.shape
        shape = (B, T, self.n_head, C // self.n_head)
        q, k, v = (
            part.view(shape).transpose(1, 2)
            for part in self.query_key_value(self.before_attention(x)).split(C, dim=2)
        )
        seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self._dropped(self.out(seen.transpose(1, 2).reshape(B, T, C)))
        return x + self._dropped(self.layer(self.before_layer(x)))

    def _dropped(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, self.training)


class SongDecoder(nn.Module):
    """Reads rows of songs in order; one vector a place, for what comes after it."""

    def __init__(self, weights: np.ndarray, settings: TransformerSettings) -> None:
        super().__init__()
        self.settings = settings
        self.songs = nn.Embedding(len(weights), settings.dim)
        self.places = nn.Embedding(settings.context_length, settings.dim)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.n_layer))
        self.last = nn.LayerNorm(settings.dim)
        self.bias = nn.Parameter(torch.as_tensor(np.log(np.maximum(weights, 0.5)), dtype=torch.float32))
        for embedding in (self.songs, self.places):
            nn.init.normal_(embedding.weight, std=settings.std)

    def forward(self, rows: Tensor) -> Tensor:
        """Rows, int64 (B, T), T at most `context_length`, to float32 (B, T, dim)."""
        x = self.songs(rows) + self.places(torch.arange(rows.shape[1]))
        x = functional.dropout(x, self.settings.dropout, self.training)
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.last(x))

    def logits(self, hidden: Tensor, songs: Tensor | None = None) -> Tensor:
        """Of these songs, int64 (n_songs,), or of all, after each place: (..., dim) to (..., n_songs)."""
        if songs is None:
            return torch.as_tensor(hidden @ self.songs.weight.T + self.bias)
        return torch.as_tensor(hidden @ self.songs(songs).T + self.bias[songs])


@dataclass(frozen=True)
class Transformer:
    """The trained decoder as a component of the blend (recsys/components.py): p(song | songs in order)."""

    decoder: SongDecoder
    n_songs: int
    seconds: float

    @torch.no_grad()
    def scores(self, query: sp.csr_matrix, columns: np.ndarray | None = None) -> np.ndarray:
        """Probability of each song after the query's, in the order in which they are stored.

        `recsys.query.build_query` stores them in the order of the list. A case without songs scores 0,
        and so do the songs that are read, the query's last `context_length`.
        """
        out = np.zeros((query.shape[0], self.n_songs), np.float32)
        lengths = np.minimum(np.diff(query.indptr), self.decoder.settings.context_length)
        # Cases of one length together, so that none is padded.
        for length in np.unique(lengths[lengths > 0]):
            cases = np.flatnonzero(lengths == length)
            at = query.indptr[cases + 1][:, None] - np.arange(length, 0, -1)
            seen = torch.as_tensor(query.indices[at], dtype=torch.int64)
            logits = self.decoder.logits(self.decoder(seen)[:, -1])
            # As in training: a song of the query is not asked for.
            out[cases] = logits.scatter(1, seen, -torch.inf).softmax(1).numpy()
        return out if columns is None else out[:, columns]

    def save(self, path: Path) -> None:
        """Write to one .npz file."""
        state = {name: values.numpy() for name, values in self.decoder.state_dict().items()}
        settings = np.frombuffer(json.dumps(asdict(self.decoder.settings)).encode(), dtype=np.uint8)
        np.savez(path, settings=settings, seconds=self.seconds, **state)

    @classmethod
    def load(cls, path: Path) -> Transformer:
        """Read back what `save` wrote."""
        with np.load(path) as arrays:
            settings = TransformerSettings(**json.loads(arrays["settings"].tobytes().decode()))
            state = {n: torch.as_tensor(arrays[n]) for n in arrays.files if n not in ("settings", "seconds")}
            seconds = float(arrays["seconds"])
        n_songs = len(state["bias"])
        decoder = SongDecoder(np.ones(n_songs, np.float32), settings)
        try:
            decoder.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(f"{path} does not hold this transformer: {error}") from None
        return cls(decoder.eval(), n_songs, seconds)


@contextmanager
def _one_thread() -> Iterator[None]:
    """So small products gain nothing from threads, and figures repeat."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train_transformer(corpus: Corpus, settings: TransformerSettings) -> Transformer:
    """Train on the lists of a corpus, in one thread; the same seed gives the same scores.

    Snapshots of one playlist are drawn as song2vec's are (`recsys.corpus.sample_versions`).
    """
    started = time.perf_counter()
    rng = np.random.default_rng(settings.seed)
    weights = song_weights(corpus)
    batches = draw_lists(corpus, settings, rng)
    log_chance = inclusion(weights, corpus, settings)
    # Dropout and torch's initial values draw from its one global generator.
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        decoder = SongDecoder(weights, settings)
        optimiser = torch.optim.AdamW(
            decoder.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, total_steps=len(batches) + 1, pct_start=0.1
        )
        decoder.train()
        for lists in batches:
            loss = loss_of(decoder, draw_batch(corpus, lists, settings, rng), log_chance)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(decoder.parameters(), _LONGEST_GRADIENT)
            optimiser.step()
            schedule.step()
    return Transformer(decoder.eval(), corpus.n_songs, time.perf_counter() - started)


def draw_lists(corpus: Corpus, settings: TransformerSettings, rng: np.random.Generator) -> list[np.ndarray]:
    """Numbers of the lists of each batch; none where no list has two songs."""
    if not (corpus.lengths > 1).any():
        return []
    batches: list[np.ndarray] = []
    while len(batches) < settings.steps:
        lists = sample_versions(corpus, rounds=1, rng=rng)
        lists = lists[corpus.lengths[lists] > 1]
        batches += np.array_split(lists, max(1, round(len(lists) / settings.batch_lists)))
    return [lists for lists in batches[: settings.steps] if len(lists)]


@dataclass(frozen=True)
class Batch:
    """Pieces of lists, and what is to be found after each place.

    Attributes
    ----------
    rows : int64 tensor, shape (B, T)
        0 in the padding, which stands at the end, where no place before sees it.
    songs : int64 tensor, shape (n_songs,)
        The songs in the softmax, ascending.
    place : int64 tensor, shape (B, n_songs)
        Where each of them stands, counted from the piece's first song; -1 before it or not in the list.
    length : int64 tensor, shape (B,)
        Songs from the piece's first to the end of its list.
    """

    rows: Tensor
    songs: Tensor
    place: Tensor
    length: Tensor


def draw_batch(
    corpus: Corpus, lists: np.ndarray, settings: TransformerSettings, rng: np.random.Generator
) -> Batch:
    """Take a piece of each list: every other time from its start, as an answer does, else from anywhere."""
    parts = []
    for i in lists:
        songs = corpus.songs_of(int(i))
        room = max(0, len(songs) - settings.context_length)
        parts.append(songs[int(rng.integers(0, room + 1)) if rng.random() < 0.5 else 0 :])
    longest = min(settings.context_length, max(len(part) for part in parts))
    if corpus.n_songs <= _FEW_SONGS:
        songs = np.arange(corpus.n_songs)
    else:
        songs = np.unique(np.concatenate([*parts, rng.integers(0, corpus.n_songs, settings.negative)]))
    rows = np.zeros((len(parts), longest), np.int64)
    place = np.full((len(parts), len(songs)), -1, np.int64)
    for j, part in enumerate(parts):
        rows[j, : len(part[:longest])] = part[:longest]
        place[j, np.searchsorted(songs, part)] = np.arange(len(part))
    length = np.array([len(part) for part in parts])
    return Batch(
        torch.as_tensor(rows), torch.as_tensor(songs), torch.as_tensor(place), torch.as_tensor(length)
    )


def inclusion(weights: np.ndarray, corpus: Corpus, settings: TransformerSettings) -> Tensor | None:
    """Log chance that each song is in the softmax of a batch; None where all of them are."""
    if corpus.n_songs <= _FEW_SONGS:
        return None
    share = np.minimum(weights / corpus.weights().sum(), 1.0)
    missing = (1.0 - share) ** settings.batch_lists * (1.0 - 1.0 / corpus.n_songs) ** settings.negative
    return torch.as_tensor(np.log1p(-missing), dtype=torch.float32)


def loss_of(decoder: SongDecoder, batch: Batch, log_chance: Tensor | None) -> Tensor:
    """Cross-entropy between the softmax after each place and the songs to be found, each alike."""
    logits = decoder.logits(decoder(batch.rows), batch.songs)
    if log_chance is not None:
        logits = logits - log_chance[batch.songs]
    at = torch.arange(batch.rows.shape[1])
    ahead = batch.place[:, None, :] - at[:, None]
    wanted = (ahead == 1) if decoder.settings.targets == "next" else (ahead > 0)
    n_wanted = wanted.sum(2)
    # Songs already seen are not asked for: they take no share of the softmax.
    gone = (batch.place[:, None, :] >= 0) & (ahead <= 0)
    logits = logits.masked_fill(gone, -1e4)
    found = logits.logsumexp(2) - (logits * wanted).sum(2) / n_wanted.clamp(min=1)
    asked = (n_wanted > 0) & (at < batch.length[:, None])
    return found[asked].mean()
