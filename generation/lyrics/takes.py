"""Several takes for one prompt, drawn together, and how likely a network finds them.

Takes of one prompt share their length so far, so they are one batch: eight take little longer than one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.sampling import writable
from generation.lyrics.tokenizer import END, PAD

if TYPE_CHECKING:
    import torch
    from torch import nn

MOST_TOKENS = 320
"""Of a take: four in five of our own songs are shorter."""


def draw_takes(
    network: nn.Module,
    prompt: Sequence[int],
    n: int,
    *,
    generator: torch.Generator,
    temperature: float = 1.0,
    max_tokens: int = MOST_TOKENS,
) -> list[np.ndarray]:
    """Draw n takes behind a prompt, each up to and with its `END`, or cut at `max_tokens`.

    Nothing is filtered: tokens come as likely as the network says, which is what on-policy learning needs.

    Raises
    ------
    ValueError
        No takes, or a temperature that is not positive.
    """
    import torch

    if n < 1 or temperature <= 0:
        raise ValueError(f"takes are drawn one at least, at a positive temperature; got {n}, {temperature}")
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    ids = torch.tensor([[END, *prompt]] * n, device=device)
    drawn = torch.full((n, max_tokens), PAD, device=device)
    over = torch.zeros(n, dtype=torch.bool, device=device)
    state, banned = None, None
    with torch.no_grad():
        for at in range(max_tokens):
            logits, state = network(ids, state)
            scores = logits[:, -1].float() / temperature
            if banned is None:
                banned = torch.from_numpy(~writable(scores.shape[-1])).to(device)
            p = scores.masked_fill(banned, float("-inf")).softmax(-1)
            token = torch.multinomial(p, 1, generator=generator)
            drawn[~over, at] = token[~over, 0]
            over |= token[:, 0] == END
            if bool(over.all()):
                break
            ids = token
    network.train(was_training)
    return [_until_end(row) for row in drawn.cpu().numpy()]


def padded(prompts: Sequence[Sequence[int]], takes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Put prompts and takes side by side: tokens (n, T + 1) behind `END`, and weights (n, T), 1 on takes.

    Raises
    ------
    ValueError
        No takes, or another number of prompts.
    """
    if not takes or len(prompts) != len(takes):
        raise ValueError(f"each take has its prompt: {len(prompts)} prompts, {len(takes)} takes")
    T = max(len(prompt) + len(take) for prompt, take in zip(prompts, takes, strict=True))
    ids = np.full((len(takes), T + 1), PAD, np.int64)
    weights = np.zeros((len(takes), T), np.float32)
    ids[:, 0] = END
    for row, (prompt, take) in enumerate(zip(prompts, takes, strict=True)):
        begin, end = len(prompt), len(prompt) + len(take)
        ids[row, 1 : begin + 1] = prompt
        ids[row, begin + 1 : end + 1] = take
        weights[row, begin:end] = 1.0
    return ids, weights


def take_logprobs(network: nn.Module, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The log-probability (n,) of each take given its prompt, in nats, of a batch as `padded` makes it."""
    from torch.nn.functional import cross_entropy

    logits, _ = network(ids[:, :-1])
    said = cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return -(said.view_as(weights) * weights).sum(1)


def divergence(
    policy: nn.Module,
    reference: nn.Module,
    prompts: Sequence[Sequence[int]],
    takes: Sequence[np.ndarray],
) -> tuple[float, float]:
    """Return how far a policy is from a reference: nats a take and nats a token, over takes that the policy
    drew (the Monte Carlo estimate of their Kullback-Leibler divergence).
    """
    import torch

    total = n_tokens = 0.0
    for start in range(0, len(takes), 8):
        ids, weights = map(torch.from_numpy, padded(prompts[start : start + 8], takes[start : start + 8]))
        with torch.no_grad():
            gap = take_logprobs(policy, ids, weights) - take_logprobs(reference, ids, weights)
        total, n_tokens = total + float(gap.sum()), n_tokens + float(weights.sum())
    return total / len(takes), total / n_tokens


def _until_end(row: np.ndarray) -> np.ndarray:
    over = np.flatnonzero((row == END) | (row == PAD))
    if not len(over):
        return np.asarray(row, np.int32)
    return np.asarray(row[: over[0] + int(row[over[0]] == END)], np.int32)
