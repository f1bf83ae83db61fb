"""The fixed-window network (Bengio et al., JMLR 2003): the last few words, each as a vector, side by side
into one hidden layer, and from it the next word. What lies further back it cannot see.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class WindowConfig:
    """Sizes: `window` words are seen, each as `width` numbers, by `hidden` units."""

    vocab_size: int
    width: int = 128
    hidden: int = 512
    window: int = 8
    dropout: float = 0.1


class WindowNetwork(nn.Module):
    """Windows to logits; embedding and output share their weights."""

    def __init__(self, config: WindowConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.first = nn.Linear(config.window * config.width, config.hidden)
        self.second = nn.Linear(config.hidden, config.width)
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.bias = nn.Parameter(torch.zeros(config.vocab_size))
        nn.init.normal_(self.embedding.weight, std=0.02)

    @property
    def orthogonal(self) -> frozenset[str]:
        """Matrices that Muon may move."""
        return frozenset({"first.weight", "second.weight"})

    def forward(
        self, token_ids: torch.Tensor, state: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits (B, T, V) of what follows each of (B, T) tokens, and the state: the last tokens, embedded.

        Before the first token of all stand zeros.
        """
        (B, T), c = token_ids.shape, self.config
        embedded = self.embedding(token_ids)
        if state is None:
            state = embedded.new_zeros(B, c.window - 1, c.width)
        seen = torch.cat([state, embedded], dim=1)
        windows = seen.unfold(1, c.window, 1).transpose(2, 3).reshape(B, T, -1)  # oldest first
        hidden = self.dropout(nn.functional.gelu(self.first(self.dropout(windows))))
        out = self.norm(self.second(hidden) + embedded)
        return nn.functional.linear(out, self.embedding.weight, self.bias), seen[:, T:]
