"""The small own model of `style_candidates`: a convolutional network that learns to describe studio clips.

Log-mel patches of 3 s (the front end of `generation.audio.style_encoder`) go through four convolutions with
batch normalisation, mean and maximum over time and bands, and one hidden layer of 200, which is the
embedding. Heads read the genres (shares), who leads, who plays (each by itself) and one of five classes of
tempo from it. Clips are heard at levels and spectral tilts drawn anew each epoch, so that neither tells
anything.

Shapes: B patches, T = 187 frames, F = 96 mel bands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.style_sounds import Clips

DIM = 200
CHANNELS = (24, 48, 96, 128)
TEMPO_EDGES = (80.0, 100.0, 120.0, 140.0)
FEWEST_SONGS = 8
"""A lead or an instrument of fewer songs is not asked for."""
VALIDATION_SHARE = 0.15
_BATCH, _RATE, _DECAY = 32, 3e-3, 1e-2
_GAIN_DB, _TILT_DB = (-12.0, 3.0), 2.0  # A tilt is what an octave more or less brings.
_LEAST_HEARD = 0.03


@dataclass(frozen=True)
class Names:
    """What the heads tell apart."""

    genres: tuple[str, ...]
    leads: tuple[str, ...]
    instruments: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, int, int, int]:
        """Outputs of the four heads."""
        return len(self.genres), len(self.leads), len(self.instruments), len(TEMPO_EDGES) + 1


@dataclass(frozen=True)
class Trained:
    """A trained network, and shares of validation clips (songs apart) that it is right about.

    `genre` and `lead` are of clips of one genre and of a lead that is asked for; `instruments` is the mean
    average precision over instruments, `tempo` the share of clips in the right class.
    """

    network: Any
    n_parameters: int
    genre: float
    lead: float
    instruments: float
    tempo: float

    def embed(self, patches: np.ndarray) -> np.ndarray:
        """The mean of the hidden layer over each song's patches (n, B, T, F): float32, shape (n, 200)."""
        import torch

        self.network.eval()
        with torch.inference_mode():
            rows = [self.network(torch.from_numpy(one.astype(np.float32)))[0].mean(0) for one in patches]
        return np.stack([row.numpy() for row in rows])


