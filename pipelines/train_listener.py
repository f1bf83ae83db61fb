"""Train the listener on studio clips, and say how well it hears songs that it was not trained on.

Two protocols, both song-disjoint (and tune-disjoint, where a song arranges one):

- `halves`: the songs are dealt out to two halves, and each half is heard by a model that was trained on the
  other one. Every clip counts; this is what accuracies are quoted by.
- `test`: the model that ships, trained on the splits "generator" and "judge", hears the split "test".

Probabilities are calibrated on out-of-fold answers: a temperature for each kind of shares, Platt's line for
each instrument.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import eq
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from generation.audio.listener import HEADS, ListenerConfig, save_listener
from generation.audio.listener_examples import Example, targets
from generation.audio.regression import (
    LinearModel,
    fit_answers,
    fit_shares,
    sigmoid,
    softmax,
    temperature,
)
from generation.audio.style_encoder import NAME
from generation.studio.piece import GENRES, MOODS
from generation.words.instruments import covers
from pipelines.listener_report import Confusion, Report, model_card
from recsys.calibration import auc, ece, fit_platt
from recsys.metrics import Estimate, bootstrap_mean

logger = logging.getLogger(__name__)

# Chosen on halves of the songs.
L2: Mapping[str, float] = {"genres": 10.0, "moods": 30.0, "leads": 2.0, "instruments": 5.0}
FOLDS = 5
# Who is heard in fewer songs cannot be learned.
FEWEST_SONGS = 12
# Below this share nobody would name an instrument; one that is softer yet counts half.
_NAMED_SHARE = 0.04
_KINDS = (
    "guitar", "bass", "drums", "synth", "pad", "strings", "brass", "woodwinds", "keyboard", "organ",
    "mallets",
)  # fmt: skip
_COMPONENTS, _WHITENED = 300, 32
_PURE = 0.99
NOBODY, OTHER = "", "other"


class TooFewClipsError(ValueError):
    """There are too few clips to train, calibrate and test with."""


def train_listener(
    examples: Sequence[Example], folder: Path, *, seed: int, made_with: Mapping[str, Any]
) -> Report:
    """Train, measure and save a listener; the same examples and seed give the same one.

    Raises
    ------
    TooFewClipsError
    OSError
    """
    started = perf_counter()
    world = _World(examples)
    learn, test = world.rows("generator", "judge"), world.rows("test")
    if len(learn) < 10 * FOLDS or not len(test) or len(set(world.songs[learn])) < 2 * FOLDS:
        raise TooFewClipsError(
            f"{len(examples)} clips are too few: {len(learn)} to learn from and {len(test)} to test with"
        )
    rng = np.random.default_rng([seed, len(examples)])
    halves = world.crossed(world.places, _dealt(world.songs, 2, rng))
    plain = world.crossed(world.bands, _dealt(world.songs, 2, rng))
    folds = _dealt(world.songs[learn], FOLDS, rng)
    crossed = world.only(learn).crossed(world.places[learn], folds)
    scaled = _Scaled(world.places[learn])
    models = {}
    for head in HEADS:
        model = scaled.unfolded(_fit(head, scaled.of(world.places[learn]), world.wanted[head][learn]))
        models[head] = _calibrated(head, model, crossed[head], world.wanted[head][learn])
    x = scaled.standardised(world.places)
    heard = {head: models[head].logits(x[test]) for head in HEADS}
    tested = world.only(test)
    components = scaled.whitening()
    strangeness = ((x[test] @ components.T) ** 2).mean(axis=1)
    measured_halves, measured_test = world.measure(halves, rng), tested.measure(heard, rng)
    calibration = tested.calibration(heard)
    config = ListenerConfig(
        encoder=NAME,
        **{head: world.names[head] for head in HEADS},
        strange_at=float(np.quantile(strangeness, 0.99)),
        made_with=made_with,
        measured={
            "songs": len(set(world.songs)),
            "halves": {name: _rounded(found) for name, found in measured_halves.items()},
            "test": {name: _rounded(found) for name, found in measured_test.items()},
            "calibration_error": {name: round(value, 4) for name, value in calibration.items()},
        },
    )
    report = Report(
        clips=len(examples),
        songs=len(set(world.songs)),
        halves=measured_halves,
        test=measured_test,
        plain=world.measure(plain, rng),
        calibration=calibration,
        instruments=tested.areas(heard["instruments"]),
        confusions=world.confusions(halves["genres"]),
        sha256="",
    )
    arrays = {"mean": scaled.mean, "scale": scaled.scale, "components": components}
    for head, model in models.items():
        arrays |= {f"{head}.weights": model.weights, f"{head}.offsets": model.offsets}
    sha256 = save_listener(folder, config, arrays, card=model_card(config, report))
    logger.info("listener: %d clips, %.1f s, genre %.3f", report.clips, perf_counter() - started,
                report.halves["genre"].mean)  # fmt: skip
    return replace(report, sha256=sha256)


class _World:
    """Examples as arrays, and what is wanted of each head."""

    def __init__(
        self, examples: Sequence[Example], names: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.examples = examples
        self.songs = np.array([one.song for one in examples])
        self.places = np.stack([one.place for one in examples]).astype(np.float64)
        self.bands = np.stack([one.bands for one in examples]).astype(np.float64)
        self.names = names or _names(examples)
        leads = self.names["leads"]
        self.wanted = {
            "genres": targets(GENRES, [one.genres for one in examples]),
            "moods": targets(MOODS, [{one.mood: 1.0} for one in examples]),
            "leads": targets(leads, [{one.lead if one.lead in leads else OTHER: 1.0} for one in examples]),
            "instruments": np.array(
                [[_heard(name, one) for name in self.names["instruments"]] for one in examples]
            ),
        }

    def rows(self, *splits: str) -> np.ndarray:
        return np.flatnonzero([one.split in splits for one in self.examples])

    def only(self, rows: np.ndarray) -> _World:
        return _World([self.examples[row] for row in rows], self.names)

    def crossed(self, inputs: np.ndarray, folds: np.ndarray) -> dict[str, np.ndarray]:
        """Logits of every example by a model that was trained on the other folds."""
        found = {head: np.zeros_like(self.wanted[head]) for head in HEADS}
        for fold in np.unique(folds):
            rest, here = folds != fold, folds == fold
            scaled = _Scaled(inputs[rest])
            x = scaled.of(inputs)
            for head in HEADS:
                model = _fit(head, x[rest], self.wanted[head][rest])
                found[head][here] = model.logits(x[here])
        return found

    def measure(self, logits: Mapping[str, np.ndarray], rng: np.random.Generator) -> dict[str, Estimate]:
        genres, first = self.wanted["genres"], logits["genres"].argmax(axis=1)
        pure = genres.max(axis=1) > _PURE
        leads = self.wanted["leads"]
        known = np.array([one.lead in self.names["leads"] and one.lead != NOBODY for one in self.examples])
        right = {
            "genre": (first == genres.argmax(1), pure),
            "mixture": (first == genres.argmax(1), ~pure),
            "either": (genres[np.arange(len(first)), first] > 0, ~pure),
            "lead": (logits["leads"].argmax(1) == leads.argmax(1), known),
            "lead of one genre": (logits["leads"].argmax(1) == leads.argmax(1), known & pure),
            "mood": (logits["moods"].argmax(1) == self.wanted["moods"].argmax(1), np.ones(len(first), bool)),
        }
        return {
            name: bootstrap_mean(hits[rows].astype(np.float64), self.songs[rows], rng)
            for name, (hits, rows) in right.items()
        }

    def calibration(self, logits: Mapping[str, np.ndarray]) -> dict[str, float]:
        """Of shares, how far the first answer's is from how often it is right; of instruments, of each."""
        found = {}
        for head in HEADS[:3]:
            scores, wanted = softmax(logits[head]), self.wanted[head]
            rows = np.arange(len(scores))
            first = scores.argmax(axis=1)
            found[head] = ece(scores[rows, first], wanted[rows, first])
        instruments = sigmoid(logits["instruments"])
        found["instruments"] = ece(instruments.ravel(), self.wanted["instruments"].ravel())
        return found

    def areas(self, logits: np.ndarray) -> dict[str, float]:
        wanted = self.wanted["instruments"]
        return {
            name: auc(logits[:, column], wanted[:, column])
            for column, name in enumerate(self.names["instruments"])
            if 0 < wanted[:, column].sum() < len(wanted)
        }

    def confusions(self, logits: np.ndarray) -> tuple[Confusion, ...]:
        genres = self.wanted["genres"]
        pure = np.flatnonzero(genres.max(axis=1) > _PURE)
        wanted, heard = genres[pure].argmax(1), logits[pure].argmax(1)
        of = Counter(wanted.tolist())
        pairs = Counter(zip(wanted.tolist(), heard.tolist(), strict=True))
        return tuple(
            Confusion(GENRES[a], GENRES[b], clips, of[a]) for (a, b), clips in pairs.most_common() if a != b
        )


