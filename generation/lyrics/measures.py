"""What songs are like, in figures that ask no model: rhyme, metre, variety, copying, form; and topic, which
asks a sentence encoder. To be printed for real lyrics beside those of every model, since no figure means
much alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.form import form_faults
from generation.lyrics.rhyme import Rhymer, last_word
from generation.lyrics.runs import RUN, RunSet, run_hashes
from generation.lyrics.song import SongText, words_of

_REACH = 4  # Lines before and after in which a rhyme is heard.
Encode = Callable[[Sequence[str]], np.ndarray]
"""Texts to unit vectors, (n, dim)."""


@dataclass(frozen=True)
class Measures:
    """Means over songs.

    Attributes ---------- end_rhyme : float Share of lines that rhyme with one at most four lines away in
    their section; repeated words do not count. syllables, syllable_spread : float Of a line, and the
    standard deviation of it within a section. distinct_1, distinct_2, distinct_3 : float Different words,
    pairs and triples of all songs, as shares of all there are. copied : float Share of six-word runs that
    stand in the training text; NaN where it is not known. longest_copy : float Words of the longest run of a
    song that stands there, as far as six-word runs tell. valid : float Share of songs whose form is. topic :
    float Cosine of prompt and song; NaN without prompts. n_songs : int
    """

    end_rhyme: float
    syllables: float
    syllable_spread: float
    distinct_1: float
    distinct_2: float
    distinct_3: float
    copied: float
    longest_copy: float
    valid: float
    topic: float
    n_songs: int


def measure(
    songs: Sequence[SongText],
    rhymer: Rhymer,
    *,
    runs: RunSet | None = None,
    prompts: Sequence[str] = (),
    encode: Encode | None = None,
    ended: Sequence[bool] = (),
) -> Measures:
    """Measure songs; `ended` says which came to their end by themselves (all, unless told).

    Raises
    ------
    ValueError
        No songs, or prompts or ends of another number.
    """
    if not songs or len(prompts) not in (0, len(songs)) or len(ended) not in (0, len(songs)):
        raise ValueError(f"songs are expected, and a prompt and an end for each, got {len(songs)} songs")
    spread = [syllable_spread(song, rhymer) for song in songs]
    lengths = [rhymer.syllables(line) for song in songs for line in song.lines]
    copies = [copied_runs(song, runs) for song in songs] if runs is not None else []
    topics = topic_match(prompts, songs, encode) if prompts and encode is not None else np.array([np.nan])
    valid = [
        not form_faults(song, ended=end)
        for song, end in zip(songs, ended or [True] * len(songs), strict=True)
    ]
    return Measures(
        _mean([end_rhyme_rate(song, rhymer) for song in songs if song.lines]),
        _mean(lengths),
        _mean([one for one in spread if not np.isnan(one)]),
        distinct(songs, 1),
        distinct(songs, 2),
        distinct(songs, 3),
        _mean([share for share, _ in copies]),
        _mean([longest for _, longest in copies]),
        float(np.mean(valid)),
        float(np.mean(topics)),
        len(songs),
    )


def end_rhyme_rate(song: SongText, rhymer: Rhymer) -> float:
    """Return the share of lines that rhyme with a near line of their section; NaN without lines."""
    hits = []
    for section in song.sections:
        ends = [last_word(line) for line in section.lines]
        for i, end in enumerate(ends):
            near = [*ends[max(0, i - _REACH) : i], *ends[i + 1 : i + 1 + _REACH]]
            hits.append(any(rhymer.rhymes(end, other) for other in near))
    return _mean(hits)


def syllable_spread(song: SongText, rhymer: Rhymer) -> float:
    """Return the standard deviation of syllables a line within sections; NaN without two lines in one."""
    parts = [[rhymer.syllables(line) for line in section.lines] for section in song.sections]
    return _mean([float(np.std(part)) for part in parts if len(part) > 1])


def distinct(songs: Sequence[SongText], n: int) -> float:
    """Return the share of different runs of n words among all (Li et al., NAACL 2016); NaN without any.

    A chorus that returns counts once: it is meant to be the same.
    """
    runs = []
    for song in songs:
        for lines in dict.fromkeys(section.lines for section in song.sections):
            words = [word for line in lines for word in words_of(line)]
            runs += [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    return len(set(runs)) / len(runs) if runs else float("nan")


def copied_runs(song: SongText, runs: RunSet) -> tuple[float, int]:
    """Return the share of a song's six-word runs that stand in the training text, and its longest copy in
    words.

    n runs in a row that are there are a copy of n + 5 words.
    """
    found = runs.contains(run_hashes(song.lines))
    longest = row = 0
    for hit in found:
        row = row + 1 if hit else 0
        longest = max(longest, row)
    return (float(found.mean()) if len(found) else 0.0), longest + RUN - 1 if longest else 0


def topic_match(prompts: Sequence[str], songs: Sequence[SongText], encode: Encode) -> np.ndarray:
    """Return the cosine of each prompt with its song (n,): title and sections are encoded apart, and meant.

    A song without words is at 0.
    """
    parts = [
        [part for part in (song.title, *(" ".join(s.lines) for s in song.sections)) if part] for song in songs
    ]
    vectors = encode([*prompts, *(part for song in parts for part in song)])
    found, at = [], len(prompts)
    for row, song in enumerate(parts):
        mean = vectors[at : at + len(song)].sum(axis=0)
        at += len(song)
        norm = float(np.linalg.norm(mean)) if song else 0.0
        found.append(float(vectors[row] @ mean / norm) if norm else 0.0)
    return np.array(found)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")
