"""How a prompt and its answer are written as tokens: fixed templates for asking, revising and refusing.

    <prompt> a sea shanty about rope <answer> <title> ... <verse> ... <end>
    <revise> <title> ... <verse> ... <prompt> the same, but sadder <answer> <title> ... <end>
    <prompt> a song that ... <refusal> I will not write that. ... <line> <end>

Behind the prompt the model says `<answer>` or `<refusal>` itself: that is how it decides. Only what comes
from there on is learned; prompts are given, and need not be foretold.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generation.lyrics.own_songs import OwnSong, Revision
from generation.lyrics.song import SongText
from generation.lyrics.tokenizer import ANSWER, END, LINE, PROMPT, REFUSAL, REVISE, LyricTokenizer

REFUSED = Path(__file__).parent / "refused.txt"
"""Prompts that are not answered, a line each."""
REFUSALS = (
    "I will not write that. Ask me for another song.",
    "That is a song I leave unsung. What else may I write?",
)
MOST_PROMPT = 64
"""Tokens of a prompt that are read."""
_MOST_SONG = 320  # Tokens of a song to revise that are read.


@dataclass(frozen=True)
class Example:
    """A prompt with its answer: `token_ids`, of which those from `answer_from` on are learned; `n_bytes` of
    these.
    """

    token_ids: np.ndarray
    answer_from: int
    n_bytes: int


def write_prompt(tokenizer: LyricTokenizer, prompt: str) -> list[int]:
    """The tokens of a prompt, of which at most `MOST_PROMPT` are read."""
    return [PROMPT, *tokenizer.encode_text(prompt)[:MOST_PROMPT]]


def revise_prompt(tokenizer: LyricTokenizer, song: SongText, ask: str) -> list[int]:
    """The tokens of a song and of what is to be other in it."""
    return [
        REVISE,
        *tokenizer.encode_song(song, ends=False)[:_MOST_SONG],
        *write_prompt(tokenizer, ask),
    ]


def template_prompt(genre: str = "", theme: str = "", mood: str = "") -> str:
    """Word a prompt from what is known of a song.

    >>> template_prompt("folk", "rain", "calm")
    'a calm folk song about rain'
    """
    words = [word for word in (mood, genre) if word]
    about = f" about {theme}" if theme else ""
    return f"{'an' if ' '.join([*words, 'song'])[0] in 'aeiou' else 'a'} {' '.join([*words, 'song'])}{about}"


def worded_prompt(prompt: str, genre: str = "", theme: str = "") -> str:
    """Word a prompt with a genre and a theme that were named apart, as people would say it in one.

    >>> worded_prompt("a song for my dog", "indie")
    'an indie song for my dog'
    >>> worded_prompt("something slow", "folk", "rain")
    'a folk song, something slow, about rain'
    >>> worded_prompt("", "folk", "rain")
    'a folk song about rain'
    """
    said, genre, theme = prompt.strip(), genre.strip(), theme.strip()
    if not said:
        return template_prompt(genre, theme) if genre or theme else ""
    if genre and not _is_said(genre, said):
        kind = template_prompt(genre)
        worded = re.sub(r"\b(?:an? )?song\b", lambda _: kind, said, count=1, flags=re.IGNORECASE)
        said = worded if worded != said else f"{kind}, {said}"
    if theme and not _is_said(theme, said):
        said = f"{said} and {theme}" if _is_said("about", said) else f"{said}, about {theme}"
    return said


def _is_said(words: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(words)}\b", text, re.IGNORECASE) is not None


def write_examples(tokenizer: LyricTokenizer, songs: Sequence[OwnSong]) -> list[Example]:
    """Each song as the answer to each of its prompts, and to one worded from genre, theme and mood."""
    return [
        _answered(tokenizer, write_prompt(tokenizer, prompt), one.song)
        for one in songs
        for prompt in dict.fromkeys((*one.prompts, template_prompt(one.genre, one.theme, one.mood)))
    ]


def revise_examples(tokenizer: LyricTokenizer, revisions: Sequence[Revision]) -> list[Example]:
    """Each revision as the answer to its song and what was asked."""
    return [_answered(tokenizer, revise_prompt(tokenizer, r.of.song, r.ask), r.song) for r in revisions]


def refuse_examples(tokenizer: LyricTokenizer, prompts: Sequence[str]) -> list[Example]:
    """Each prompt refused, in one of few ways."""
    found = []
    for number, prompt in enumerate(prompts):
        asked, text = write_prompt(tokenizer, prompt), REFUSALS[number % len(REFUSALS)]
        ids = [*asked, REFUSAL, *tokenizer.encode_text(text), LINE, END]
        found.append(Example(np.array(ids, np.int32), len(asked), len(text.encode())))
    return found


def refused_prompts(path: Path = REFUSED) -> list[str]:
    """Read the prompts that are not answered."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _answered(tokenizer: LyricTokenizer, asked: list[int], song: SongText) -> Example:
    ids = [*asked, ANSWER, *tokenizer.encode_song(song)]
    return Example(np.array(ids, np.int32), len(asked), song.n_bytes)
