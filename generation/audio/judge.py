"""The judge: which of several takes is most like what was asked for, and is sound.

Two small towers lead from a sound (layers of the frozen style encoder) and from a sentence (frozen MiniLM)
into one space of unit vectors, where what belongs together lies close; learned by contrast (InfoNCE: van den
Oord et al., 2018; between sound and words as in CLIP, Radford et al., ICML 2021). Beside them stand heads for
genres, moods, leads and instruments, linear on the encoder's layers as the listener's are, and for tempo and
key, which read the waveform (`pulse`, `pitch_classes`). It was trained on studio clips of the split "judge",
which no generator sees, so that it may choose among a generator's takes.

Evidence is told in nats: how much likelier a wish is for what was heard than for music at large.

    words      cos(sound, words) / T  -  log mean over captions c of exp(cos(sound, c) / T)
    tempo      log p(near the asked tempo | sound) / p(near it);  key and genre likewise
    soundness  log of how near the sound lies to music: 0 within what 99 of 100 clips are, below 0 outside

A score is their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio import pitch_classes, pulse
from generation.audio.listener import HEADS, Tags
from generation.audio.regression import sigmoid, softmax
from generation.checkpoint import Checkpoint, CheckpointError, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from generation.audio.hearing import Sound
    from generation.text_encoder import TextEncoder

KIND = "judge-1"
NAMES = {
    0: "C",
    1: "C#",
    2: "D",
    3: "Eb",
    4: "E",
    5: "F",
    6: "F#",
    7: "G",
    8: "Ab",
    9: "A",
    10: "Bb",
    11: "B",
}
_TOWER = ("W1", "b1", "W2", "b2", "W3")
ARRAYS = (
    "mean",
    "scale",
    "components",
    *(f"{tower}.{part}" for tower in ("sound", "words") for part in _TOWER),
    *(f"{head}.{part}" for head in HEADS for part in ("weights", "offsets")),
    *(f"tempo.{part}" for part in ("U", "a", "v", "prior")),
    *(f"key.{part}" for part in ("U", "a", "V", "b", "prior")),
    "captions",
    "axes",
    "centre",
)
"""What a judge is made of; shapes are those of `generation.audio.training.judging`."""
_LEAST = 1e-3
"""What is thought impossible is thought to have this probability: nobody is that sure."""


@dataclass(frozen=True)
class JudgeConfig:
    """What a judge knows, and how it was made.

    Attributes
    ----------
    encoder : str
        Name of the style encoder whose layers it reads.
    genres, moods, leads, instruments, modes : tuple of str
        By output.
    temperature : float
        Of the contrast between sounds and words.
    strange_at : float
        Strangeness that 99 of 100 clips stay below.
    made_with, measured : mapping
    """

    encoder: str
    genres: tuple[str, ...]
    moods: tuple[str, ...]
    leads: tuple[str, ...]
    instruments: tuple[str, ...]
    modes: tuple[str, ...]
    temperature: float
    strange_at: float
    made_with: Mapping[str, Any]
    measured: Mapping[str, Any]


@dataclass(frozen=True)
class Wish:
    """What a take was to be; what is None was left open."""

    words: str | None = None
    tempo_bpm: float | None = None
    tonic: int | None = None
    mode: str | None = None
    genre: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What the judge says of a take, evidence in nats; None for what was not asked."""

    score: float
    words: float | None
    tempo: float | None
    key: float | None
    genre: float | None
    soundness: float

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it, with four decimals."""
        return {name: None if value is None else round(value, 4) for name, value in asdict(self).items()}


def weights_folder() -> Path:
    """Folder of the weights that ship."""
    return Path(__file__).resolve().parent.parent / "weights" / "judge"


class Judge:
    """A judge in memory.

    Parameters
    ----------
    folder : Path, optional
        Of its checkpoint; what ships by default.
    text_encoder : TextEncoder, optional
        Loaded at the first words where none is given.

    Raises
    ------
    CheckpointError
        No judge in the folder, a damaged one, or one for another style encoder.
    """

    def __init__(self, folder: Path | None = None, *, text_encoder: TextEncoder | None = None) -> None:
        found = load_checkpoint(folder or weights_folder(), kind=KIND)
        self.config = _config(found)
        self.sha256 = found.sha256
        self._arrays = {name: array.astype(np.float32) for name, array in found.arrays.items()}
        self._text_encoder = text_encoder
        self._read: tuple[str, np.ndarray] | None = None  # The last text: takes of one prompt share it.

    @property
    def name(self) -> str:
        """The judge's name with the beginning of its SHA-256: "judge-1 1ea0fe8d"."""
        return f"{KIND} {self.sha256[:8]}"

    def tags(self, sound: Sound) -> Tags:
        """Tag a sound as the listener does."""
        return self.tags_of(sound.place)

    def tags_of(self, place: np.ndarray) -> Tags:
        """Tag music by its `generation.audio.listener.embedding`, shape (1506,)."""
        x, found = self._standardised(place), {}
        for head in HEADS:
            logits = self._arrays[f"{head}.weights"] @ x + self._arrays[f"{head}.offsets"]
            scores = sigmoid(logits) if head == "instruments" else softmax(logits)
            names: tuple[str, ...] = getattr(self.config, head)
            found[head] = {names[row]: float(scores[row]) for row in np.argsort(-scores, kind="stable")}
        strangeness = float(np.mean((self._arrays["components"] @ x) ** 2))
        return Tags(**found, strangeness=strangeness, is_strange=strangeness > self.config.strange_at)

    def strangeness(self, sound: Sound) -> float:
        """How far a sound lies from what was trained on, mean square in its own spread."""
        return float(np.mean((self._arrays["components"] @ self._standardised(sound.place)) ** 2))

    def tempos(self, sound: Sound) -> np.ndarray:
        """How likely each of `pulse.TEMPOS` is."""
        return pulse.tempo_shares(sound.repeats, self._part("tempo"))

    def tempo_bpm(self, sound: Sound) -> float:
        """The likeliest tempo."""
        return float(pulse.TEMPOS[self.tempos(sound).argmax()])

    def keys(self, sound: Sound) -> np.ndarray:
        """How likely each key is, shape (12, n_modes)."""
        return pitch_classes.key_shares(sound.classes, self._part("key"))

    def key(self, sound: Sound) -> str:
        """The likeliest key in major or minor, as "A minor"."""
        columns = [self.config.modes.index(mode) for mode in ("major", "minor")]
        tonic, column = np.unravel_index(self.keys(sound)[:, columns].argmax(), (12, 2))
        return f"{NAMES[int(tonic)]} {('major', 'minor')[int(column)]}"

    def place(self, sound: Sound) -> np.ndarray:
        """Where a sound lies in the common space: a unit vector, float32 (dim,)."""
        place: np.ndarray = tower(self._standardised(sound.place)[None], self._part("sound"))[0]
        return place

    def places_of_words(self, texts: list[str]) -> np.ndarray:
        """Where texts lie in the common space: unit vectors, float32 (n, dim)."""
        if self._text_encoder is None:
            from generation.text_encoder import TextEncoder

            self._text_encoder = TextEncoder(threads=1)
        return tower(self._text_encoder.sentences(texts), self._part("words"))

    def point(self, sound: Sound) -> np.ndarray:
        """A sound in the space of Frechet distances: its place on the principal axes of studio music."""
        return np.asarray((self.place(sound) - self._arrays["centre"]) @ self._arrays["axes"])

    def judge(self, sound: Sound, wish: Wish) -> Verdict:
        """Say how well a take is what was wished."""
        soundness = float(
            np.minimum(0.0, np.log(self.config.strange_at / max(self.strangeness(sound), 1e-9)))
        )
        words = None if wish.words is None else self.words_evidence(sound, wish.words)
        tempo = key = genre = None
        if wish.tempo_bpm is not None:
            tempo = pulse.tempo_evidence(self.tempos(sound), wish.tempo_bpm, self._arrays["tempo.prior"])
        if wish.tonic is not None or wish.mode is not None:
            key = self.key_evidence(sound, wish.tonic, wish.mode)
        if wish.genre in self.config.genres:
            share = self.tags(sound).genres[wish.genre]
            genre = float(np.log(max(share, _LEAST) * len(self.config.genres)))
        score = soundness + sum(part for part in (words, tempo, key, genre) if part is not None)
        return Verdict(score, words, tempo, key, genre, soundness)

    def words_evidence(self, sound: Sound, text: str) -> float:
        """How much likelier a text is as a caption of a sound than captions at large, in nats."""
        here = self.place(sound)
        if self._read is None or self._read[0] != text:
            self._read = text, self.places_of_words([text])[0]
        asked = float(here @ self._read[1]) / self.config.temperature
        others = self._arrays["captions"] @ here / self.config.temperature
        top = float(others.max())
        return asked - top - float(np.log(np.exp(others - top).mean()))

    def key_evidence(self, sound: Sound, tonic: int | None, mode: str | None) -> float:
        """How much likelier a key, a tonic or a mode alone, is for a sound than at large, in nats."""
        shares, prior = self.keys(sound), self._arrays["key.prior"]
        if mode is not None and mode in self.config.modes:
            column = self.config.modes.index(mode)
            shares, prior = shares[:, [column]], prior[:, [column]]
        if tonic is not None:
            shares, prior = shares[[tonic]], prior[[tonic]]
        return float(np.log((shares.sum() + _LEAST) / (prior.sum() + _LEAST)))

    def _standardised(self, place: np.ndarray) -> np.ndarray:
        return np.asarray((place - self._arrays["mean"]) / self._arrays["scale"], np.float32)

    def _part(self, name: str) -> dict[str, np.ndarray]:
        start = f"{name}."
        return {key[len(start) :]: array for key, array in self._arrays.items() if key.startswith(start)}


