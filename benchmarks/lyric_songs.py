"""What songs of each lyric model are like, by temperature, beside real ones.

Songs are drawn as the models say, nothing guarded: form and copies are measured. Models that answer get
the prompts below, which stand in no file of songs; the others write a song from nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from generation.lyrics.dialogue import write_prompt
from generation.lyrics.language_model import LanguageModel
from generation.lyrics.measures import Encode, measure
from generation.lyrics.neural import NeuralModel
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.runs import RunSet
from generation.lyrics.sampling import Sampling, generate
from generation.lyrics.song import SongText
from generation.lyrics.takes import draw_takes
from generation.lyrics.tokenizer import ANSWER, END, LyricTokenizer

TEMPERATURES = (0.4, 0.7, 1.0, 1.4)
MOST_TOKENS = 320
PROMPTS = (
    "a folk song about a broken kettle",
    "a blues about missing the last ferry",
    "a pop song about two phones with one charger",
    "a lullaby for a kitten in a shoe box",
    "a country song about selling the tractor",
    "a hip-hop track about my first paycheck",
    "a sad song about an empty swimming pool",
    "a reggae tune about slow mornings",
    "a punk song about a parking fine",
    "a jazz ballad about streetlights in fog",
    "a shanty about a cook who cannot cook",
    "a soul song about forgiving my father",
    "a dance track about the night bus",
    "a rock song about climbing out of a hole",
    "a gospel song about a borrowed coat",
    "a metal song about a glacier",
    "an indie song about a houseplant that will not die",
    "a song about learning to drive at forty",
    "something hopeful about winter",
    "a song for my grandmother's kitchen",
)


def draw_songs(
    model: LanguageModel, tokenizer: LyricTokenizer, n: int, temperature: float, *, answers: bool
) -> tuple[list[SongText], list[bool], list[str]]:
    """Return songs, which of them ended by themselves, and their prompts; none for models from nothing."""
    prompts = [PROMPTS[number % len(PROMPTS)] for number in range(n)] if answers else []
    drawn: list[np.ndarray] = []
    if isinstance(model, NeuralModel):
        import torch

        generator = torch.Generator().manual_seed(1)
        asked = [[*write_prompt(tokenizer, prompt), ANSWER] for prompt in prompts]
        share = {"temperature": temperature, "max_tokens": MOST_TOKENS, "generator": generator}
        if answers:
            for one in asked:
                drawn += draw_takes(model.network, one, 1, **share)  # type: ignore[arg-type]
        else:
            drawn = draw_takes(model.network, [], n, **share)  # type: ignore[arg-type]
    else:
        settings = Sampling(temperature, top_p=1.0, max_tokens=MOST_TOKENS)
        for seed in range(n):
            drawn.append(np.array(list(generate(model, [], settings, rng=np.random.default_rng(seed)))))
    songs = [tokenizer.decode_song(ids) for ids in drawn]
    return songs, [bool(len(ids)) and int(ids[-1]) == END for ids in drawn], prompts


def measured(
    songs: Sequence[SongText],
    rhymer: Rhymer,
    runs: RunSet | None,
    *,
    ended: Sequence[bool] = (),
    prompts: Sequence[str] = (),
    encode: Encode | None = None,
) -> dict[str, Any]:
    """Measures of songs as JSON can hold them: None for what is not known."""
    sung = [number for number, song in enumerate(songs) if song.lines]
    if not sung:
        return {"n_songs": len(songs), "valid": 0.0}
    found = asdict(
        measure(
            [songs[number] for number in sung],
            rhymer,
            runs=runs,
            ended=[ended[number] for number in sung] if ended else (),
            prompts=[prompts[number] for number in sung] if prompts else (),
            encode=encode,
        )
    )
    found["valid"] *= len(sung) / len(songs)
    return {name: None if np.isnan(value) else round(float(value), 4) for name, value in found.items()}
