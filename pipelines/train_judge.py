"""Train the judge on studio clips that no generator sees, and say how right it is beside chance and librosa.

It learns from the split "judge" alone; all figures are of the split "test", of which it hears one clip a
song.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from operator import eq
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio import pulse
from generation.audio.judge import Judge, JudgeConfig, Wish, save_judge, tower
from generation.audio.judge_examples import Example
from generation.audio.listener import HEADS
from generation.audio.listener_examples import targets
from generation.audio.regression import fit_answers, fit_shares
from generation.audio.style_encoder import NAME
from generation.audio.training.judging import Scaling, TowerSettings, fit_key, fit_tempo, fit_towers
from generation.studio.piece import GENRES, MOODS
from generation.words.instruments import covers
from pipelines import features
from pipelines.judge_report import JudgeReport, Measured, judge_card
from recsys.calibration import auc
from recsys.metrics import Estimate, bootstrap_mean

if TYPE_CHECKING:
    from generation.text_encoder import TextEncoder

logger = logging.getLogger(__name__)

# As of the listener, which learns the same from other clips.
L2: Mapping[str, float] = {"genres": 10.0, "moods": 30.0, "leads": 2.0, "instruments": 5.0}
FEWEST_SONGS = 8
_NAMED_SHARE = 0.04
_KINDS = (
    "guitar",
    "bass",
    "drums",
    "synth",
    "pad",
    "strings",
    "brass",
    "woodwinds",
    "keyboard",
    "organ",
    "mallets",
)
_WHITENED, _FRECHET_AXES, _CAPTIONS = 32, 16, 256
_PURE = 0.99
_AMONG = 8
"""Takes in a ranking: the one that was asked for and so many less one of other songs."""
_RANKED = 10


class TooFewExamplesError(ValueError):
    """There are too few clips to train or measure a judge with."""


def estimate(waveform: np.ndarray) -> tuple[float | None, str]:
    """Tempo and key of a mono waveform at 22,050 Hz by librosa's estimators, as `songspace listen` has
    them.
    """
    parts = [np.asarray(waveform, np.float32)]
    key = features.key_of(parts)
    return features.tempo_bpm(parts), "" if key is None else str(key)


def train_judge(
    train: Sequence[Example],
    test: Sequence[Example],
    folder: Path,
    *,
    seed: int,
    made_with: Mapping[str, Any],
    text_encoder: TextEncoder,
    settings: TowerSettings | None = None,
    progress: Callable[[str], None] = lambda _stage: None,
) -> JudgeReport:
    """Train, save and measure a judge; the same examples and seed give the same one.

    Raises
    ------
    TooFewExamplesError
    OSError
    """
    started = perf_counter()
    songs = [one.facts.song for one in train]
    if len(set(songs)) < 10 or len(test) < _AMONG or not any(one.facts.mode for one in train):
        raise TooFewExamplesError(
            f"{len(train)} clips to learn from and {len(test)} to measure by are too few"
        )
    names = _names(train)
    chosen = settings or TowerSettings()
    progress("reading captions")
    texts, owners = _captions(train)
    vectors = text_encoder.sentences(texts)
    progress("learning")
    places = np.stack([one.sound.place for one in train]).astype(np.float64)
    scaling = Scaling(places, chosen.components)
    x = scaling.of(places)
    arrays: dict[str, np.ndarray] = {"mean": scaling.mean, "scale": scaling.scale}
    arrays["components"] = scaling.whitening(_WHITENED)
    for head, wanted in _wanted(train, names).items():
        model = (fit_answers if head == "instruments" else fit_shares)(x, wanted, l2=L2[head])
        arrays |= {f"{head}.weights": scaling.unfolded(model.weights), f"{head}.offsets": model.offsets}
    sound, words, temperature = fit_towers(x, vectors, owners, songs, seed=seed, settings=chosen)
    sound |= {name: scaling.unfolded(sound[name]) for name in ("W1", "W3")}
    arrays |= {f"sound.{name}": value for name, value in sound.items()}
    arrays |= {f"words.{name}": value for name, value in words.items()}
    arrays |= {f"tempo.{name}": value for name, value in _tempo(train, seed, chosen.head_steps).items()}
    arrays |= {
        f"key.{name}": value for name, value in _key(train, names["modes"], seed, chosen.head_steps).items()
    }
    rng = np.random.default_rng([seed, 1])
    arrays["captions"] = tower(vectors[rng.permutation(len(vectors))[:_CAPTIONS]], words)
    points = tower(scaling.standardised(places), sound)
    arrays["centre"] = points.mean(0)
    arrays["axes"] = np.linalg.svd(points - points.mean(0), full_matrices=False)[2][:_FRECHET_AXES].T
    strange = ((scaling.standardised(_places(test)) @ arrays["components"].T) ** 2).mean(1)
    config = JudgeConfig(
        encoder=NAME,
        **names,
        temperature=temperature,
        strange_at=float(np.quantile(strange, 0.99)),
        made_with=made_with,
        measured={"dim": chosen.dim},
    )
    progress("measuring")
    save_judge(folder, config, arrays)
    report = measure_judge(Judge(folder, text_encoder=text_encoder), train, test, seed=seed)
    config = replace(config, measured={**config.measured, **_measured(report)})
    sha256 = save_judge(folder, config, arrays, card=judge_card(config, report))
    logger.info("judge: %d clips, %.1f s", len(train), perf_counter() - started)
    return replace(report, sha256=sha256)


def measure_judge(
    judge: Judge, train: Sequence[Example], test: Sequence[Example], *, seed: int
) -> JudgeReport:
    """Measure a judge on clips of songs that it was not trained on."""
    rng = np.random.default_rng([seed, 2])
    songs = np.array([one.facts.song for one in test])

    def row(
        what: str, hits: Sequence[bool | None], commonest: float, rival: Sequence[bool | None] | None = None
    ) -> Measured:
        def mean(found: Sequence[bool | None]) -> Estimate:
            counted = [number for number, hit in enumerate(found) if hit is not None]
            return bootstrap_mean(np.array([float(bool(found[i])) for i in counted]), songs[counted], rng)

        n = sum(hit is not None for hit in hits)
        return Measured(what, mean(hits), commonest, None if rival is None else mean(rival), n)

    tags = [judge.tags(one.sound) for one in test]
    facts = [one.facts for one in test]
    pure = [max(one.genres.values()) > _PURE for one in facts]
    mixed = [not one for one in pure]
    genres = [max(one.genres, key=one.genres.__getitem__) for one in facts]
    leads = set(judge.config.leads) - {"", "other"}
    known = [one.lead in leads for one in facts]
    genre_hits = [next(iter(tag.genres)) == name for tag, name in zip(tags, genres, strict=True)]
    heard_leads = [next(name for name in tag.leads if name in leads) for tag in tags]
    lead_hits = [lead == one.lead for lead, one in zip(heard_leads, facts, strict=True)]
    mood_hits = [next(iter(tag.moods)) == one.mood for tag, one in zip(tags, facts, strict=True)]
    every = [True] * len(facts)
    rows = [
        row("genre, of one", _where(pure, genre_hits), _commonest(genres, pure)),
        row("genre, the heavier of two", _where(mixed, genre_hits), _commonest(genres, mixed)),
        row("lead instrument", _where(known, lead_hits), _commonest([one.lead for one in facts], known)),
        row("mood", mood_hits, _commonest([one.mood for one in facts], every)),
        *_tempo_rows(judge, test, row),
        _key_row(judge, test, row),
        *_ranking_rows(judge, test, row, rng),
    ]
    won = {one.what: one.judge.mean - one.rival.mean for one in rows if one.rival is not None}
    return JudgeReport(
        train_clips=len(train),
        train_songs=len({one.facts.song for one in train}),
        test_clips=len(test),
        test_songs=len(set(songs)),
        rows=tuple(rows),
        instruments=_instruments_auc(judge, test, tags),
        # Not worse either way, and better in one.
        own_tempo=min(won[_TEMPO], won[_ITSELF]) >= 0 and max(won[_TEMPO], won[_ITSELF]) > 0,
        own_key=won[_KEY] > 0,
        sha256=judge.sha256,
    )


_TEMPO, _KEY = "tempo, its double or half within 3 %, with drums", "key, in major or minor"
_ITSELF = "tempo itself within 3 %, with drums"
_Row = Callable[..., Measured]


def is_tempo(found: float | None, true_bpm: float, factors: tuple[float, ...] = (0.5, 1.0, 2.0)) -> bool:
    """Whether a tempo lies within 3 % of the true one, or of another count of it."""
    return found is not None and any(abs(found / (f * true_bpm) - 1) <= pulse.WITHIN for f in factors)


def _tempo_rows(judge: Judge, test: Sequence[Example], row: _Row) -> list[Measured]:
    facts = [one.facts for one in test]
    drums = [one.has_drums for one in facts]
    found = [judge.tempo_bpm(one.sound) for one in test]
    rows = []
    for what, factors in ((_TEMPO, (0.5, 1.0, 2.0)), (_ITSELF, (1.0,))):

        def right(bpms: Sequence[float | None], factors: tuple[float, ...] = factors) -> list[bool]:
            return [is_tempo(bpm, one.tempo_bpm, factors) for bpm, one in zip(bpms, facts, strict=True)]

        constant = max(_share(_where(drums, right([bpm] * len(facts)))) for bpm in pulse.TEMPOS)
        rival = _where(drums, right([one.estimated_bpm for one in facts]))
        rows.append(row(what, _where(drums, right(found)), constant, rival))
    return rows


def _key_row(judge: Judge, test: Sequence[Example], row: _Row) -> Measured:
    facts = [one.facts for one in test]
    plain = [one.tonic is not None and one.mode in ("major", "minor") for one in facts]
    true = [f"{features.KEYS[one.tonic or 0]} {one.mode}" for one in facts]
    found = [_same_names(judge.key(one.sound)) == key for one, key in zip(test, true, strict=True)]
    rival = [_same_names(one.estimated_key) == key for one, key in zip(facts, true, strict=True)]
    return row(_KEY, _where(plain, found), _commonest(true, plain), _where(plain, rival))


def _ranking_rows(
    judge: Judge, test: Sequence[Example], row: _Row, rng: np.random.Generator
) -> list[Measured]:
    """How often a caption's own clip comes out first: by words alone, with all evidence, and among all."""
    places = np.stack([judge.place(one.sound) for one in test])
    texts = [one.facts.captions[0] for one in test]
    logits = judge.places_of_words(texts) @ places.T
    top = [(logits[n] > logits[n, n]).sum() < _RANKED for n in range(len(test))]
    first, scored = [], []
    for n, one in enumerate(test):
        others = rng.permutation([m for m in range(len(test)) if test[m].facts.song != one.facts.song])
        group = [n, *others[: _AMONG - 1].tolist()]
        wish = wish_of_text(texts[n])
        verdicts = [judge.judge(test[m].sound, wish) for m in group]
        first.append(bool(np.argmax([v.words or 0.0 for v in verdicts]) == 0))
        scored.append(bool(np.argmax([v.score for v in verdicts]) == 0))
    return [
        row(f"a caption's clip among {_AMONG}, by words alone", first, 1 / _AMONG),
        row(f"a caption's clip among {_AMONG}, by the score", scored, 1 / _AMONG),
        row(f"a caption's clip among the first {_RANKED} of all", top, _RANKED / len(test)),
    ]