def _names(examples: Sequence[Example]) -> dict[str, tuple[str, ...]]:
    """Tags of each head: all genres and moods, the leads and instruments that enough songs have."""
    leads: dict[str, set[str]] = {}
    played: dict[str, set[str]] = {}
    for one in examples:
        leads.setdefault(one.lead, set()).add(one.song)
        for name, share in one.instruments.items():
            if share >= _NAMED_SHARE:
                played.setdefault(name, set()).add(one.song)
    often = sorted(name for name, songs in played.items() if len(songs) >= FEWEST_SONGS)
    return {
        "genres": GENRES,
        "moods": MOODS,
        "leads": (
            *sorted(name for name, songs in leads.items() if len(songs) >= FEWEST_SONGS and name),
            NOBODY,
            OTHER,
        ),
        "instruments": (*(name for name in _KINDS if name not in often), *often),
    }


def _heard(tag: str, one: Example) -> float:
    true_of = covers if tag in _KINDS else eq
    shares = [share for name, share in one.instruments.items() if true_of(tag, name)]
    return 1.0 if max(shares, default=0.0) >= _NAMED_SHARE else 0.5 if shares else 0.0


def _dealt(songs: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Deal songs out to folds of about one size; all clips of a song are in one."""
    names, place = np.unique(songs, return_inverse=True)
    return np.asarray((rng.permutation(len(names)) % n)[place])


def _fit(head: str, x: np.ndarray, wanted: np.ndarray) -> LinearModel:
    fit = fit_answers if head == "instruments" else fit_shares
    return fit(x, wanted, l2=L2[head])


def _calibrated(head: str, model: LinearModel, crossed: np.ndarray, wanted: np.ndarray) -> LinearModel:
    """Make a model's probabilities as sure as its out-of-fold logits deserve."""
    if head != "instruments":
        t = temperature(crossed, wanted)
        return LinearModel(model.weights / t, model.offsets / t)
    lines = np.array([fit_platt(crossed[:, k], wanted[:, k]) for k in range(wanted.shape[1])])
    return LinearModel(model.weights * lines[:, :1], model.offsets * lines[:, 0] + lines[:, 1])


class _Scaled:
    """Inputs standardised, and turned into the components of those that are learned from.

    Components are divided by the root of their spread: half whitened, so that the heads' penalty holds the
    weak ones back without silencing them.
    """

    def __init__(self, inputs: np.ndarray) -> None:
        spread = inputs.std(axis=0)
        self.mean = inputs.mean(axis=0)
        self.scale = spread + 0.01 * spread.mean() + 1e-6  # What hardly moves is not blown up.
        _, lengths, turned = np.linalg.svd(self.standardised(inputs), full_matrices=False)
        k = min(_COMPONENTS, int((lengths > 1e-6 * lengths[0]).sum()))
        self._turned, self._spread = turned[:k], lengths[:k] / np.sqrt(len(inputs))
        self._halved = self._turned / np.sqrt(self._spread[:, None])

    def standardised(self, inputs: np.ndarray) -> np.ndarray:
        return np.asarray((inputs - self.mean) / self.scale)

    def of(self, inputs: np.ndarray) -> np.ndarray:
        return np.asarray(self.standardised(inputs) @ self._halved.T)

    def unfolded(self, model: LinearModel) -> LinearModel:
        """The same model for standardised inputs."""
        return LinearModel(model.weights @ self._halved, model.offsets)

    def whitening(self) -> np.ndarray:
        """What whitens standardised inputs: the first components, shape (k, dim)."""
        k = _WHITENED
        return np.asarray(self._turned[:k] / self._spread[:k, None])


def _rounded(found: Estimate) -> list[float]:
    return [round(value, 4) for value in (found.mean, found.low, found.high)]
