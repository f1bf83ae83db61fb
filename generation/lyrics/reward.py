"""A reward model: one number for a take of a prompt, learned from which of two takes was preferred (Bradley &
Terry, Biometrika 1952; as in Ouyang et al., NeurIPS 2022).

It stands on the trunk of a taught transformer: what that knows of a text when it has read it, at its last
token and on average over the take, goes through one layer. It knows what its judge knows and no more, and it
is right where it was taught: what is drawn by a model that was tuned against it is elsewhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from generation.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from generation.lyrics.neural import NeuralModel
from generation.lyrics.rankings import Ranking
from generation.lyrics.takes import padded
from generation.lyrics.training import BEST, MODEL, TextTraining
from generation.lyrics.transformer import TransformerConfig, TransformerNetwork
from generation.training.hardware import Hardware
from generation.training.loop import Every, LoopConfig, Player, Trained, train

KIND = "lyric-reward-1"
PLAYER = "reward"
TRAINING = TextTraining(
    batch_size=4, learning_rate=5e-4, weight_decay=0.1, dropout=0.1, muon=False, valid_every=20
)
"""Batches are of prompts with all their takes."""
LOOP = LoopConfig(steps=120, warmup_steps=10, log_every=5, checkpoint_every=40)
_AT_ONCE = 16


class RewardNetwork(nn.Module):
    """Tokens of prompts and takes to rewards."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = TransformerNetwork(config)
        self.head = nn.Linear(2 * config.width, 1)
        self.centre: torch.Tensor
        self.scale: torch.Tensor
        self.register_buffer("centre", torch.zeros(()))
        self.register_buffer("scale", torch.ones(()))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Rewards (n,) of a batch as `takes.padded` makes it."""
        states, _ = self.trunk.read(ids, keeps=False)
        states = states[:, 1:].float()
        places = torch.arange(weights.shape[1], device=ids.device)
        last = (weights * places).argmax(1)
        mean = (states * weights[..., None]).sum(1) / weights.sum(1, keepdim=True).clamp_min(1.0)
        at_end = states[torch.arange(len(ids), device=ids.device), last]
        found: torch.Tensor = self.head(torch.cat([at_end, mean], dim=-1))[:, 0]
        return (found - self.centre) / self.scale


@dataclass(frozen=True)
class RewardModel:
    """The network in evaluation mode; rewards are scaled to mean 0 and deviation 1 over what it learned
    from.
    """

    network: RewardNetwork
    tokenizer_id: str = ""

    def rewards(self, prompts: Sequence[Sequence[int]], takes: Sequence[np.ndarray]) -> np.ndarray:
        """Return the reward of each take for its prompt, float64 (n,)."""
        found: list[float] = []
        device = next(self.network.parameters()).device
        for start in range(0, len(takes), _AT_ONCE):
            ids, weights = padded(prompts[start : start + _AT_ONCE], takes[start : start + _AT_ONCE])
            with torch.no_grad():
                part = self.network(torch.from_numpy(ids).to(device), torch.from_numpy(weights).to(device))
            found += part.float().tolist()
        return np.array(found)

    def save(self, folder: Path) -> None:
        """Write the weights in half precision, scale and all."""
        weights = self.network.state_dict().items()
        save_checkpoint(
            folder,
            kind=KIND,
            config={"network": asdict(self.network.config), "tokenizer": self.tokenizer_id},
            arrays={name: value.detach().cpu().numpy().astype(np.float16) for name, value in weights},
        )


def load_reward(folder: Path) -> RewardModel:
    """Read what `RewardModel.save` wrote.

    Raises
    ------
    CheckpointError
    """
    saved = load_checkpoint(folder, kind=KIND)
    try:
        network = RewardNetwork(TransformerConfig(**dict(saved.config["network"])))
        weights = {name: torch.from_numpy(array.astype(np.float32)) for name, array in saved.arrays.items()}
        network.load_state_dict(weights)
    except (TypeError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder} does not fit its network: {str(error).splitlines()[0]}") from None
    return RewardModel(network.eval(), str(saved.config["tokenizer"]))


def pair_accuracy(model: RewardModel, rankings: Sequence[Ranking], margin: float = 0.0) -> float:
    """Return the share of pairs that the rewards put in the judge's order; NaN without pairs."""
    hits = []
    for one in rankings:
        found = model.rewards([one.prompt] * len(one.takes), one.takes)
        hits += [found[a] > found[b] for a, b in one.pairs(margin)]
    return float(np.mean(hits)) if hits else float("nan")


def bradley_terry(rewards: torch.Tensor, better: torch.Tensor, worse: torch.Tensor) -> torch.Tensor:
    """The mean negative log-likelihood, in nats, that each better take wins over its worse one."""
    return -nn.functional.logsigmoid(rewards[better] - rewards[worse]).mean()