def wish_of_text(text: str) -> Wish:
    """What a text asks for, as the judge takes it."""
    from generation.prompt import parse_prompt

    wanted = parse_prompt(text)
    return Wish(text, wanted.tempo_bpm, wanted.tonic, wanted.mode)


def _names(train: Sequence[Example]) -> dict[str, tuple[str, ...]]:
    """Tags of each head: all genres and moods, and of the others those that enough songs have."""
    leads: dict[str, set[str]] = {}
    played: dict[str, set[str]] = {}
    modes: dict[str, set[str]] = {"major": set(), "minor": set()}
    for one in (example.facts for example in train):
        leads.setdefault(one.lead, set()).add(one.song)
        if one.mode is not None and one.tonic is not None:
            modes.setdefault(one.mode, set()).add(one.song)
        for name, share in one.instruments.items():
            if share >= _NAMED_SHARE:
                played.setdefault(name, set()).add(one.song)

    def often(found: Mapping[str, set[str]]) -> list[str]:
        return sorted(name for name, songs in found.items() if len(songs) >= FEWEST_SONGS and name)

    return {
        "genres": GENRES,
        "moods": MOODS,
        "leads": (*often(leads), "", "other"),
        "instruments": (*(name for name in _KINDS if name not in often(played)), *often(played)),
        "modes": ("major", "minor", *(name for name in often(modes) if name not in ("major", "minor"))),
    }


