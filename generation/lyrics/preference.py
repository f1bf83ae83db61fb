"""Direct preference optimisation (Rafailov et al., NeurIPS 2023): a taught model learns to find the better of
two takes likelier, measured from what a frozen reference says of both, without a reward model.

The loss only sees the gap between two takes, and may widen it by making both unlikely. So a little of the
better take's own likelihood is among it (Pang et al., NeurIPS 2024).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.lyrics.neural import NeuralModel
from generation.lyrics.rankings import Ranking
from generation.lyrics.takes import padded, take_logprobs
from generation.lyrics.training import TextTraining, fit
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Trained

if TYPE_CHECKING:
    import torch
    from torch import nn

    from generation.lyrics.language_model import LanguageModel

TRAINING = TextTraining(
    batch_size=8, learning_rate=3e-4, weight_decay=0.0, dropout=0.0, muon=False, valid_every=20
)
LOOP = LoopConfig(steps=120, warmup_steps=10, log_every=5, checkpoint_every=40)
_AT_ONCE = 8  # Pairs whose reference is asked together.


@dataclass(frozen=True)
class PreferenceConfig:
    """`beta`: how dear each nat away from the reference is. `likelihood`: weight of the better take's own
    loss, in nats a token. `margin`: points that a rubric's two takes must differ by.
    """

    beta: float = 0.1
    likelihood: float = 0.1
    margin: float = 0.5


def preference_loss(
    better: torch.Tensor, worse: torch.Tensor, ref_better: torch.Tensor, ref_worse: torch.Tensor, beta: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the loss of each pair and its margin: beta times how much the policy widened the gap, in nats.

    All are log-probabilities of whole takes, (n,).
    """
    from torch.nn.functional import logsigmoid

    margin = beta * ((better - ref_better) - (worse - ref_worse))
    return -logsigmoid(margin), margin


class PairBatches:
    """Batches of pairs in an order that a seed decides, with what the reference says of them.

    Raises
    ------
    ValueError
        No pairs.
    """

    def __init__(self, rankings: Sequence[Ranking], reference: nn.Module, margin: float, seed: int) -> None:
        import torch

        self._pairs = [(one, a, b) for one in rankings for a, b in one.pairs(margin)]
        if not self._pairs:
            raise ValueError("there are no pairs of takes of which one was preferred")
        self._seed = seed
        said: dict[tuple[int, int], float] = {}
        wanted = {(id(one), row): (one, row) for one, a, b in self._pairs for row in (a, b)}
        keys = list(wanted)
        for start in range(0, len(keys), _AT_ONCE):
            part = [wanted[key] for key in keys[start : start + _AT_ONCE]]
            ids, weights = padded([one.prompt for one, _ in part], [one.takes[row] for one, row in part])
            with torch.no_grad():
                found = take_logprobs(reference, torch.from_numpy(ids), torch.from_numpy(weights))
            said |= dict(zip(keys[start : start + _AT_ONCE], found.tolist(), strict=True))
        self._reference = [(said[id(one), a], said[id(one), b]) for one, a, b in self._pairs]

    def __len__(self) -> int:
        return len(self._pairs)

    def batch(self, number: int, size: int) -> dict[str, torch.Tensor]:
        """Batch number n: better takes, then worse ones (`takes.padded`), and their `reference` (2n,)."""
        n = len(self._pairs)
        places = range(number * size, (number + 1) * size)
        orders = {
            epoch: np.random.default_rng([self._seed, epoch]).permutation(n)
            for epoch in {place // n for place in places}
        }
        return self.of([int(orders[place // n][place % n]) for place in places])

    def of(self, rows: Sequence[int]) -> dict[str, torch.Tensor]:
        """The pairs of these numbers as a batch."""
        import torch

        chosen = [self._pairs[row] for row in rows]
        takes = [one.takes[a] for one, a, _ in chosen] + [one.takes[b] for one, _, b in chosen]
        ids, weights = padded([one.prompt for one, _, _ in chosen] * 2, takes)
        said = [self._reference[row][0] for row in rows] + [self._reference[row][1] for row in rows]
        return {
            "ids": torch.from_numpy(ids),
            "weights": torch.from_numpy(weights),
            "reference": torch.tensor(said),
        }


def pair_loss(
    network: nn.Module, config: PreferenceConfig
) -> Callable[[Mapping[str, torch.Tensor], Any], dict[str, torch.Tensor]]:
    """Return the loss of a batch of pairs, with the share of pairs in order and what moved away."""

    def loss(batch: Mapping[str, torch.Tensor], _generator: Any) -> dict[str, torch.Tensor]:
        said = take_logprobs(network, batch["ids"], batch["weights"])
        n = len(said) // 2
        (better, worse), (ref_better, ref_worse) = said.split(n), batch["reference"].split(n)
        each, margin = preference_loss(better, worse, ref_better, ref_worse, config.beta)
        likelihood = -(better / batch["weights"][:n].sum(1)).mean()
        return {
            "loss": each.mean() + config.likelihood * likelihood,
            "preference": each.mean(),
            "accuracy": (margin > 0).float().mean(),
            "better_moved": (better - ref_better).mean(),
            "worse_moved": (worse - ref_worse).mean(),
        }

    return loss


def held_back_loss(network: nn.Module, pairs: PairBatches, config: PreferenceConfig) -> float:
    """Return the mean loss of preference over pairs that were held back."""
    import torch

    found = []
    loss = pair_loss(network, config)
    for start in range(0, len(pairs), _AT_ONCE):
        with torch.no_grad():
            rows = range(start, min(start + _AT_ONCE, len(pairs)))
            found += [float(loss(pairs.of(rows), None)["preference"])] * len(rows)
    return float(np.mean(found))


def learn_preferences(
    taught: NeuralModel,
    rankings: Sequence[Ranking],
    held_back: Sequence[Ranking],
    *,
    out: Path,
    config: PreferenceConfig | None = None,
    training: TextTraining = TRAINING,
    loop: LoopConfig = LOOP,
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, Trained]:
    """Tune a taught model on rankings; keep the weights that say most about those held back.

    Raises
    ------
    ValueError
        No pairs.
    ResumeError, DivergedError, OSError
    """
    config = config or PreferenceConfig()
    reference = deepcopy(taught.network).eval()
    pairs = PairBatches(rankings, reference, config.margin, loop.seed)
    some = any(one.pairs(config.margin) for one in held_back)
    apart = PairBatches(held_back, reference, config.margin, loop.seed) if some else None

    def measure(model: Any) -> float:
        assert apart is not None
        return held_back_loss(model.network, apart, config)

    return fit(
        taught.network,
        lambda number: pairs.batch(number, training.batch_size),
        training,
        loop,
        out=out,
        run={"preference": asdict(config), "pairs": len(pairs)},
        loss=pair_loss(taught.network, config),
        measure=measure if apart is not None else None,
        figure="preference_loss",
        tokenizer_id=taught.tokenizer_id,
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )
