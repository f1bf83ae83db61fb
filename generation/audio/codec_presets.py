"""Autoencoder and vocoder, and how they are trained: tiny for tests, small for a laptop, base for a GPU.

`small` and `base` are one architecture, so that what a GPU trained ships and runs on a CPU; they differ in
how long and on how much at once they are trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generation.audio.training.adversarial import AdversarialConfig
from generation.audio.training.duel import DuelConfig
from generation.audio.training.reconstruction import ReconstructionConfig
from generation.training.loop import LoopConfig

if TYPE_CHECKING:
    from generation.audio.autoencoder import AutoencoderConfig
    from generation.audio.vocoder import VocoderConfig

NAMES = ("tiny", "small", "base")
DEFAULT = "small"


@dataclass(frozen=True)
class AutoencoderPreset:
    """An autoencoder, its training, its loop, and how many clips of the studio it learns from."""

    model: AutoencoderConfig
    training: ReconstructionConfig
    loop: LoopConfig
    clips: int


@dataclass(frozen=True)
class VocoderPreset:
    """A vocoder, its training, its loop, and how many clips of the studio it learns from."""

    model: VocoderConfig
    training: AdversarialConfig
    loop: LoopConfig
    clips: int


def autoencoder_preset(name: str) -> AutoencoderPreset:
    """Return the preset of a name.

    Raises
    ------
    ValueError
        There is none.
    """
    from generation.audio.autoencoder import AutoencoderConfig

    if name == "tiny":
        return AutoencoderPreset(
            AutoencoderConfig(channels=16, width=24, hidden=48, depth=1),
            ReconstructionConfig(clips=2, n_frames=64, critic_width=4),
            LoopConfig(steps=40, warmup_steps=5, checkpoint_every=20, log_every=5),
            clips=16,
        )
    if name == "small":
        return AutoencoderPreset(
            AutoencoderConfig(),
            ReconstructionConfig(),
            LoopConfig(steps=30_000, checkpoint_every=1000, log_every=100),
            clips=2400,
        )
    if name == "base":
        return AutoencoderPreset(
            AutoencoderConfig(),
            ReconstructionConfig(clips=64, critic_width=32, duel=DuelConfig(joins_at=0.6)),
            LoopConfig(steps=12_000, checkpoint_every=1000, log_every=50),
            clips=4800,
        )
    raise ValueError(f"presets are {', '.join(NAMES)}, got {name!r}")


def vocoder_preset(name: str) -> VocoderPreset:
    """Return the preset of a name.

    Raises
    ------
    ValueError
        There is none.
    """
    from generation.audio.vocoder import VocoderConfig

    if name == "tiny":
        return VocoderPreset(
            VocoderConfig(width=24, hidden=48, depth=1, rounds=1, phase_bins=16),
            AdversarialConfig(clips=2, n_frames=32, critic_width=4, margin=4),
            LoopConfig(steps=40, warmup_steps=5, checkpoint_every=20, log_every=5),
            clips=16,
        )
    if name == "small":
        return VocoderPreset(
            VocoderConfig(), AdversarialConfig(), LoopConfig(steps=4500, checkpoint_every=250), clips=1200
        )
    if name == "base":
        return VocoderPreset(
            VocoderConfig(),
            AdversarialConfig(
                clips=32, heard_frames=128, critic_width=32, duel=DuelConfig(0.3, deceive=0.05, features=0.3)
            ),
            LoopConfig(steps=8_000, checkpoint_every=1000, log_every=50),
            clips=4800,
        )
    raise ValueError(f"presets are {', '.join(NAMES)}, got {name!r}")
