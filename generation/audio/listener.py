"""What music sounds like, in words with probabilities: genres, moods, instruments, and who has the melody.

Heads on the frozen style encoder: of each patch of three seconds the network's mean and maximum over time
(`LAYERS`), averaged over the patches, standardised, then a linear model for each kind of tag
(`generation.audio.regression`):

    genres, moods, leads   shares that sum to 1, so that a mixture shows as one
    instruments            a probability each; names of the band's instruments, and kinds of them

Temperatures and Platt's slopes, found on songs that were not trained on, are part of the weights. How far a
clip lies from everything that was trained on is told, too: of what is `strange`, the tags are guesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.regression import sigmoid, softmax
from generation.checkpoint import Checkpoint, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from generation.audio.style_encoder import Heard

KIND = "listener-1"
LAYERS = ("mean_pool", "max_pool")
HEADS = ("genres", "moods", "leads", "instruments")
"""The kinds of tags; all but the last are shares."""
_SHARES = HEADS[:3]
_ARRAYS = (
    "mean",
    "scale",
    "components",
    *(f"{head}.{part}" for head in HEADS for part in ("weights", "offsets")),
)


@dataclass(frozen=True)
class ListenerConfig:
    """What a listener knows, and how it was made.

    Attributes
    ----------
    encoder : str
        Name of the style encoder whose layers it reads.
    genres, moods, leads, instruments : tuple of str
        Tags by output. Among the leads "" is nobody, and "other" whoever is not named.
    strange_at : float
        Of `Tags.strangeness`: more than 99 of 100 clips like those trained on have.
    made_with : mapping
        Clips, seed, SoundFont: what the training data depends on.
    measured : mapping
        Accuracies on songs that were not trained on.
    """

    encoder: str
    genres: tuple[str, ...]
    moods: tuple[str, ...]
    leads: tuple[str, ...]
    instruments: tuple[str, ...]
    strange_at: float
    made_with: Mapping[str, Any]
    measured: Mapping[str, Any]

    def tags(self, head: str) -> tuple[str, ...]:
        """The tags of a kind, by output."""
        names: tuple[str, ...] = getattr(self, head)
        return names


@dataclass(frozen=True)
class Tags:
    """What was heard, each kind with the likeliest first.

    Attributes
    ----------
    genres, moods, leads : mapping of str to float
        Shares, 0..1; of each kind they sum to 1.
    instruments : mapping of str to float
        How likely each is to be heard, 0..1, independently.
    strangeness : float
        Mean square of the distance from what was trained on, in its own spread; about 1 for more of it.
    is_strange : bool
        It sounds like nothing that was trained on: the tags are guesses.
    """

    genres: Mapping[str, float]
    moods: Mapping[str, float]
    leads: Mapping[str, float]
    instruments: Mapping[str, float]
    strangeness: float
    is_strange: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with four decimals."""
        found: dict[str, Any] = {
            head: {name: round(share, 4) for name, share in getattr(self, head).items()} for head in HEADS
        }
        return {**found, "strangeness": round(self.strangeness, 3), "is_strange": self.is_strange}


def weights_folder() -> Path:
    """Folder of the weights that ship."""
    return Path(__file__).resolve().parent.parent / "weights" / "listener"


class Listener:
    """A listener in memory.

    Parameters
    ----------
    folder : Path, optional
        Of its checkpoint; what ships by default.

    Raises
    ------
    CheckpointError
        No listener in the folder, a damaged one, or one for another encoder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        found = load_checkpoint(folder or weights_folder(), kind=KIND)
        self.config = _config(found)
        self.sha256 = found.sha256
        self._arrays = {name: array.astype(np.float64) for name, array in found.arrays.items()}

    def tags(self, heard: Sequence[Heard]) -> Tags:
        """Tag music by what the style encoder heard in its parts; every patch counts alike.

        Raises
        ------
        ValueError
            No parts.
        """
        return self.tags_of(embedding(heard))

    def tags_of(self, place: np.ndarray) -> Tags:
        """Tag music by its `embedding`, shape (dim,)."""
        arrays = self._arrays
        x = (place.astype(np.float64) - arrays["mean"]) / arrays["scale"]
        found = {}
        for head in HEADS:
            logits = arrays[f"{head}.weights"] @ x + arrays[f"{head}.offsets"]
            scores = softmax(logits) if head in _SHARES else sigmoid(logits)
            order = np.argsort(-scores, kind="stable")
            names = self.config.tags(head)
            found[head] = {names[row]: float(scores[row]) for row in order}
        strangeness = float(np.mean((arrays["components"] @ x) ** 2))
        return Tags(**found, strangeness=strangeness, is_strange=strangeness > self.config.strange_at)

    def direction(self, head: str, tag: str) -> np.ndarray:
        """Return the gradient of a tag's logit by the embedding, shape (dim,); of shares, against the rest.

        Raises
        ------
        ValueError
            An unknown tag.
        """
        names = self.config.tags(head)
        if tag not in names:
            raise ValueError(f"{tag!r} is none of the {head}: {', '.join(names)}")
        weights = self._arrays[f"{head}.weights"]
        one = weights[names.index(tag)]
        # A share grows by what speaks for it more than for the others.
        return np.asarray((one - weights.mean(0) if head in _SHARES else one) / self._arrays["scale"])


def embedding(heard: Sequence[Heard]) -> np.ndarray:
    """Where music lies: its `LAYERS` side by side, the mean over all patches of its parts, shape (dim,)."""
    if not heard:
        raise ValueError("there is nothing to tag: no part was heard")
    return np.concatenate(
        [np.concatenate([getattr(one, layer) for one in heard]).mean(0) for layer in LAYERS]
    )


def save_listener(
    folder: Path, config: ListenerConfig, arrays: Mapping[str, np.ndarray], *, card: str = ""
) -> str:
    """Save a listener in half precision; return its SHA-256.

    Parameters
    ----------
    arrays : mapping
        `mean`, `scale` (dim,); `components` (k, dim), which whiten standardised embeddings; and of each head
        `weights` (K, dim) and `offsets` (K,), for standardised embeddings.

    Raises
    ------
    ValueError
        Arrays that are missing or not finite.
    OSError
    """
    missing = [name for name in _ARRAYS if name not in arrays]
    if missing:
        raise ValueError(f"a listener needs {', '.join(missing)}")
    halves = {name: arrays[name].astype(np.float16) for name in _ARRAYS}
    return save_checkpoint(folder, kind=KIND, config=asdict(config), arrays=halves, card=card)


def _config(found: Checkpoint) -> ListenerConfig:
    from generation.audio.style_encoder import NAME
    from generation.checkpoint import CheckpointError

    try:
        stored = dict(found.config)
        for head in HEADS:
            stored[head] = tuple(stored[head])
        config = ListenerConfig(**stored)
    except (KeyError, TypeError):
        raise CheckpointError("the listener's configuration is not one") from None
    if config.encoder != NAME:
        raise CheckpointError(f"the listener needs the style encoder {config.encoder}, this one is {NAME}")
    sizes = {head: len(found.arrays.get(f"{head}.offsets", ())) for head in HEADS}
    if any(sizes[head] != len(config.tags(head)) for head in HEADS) or set(_ARRAYS) - set(found.arrays):
        raise CheckpointError("the listener's weights are not those of its configuration")
    return config


__all__ = [
    "HEADS",
    "KIND",
    "LAYERS",
    "Listener",
    "ListenerConfig",
    "Tags",
    "embedding",
    "save_listener",
    "weights_folder",
]