def _wanted(train: Sequence[Example], names: Mapping[str, tuple[str, ...]]) -> dict[str, np.ndarray]:
    facts, leads = [one.facts for one in train], names["leads"]
    found = {
        "genres": targets(GENRES, [one.genres for one in facts]),
        "moods": targets(MOODS, [{one.mood: 1.0} for one in facts]),
        "leads": targets(leads, [{one.lead if one.lead in leads else "other": 1.0} for one in facts]),
        "instruments": np.array(
            [[_heard(name, one.instruments) for name in names["instruments"]] for one in facts]
        ),
    }
    assert tuple(found) == HEADS
    return found


def _heard(tag: str, instruments: Mapping[str, float]) -> float:
    true_of = covers if tag in _KINDS else eq
    shares = [share for name, share in instruments.items() if true_of(tag, name)]
    return 1.0 if max(shares, default=0.0) >= _NAMED_SHARE else 0.5 if shares else 0.0


def _captions(train: Sequence[Example]) -> tuple[list[str], np.ndarray]:
    texts = [text for one in train for text in one.facts.captions]
    return texts, np.repeat(np.arange(len(train)), [len(one.facts.captions) for one in train])


def _tempo(train: Sequence[Example], seed: int, steps: int) -> dict[str, np.ndarray]:
    drummed = [one for one in train if one.facts.has_drums] or list(train)
    bpm = np.array([one.facts.tempo_bpm for one in drummed])
    return fit_tempo(np.stack([one.sound.repeats for one in drummed]), bpm, seed=seed, steps=steps)


