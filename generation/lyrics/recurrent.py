"""Recurrent networks: the plain one (Elman, 1990) and the LSTM (Hochreiter & Schmidhuber, 1997), which carry
what they have read in a vector; and either with attention over all its past vectors (after Cheng et al.,
EMNLP 2016; Merity et al., ICLR 2017), so that a word of long ago need not be carried.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import linear


@dataclass(frozen=True)
class RecurrentConfig:
    """`cell` is "rnn" or "lstm"; with `attends`, past states of at most `context_length` tokens are looked
    at.
    """

    vocab_size: int
    cell: str = "lstm"
    width: int = 256
    n_layer: int = 2
    dropout: float = 0.2
    attends: bool = False
    context_length: int = 512

    def __post_init__(self) -> None:
        """Refuse cells that there are none of."""
        if self.cell not in ("rnn", "lstm"):
            raise ValueError(f"the cell is rnn or lstm, got {self.cell!r}")


Hidden = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


@dataclass(frozen=True)
class RecurrentState:
    """Hidden vectors of the layers, and past keys and values (B, n, width) where they are looked at."""

    hidden: Hidden
    keys: torch.Tensor | None = None
    values: torch.Tensor | None = None


class RecurrentNetwork(nn.Module):
    """Tokens one after the other to logits; embedding and output share their weights."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.embedding = nn.Embedding(config.vocab_size, width)
        kind = nn.LSTM if config.cell == "lstm" else nn.RNN
        self.cells = kind(
            width,
            width,
            config.n_layer,
            batch_first=True,
            dropout=config.dropout if config.n_layer > 1 else 0.0,
        )
        self.dropout = nn.Dropout(config.dropout)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        if config.attends:
            self.query, self.key, self.value = (nn.Linear(width, width, bias=False) for _ in range(3))
            self.looked = nn.Linear(width, width, bias=False)
            nn.init.zeros_(self.looked.weight)
            self.nothing = nn.Parameter(torch.zeros(width))  # a key to look at where nothing fits
        nn.init.normal_(self.embedding.weight, std=0.02)

    @property
    def orthogonal(self) -> frozenset[str]:
        """Matrices that Muon may move: the recurrent ones stay with AdamW."""
        names = ("query", "key", "value", "looked") if self.config.attends else ()
        return frozenset(f"{name}.weight" for name in names)

    def forward(
        self, token_ids: torch.Tensor, state: RecurrentState | None = None
    ) -> tuple[torch.Tensor, RecurrentState]:
        """Logits (B, T, V) of what follows each of (B, T) tokens, and the state after them."""
        embedded = self.dropout(self.embedding(token_ids))
        out, hidden = self.cells(embedded, None if state is None else state.hidden)
        after = RecurrentState(hidden)
        if self.config.attends:
            looked, after = self._look(out, hidden, state)
            out = out + looked
        out = self.dropout(self.norm(out + embedded))
        return linear(out, self.embedding.weight, self.bias), after

    def _look(
        self, out: torch.Tensor, hidden: Hidden, state: RecurrentState | None
    ) -> tuple[torch.Tensor, RecurrentState]:
        """What each output finds among the outputs before it, (B, T, width)."""
        most = self.config.context_length
        keys, values = self.key(out), self.value(out)
        if state is not None and state.keys is not None and state.values is not None:
            keys, values = torch.cat([state.keys, keys], 1), torch.cat([state.values, values], 1)
        n = keys.shape[1]
        shares = self._shares(out, keys)
        kept = slice(max(0, n - most), n)
        return self.looked(shares @ values), RecurrentState(hidden, keys[:, kept], values[:, kept])

    def attention(self, token_ids: torch.Tensor) -> torch.Tensor:
        """Which earlier tokens each token looks at: shares (1, 1, T, T) of one text (T,); what is missing to
        one looked at nothing.

        Raises
        ------
        ValueError
            It is a network that does not look back.
        """
        if not self.config.attends:
            raise ValueError(f"this {self.config.cell} has no attention")
        out, _ = self.cells(self.embedding(token_ids[None]))
        return self._shares(out, self.key(out))[None]

    def _shares(self, out: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """How much each of the last T outputs looks at each of n keys, those before it, (B, T, n)."""
        T, n = out.shape[1], keys.shape[1]
        at = torch.arange(n - T, n, device=out.device)[:, None]
        past = torch.arange(n, device=out.device)[None]
        unseen = (past >= at) | (past < at - self.config.context_length)
        query = self.query(out)
        scores = (query @ keys.transpose(1, 2) / keys.shape[-1] ** 0.5).masked_fill(unseen, float("-inf"))
        nowhere = (query * self.nothing).sum(-1, keepdim=True)
        return torch.cat([scores, nowhere], dim=-1).softmax(-1)[..., :-1]
