"""Trained lyric models, wherever they lie, and what is measured of each on held-back books."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lyric_training import VALID_SONGS
from generation.checkpoint import CONFIG, checkpoint_sha256
from generation.lyrics.corpus import TokenStream
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.memory_probe import memory_probes
from generation.lyrics.models import load_model
from generation.lyrics.sampling import Sampling, generate
from generation.lyrics.scoring import bits_by_place, bits_per_byte
from generation.lyrics.tokenizer import LyricTokenizer
from generation.lyrics.training import MODEL
from pipelines.lyrics import ANSWERING
from pipelines.train_lyrics import BASE, STAGES

PLACE_SONGS = 60
"""Held-back songs for bits by place."""
_STEPS = "step"


@dataclass(frozen=True)
class Run:
    """A folder with a trained model, and what is known of its training (`seconds`, `tokens`, bits)."""

    name: str
    folder: Path
    facts: dict[str, Any]

    @property
    def answers(self) -> bool:
        """Whether it was taught to answer prompts."""
        return any(part in ANSWERING for part in self.folder.parts)


def find_runs(folders: Sequence[Path], results: Path | None = None) -> list[Run]:
    """Every folder below some that holds `model/config.json`, by path; `results` holds documents of training
    figures as `<name>.json`, or with a word before, as `base_<name>.json`. Where these say model, size and
    tokens read, the run is named by them.
    """
    found: dict[Path, str] = {}
    for folder in folders:
        for config in sorted(folder.rglob(f"{MODEL}/{CONFIG}")):
            run = config.parent.parent
            stage = run.parent.name if run.parent.name in STAGES else ""
            found.setdefault(run, f"{stage} {run.name}".removeprefix(f"{BASE} ").strip())
    facts = {path: _facts(path, results) for path in found}
    for path, one in facts.items():
        if one.get("model") and one.get("size"):
            tokens = f", {one['tokens'] / 1e6:.1f} M" if one.get("tokens") else ""
            found[path] = f"{one['model']} {one['size']}{tokens}"
    return [Run(name, path, facts[path]) for path, name in found.items()]


def _facts(run: Path, results: Path | None) -> dict[str, Any]:
    places = [run / "result.json"]
    if results is not None:
        places += [results / f"{run.name}.json", *sorted(results.glob(f"*_{run.name}.json"))]
    for place in places:
        if place.is_file():
            return dict(json.loads(place.read_text(encoding="utf-8")))
    return {}


def measure_run(
    run: Run, model: LanguageModel, tokenizer: LyricTokenizer, valid: TokenStream, test: TokenStream
) -> dict[str, Any]:
    """Everything that is measured of a trained model but the songs that it writes.

    Bits that training measured on the same books are taken from its figures; those of the books to choose by
    are over the songs that weights were chosen by.
    """
    facts = run.facts
    steps = facts.get("steps", facts.get(_STEPS))
    return {
        "model": model.name,
        "answers": run.answers,
        "sha256": checkpoint_sha256(run.folder / MODEL),
        "parameters": model.n_parameters,
        "valid_bits": facts.get("best", {}).get("bits_per_byte")
        or bits_per_byte(model, valid, most_songs=VALID_SONGS),
        "test_bits": facts.get("test_bits") or bits_per_byte(model, test),
        "train_s": facts.get("cpu_seconds", facts.get("seconds")),
        "trained_tokens": facts.get("tokens"),
        "steps": steps,
        "tokens_per_s": tokens_per_second(model),
        "places": [
            [p.first, p.bits_per_byte] for p in bits_by_place(model, test, tokenizer, most_songs=PLACE_SONGS)
        ],
        "probes": [
            [p.kind, p.gap_words, p.accuracy, p.chance, p.gain_bits] for p in memory_probes(model, tokenizer)
        ],
    }


def tokens_per_second(model: LanguageModel, n: int = 120) -> float:
    """How many tokens it writes in a second of its process's time, one after the other."""
    tokens: Iterator[int] = generate(
        model, [], Sampling(1.0, top_p=1.0, max_tokens=n), rng=np.random.default_rng(1), stops=()
    )
    next(tokens)
    started = time.process_time()
    written = sum(1 for _ in tokens)
    return written / (time.process_time() - started)


def load(run: Run) -> LanguageModel:
    """Load the model of a run."""
    return load_model(run.folder / MODEL)
