"""How well a listener hears, as a record and as the model card that ships beside its weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from generation.audio.listener import ListenerConfig
from recsys.metrics import Estimate


@dataclass(frozen=True)
class Confusion:
    """Clips of one genre that were taken for another."""

    genre: str
    heard: str
    clips: int
    of: int


@dataclass(frozen=True)
class Report:
    """How well a listener hears songs that it was not trained on.

    Attributes
    ----------
    clips, songs : int
    halves, test, plain : mapping of str to Estimate
        Accuracies with 95 % intervals over songs: `genre` of clips of a single genre, `mixture` (the heavier
        genre of two found), `either` (the first answer is one of the two), `lead`, `mood`. `plain` is
        `halves` of a model on statistics of log-mel bands.
    calibration : mapping of str to float
        Expected calibration error on the test songs, by kind of tag.
    instruments : mapping of str to float
        Area under the curve of each on the test songs, where some have it and some not.
    confusions : tuple of Confusion
        Of `halves`, clips of a single genre, the most frequent first.
    sha256 : str
        Of the saved model.
    """

    clips: int
    songs: int
    halves: Mapping[str, Estimate]
    test: Mapping[str, Estimate]
    plain: Mapping[str, Estimate]
    calibration: Mapping[str, float]
    instruments: Mapping[str, float]
    confusions: tuple[Confusion, ...]
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def model_card(config: ListenerConfig, report: Report) -> str:
    """The model card of a listener, Markdown."""
    made, half = config.made_with, report.halves
    rows = "\n".join(
        f"| {name} | {shown(half[name])} | {shown(report.test[name])} | {shown(report.plain[name])} |"
        for name in half
    )
    errors = ", ".join(f"{name} {value:.3f}" for name, value in report.calibration.items())
    return f"""# The listener

Tags of genre, mood, lead instrument and instruments on the frozen style encoder `{config.encoder}`: linear
models, {len(config.genres)} genres, {len(config.moods)} moods, {len(config.leads)} leads,
{len(config.instruments)} instruments and kinds of them. Made by
`songspace train listener --clips {made.get("clips")} --seed {made.get("seed")}`.

- Data: {report.clips:,} clips of 10 s of {report.songs:,} songs, composed or arranged from public-domain
  tunes and rendered by the studio with the SoundFont {made.get("soundfont")}; no recording of anybody.
- Accuracy, in per cent with 95 % intervals over songs. "Half" is heard by a model that was trained on the
  other half of the songs; "test" is this model on songs it was not trained on; "plain" is "half" for a model
  on statistics of log-mel bands.

| what | half | test | plain |
|---|---|---|---|
{rows}

- Expected calibration error on the test songs: {errors}.
- Limits: it was trained on rendered music. How right it is about real recordings is not measured; music
  unlike the studio's is flagged as strange, and its tags are guesses then. Sung words, real rooms and real
  players are not among what it knows.
- License: that of Songspace. The encoder's own weights are not in here.
"""


def shown(found: Estimate) -> str:
    """An accuracy in per cent with its interval: "95.1 (93.8 .. 96.2)"."""
    return f"{100 * found.mean:.1f} ({100 * found.low:.1f} .. {100 * found.high:.1f})"
