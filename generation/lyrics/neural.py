"""Any of the networks as a language model: tokens and probabilities in numpy, weights in a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from generation.lyrics.tokenizer import END

if TYPE_CHECKING:
    import torch
    from torch import nn

KINDS = {
    "window": "lyric-window-1",
    "rnn": "lyric-recurrent-1",
    "lstm": "lyric-recurrent-1",
    "transformer": "lyric-transformer-1",
}
"""What checkpoints of each network are called."""
_PIECE = 256  # Tokens that are read at once: logits of all places take T x V numbers.


class NeuralModel:
    """A network on its device, in evaluation mode.

    Parameters
    ----------
    network : nn.Module
        With `config` and `forward(token_ids, state) -> (logits, state)`.
    """

    def __init__(self, network: nn.Module, *, tokenizer_id: str = "") -> None:
        self.network, self._tokenizer_id = network.eval(), tokenizer_id
        self.config: Any = network.config

    @property
    def name(self) -> str:
        """`window`, `rnn`, `lstm`, `rnn-attends`, `lstm-attends` or `transformer`."""
        if not hasattr(self.config, "cell"):
            return "window" if hasattr(self.config, "window") else "transformer"
        return f"{self.config.cell}-attends" if self.config.attends else str(self.config.cell)

    @property
    def vocab_size(self) -> int:
        """Of the tokens."""
        return int(self.config.vocab_size)

    @property
    def n_parameters(self) -> int:
        """Weights, shared ones once."""
        return sum(weight.numel() for weight in self.network.parameters())

    @property
    def tokenizer_id(self) -> str:
        """`identity` of the tokenizer that it was trained with."""
        return self._tokenizer_id

    def start(self) -> None:
        """Nothing was read; the network begins with `END` when it is first fed."""

    def feed(self, state: Any, token_ids: np.ndarray) -> tuple[np.ndarray, Any]:
        """Read tokens; see `LanguageModel`. A state holds the network's and the last distribution."""
        import torch

        ids = np.asarray(token_ids, np.int64)
        before: Any = None
        if state is None:
            ids = np.concatenate([[END], ids])
        elif not len(ids):
            return state[1], state
        else:
            before = state[0]
        with torch.inference_mode():
            for start in range(0, len(ids), _PIECE):
                logits, before = self.network(self._tensor(ids[start : start + _PIECE]), before)
            found = logits[0, -1].float().log_softmax(-1).cpu().numpy()
        return found, (before, found)

    def logprobs(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probabilities (T, V); see `LanguageModel`."""
        rows = [part.cpu().numpy() for part, _ in self._pieces(token_ids)]
        return np.concatenate(rows) if rows else np.zeros((0, self.vocab_size), np.float32)

    def scores(self, token_ids: np.ndarray) -> np.ndarray:
        """The log-probability (T,) of each token; see `LanguageModel`."""
        found = [part.gather(1, ids[:, None])[:, 0].cpu().numpy() for part, ids in self._pieces(token_ids)]
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def save(self, folder: Path) -> None:
        """Write the weights in half precision."""
        weights = self.network.state_dict().items()
        save_checkpoint(
            folder,
            kind=KINDS[self.name.removesuffix("-attends")],
            config={"network": asdict(self.config), "tokenizer": self._tokenizer_id},
            arrays={name: value.detach().cpu().numpy().astype(np.float16) for name, value in weights},
        )

    def _pieces(self, token_ids: np.ndarray) -> Any:
        """Yield log-probabilities (n, V) of some places, and the tokens (n,) that stand there."""
        import torch

        ids = np.asarray(token_ids, np.int64)
        read = np.concatenate([[END], ids[:-1]])
        state = None
        for start in range(0, len(ids), _PIECE):
            with torch.inference_mode():
                logits, state = self.network(self._tensor(read[start : start + _PIECE]), state)
                yield logits[0].float().log_softmax(-1), self._tensor(ids[start : start + _PIECE])[0]

    def _tensor(self, ids: np.ndarray) -> torch.Tensor:
        import torch

        return torch.from_numpy(ids)[None].to(next(self.network.parameters()).device)


def build_network(kind: str, config: Any) -> nn.Module:
    """Make a network of a kind of checkpoint with fresh weights.

    Raises
    ------
    ValueError
        There is no such kind.
    """
    if kind == KINDS["window"]:
        from generation.lyrics.window import WindowConfig, WindowNetwork

        return WindowNetwork(config if isinstance(config, WindowConfig) else WindowConfig(**config))
    if kind == KINDS["lstm"]:
        from generation.lyrics.recurrent import RecurrentConfig, RecurrentNetwork

        return RecurrentNetwork(config if isinstance(config, RecurrentConfig) else RecurrentConfig(**config))
    if kind == KINDS["transformer"]:
        from generation.lyrics.transformer import TransformerConfig, TransformerNetwork

        config = config if isinstance(config, TransformerConfig) else TransformerConfig(**config)
        return TransformerNetwork(config)
    raise ValueError(f"kinds of networks are {', '.join(sorted(set(KINDS.values())))}, got {kind!r}")


def load_neural(folder: Path, kind: str, *, device: str = "cpu") -> NeuralModel:
    """Read what `NeuralModel.save` wrote.

    Raises
    ------
    CheckpointError
    """
    import torch

    saved = load_checkpoint(folder, kind=kind)
    try:
        network = build_network(kind, dict(saved.config["network"]))
        weights = {name: torch.from_numpy(array.astype(np.float32)) for name, array in saved.arrays.items()}
        network.load_state_dict(weights)
    except (TypeError, KeyError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{folder} does not fit its network: {str(error).splitlines()[0]}") from None
    return NeuralModel(network.to(device), tokenizer_id=str(saved.config["tokenizer"]))
