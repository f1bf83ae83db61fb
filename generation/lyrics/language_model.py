"""What every lyric model can do, whatever age it is of: say how likely each token is to come next.

Probabilities are natural logarithms, float32. `END` stands before everything, so the first token of a song
has a probability, too. Each model is made by a `train_...` function of its own, is saved in a folder, and is
loaded by `models.load_model`; `sampling` generates from any of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

State = Any
"""What a model remembers of what it was fed; to be handed back to the model that gave it.

A state may be used again, to go back, once what came after it is given up: models may keep one memory for
all states of a text.
"""


class LanguageModel(Protocol):
    """A model of the next token."""

    @property
    def name(self) -> str:
        """Which model: ngram, window, rnn, lstm, transformer, with what tells variants apart."""

    @property
    def vocab_size(self) -> int:
        """Of the tokens, V."""

    @property
    def n_parameters(self) -> int:
        """Numbers that training found."""

    @property
    def tokenizer_id(self) -> str:
        """`identity` of the tokenizer that it was trained with."""

    def start(self) -> State:
        """The state before anything was fed, behind `END`."""

    def feed(self, state: State, token_ids: np.ndarray) -> tuple[np.ndarray, State]:
        """Read tokens; return the log-probabilities (V,) of what follows them, and the state after them.

        No tokens give what follows the state as it is.
        """

    def logprobs(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probabilities (T, V) of what stands at each place of T tokens, given those before it."""

    def scores(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probability (T,) of each of T tokens, given those before it."""

    def save(self, folder: Path) -> None:
        """Write the model in the place of the one that is there."""