def tower(x: np.ndarray, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """One tower: (n, d) -> unit vectors (n, dim), W2 relu(W1 x + b1) + b2 + W3 x, scaled to length 1."""
    hidden = np.maximum(x @ weights["W1"].T + weights["b1"], 0)
    out = hidden @ weights["W2"].T + weights["b2"] + x @ weights["W3"].T
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9), np.float32)


def save_judge(folder: Path, config: JudgeConfig, arrays: Mapping[str, np.ndarray], *, card: str = "") -> str:
    """Save a judge in half precision; return its SHA-256.

    Raises
    ------
    ValueError
        Arrays that are missing or not finite.
    OSError
    """
    missing = [name for name in ARRAYS if name not in arrays]
    if missing:
        raise ValueError(f"a judge needs {', '.join(missing)}")
    halves = {name: arrays[name].astype(np.float16) for name in ARRAYS}
    return save_checkpoint(folder, kind=KIND, config=asdict(config), arrays=halves, card=card)


def _config(found: Checkpoint) -> JudgeConfig:
    from generation.audio.style_encoder import NAME

    try:
        stored = dict(found.config)
        for head in (*HEADS, "modes"):
            stored[head] = tuple(stored[head])
        config = JudgeConfig(**stored)
    except (KeyError, TypeError):
        raise CheckpointError("the judge's configuration is not one") from None
    if config.encoder != NAME:
        raise CheckpointError(f"the judge needs the style encoder {config.encoder}, this one is {NAME}")
    sizes = {head: len(found.arrays.get(f"{head}.offsets", ())) for head in HEADS}
    if set(ARRAYS) - set(found.arrays) or any(sizes[head] != len(getattr(config, head)) for head in HEADS):
        raise CheckpointError("the judge's weights are not those of its configuration")
    return config
