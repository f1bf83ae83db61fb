"""Train the parts of a judge: the two towers by contrast, and the networks for tempo and key.

For a batch of clips, each with one of its captions, sounds s_i and words w_i as unit vectors (InfoNCE, van
den
Oord et al., 2018, in both directions):

    loss = -1/2 mean_i [ log softmax_j(s_i . w_j / T)_i + log softmax_j(s_j . w_i / T)_i ]

Of a song there is one clip in a batch at most: the captions of another would be true, too. All is small
enough
for seconds on a core; the same examples and seed give the same weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generation.audio.pitch_classes import N_REGISTERS, turned
from generation.audio.pulse import TEMPOS, tempo_features

Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class TowerSettings:
    """How the towers are trained; and for how many steps the networks of tempo and key are."""

    dim: int = 64
    hidden: int = 128
    components: int = 200
    epochs: int = 80
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    dropout: float = 0.3
    head_steps: int = 250


class Scaling:
    """Inputs standardised, and turned to half whitened principal components to learn on.

    Attributes
    ----------
    mean, scale : float64 arrays, shape (dim,)
    """

    def __init__(self, inputs: np.ndarray, components: int) -> None:
        spread = inputs.std(axis=0)
        self.mean = inputs.mean(axis=0)
        self.scale = spread + 0.01 * spread.mean() + 1e-6  # What hardly moves is not blown up.
        _, lengths, turned_to = np.linalg.svd(self.standardised(inputs), full_matrices=False)
        k = min(components, int((lengths > 1e-6 * lengths[0]).sum()))
        self._turned, self._spread = turned_to[:k], lengths[:k] / np.sqrt(len(inputs))
        self._halved = self._turned / np.sqrt(self._spread[:, None])

    def standardised(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs (n, dim) with zero mean and unit spread."""
        return np.asarray((inputs - self.mean) / self.scale)

    def of(self, inputs: np.ndarray) -> np.ndarray:
        """Components (n, k) of inputs."""
        return np.asarray(self.standardised(inputs) @ self._halved.T)

    def unfolded(self, weights: np.ndarray) -> np.ndarray:
        """Weights (out, k) of components as weights (out, dim) of standardised inputs."""
        return np.asarray(weights @ self._halved)

    def whitening(self, k: int) -> np.ndarray:
        """What whitens standardised inputs: the first components, shape (k, dim)."""
        return np.asarray(self._turned[:k] / self._spread[:k, None])


def fit_towers(
    sounds: np.ndarray,
    texts: np.ndarray,
    owners: np.ndarray,
    songs: Sequence[str],
    *,
    seed: int,
    settings: TowerSettings | None = None,
) -> tuple[Arrays, Arrays, float]:
    """Train the two towers.

    Parameters
    ----------
    sounds : float array, shape (n, k)
        Components of clips.
    texts : float array, shape (m, d)
        Sentence vectors of captions.
    owners : int array, shape (m,)
        The clip that each caption is of; every clip has one at least.
    songs : sequence of str
        Of each clip.

    Returns
    -------
    sound, words : arrays `W1`, `b1`, `W2`, `b2`, `W3` of `generation.audio.judge.tower`
    temperature : float

    Raises
    ------
    ValueError
        Fewer than two songs, or a clip without a caption.
    """
    import torch

    chosen = settings or TowerSettings()
    _, song = np.unique(songs, return_inverse=True)
    if song.max(initial=0) < 1 or set(owners.tolist()) != set(range(len(sounds))):
        raise ValueError("a contrast needs two songs or more, and a caption of every clip")
    rng, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    captions = [np.flatnonzero(owners == clip) for clip in range(len(sounds))]
    clips = [np.flatnonzero(song == number) for number in range(song.max() + 1)]
    x, t = (torch.from_numpy(np.asarray(part, np.float32)) for part in (sounds, texts))
    towers = [_tower(part.shape[1], chosen, generator) for part in (x, t)]
    log_scale = torch.tensor(np.log(10.0), dtype=torch.float32, requires_grad=True)
    parameters = [value for one in towers for value in one.values()]
    optimiser = torch.optim.AdamW(
        [{"params": parameters, "weight_decay": chosen.weight_decay},
         {"params": [log_scale], "weight_decay": 0.0}], lr=chosen.learning_rate
    )  # fmt: skip
    batch = min(chosen.batch, len(clips))
    steps = chosen.epochs * max(1, len(clips) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, chosen.learning_rate, total_steps=steps + 1)
    for _ in range(steps):
        rows = np.array([rng.choice(clips[number]) for number in rng.permutation(len(clips))[:batch]])
        words = np.array([rng.choice(captions[row]) for row in rows])
        places = [
            _forward(part[index], one, chosen.dropout, generator)
            for part, index, one in zip((x, t), (rows, words), towers, strict=True)
        ]
        logits = places[0] @ places[1].T * log_scale.exp()
        right = torch.arange(batch)
        cross_entropy = torch.nn.functional.cross_entropy
        loss = (cross_entropy(logits, right) + cross_entropy(logits.T, right)) / 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        with torch.no_grad():
            log_scale.clamp_(0.0, np.log(50.0))
    arrays = [{name: value.detach().numpy().copy() for name, value in one.items()} for one in towers]
    return arrays[0], arrays[1], float(1 / log_scale.detach().exp())


