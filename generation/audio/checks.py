"""What is asked of finished takes: how well each is what was wished, and whether it copies training music.

Each take is heard once by the style encoder, for the judge and for the index of training music alike. What
was
found is kept with the track as `checks`, which its record holds:

    {"judge": {"by": "judge-1 1ea0fe8d", "score": 3.1, "words": 2.2, ...},
     "memorisation": {"index": "5b..", "clips": 7220, "is_copy": false, "mel_item": 17, ...}}

A part that is not there is left out, and named with its reason in `missing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.judge import Judge, Verdict, Wish
from generation.audio.memorisation import Index, load_index
from generation.audio.request import Generation, Request, Track, key_of
from generation.checkpoint import CheckpointError

if TYPE_CHECKING:
    from generation.audio.hearing import Sound
    from generation.audio.style_encoder import StyleEncoder
    from generation.text_encoder import TextEncoder


class Examiner:
    """Judge, index and style encoder in memory, each where it is there.

    Attributes
    ----------
    missing : mapping of str to str
        What cannot be asked, and why.
    """

    def __init__(
        self,
        *,
        encoder: StyleEncoder | None = None,
        judge: Judge | None = None,
        index: Index | None = None,
        missing: Mapping[str, str] | None = None,
    ) -> None:
        self.encoder, self.judge, self.index, self.missing = encoder, judge, index, dict(missing or {})

    def check(self, made: Generation) -> Generation:
        """Return the same takes with their `checks`, in the same order."""
        wish = wish_of(made.request)
        return replace(made, tracks=tuple(self._checked(track, wish) for track in made.tracks))

    def _checked(self, track: Track, wish: Wish) -> Track:
        from generation.audio.hearing import at_rates, sound_of
        from generation.audio.spectrogram import log_mel

        found: dict[str, Any] = {}
        if self.encoder is not None and (self.judge is not None or self.index is not None):
            fast, slow = at_rates(track.waveform, track.sample_rate)
            heard = self.encoder.hear(fast)
            if self.judge is not None:
                verdict = self._verdict(self.judge, sound_of(heard, slow), wish)
                found["judge"] = {"by": self.judge.name, **verdict.to_json()}
            if self.index is not None:
                nearest = self.index.nearest(log_mel(slow), heard.penultimate.mean(0))
                found["memorisation"] = {
                    "index": self.index.sha256[:8],
                    "clips": len(self.index),
                    **nearest.to_json(),
                }
        if self.missing:
            found["missing"] = dict(self.missing)
        return replace(track, checks=found)

    def _verdict(self, judge: Judge, sound: Sound, wish: Wish) -> Verdict:
        """Judge a take; without a text encoder, by all but words."""
        from generation.text_encoder import TextEncoderMissingError

        try:
            return judge.judge(sound, wish)
        except TextEncoderMissingError as error:
            self.missing["words"] = str(error)
            return judge.judge(sound, replace(wish, words=None))


def load_examiner(*, text_encoder: TextEncoder | None = None) -> Examiner:
    """Load what ships; what is not there is `missing`, and stops nobody from making music."""
    from generation.audio.style_encoder import StyleEncoder, StyleEncoderMissingError

    missing: dict[str, str] = {}
    encoder: StyleEncoder | None = None
    judge: Judge | None = None
    index: Index | None = None
    try:
        judge = Judge(text_encoder=text_encoder)
    except CheckpointError as error:
        missing["judge"] = str(error)
    try:
        index = load_index()
    except CheckpointError as error:
        missing["memorisation"] = str(error)
    if judge is None and index is None:
        return Examiner(missing=missing)
    try:
        encoder = StyleEncoder(threads=None)
    except StyleEncoderMissingError as error:
        missing["style encoder"] = str(error)
    return Examiner(encoder=encoder, judge=judge, index=index, missing=missing)


def wish_of(request: Request) -> Wish:
    """What a request asks of its takes; flags go before words.

    A number of beats a minute and a key count, "slow" is left to the words. A blend, and prompts of sections,
    leave words open: no part of such a track is to be all of them.
    """
    from generation.prompt import parse_prompt

    wanted = parse_prompt(request.prompt or "")
    key = key_of(request.key)
    tonic, mode = key if key is not None else (wanted.tonic, wanted.mode)
    is_one = request.blend is None and not request.sections
    return Wish(
        words=request.prompt if is_one else None,
        tempo_bpm=request.tempo_bpm or wanted.tempo_bpm,
        tonic=tonic,
        mode=mode,
        genre=request.genre,
    )


def best_first(tracks: Sequence[Track]) -> list[int]:
    """Numbers of the takes from the best to the last: no copy before a copy, then by the judge's score."""

    def place(number: int) -> tuple[bool, float]:
        checks = tracks[number].checks
        is_copy = bool(checks.get("memorisation", {}).get("is_copy", False))
        return is_copy, -float(checks.get("judge", {}).get("score", -np.inf))

    return sorted(range(len(tracks)), key=place)


def said(checks: Mapping[str, Any]) -> str:
    """What a check found, for a line beside a track; "" where nothing was asked."""
    parts = []
    if "judge" in checks:
        parts.append(f"score {checks['judge']['score']:.2f}")
    found = checks.get("memorisation")
    if found is not None:
        what = "A COPY of training clip" if found["is_copy"] else "no copy, nearest training clip"
        parts.append(f"{what} {found['mel_item']} ({found['mel_similarity']:.2f})")
    return ", ".join(parts)
