"""On-policy reinforcement against a reward model: the taught model draws takes, the reward model scores them,
and each is made likelier by how much better it is than the others of its prompt (REINFORCE leave-one-out:
Kool et al., 2019; Ahmadian et al., ACL 2024).

Moving away from the frozen reference costs `beta` a nat. Above `most_nats` a take, on average over a step's
takes, the reward is silent and only the way back is learned. The divergence that is learned from is that of
the whole distributions at each place of the takes: that of the drawn tokens alone, as a part of the reward,
is so noisy that it does not lead back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.lyrics.neural import NeuralModel
from generation.lyrics.takes import MOST_TOKENS, draw_takes, padded
from generation.lyrics.training import TextTraining, fit
from generation.training.hardware import Hardware
from generation.training.loop import Every, LoopConfig, Trained

if TYPE_CHECKING:
    import torch
    from torch import nn

    from generation.lyrics.language_model import LanguageModel
    from generation.lyrics.reward import RewardModel

TRAINING = TextTraining(
    batch_size=2, learning_rate=1e-4, weight_decay=0.0, dropout=0.0, muon=False, valid_every=1000
)
"""Batches are of prompts."""
LOOP = LoopConfig(steps=100, warmup_steps=5, schedule="constant", log_every=5, checkpoint_every=20)


@dataclass(frozen=True)
class ReinforceConfig:
    """`takes` of each prompt; `beta`, in rewards a nat; `most_nats` of divergence a take; tokens a take may
    have.
    """

    takes: int = 6
    beta: float = 0.02
    most_nats: float = 20.0
    max_tokens: int = MOST_TOKENS

    def __post_init__(self) -> None:
        """Refuse what cannot be learned from: one take has no others to be compared with."""
        if self.takes < 2 or self.beta < 0 or self.most_nats <= 0 or self.max_tokens < 1:
            raise ValueError(f"two takes at least, and a limit that is positive; got {self}")


def advantages(rewards: torch.Tensor) -> torch.Tensor:
    """How much better each take is than the mean of the others of its prompt: (prompts, takes) both."""
    n = rewards.shape[1]
    return (rewards - rewards.mean(1, keepdim=True)) * n / (n - 1)


def step_loss(
    gained: torch.Tensor, diverged: torch.Tensor, config: ReinforceConfig
) -> tuple[torch.Tensor, bool]:
    """Return the loss of a step, in nats a take, and whether the limit was passed.

    Parameters
    ----------
    gained : tensor, shape (n,)
        Of each take its log-probability times its advantage: what reinforcement makes larger.
    diverged : tensor, shape (n,)
        Divergence of the policy from the reference over each take, in nats.
    """
    if float(diverged.detach().mean()) > config.most_nats:
        return diverged.mean(), True
    return config.beta * diverged.mean() - gained.mean(), False


def divergences(policy: torch.Tensor, reference: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The Kullback-Leibler divergence (n,) of two models, logits (n, T, V), over places of weight 1."""
    mine, theirs = policy.float().log_softmax(-1), reference.float().log_softmax(-1)
    return ((mine.exp() * (mine - theirs)).sum(-1) * weights).sum(1)


def reinforce_loss(
    network: nn.Module,
    reference: nn.Module,
    reward: RewardModel,
    prompts: Sequence[Sequence[int]],
    config: ReinforceConfig,
) -> Callable[[Mapping[str, torch.Tensor], Any], dict[str, torch.Tensor]]:
    """Return the loss of a batch: `rows` of prompts, whose takes the network draws there and then."""

    def loss(batch: Mapping[str, torch.Tensor], generator: Any) -> dict[str, torch.Tensor]:
        import torch
        from torch.nn.functional import cross_entropy

        asked: list[Sequence[int]] = []
        takes: list[np.ndarray] = []
        for row in batch["rows"].tolist():
            asked += [prompts[row]] * config.takes
            takes += draw_takes(
                network, prompts[row], config.takes, generator=generator, max_tokens=config.max_tokens
            )
        ids, weights = (torch.from_numpy(part).to(batch["rows"].device) for part in padded(asked, takes))
        logits, _ = network(ids[:, :-1])
        said = -cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
        said = (said.view_as(weights) * weights).sum(1)
        with torch.no_grad():
            before, _ = reference(ids[:, :-1])
            scores = torch.tensor(reward.rewards(asked, takes), dtype=torch.float32, device=said.device)
            gain = advantages(scores.view(-1, config.takes)).flatten()
        diverged = divergences(logits, before, weights)
        found, passed = step_loss(gain * said, diverged, config)
        return {
            "loss": found / weights.sum(1).mean(),
            "reward": scores.mean(),
            "nats": diverged.detach().mean(),
            "tokens": weights.sum(1).mean(),
            "limited": torch.tensor(float(passed)),
        }

    return loss


def reinforce(
    taught: NeuralModel,
    reward: RewardModel,
    prompts: Sequence[Sequence[int]],
    *,
    out: Path,
    config: ReinforceConfig | None = None,
    training: TextTraining = TRAINING,
    loop: LoopConfig = LOOP,
    callbacks: Sequence[Every] = (),
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, Trained]:
    """Tune a taught model against a reward model, on prompts; the last weights are kept.

    Raises
    ------
    ValueError
        No prompts.
    ResumeError, DivergedError, OSError
    """
    import torch

    if not prompts:
        raise ValueError("there are no prompts to write for")
    config = config or ReinforceConfig()
    reference = deepcopy(taught.network).eval()

    def batch_at(number: int) -> dict[str, torch.Tensor]:
        n, rows = len(prompts), []
        for place in range(number * training.batch_size, (number + 1) * training.batch_size):
            order = np.random.default_rng([loop.seed, place // n]).permutation(n)
            rows.append(int(order[place % n]))
        return {"rows": torch.tensor(rows)}

    return fit(
        taught.network,
        batch_at,
        training,
        loop,
        out=out,
        run={"reinforce": asdict(config), "prompts": len(prompts)},
        loss=reinforce_loss(taught.network, reference, reward, prompts, config),
        callbacks=callbacks,
        tokenizer_id=taught.tokenizer_id,
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )
