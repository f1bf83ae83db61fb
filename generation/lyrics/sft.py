"""Supervised fine-tuning: a base model goes on learning, on prompts with their answers, and of these the
answers alone (Ouyang et al., NeurIPS 2022, step 1). Before, it continues text; after, it answers in form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.dialogue import Example
from generation.lyrics.neural import NeuralModel
from generation.lyrics.tokenizer import END, PAD
from generation.lyrics.training import TextTraining, fit
from generation.training.hardware import Hardware
from generation.training.loop import LoopConfig, Trained

if TYPE_CHECKING:
    from generation.lyrics.language_model import LanguageModel

TRAINING = TextTraining(batch_size=16, length=512, learning_rate=1e-3, valid_every=50)
LOOP = LoopConfig(steps=300, warmup_steps=20, log_every=10, checkpoint_every=50)
"""Three times and a half through 1,400 examples."""
_ALIKE = 8  # Batches that are sorted by length together.


class ExampleBatches:
    """Batches of examples in an order that a seed decides, padded to the longest; weights are 1 on answers.

    Raises
    ------
    ValueError
        No examples.
    """

    def __init__(self, examples: Sequence[Example], most_tokens: int, seed: int) -> None:
        if not examples:
            raise ValueError("there are no examples to learn from")
        self._examples, self._most, self._seed = examples, most_tokens, seed

    def batch(self, number: int, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Batch number n: tokens (size, T + 1) behind `END`, and weights (size, T) of those to be said."""
        n = len(self._examples)
        places = range(number * size, (number + 1) * size)
        orders = {epoch: self._order(epoch, size) for epoch in {place // n for place in places}}
        rows = [self._examples[int(orders[place // n][place % n])] for place in places]
        T = min(max(len(row.token_ids) for row in rows), self._most)
        ids = np.full((size, T + 1), PAD, np.int64)
        weights = np.zeros((size, T), np.float32)
        ids[:, 0] = END
        for at, row in enumerate(rows):
            kept = row.token_ids[:T]
            ids[at, 1 : len(kept) + 1] = kept
            weights[at, row.answer_from : len(kept)] = 1.0
        return ids, weights

    def _order(self, epoch: int, size: int) -> np.ndarray:
        """An order of all examples in which those of a batch are about as long: less padding is computed."""
        rng = np.random.default_rng([self._seed, epoch])
        order = rng.permutation(len(self._examples))
        lengths = np.array([len(self._examples[row].token_ids) for row in order])
        parts = []
        for start in range(0, len(order), _ALIKE * size):
            part = order[start : start + _ALIKE * size][np.argsort(lengths[start : start + _ALIKE * size])]
            batches = [part[at : at + size] for at in range(0, len(part), size)]
            parts += [batches[at] for at in rng.permutation(len(batches))]
        return np.concatenate(parts)


def answer_bits(model: LanguageModel, examples: Sequence[Example]) -> float:
    """Return the bits a byte that a model needs for answers, given their prompts.

    Raises
    ------
    ValueError
        No examples.
    """
    if not examples:
        raise ValueError("there are no examples to measure")
    bits = [-float(model.scores(one.token_ids)[one.answer_from :].sum(dtype=np.float64)) for one in examples]
    return float(sum(bits) / np.log(2) / sum(one.n_bytes for one in examples))


def fine_tune(
    base: NeuralModel,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    *,
    out: Path,
    training: TextTraining = TRAINING,
    loop: LoopConfig = LOOP,
    resume: bool = False,
    minutes: float | None = None,
    hardware: Hardware | None = None,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[LanguageModel, Trained]:
    """Go on training a base model on examples, and keep the last weights.

    Held-out answers are measured on the way, and are said best before one round and a half is over; songs of
    later weights say more of what they were asked for.

    Raises
    ------
    ValueError
        No examples.
    ResumeError, DivergedError, OSError
    """
    import torch

    torch.manual_seed(loop.seed)
    batches = ExampleBatches(examples, training.length, loop.seed)

    def batch_at(number: int) -> dict[str, torch.Tensor]:
        ids, weights = batches.batch(number, training.batch_size)
        return {"ids": torch.from_numpy(ids), "weights": torch.from_numpy(weights)}

    return fit(
        base.network,
        batch_at,
        training,
        loop,
        out=out,
        run={"examples": f"{len(examples)}, {sum(len(one.token_ids) for one in examples)} tokens"},
        measure=(lambda model: answer_bits(model, held_out)) if held_out else None,
        keeps_last=True,
        tokenizer_id=base.tokenizer_id,
        resume=resume,
        minutes=minutes,
        hardware=hardware,
        progress=progress,
        stop=stop,
    )
