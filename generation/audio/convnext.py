"""The block that autoencoder and vocoder are built of: ConvNeXt in one dimension.

After Liu et al., "A ConvNet for the 2020s" (CVPR 2022), in time as Vocos has it (Siuzdak, ICLR 2024): a
convolution in time by channel, then a layer of wider hidden units by frame, added to what came in. The sum
begins as what came in, so depth costs nothing at first. Shapes: B, T, width; channels last.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """One residual block; `hidden` units between its two products."""

    def __init__(self, width: int, hidden: int, kernel: int = 7) -> None:
        super().__init__()
        self.in_time = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (B, T, width) in and out."""
        inner = self.norm(self.in_time(x.transpose(1, 2)).transpose(1, 2))
        wide = functional.gelu(self.widen(inner), approximate="tanh")
        return x + torch.as_tensor(self.scale * self.narrow(wide))


class Network(nn.Module):
    """A product in, blocks, and a product out that begins at zero: what it is added to stays as it is."""

    def __init__(self, n_in: int, n_out: int, *, width: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.enter = nn.Linear(n_in, width)
        self.norm_in = nn.LayerNorm(width)
        self.blocks = nn.ModuleList(Block(width, hidden) for _ in range(depth))
        self.norm_out = nn.LayerNorm(width)
        self.leave = nn.Linear(width, n_out)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (B, T, n_in) in, (B, T, n_out) out."""
        x = self.norm_in(self.enter(x))
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.leave(self.norm_out(x)))
