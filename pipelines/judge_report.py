"""How right a judge is, as a record and as the model card that ships beside its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from generation.audio.judge import JudgeConfig
from pipelines.listener_report import shown
from recsys.metrics import Estimate


@dataclass(frozen=True)
class Measured:
    """One figure on held-out real clips.

    Attributes
    ----------
    what : str
    judge : Estimate
        Share that is right, with its 95 % interval over songs.
    chance : float
        Of whoever always says what is commonest; of rankings, one in so many.
    rival : Estimate or None
        The same by librosa's estimators, where there are any.
    clips : int
    """

    what: str
    judge: Estimate
    chance: float
    rival: Estimate | None
    clips: int


@dataclass(frozen=True)
class JudgeReport:
    """How right a judge is on songs that it never heard.

    Attributes
    ----------
    train_clips, train_songs, test_clips, test_songs : int
    rows : tuple of Measured
    instruments : float
        Area under the curve, the mean over instruments that some test clips have and some have not.
    own_tempo, own_key : bool
        The judge's own heads beat librosa's estimators.
    sha256 : str
    """

    train_clips: int
    train_songs: int
    test_clips: int
    test_songs: int
    rows: tuple[Measured, ...]
    instruments: float
    own_tempo: bool
    own_key: bool
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self)


def table(report: JudgeReport) -> list[list[str]]:
    """Rows of text: what, judge, librosa, chance, clips."""
    return [
        [one.what, shown(one.judge), "" if one.rival is None else shown(one.rival),
         f"{100 * one.chance:.1f}", str(one.clips)]
        for one in report.rows
    ]  # fmt: skip


def judge_card(config: JudgeConfig, report: JudgeReport) -> str:
    """The model card of a judge, Markdown."""
    made = config.made_with
    rows = "\n".join(f"| {' | '.join(row)} |" for row in table(report))
    heads = f"{len(config.genres)} genres, {len(config.moods)} moods, {len(config.leads)} leads"
    how = f"--clips {made.get('clips')} --test-clips {made.get('test_clips')} --seed {made.get('seed')}"
    dim = config.measured.get("dim")
    learned = f"{report.train_clips:,} clips of 10 s of {report.train_songs:,} songs"
    tested = f"{report.test_clips} clips of {report.test_songs} songs"
    return f"""# The judge

Ranks takes of generated music, and measures them: two small towers from the frozen style encoder
`{config.encoder}` and from MiniLM's sentences into one space of {dim} dimensions, learned by contrast,
with heads for {heads}, {len(config.instruments)} instruments and kinds of
them, tempo and key. Made by `songspace train judge {how}`.

- Data: {learned} of the studio's split "judge", which
  no generator is trained on (SoundFont {made.get("soundfont")}); no recording of anybody.
- Measured on {tested} of the split "test", in per cent with
  95 % intervals over songs. "librosa" is its tempo estimator, and Krumhansl-Schmuckler on its chroma. Chance
  is saying what is commonest; in rankings, one in so many.

| what | judge | librosa | chance | clips |
|---|---|---|---|---|
{rows}

- Area under the curve of instruments, mean: {report.instruments:.3f} (chance .5).
- Limits: it knows rendered music and the studio's way of putting it in words. What it says of real
  recordings is not measured. It ranks; whether music is good it does not know.
- License: that of Songspace. The encoders' weights are not in here.
"""