def fit_tempo(
    repeats: np.ndarray, bpm: np.ndarray, *, seed: int, hidden: int = 24, steps: int = 250
) -> Arrays:
    """Train `pulse.tempo_shares`: (n, 2, n_lags) and tempos (n,) -> `U`, `a`, `v`, `prior`."""
    import torch

    x = torch.from_numpy(tempo_features(repeats).astype(np.float32))
    # A tempo half a step off is right; the neighbours share the rest.
    steps_off = np.log(TEMPOS[None] / bpm[:, None]) / np.log(1.01)
    wanted = np.exp(-0.5 * steps_off**2)
    wanted /= np.maximum(wanted.sum(1, keepdims=True), 1e-9)
    y = torch.from_numpy(wanted.astype(np.float32))
    U, a, v = _network([(hidden, x.shape[2]), (hidden,), (hidden,)], seed)

    def loss(rows: Any) -> Any:
        scores = torch.tanh(x[rows] @ U.T + a) @ v
        return -(y[rows] * torch.log_softmax(scores, 1)).sum(1).mean()

    _minimise([U, a, v], loss, len(x), seed=seed, steps=steps)
    prior = np.exp(-0.5 * (steps_off / 5) ** 2).sum(0) + 0.5
    found = {name: value.detach().numpy().copy() for name, value in zip("Uav", (U, a, v), strict=True)}
    return found | {"prior": prior / prior.sum()}


def fit_key(
    classes: np.ndarray, tonics: np.ndarray, modes: np.ndarray, n_modes: int, *, seed: int, hidden: int = 32,
    steps: int = 400,
) -> Arrays:  # fmt: skip
    """Train `pitch_classes.key_shares`: (n, 3, 12), tonics and modes (n,) -> its arrays."""
    import torch

    x = torch.from_numpy(turned(classes).astype(np.float32))
    right = torch.from_numpy((tonics * n_modes + modes).astype(np.int64))
    U, a, V, b = _network([(hidden, 12 * N_REGISTERS), (hidden,), (n_modes, hidden), (n_modes,)], seed)

    def loss(rows: Any) -> Any:
        scores = torch.tanh(x[rows] @ U.T + a) @ V.T + b
        return torch.nn.functional.cross_entropy(scores.flatten(1), right[rows])

    _minimise([U, a, V, b], loss, len(x), seed=seed, steps=steps)
    prior = np.tile(np.bincount(modes, minlength=n_modes) + 0.5, (12, 1))
    found = {name: value.detach().numpy().copy() for name, value in zip("UaVb", (U, a, V, b), strict=True)}
    return found | {"prior": prior / prior.sum()}


def _tower(d: int, settings: TowerSettings, generator: Any) -> dict[str, Any]:
    import torch

    shapes = {
        "W1": (settings.hidden, d),
        "b1": (settings.hidden,),
        "W2": (settings.dim, settings.hidden),
        "b2": (settings.dim,),
        "W3": (settings.dim, d),
    }
    made = {}
    for name, shape in shapes.items():
        values = (
            torch.randn(shape, generator=generator) / np.sqrt(shape[-1])
            if len(shape) > 1
            else torch.zeros(shape)
        )
        made[name] = values.requires_grad_(True)
    return made


def _forward(x: Any, w: dict[str, Any], dropout: float, generator: Any) -> Any:
    """A tower with some inputs and hidden units left out at random."""
    import torch

    def dropped(values: Any) -> Any:
        kept = torch.rand(values.shape, generator=generator) >= dropout
        return values * kept / (1 - dropout)

    x = dropped(x)
    hidden = dropped(torch.relu(x @ w["W1"].T + w["b1"]))
    return torch.nn.functional.normalize(hidden @ w["W2"].T + w["b2"] + x @ w["W3"].T, dim=1)


def _network(shapes: Sequence[tuple[int, ...]], seed: int) -> list[Any]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(shape, generator=generator) / np.sqrt(shape[-1])).requires_grad_(True)
        for shape in shapes
    ]


def _minimise(parameters: list[Any], loss: Any, n: int, *, seed: int, steps: int, batch: int = 128) -> None:
    import torch

    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        value = loss(rng.permutation(n)[:batch])
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        schedule.step()