def _key(train: Sequence[Example], modes: tuple[str, ...], seed: int, steps: int) -> dict[str, np.ndarray]:
    keyed = [one for one in train if one.facts.tonic is not None and one.facts.mode in modes]
    tonics = np.array([one.facts.tonic for one in keyed])
    numbers = np.array([modes.index(str(one.facts.mode)) for one in keyed])
    classes = np.stack([one.sound.classes for one in keyed])
    return fit_key(classes, tonics, numbers, len(modes), seed=seed, steps=steps)


def _instruments_auc(judge: Judge, test: Sequence[Example], tags: Sequence[Any]) -> float:
    found = []
    for name in judge.config.instruments:
        wanted = np.array([_heard(name, one.facts.instruments) for one in test])
        sure = (wanted == 0) | (wanted == 1)
        if 0 < wanted[sure].sum() < sure.sum():
            scores = np.array([one.instruments[name] for one in tags])
            found.append(auc(scores[sure], wanted[sure]))
    return float(np.mean(found)) if found else 0.5


def _places(examples: Sequence[Example]) -> np.ndarray:
    return np.stack([one.sound.place for one in examples]).astype(np.float64)


def _share(hits: Sequence[bool | None]) -> float:
    counted = [hit for hit in hits if hit is not None]
    return sum(counted) / max(len(counted), 1)


def _where(counted: Sequence[bool], hits: Sequence[bool]) -> list[bool | None]:
    return [hit if here else None for here, hit in zip(counted, hits, strict=True)]


def _commonest(names: Sequence[str], counted: Sequence[bool]) -> float:
    """The share of the commonest name among those that count."""
    found = [name for name, here in zip(names, counted, strict=True) if here]
    return max((found.count(name) for name in set(found)), default=0) / max(len(found), 1)


_ENHARMONIC = {"Db": "C#", "D#": "Eb", "Gb": "F#", "G#": "Ab", "A#": "Bb", "Eb": "D#", "Ab": "G#", "Bb": "A#"}


def _same_names(key: str) -> str:
    """A key with its tonic as `features.KEYS` names it."""
    tonic, _, mode = key.partition(" ")
    return f"{tonic if tonic in features.KEYS else _ENHARMONIC.get(tonic, tonic)} {mode}"


def _measured(report: JudgeReport) -> dict[str, Any]:
    return {
        one.what: {"judge": round(one.judge.mean, 4), "chance": round(one.chance, 4), "clips": one.clips,
                   **({"librosa": round(one.rival.mean, 4)} if one.rival else {})}
        for one in report.rows
    }  # fmt: skip