class _Groups:
    """Batches of rankings, all takes of a few prompts with their pairs, in an order that a seed decides."""

    def __init__(self, rankings: Sequence[Ranking], seed: int) -> None:
        self._rankings = [one for one in rankings if one.pairs()]
        self._seed = seed
        if not self._rankings:
            raise ValueError("there are no rankings with one take better than another")

    def batch(self, number: int, size: int) -> dict[str, torch.Tensor]:
        n = len(self._rankings)
        rows = []
        for place in range(number * size, (number + 1) * size):
            order = np.random.default_rng([self._seed, place // n]).permutation(n)
            rows.append(int(order[place % n]))
        return group_batch([self._rankings[row] for row in rows])


def group_batch(rankings: Sequence[Ranking]) -> dict[str, torch.Tensor]:
    """All takes of rankings as `padded` has them, and which rows are `better` and `worse`."""
    prompts = [one.prompt for one in rankings for _ in one.takes]
    ids, weights = padded(prompts, [take for one in rankings for take in one.takes])
    first = np.cumsum([0, *(len(one.takes) for one in rankings)])
    pairs = [(first[at] + a, first[at] + b) for at, one in enumerate(rankings) for a, b in one.pairs()]
    better, worse = (torch.tensor([int(pair[side]) for pair in pairs]) for side in (0, 1))
    return {
        "ids": torch.from_numpy(ids),
        "weights": torch.from_numpy(weights),
        "better": better,
        "worse": worse,
    }


def train_reward(
    taught: NeuralModel,
    rankings: Sequence[Ranking],
    held_back: Sequence[Ranking],
    *,
    out: Path,
    training: TextTraining = TRAINING,
    loop: LoopConfig = LOOP,
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[RewardModel, Trained]:
    """Train a reward model from a taught transformer; the weights that say most about held-back pairs are
    kept in `out`/model.

    Raises
    ------
    ValueError
        No pairs, or a model that is no transformer.
    ResumeError, DivergedError, OSError
    """
    if not isinstance(taught.network, TransformerNetwork):
        raise ValueError(f"a reward model stands on a transformer, not on a {taught.name}")
    torch.manual_seed(loop.seed)
    config = TransformerConfig(**(asdict(taught.config) | {"dropout": training.dropout or 0.0}))
    network = RewardNetwork(config)
    network.trunk.load_state_dict(taught.network.state_dict())
    groups = _Groups(rankings, loop.seed)
    apart = [one for one in held_back if one.pairs()]

    def loss(batch: Mapping[str, torch.Tensor], _generator: Any) -> dict[str, torch.Tensor]:
        found = network(batch["ids"], batch["weights"])
        right = (found[batch["better"]] > found[batch["worse"]]).float().mean()
        return {"loss": bradley_terry(found, batch["better"], batch["worse"]), "accuracy": right}

    best = json.loads((out / BEST).read_text(encoding="utf-8")) if resume and (out / BEST).is_file() else {}

    def keep(step: int, nets: Mapping[str, nn.Module]) -> dict[str, float]:
        nonlocal best
        found = nets[PLAYER]
        assert isinstance(found, RewardNetwork)
        figures = _held_back_figures(found, apart)
        if best and figures.get("loss", -1.0) >= best.get("loss", 0.0):
            return {f"held_back/{name}": value for name, value in figures.items()}
        best = {"step": step, **figures}
        RewardModel(_scaled(found, rankings), taught.tokenizer_id).save(out / MODEL)
        beside = out / f".part-{os.getpid()}-{BEST}"
        beside.write_text(json.dumps(best), encoding="utf-8")
        os.replace(beside, out / BEST)
        return {f"held_back/{name}": value for name, value in figures.items()}

    player = Player(
        PLAYER,
        network,
        loss,
        training.learning_rate,
        betas=(0.9, 0.95),
        weight_decay=training.weight_decay,
    )
    trained = train(
        [player],
        lambda number: groups.batch(number, training.batch_size),
        loop,
        out=out,
        run={
            "network": asdict(config),
            "training": {name: value for name, value in asdict(training).items() if name != "valid_every"},
            "tokenizer": taught.tokenizer_id,
            "rankings": len(rankings),
        },
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        callbacks=[Every(training.valid_every, keep)],
        progress=progress,
        stop=stop,
    )
    if not trained.done:
        keep(trained.step, trained.averages)
    return load_reward(out / MODEL), trained


def _held_back_figures(network: RewardNetwork, rankings: Sequence[Ranking]) -> dict[str, float]:
    """Loss and accuracy on held-back pairs; nothing without any."""
    losses, hits = [], []
    for one in rankings:
        batch = group_batch([one])
        with torch.no_grad():
            found = network(batch["ids"], batch["weights"])
        losses.append(float(bradley_terry(found, batch["better"], batch["worse"])))
        hits += (found[batch["better"]] > found[batch["worse"]]).tolist()
    return {"loss": float(np.mean(losses)), "accuracy": float(np.mean(hits))} if rankings else {}


def _scaled(network: RewardNetwork, rankings: Sequence[Ranking], most: int = 60) -> RewardNetwork:
    """A copy whose rewards have mean 0 and deviation 1 over what was learned from, or the first of it."""
    copy = deepcopy(network).eval()
    some = rankings[:most]
    prompts = [one.prompt for one in some for _ in one.takes]
    found = RewardModel(copy).rewards(prompts, [take for one in some for take in one.takes])
    copy.centre.fill_(float(found.mean()))
    copy.scale.fill_(max(float(found.std()), 1e-3))
    return copy
