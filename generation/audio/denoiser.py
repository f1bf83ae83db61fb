"""The denoiser: a transformer over latent frames that says what of a noisy latent is noise.

Frames are gathered `patch` at a time into tokens. Each block attends to the tokens (RoPE, Su et al., 2021,
so any length works; queries and keys are normalised, Henry et al., 2020), every other block to the context,
and has a feed-forward part with squared ReLU (So et al., 2021). Timestep and conditions scale, shift and gate
each part (AdaLN-zero, Peebles & Xie, "DiT", ICCV 2023), by one projection for all blocks plus a table for
each (Chen et al., "PixArt-alpha", ICLR 2024). Blocks begin as identities, and the output as zero.

Conditions come in by three ways: summed into the vector that modulates; as tokens of the context, beside
those of the text; and, bars of a known tempo, as a clock: sines of beat and bar at each frame.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from generation.audio.conditioning import STYLE_DIM, TEXT_DIM, Conditions
from generation.audio.denoiser_config import PREDICTIONS, DenoiserConfig
from generation.audio.wishes import MODE_NAMES, TAGS

# Cycles an octave of tempo; 8 tells 3 % apart.
_TEMPO_CYCLES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_SECONDS_CYCLES = (0.125, 0.25, 0.5, 1.0, 2.0)
# Cycles a bar, and cycles a beat, of the clock.
_BAR_CYCLES, _BEAT_CYCLES = (0.5, 1.0), (1.0, 2.0, 4.0)
N_CLOCK = 2 * (len(_BAR_CYCLES) + len(_BEAT_CYCLES))
CONTEXT = ("time", "tags", "key and tempo", "style")
"""What stands before the words in the context."""
_TIME_DIM = 128
_ROPE_BASE = 1000.0


class Denoiser(ModelMixin, ConfigMixin):
    """The denoiser; the parameters are those of `DenoiserConfig`.

    `style_mean` and `style_scale` are buffers, saved with the weights: they standardise style vectors.
    """

    @register_to_config
    def __init__(
        self,
        channels: int = 96,
        frames_per_second: float = 22_050 / 256 / 8,
        patch: int = 2,
        width: int = 256,
        depth: int = 7,
        heads: int = 4,
        feed_forward: float = 3.0,
        cross_every: int = 2,
        prediction_type: str = "flow",
        tags: tuple[str, ...] = TAGS,
    ) -> None:
        super().__init__()
        hidden = int(width * feed_forward)
        self.patch_in = nn.Linear((channels + N_CLOCK) * patch, width)
        self.conditions = _ConditionEmbedding(width, len(tags))
        self.modulation = nn.Linear(width, 6 * width)
        self.blocks = nn.ModuleList(
            _Block(width, heads, hidden, cross=row % cross_every == cross_every - 1) for row in range(depth)
        )
        self.out_modulation = nn.Linear(width, 2 * width)
        self.patch_out = nn.Linear(width, channels * patch)
        self._initialise()

    @classmethod
    def of(cls, config: DenoiserConfig) -> Denoiser:
        """Build one, with weights from torch's global generator."""
        model: Denoiser = cls(**{**asdict(config), "tags": list(config.tags)})
        return model

    def forward(self, latent: Tensor, timestep: Tensor, conditions: Conditions) -> Tensor:
        """Predict what `prediction_type` says of a noisy latent.

        Parameters
        ----------
        latent : float tensor, shape (B, C, L)
            Any L from 1 on.
        timestep : float tensor, shape (B,)
            0 (clean) .. 1000 (noise).
        conditions : Conditions
            Of B rows.

        Returns
        -------
        float tensor, shape (B, C, L)
        """
        _, C, L = latent.shape
        patch = int(self.config.patch)
        clock = _clock(conditions, L, float(self.config.frames_per_second)).to(latent.dtype)
        frames = F.pad(torch.cat([latent, clock], dim=1), (0, -L % patch))
        tokens = (
            frames.unflatten(2, (-1, patch)).permute(0, 2, 1, 3).flatten(2)
        )  # (B, M, (C + N_CLOCK) * patch)
        x = self.patch_in(tokens)
        vector, context, mask = self.conditions(timestep, conditions, x.dtype)
        turns = _turns(x.shape[1], x.shape[2] // self.blocks[0].heads, x.device)
        modulation = self.modulation(vector).unflatten(1, (6, -1)).unsqueeze(2)  # (B, 6, 1, D)
        for block in self.blocks:
            x = block(x, modulation, context, mask, turns)
        shift, scale = self.out_modulation(vector).unsqueeze(1).chunk(2, dim=-1)
        x = self.patch_out(_norm(x) * (1 + scale) + shift)
        x = x.unflatten(2, (C, patch)).permute(0, 2, 1, 3).flatten(2)
        out: Tensor = x[:, :, :L]
        return out

    def set_style_constants(self, styles: Tensor) -> None:
        """Standardise style vectors from now on by mean and spread of these, shape (n, S).

        Raises
        ------
        ValueError
            Fewer than two.
        """
        if styles.ndim != 2 or styles.shape[0] < 2:
            raise ValueError(f"at least two style vectors are needed, got shape {tuple(styles.shape)}")
        self.conditions.style_mean.copy_(styles.mean(0))
        self.conditions.style_scale.copy_(styles.std(0).clamp(min=1e-3))

    def _initialise(self) -> None:
        """Set all weights: small normal ones, and zeros where a block or the output begins."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=1 / math.sqrt(2 * module.in_features))
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.02)
        for linear in (self.modulation, self.out_modulation, self.patch_out):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)


class _Block(nn.Module):
    """Attention among tokens, attention to the context (`cross`), and feed-forward."""

    def __init__(self, width: int, heads: int, hidden: int, *, cross: bool) -> None:
        super().__init__()
        self.heads = heads
        self.table = nn.Parameter(torch.zeros(6, 1, width))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.attended = nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.cross = CrossAttention(width, heads) if cross else None

    def forward(self, x: Tensor, modulation: Tensor, context: Tensor, mask: Tensor, turns: Tensor) -> Tensor:
        """(B, M, D) -> (B, M, D)."""
        shift, scale, gate, shift_up, scale_up, gate_up = (modulation + self.table).unbind(1)
        h = _norm(x) * (1 + scale) + shift
        q, k, v = (_heads(part, self.heads) for part in self.qkv(h).chunk(3, dim=-1))
        # Normalised heads have length sqrt(d): attention is as sharp as the usual 1 / sqrt(d) makes it.
        q, k = _turned(_norm(q), turns), _turned(_norm(k), turns)
        x = x + gate * self.attended(_joined(_attention(q, k, v)))
        if self.cross is not None:
            x = x + self.cross(x, context, mask)
        h = _norm(x) * (1 + scale_up) + shift_up
        out: Tensor = x + gate_up * self.down(F.relu(self.up(h)).square())
        return out


class CrossAttention(nn.Module):
    """Attention from tokens to the context, begun at zero."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q = nn.Linear(width, width, bias=False)
        self.kv = nn.Linear(width, 2 * width, bias=False)
        self.attended = nn.Linear(width, width, bias=False)
        self.gate = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """(B, M, D), context (B, N, D), mask (B, 1, 1, N) -> (B, M, D)."""
        q, k, v = self._parts(x, context)
        out: Tensor = self.gate * self.attended(_joined(_attention(q, k, v, mask)))
        return out

    def shares(self, x: Tensor, context: Tensor, mask: Tensor) -> Tensor:
        """How much of each token's attention each part of the context has, (B, H, M, N); sums to 1 over N."""
        q, k, _ = self._parts(x, context)
        scores = q.float() @ k.float().transpose(-1, -2) / math.sqrt(q.shape[-1])
        return scores.masked_fill(~mask, -math.inf).softmax(-1)

    def _parts(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, H, M, d), keys and values (B, H, N, d)."""
        q = _norm(_heads(self.q(_norm(x)), self.heads))
        k, v = (_heads(part, self.heads) for part in self.kv(context).chunk(2, dim=-1))
        return q, _norm(k), v


class _ConditionEmbedding(nn.Module):
    """Timestep and conditions as one vector, and as context: tags, key and tempo, style, then the words."""

    def __init__(self, width: int, n_tags: int) -> None:
        super().__init__()
        self.time = nn.Sequential(nn.Linear(_TIME_DIM, width), nn.SiLU(), nn.Linear(width, width))
        self.tags = nn.Linear(n_tags, width, bias=False)
        self.tempo = nn.Linear(2 * len(_TEMPO_CYCLES) + 1, width)
        self.seconds = nn.Linear(2 * len(_SECONDS_CYCLES) + 1, width)
        self.tonic = nn.Embedding(12, width)
        self.mode = nn.Embedding(len(MODE_NAMES), width)
        self.style = nn.Linear(STYLE_DIM, width)
        self.sentence = nn.Linear(TEXT_DIM, width)
        self.words = nn.Linear(TEXT_DIM, width)
        self.kinds = nn.Parameter(torch.zeros(4, width))  # tell the first tokens of the context apart
        self.mixed = nn.Linear(width, width)
        self.style_mean: Tensor
        self.style_scale: Tensor
        self.register_buffer("style_mean", torch.zeros(STYLE_DIM))
        self.register_buffer("style_scale", torch.ones(STYLE_DIM))

    def forward(
        self, timestep: Tensor, conditions: Conditions, dtype: torch.dtype
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the vector (B, D), the context (B, 4 + N, D), and its mask (B, 1, 1, 4 + N)."""
        c, mask = conditions, conditions.token_mask
        # A model in half precision computes its features in float32 all the same, and rounds them last.
        tags = self.tags(torch.where(c.has_tags, c.tags, 0.0).to(dtype))
        octaves = torch.log2(c.tempo_bpm.clamp(min=1.0) / 120)
        tempo = _present(self.tempo(_waves(octaves, _TEMPO_CYCLES).to(dtype)), c.has_tempo)
        doublings = torch.log2(c.seconds.clamp(min=0.1) / 10)
        seconds = _present(self.seconds(_waves(doublings, _SECONDS_CYCLES).to(dtype)), c.has_seconds)
        key = _present(self.tonic(c.tonic), c.has_tonic) + _present(self.mode(c.mode), c.has_mode)
        standard = ((c.style - self.style_mean) / self.style_scale).clamp(-5, 5)
        style = _present(self.style(standard.to(dtype)), c.has_style)
        words = torch.where(mask[..., None], c.tokens, 0.0).to(dtype)
        mean = words.sum(1) / mask.sum(1, keepdim=True).clamp(min=1).to(dtype)
        sentence = _present(self.sentence(mean * math.sqrt(TEXT_DIM) / 6), mask.any(1))
        time = self.time(_time_features(timestep).to(dtype))
        every = tags + tempo + seconds + key + style + sentence
        vector = F.silu(time + self.mixed(F.silu(every)) + every)
        known = torch.stack([time, tags, key + tempo, style], dim=1) + self.kinds
        context = _norm(torch.cat([known, self.words(words)], dim=1))
        always = torch.ones_like(mask[:, :1]).expand(-1, known.shape[1])
        return vector, context, torch.cat([always, mask], dim=1)[:, None, None, :]


def _present(value: Tensor, has: Tensor) -> Tensor:
    """Zero out rows that are absent; a value that is no number leaves no trace either."""
    return torch.where(has[:, None], value, torch.zeros_like(value))


def _norm(x: Tensor) -> Tensor:
    """Scale vectors to a mean square of 1."""
    normed: Tensor = F.rms_norm(x, (x.shape[-1],), eps=1e-6)
    return normed


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Attend, (B, H, M, d) to (B, H, N, d); on a CPU in float32, where torch's bfloat16 kernel is slow."""
    if q.device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), attn_mask=mask)


