"""The decoder-only transformer (Vaswani et al., NeurIPS 2017; Radford et al., 2018), in its present form.

Before each part a root-mean-square norm (Zhang & Sennrich, NeurIPS 2019), queries and keys normalised (Henry
et al., EMNLP Findings 2020) and turned by their position (RoPE: Su et al., 2021), squared ReLU (So et al.,
NeurIPS 2021), output projections that begin at zero, embedding and output one matrix (Press & Wolf, EACL
2017).

Each token sees itself and the `context_length - 1` before it, and positions count relatively: a text may go
on for ever. Keys and values of what was read are kept (the KV cache), so a new token costs one column and no
square.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.functional import linear, relu, rms_norm, scaled_dot_product_attention


@dataclass(frozen=True)
class TransformerConfig:
    """Sizes; `width` is shared out to `n_head` heads."""

    vocab_size: int
    width: int = 256
    n_layer: int = 6
    n_head: int = 4
    hidden: int = 1024
    context_length: int = 512
    dropout: float = 0.1

    def __post_init__(self) -> None:
        """Refuse widths that cannot be shared out."""
        if self.width % (2 * self.n_head) or self.context_length < 2:
            raise ValueError(f"heads have an even share of the width, contexts two tokens; got {self}")


@dataclass(frozen=True)
class TransformerState:
    """Keys and values of each layer, (B, n_head, room, head width), of which `length` are filled.

    `position` is how many tokens were read in all. States of one text share their memory: going on from an
    older one overwrites what came after it.
    """

    keys: tuple[torch.Tensor, ...]
    values: tuple[torch.Tensor, ...]
    length: int
    position: int


class TransformerNetwork(nn.Module):
    """Tokens to logits."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layer))
        self.norm = nn.RMSNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.normal_(self.embedding.weight, std=0.02)

    @property
    def orthogonal(self) -> frozenset[str]:
        """Matrices that Muon may move: all of the blocks."""
        return frozenset(name for name, w in self.named_parameters() if "blocks." in name and w.ndim == 2)

    def forward(
        self, token_ids: torch.Tensor, state: TransformerState | None = None, *, keeps: bool = True
    ) -> tuple[torch.Tensor, TransformerState | None]:
        """Logits (B, T, V) of what follows each of (B, T) tokens, and the state after them.

        With gradients, or unless it `keeps` them, no keys are kept, and no state comes back.
        """
        x, after = self.read(token_ids, state, keeps=keeps)
        return linear(x, self.embedding.weight), after

    def read(
        self, token_ids: torch.Tensor, state: TransformerState | None = None, *, keeps: bool = True
    ) -> tuple[torch.Tensor, TransformerState | None]:
        """The vectors (B, T, width) that what follows is told from, and the state; see `forward`."""
        x = self.dropout(self.embedding(token_ids))
        B, T = token_ids.shape
        cache = None if torch.is_grad_enabled() or not keeps else self._room(state, B, T, x)
        position = cache.position if cache is not None else 0
        turn = _turns(position, T, self.config, x.device)
        for number, block in enumerate(self.blocks):
            x = block(x, turn, cache, number)
        found = self.norm(x)
        if cache is None:
            return found, None
        return found, TransformerState(cache.keys, cache.values, cache.length + T, cache.position + T)

    def attention(self, token_ids: torch.Tensor) -> torch.Tensor:
        """Which earlier tokens each token looks at: shares (n_layer, n_head, T, T) of one text (T,)."""
        if len(token_ids) > self.config.context_length:
            raise ValueError(f"at most {self.config.context_length} tokens, got {len(token_ids)}")
        x = self.embedding(token_ids[None])
        turn = _turns(0, len(token_ids), self.config, x.device)
        shares = []
        for block in self.blocks:
            assert isinstance(block, Block)
            shares.append(block.attention.shares(block.first_norm(x), turn)[0])
            x = block(x, turn, None, 0)
        return torch.stack(shares)

    def _room(self, state: TransformerState | None, B: int, T: int, x: torch.Tensor) -> TransformerState:
        """A state with room for T tokens more; what no token can see any more is let go."""
        c = self.config
        if state is not None and state.length + T <= state.keys[0].shape[2]:
            return state
        shape = (B, c.n_head, 2 * c.context_length + T, c.width // c.n_head)
        kept = 0 if state is None else min(state.length, c.context_length - 1)
        keys = tuple(x.new_zeros(shape) for _ in self.blocks)
        values = tuple(x.new_zeros(shape) for _ in self.blocks)
        if state is not None:
            for new, old in zip((*keys, *values), (*state.keys, *state.values), strict=True):
                new[:, :, :kept] = old[:, :, state.length - kept : state.length]
        return TransformerState(keys, values, kept, 0 if state is None else state.position)


class Block(nn.Module):
    """Attention, then a layer for each token by itself; each adds to what is there."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.first_norm = nn.RMSNorm(config.width)
        self.attention = Attention(config)
        self.second_norm = nn.RMSNorm(config.width)
        self.up = nn.Linear(config.width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        nn.init.zeros_(self.down.weight)

    def forward(
        self,
        x: torch.Tensor,
        turn: tuple[torch.Tensor, torch.Tensor],
        cache: TransformerState | None,
        number: int,
    ) -> torch.Tensor:
        """(B, T, width) to the same."""
        x = x + self.dropout(self.attention(self.first_norm(x), turn, cache, number))
        out: torch.Tensor = x + self.dropout(self.down(relu(self.up(self.second_norm(x))).square()))
        return out


class Attention(nn.Module):
    """Each token asks those before it, in several heads."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.scale = nn.Parameter(torch.full((config.n_head, 1, 1), 8.0))  # queries and keys have length 1
        nn.init.zeros_(self.out.weight)

    def forward(
        self,
        x: torch.Tensor,
        turn: tuple[torch.Tensor, torch.Tensor],
        cache: TransformerState | None,
        number: int,
    ) -> torch.Tensor:
        """(B, T, width) to the same; keys and values go into the cache of layer `number`."""
        B, T, _ = x.shape
        query, key = self._asked(x, turn)
        value = self._heads(self.value(x))
        query, key = query.to(value.dtype), key.to(value.dtype)  # norms may be wider than bfloat16
        if cache is None:
            mask = self._visible(T, T, x.device) if self.config.context_length < T else None
            found = scaled_dot_product_attention(
                query, key, value, attn_mask=mask, is_causal=mask is None, scale=1.0
            )
        else:
            n = cache.length + T
            cache.keys[number][:, :, cache.length : n] = key
            cache.values[number][:, :, cache.length : n] = value
            first = max(0, cache.length - self.config.context_length + 1)
            keys, values = (part[number][:, :, first:n] for part in (cache.keys, cache.values))
            mask = None if T == 1 else self._visible(T, n - first, x.device)
            found = scaled_dot_product_attention(
                query.to(keys.dtype), keys, values, attn_mask=mask, scale=1.0
            )
        out: torch.Tensor = self.out(found.transpose(1, 2).reshape(B, T, -1))
        return out

    def shares(self, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """How much each token looks at each, (B, n_head, T, T); rows sum to one."""
        query, key = self._asked(x, turn)
        scores = query @ key.transpose(2, 3)
        mask = self._visible(x.shape[1], x.shape[1], x.device)
        return scores.masked_fill(~mask, float("-inf")).softmax(-1)

    def _asked(
        self, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Queries, scaled, and keys (B, n_head, T, head width), of length 1 and turned by their place."""
        query, key = self._heads(self.query(x)), self._heads(self.key(x))
        unit = query.shape[-1] ** -0.5
        query, key = (_turned(rms_norm(part, (part.shape[-1],)) * unit, turn) for part in (query, key))
        return query * self.scale, key

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        B, T, _ = x.shape
        return x.view(B, T, self.config.n_head, -1).transpose(1, 2)

    def _visible(self, T: int, n: int, device: torch.device) -> torch.Tensor:
        """Which of n keys the last T tokens see, bool (T, n)."""
        at = torch.arange(n - T, n, device=device)[:, None]
        key = torch.arange(n, device=device)[None]
        return (key <= at) & (key > at - self.config.context_length)


def _turns(
    position: int, T: int, config: TransformerConfig, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine, (T, head width / 2), of how far each place turns each pair of numbers."""
    half = config.width // config.n_head // 2
    speed = 10_000.0 ** (-torch.arange(half, device=device) / half)
    angle = torch.arange(position, position + T, device=device)[:, None] * speed
    return angle.cos(), angle.sin()


def _turned(x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    cos, sin = turn
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1).to(x.dtype)