def names_of(truths: Sequence[Mapping[str, Any]], songs: Sequence[str]) -> Names:
    """All genres, and the leads and instruments that enough songs have; each in alphabetical order."""

    def common(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
        found: dict[str, set[str]] = {}
        for song, names in zip(songs, rows, strict=True):
            for name in names:
                found.setdefault(name, set()).add(song)
        return tuple(sorted(name for name, having in found.items() if name and len(having) >= FEWEST_SONGS))

    genres = sorted({name for truth in truths for name in truth["genres"]})
    leads = common([[truth["lead"]] for truth in truths])
    return Names(tuple(genres), leads, common([_playing(truth) for truth in truths]))


def targets_of(truths: Sequence[Mapping[str, Any]], names: Names) -> tuple[np.ndarray, ...]:
    """What each head should say, float32: genre shares, lead (a row of zeros: not asked), players, tempo."""
    genres = np.array([[truth["genres"].get(name, 0.0) for name in names.genres] for truth in truths])
    leads = np.array([[float(truth["lead"] == name) for name in names.leads] for truth in truths])
    playing = [set(_playing(truth)) for truth in truths]
    instruments = np.array([[float(name in players) for name in names.instruments] for players in playing])
    tempo = np.searchsorted(TEMPO_EDGES, [truth["tempo_bpm"] for truth in truths], side="right")
    classes = np.eye(len(TEMPO_EDGES) + 1)[tempo]
    return tuple(np.asarray(one, dtype=np.float32) for one in (genres, leads, instruments, classes))


def split_songs(songs: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Which clips are for validation, bool: all clips of a song, or of a tune, are on one side."""
    _, number = np.unique(np.array(songs), return_inverse=True)
    held = rng.random(int(number.max()) + 1) < VALIDATION_SHARE
    return np.asarray(held[number])


def train(clips: Clips, *, epochs: int, rng: np.random.Generator) -> Trained:
    """Learn from studio clips; a patch of each clip an epoch, drawn anew."""
    import torch

    torch.manual_seed(int(rng.integers(2**31)))
    names = names_of(clips.truths, clips.songs)
    targets = targets_of(clips.truths, names)
    held = split_songs(clips.songs, rng)
    taught = np.flatnonzero(~held)
    mean, spread = (float(getattr(clips.patches[taught].astype(np.float32), of)()) for of in ("mean", "std"))
    network = _network(names.sizes, mean, spread)
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    steps = epochs * (len(taught) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps, pct_start=0.2)
    network.train()
    for _ in range(epochs):
        order = rng.permutation(taught)
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            rows = order[start : start + _BATCH]
            patches = clips.patches[rows, rng.integers(0, clips.patches.shape[1], _BATCH)]
            heard = torch.from_numpy(other_levels(patches.astype(np.float32), rng))
            loss = _loss(network(heard)[1], [torch.from_numpy(one[rows]) for one in targets])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return _checked(network, clips.patches[held], [one[held] for one in targets])


def other_levels(patches: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Log-mel patches (B, T, F) as if each had been played at another level and tilt.

    The front end's compression, log10(10,000 x + 1), is undone for it.
    """
    octaves = np.linspace(-2.0, 2.0, patches.shape[2])  # Of mel bands, nearly.
    gain_db = (
        rng.uniform(*_GAIN_DB, (len(patches), 1))
        + rng.uniform(-_TILT_DB, _TILT_DB, (len(patches), 1)) * octaves
    )
    power = np.maximum(10.0**patches - 1.0, 0.0) * 10 ** (gain_db / 10)[:, None, :]
    return np.asarray(np.log10(power + 1.0), dtype=np.float32)


def _playing(truth: Mapping[str, Any]) -> list[str]:
    return [name for name, share in truth["instruments"].items() if share >= _LEAST_HEARD]


def _network(sizes: Sequence[int], mean: float, spread: float) -> Any:
    """Patches (B, T, F) to the hidden layer (B, 200) and a list of four heads' logits."""
    from torch import nn

    class Small(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layers: list[Any] = [nn.AvgPool2d((2, 1))]  # 32 ms a frame tell timbre as well.
            before = 1
            for number, channels in enumerate(CHANNELS):
                kernel = 5 if number == 0 else 3
                stride = 2 if number < 3 else (1, 2)
                layers += [
                    nn.Conv2d(before, channels, kernel, stride, kernel // 2, bias=False),
                    nn.BatchNorm2d(channels),
                    nn.ReLU(),
                ]
                before = channels
            self.body = nn.Sequential(*layers)
            self.hidden = nn.Sequential(nn.Linear(2 * before, DIM), nn.ReLU(), nn.BatchNorm1d(DIM))
            self.heads = nn.ModuleList(nn.Linear(DIM, size) for size in sizes)

        def forward(self, patches: Any) -> tuple[Any, list[Any]]:
            import torch

            maps = self.body(((patches - mean) / spread).unsqueeze(1))
            hidden = self.hidden(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], dim=1))
            return hidden, [head(hidden) for head in self.heads]

    return Small()


def _loss(logits: Sequence[Any], targets: Sequence[Any]) -> Any:
    """Cross entropies of genre, lead (where asked) and tempo, and ten times the mean one of instruments."""
    from torch.nn.functional import binary_cross_entropy_with_logits, log_softmax

    genre, lead, tempo = (-(targets[i] * log_softmax(logits[i], dim=1)).sum(1).mean() for i in (0, 1, 3))
    return genre + lead + tempo + 10 * binary_cross_entropy_with_logits(logits[2], targets[2])


def _checked(network: Any, patches: np.ndarray, targets: Sequence[np.ndarray]) -> Trained:
    """What the network says of validation clips, as the mean of logits over their patches."""
    import torch

    network.eval()
    with torch.inference_mode():
        said = [
            [head.mean(0).numpy() for head in network(torch.from_numpy(one.astype(np.float32)))[1]]
            for one in patches
        ]
    logits = [np.stack(column) for column in zip(*said, strict=True)]
    right = [one.argmax(1) == target.argmax(1) for one, target in zip(logits, targets, strict=True)]
    return Trained(
        network,
        sum(weights.numel() for weights in network.parameters()),
        genre=_share(right[0][targets[0].max(1) == 1.0]),
        lead=_share(right[1][targets[1].any(1)]),
        instruments=_mean_precision(logits[2], targets[2]),
        tempo=_share(right[3]),
    )


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else float("nan")


def _mean_precision(logits: np.ndarray, targets: np.ndarray) -> float:
    """Mean over instruments of the average precision of clips ranked by their logit."""
    from recsys.audio_neighbours import average_precision

    found = [
        average_precision(targets[np.argsort(-logits[:, i], kind="stable"), i] > 0)
        for i in range(targets.shape[1])
        if targets[:, i].any()
    ]
    return float(np.mean(found)) if found else float("nan")