def _heads(x: Tensor, heads: int) -> Tensor:
    """(B, M, D) -> (B, H, M, D / H)."""
    split: Tensor = x.unflatten(2, (heads, -1)).transpose(1, 2)
    return split


def _joined(x: Tensor) -> Tensor:
    """(B, H, M, D / H) -> (B, M, D)."""
    return x.transpose(1, 2).flatten(2)


def _turns(length: int, head_width: int, device: torch.device) -> Tensor:
    """Cosines and sines by which positions are turned, shape (2, length, head_width / 2)."""
    rates = _ROPE_BASE ** -(torch.arange(head_width // 2, device=device) / (head_width // 2))
    angles = torch.arange(length, device=device)[:, None] * rates
    return torch.stack([angles.cos(), angles.sin()])


def _turned(x: Tensor, turns: Tensor) -> Tensor:
    """Turn pairs of numbers by the position of their token."""
    cos, sin = turns.to(x.dtype)
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


def _waves(x: Tensor, cycles: tuple[float, ...]) -> Tensor:
    """A number with its sines and cosines, (B,) -> (B, 2 n + 1)."""
    angles = 2 * math.pi * x[:, None] * torch.tensor(cycles, device=x.device)
    return torch.cat([x[:, None], angles.sin(), angles.cos()], dim=1)


def _time_features(timestep: Tensor) -> Tensor:
    """Sines and cosines of 0..1000 at geometric rates, (B,) -> (B, _TIME_DIM)."""
    half = _TIME_DIM // 2
    rates = torch.exp(-math.log(10_000) * torch.arange(half, device=timestep.device) / half)
    angles = timestep.float()[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def _clock(conditions: Conditions, length: int, frames_per_second: float) -> Tensor:
    """Sines and cosines of bar and beat where each latent frame begins, (B, N_CLOCK, L); 0 without bars."""
    c = conditions
    has = c.has_bars & c.has_tempo
    tempo, per_bar = torch.where(has, c.tempo_bpm, 60.0), torch.where(has, c.beats_per_bar, 4.0)
    seconds = torch.arange(length, device=tempo.device) / frames_per_second
    beats = torch.where(has, c.bar_phase, 0.0)[:, None] * per_bar[:, None] + seconds * tempo[:, None] / 60
    bars = beats / per_bar[:, None]
    cycles = [bars * n for n in _BAR_CYCLES] + [beats * n for n in _BEAT_CYCLES]
    angles = 2 * math.pi * torch.stack(cycles, dim=1)  # (B, N_CLOCK / 2, L)
    return torch.cat([angles.sin(), angles.cos()], dim=1) * has[:, None, None]


def n_parameters(model: Any) -> int:
    """How many numbers a model has that are saved."""
    return sum(value.numel() for value in model.state_dict().values())


__all__ = [
    "CONTEXT",
    "N_CLOCK",
    "PREDICTIONS",
    "CrossAttention",
    "Denoiser",
    "DenoiserConfig",
    "n_parameters",
]
