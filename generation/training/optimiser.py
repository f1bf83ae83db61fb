"""The optimiser of a network: AdamW, and Muon for the matrices inside it that are named.

Muon (Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024) makes the momentum of a
matrix orthogonal before it moves by it, so that all directions of a layer learn, not the loudest alone. Its
steps are scaled to the size of AdamW's (Liu et al., "Muon is scalable for LLM training", 2025), so that both
take one learning rate. Embeddings, vectors and outputs stay with AdamW.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

    from generation.training.run import Player


class Optimiser:
    """What moves a player's weights; its state is AdamW's alone where nothing is left to Muon.

    Raises
    ------
    ValueError
        `orthogonal` names what is no matrix of the module.
    """

    def __init__(self, player: Player) -> None:
        import torch

        moving = {name: w for name, w in player.module.named_parameters() if w.requires_grad}
        wrong = sorted(name for name in player.orthogonal if name not in moving or moving[name].ndim != 2)
        if wrong:
            raise ValueError(f"Muon moves matrices of the network; {', '.join(wrong)} is none")
        self._rate = player.learning_rate
        rest = [weight for name, weight in moving.items() if name not in player.orthogonal]
        self._parts: dict[str, torch.optim.Optimizer] = {
            "adamw": torch.optim.AdamW(
                _groups(rest, player.weight_decay), lr=self._rate, betas=player.betas, fused=True
            )
        }
        if player.orthogonal:
            self._parts["muon"] = torch.optim.Muon(
                [weight for name, weight in moving.items() if name in player.orthogonal],
                lr=self._rate,
                weight_decay=player.weight_decay,
                momentum=player.momentum,
                adjust_lr_fn="match_rms_adamw",
            )

    def step(self, share: float) -> None:
        """Move the weights along their gradients by this share of the learning rate; drop the gradients."""
        for part in self._parts.values():
            for group in part.param_groups:
                group["lr"] = self._rate * share
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        states = {name: part.state_dict() for name, part in self._parts.items()}
        return states["adamw"] if len(states) == 1 else states

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        states = {"adamw": state} if len(self._parts) == 1 else state
        for name, part in self._parts.items():
            part.load_state_dict(states[name])


def _groups(weights: list[nn.Parameter], decay: float) -> list[dict[str, Any]]:
    """Matrices decay; gains, biases and other vectors do not."""
    return [
        {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": decay},
        {"params": [weight for weight in weights if weight.ndim <= 1], "weight_decay": 0.0},
    ]
