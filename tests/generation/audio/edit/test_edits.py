"""Edits are refused where they cannot be done, and come back from JSON as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.audio.edit.edits import Blend, Continuation, Inpainting, Loop, Section, Variation
from generation.audio.edit.given import Given, read_given
from generation.audio.request import Request, request_of_json

TONE = Given((0.5 * np.sin(np.arange(5 * 8_000) * 0.3)).astype(np.float32)[:, None], 8_000)
LONG = Given(np.resize(TONE.waveform, (100 * 8_000, 1)), 8_000)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Variation(TONE, 0.0), "above 0 and at most 1, got 0"),
        (lambda: Variation(TONE, 1.5), "at most 1, got 1.5"),
        (lambda: Variation(LONG, 0.5), "lasts 100 s, at most 60 s"),
        (lambda: Inpainting(TONE, 4.0, 6.0), "outside the clip, which lasts 5.00 s"),
        (lambda: Inpainting(TONE, -1.0, 2.0), "begins at 0 or later"),
        (lambda: Inpainting(TONE, 3.0, 2.0), "a window lasts"),
        (lambda: Inpainting(LONG, 0.0, 90.0), "a window lasts"),
        (lambda: Inpainting(TONE, 1.0, float("nan")), "a window begins"),
        (lambda: Inpainting(TONE, 1.0, 2.0, 200.0, 12_000.0), "within 0 to 11,025 Hz"),
        (lambda: Inpainting(TONE, 1.0, 2.0, 2000.0, 200.0), "within 0 to 11,025 Hz"),
        (lambda: Inpainting(TONE, 1.0, 2.0, 1000.0, 1010.0), "octaves wide"),
        (lambda: Inpainting(TONE, 1.0, 2.0, 1000.0), "a lower and an upper end"),
        (lambda: Loop(0), "1 to 64 bars, got 0"),
        (lambda: Blend("folk", 1.1), "from 0 to 1, got 1.1"),
        (lambda: Blend(" ", 0.5), "the prompt is empty"),
        (lambda: Blend(None, 0.5), "a second prompt or style"),
        (lambda: Section("", 3.0), "the prompt is empty"),
        (lambda: Section("folk", 1e9), "begins at 0 to 600 s"),
        (lambda: Request(seconds=5.5, edit=Continuation(TONE)), r"6.0 to 600 s \(of which 5.0 s are given\)"),
        (lambda: Request(seconds=601.0, edit=Continuation()), "1.0 to 600 s, got 601"),
        (lambda: Request(sections=(Section("folk", 3.0),)), "only a continuation has sections"),
        (
            lambda: Request(edit=Continuation(), sections=(Section("a", 5.0), Section("b", 3.0))),
            "one after the other, got 5, 3 s",
        ),
        (lambda: Request(edit=Continuation(), sections=(Section("a", 30.0),)), "after the end, 10 s"),
    ],
)
def test_what_cannot_be_done_is_refused(make: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


def banded(given: Given) -> Inpainting:
    return Inpainting(given, 1.0, 2.0, 200.0, 900.0)


@pytest.mark.parametrize("kind", [Variation, banded, Continuation])
def test_a_request_comes_back_from_its_json(kind: Callable[[Given], Any], tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "a.wav", TONE.waveform, 8_000)
    sections = (Section("folk", 9.0),) if kind is Continuation else ()
    edit, blend = kind(read_given(tmp_path / "a.wav")), Blend("folk", 0.3)
    request = Request("jazz", seconds=15.0, edit=edit, sections=sections, blend=blend)
    assert request_of_json(request.to_json()) == request


def test_what_is_no_request_is_refused() -> None:
    documents: list[dict[str, Any]] = [{"nonsense": 1}, {"blend": 3}]
    documents += [{"edit": {"kind": kind}} for kind in ("nonsense", "loop")]
    for document in documents:
        with pytest.raises(ValueError, match=r"no nonsense|one of variation|no request"):
            request_of_json(document)
