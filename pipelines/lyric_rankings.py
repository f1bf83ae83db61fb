"""Rankings that the lyric models are tuned on: people's from the database first, and the rubric's for prompts
that nobody ranked takes of, which are drawn from the taught model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.dialogue import template_prompt, write_prompt
from generation.lyrics.measures import Encode
from generation.lyrics.own_songs import load_own_songs
from generation.lyrics.rankings import PERSON, RUBRIC, Ranking, RankingError
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.rubric import ranking, rubric_points
from generation.lyrics.runs import RunSet
from generation.lyrics.song import SongText, song_of_text
from generation.lyrics.tokenizer import ANSWER, END, LyricTokenizer

if TYPE_CHECKING:
    from torch import nn

    from db.repositories.preferences import RankedTakes

logger = logging.getLogger(__name__)

TAKES = 4
"""Of a prompt, for the rubric to rank."""


def prompt_tokens(tokenizer: LyricTokenizer, prompt: str) -> tuple[int, ...]:
    """The tokens of a prompt, and the mark that says it is answered."""
    return (*write_prompt(tokenizer, prompt), ANSWER)


def tuning_prompts(n: int, *, seed: int) -> list[str]:
    """Return n prompts to tune on: half are songs' own, half put genre, theme and mood together anew.

    Prompts of songs that are held out are not among them.
    """
    songs = [one for one in load_own_songs() if not one.is_held_out]
    if not songs:
        return []
    rng = np.random.default_rng(seed)
    own = [prompt for one in songs for prompt in one.prompts]
    taken = [own[row] for row in rng.permutation(len(own))[: (n + 1) // 2]]
    known = [sorted({getattr(one, name) for one in songs}) for name in ("genre", "theme", "mood")]
    found = dict.fromkeys(taken)
    for _ in range(20 * n):
        if len(found) >= n:
            break
        genre, theme, mood = (values[int(rng.integers(len(values)))] for values in known)
        found[template_prompt(genre, theme, mood)] = None
    return list(found)[:n]


def people_rankings(rows: Iterable[RankedTakes], tokenizer: LyricTokenizer) -> list[Ranking]:
    """Turn what the database holds into rankings; what is none is left out, and said in the log.

    A take is the text of a song, with or without marks, or an object with it as `text`.
    """
    found, bad = [], 0
    for row in rows:
        texts = [take.get("text") if isinstance(take, dict) else take for take in row.takes]
        songs = [song_of_take(text) if isinstance(text, str) else None for text in texts]
        tokens = [np.array(tokenizer.encode_song(song), np.int32) for song in songs if song is not None]
        try:
            order = tuple(int(place) for place in row.ranking)
            if len(tokens) != len(texts) or len(tokens) < 2:
                raise RankingError("a take is no text")
            prompt = prompt_tokens(tokenizer, row.prompt)
            found.append(Ranking(row.prompt, prompt, tuple(tokens), order, PERSON))
        except (RankingError, TypeError, ValueError):
            bad += 1
    if bad:
        logger.warning("lyrics: %d rankings in the database name takes that are not there: left out", bad)
    return found


def song_of_take(text: str) -> SongText:
    """Read a song as it is shown: its title in a line of its own above the first mark, if it has one."""
    head, _, rest = text.strip().partition("\n\n")
    is_title = "\n" not in head and not head.startswith("[") and rest.lstrip().startswith("[")
    return song_of_text(head.removeprefix("# "), rest) if is_title else song_of_text("", text)


def rubric_rankings(
    network: nn.Module,
    tokenizer: LyricTokenizer,
    prompts: Sequence[str],
    rhymer: Rhymer,
    encode: Encode,
    *,
    runs: RunSet | None = None,
    takes: int = TAKES,
    seed: int = 1,
    progress: Callable[[int, str], None] = lambda _step, _note: None,
    stop: Callable[[], bool] = lambda: False,
) -> list[Ranking]:
    """Draw takes of each prompt, and let the rubric rank them; each prompt's takes have a seed of their own.

    `stop` is asked between prompts, and ends it with those that are done.
    """
    import torch

    from generation.lyrics.takes import draw_takes

    found = []
    for number, text in enumerate(prompts):
        if stop():
            break
        prompt = prompt_tokens(tokenizer, text)
        generator = torch.Generator().manual_seed(
            int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
        )
        drawn = draw_takes(network, prompt, takes, generator=generator)
        found.append(rubric_ranking(text, prompt, drawn, tokenizer, rhymer, encode, runs=runs))
        progress(number + 1, "takes drawn and ranked")
    return found


def rubric_ranking(
    text: str,
    prompt: Sequence[int],
    takes: Sequence[np.ndarray],
    tokenizer: LyricTokenizer,
    rhymer: Rhymer,
    encode: Encode,
    *,
    runs: RunSet | None = None,
) -> Ranking:
    """Rank takes of one prompt by the rubric."""
    songs = [tokenizer.decode_song(take) for take in takes]
    ended = [bool(len(take)) and int(take[-1]) == END for take in takes]
    points = rubric_points(text, songs, rhymer, encode, runs=runs, ended=ended)
    order = tuple(ranking(points))
    return Ranking(text, tuple(prompt), tuple(takes), order, RUBRIC, tuple(map(float, points)))
