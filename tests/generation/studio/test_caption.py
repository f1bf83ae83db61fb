"""Captions: true, varied, and the same from the same seed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from generation.prompt import parse_prompt
from generation.studio import caption, wording
from generation.studio.agreement import disagreements
from generation.studio.band.ensembles import ENSEMBLES, TEMPO_RANGES
from generation.studio.band.instruments import INSTRUMENTS
from generation.studio.caption import MAX_WORDS, MIN_WORDS, sentences, tag_lists
from generation.studio.facts import Facts, key_name
from generation.studio.piece import GENRES, MOODS, Piece
from generation.studio.score import MODES, Meter, Note, Part, Score, Section, Tempo
from generation.studio.truth import Truth, describe
from generation.words.instruments import covers

ROLES = ("lead", "harmony", "pad", "bass", "riff", "counter", "drums")


def random_piece(seed: int) -> Piece:
    """A piece whose facts are drawn: any genre or mixture, some players of its band, any key."""
    rng = np.random.default_rng(seed)
    genre, other = (GENRES[int(row)] for row in rng.choice(len(GENRES), 2, replace=False))
    weight = float(rng.choice([0.5, 0.65, 0.8, 1.0]))
    genres = {genre: 1.0} if weight == 1 else {genre: weight, other: 1 - weight}
    low, high = TEMPO_RANGES[genre]
    meter = (Meter(), Meter(3, 4), Meter(6, 8), Meter(7, 8))[int(rng.choice(4, p=[0.7, 0.13, 0.13, 0.04]))]
    tonic = int(rng.integers(12)) if rng.random() < 0.9 else None
    mode = list(MODES)[int(rng.integers(5))]
    score = Score(
        "x",
        (Tempo(0, float(rng.uniform(low * 0.8, high * 1.1))),),
        tuple(random_parts(genre, rng)),
        tonic,
        None if tonic is None else mode,
        meter,
        sections=(Section("verse", 0, 20), Section("chorus", 20, 20)),
    )
    tune = ("The Kesh Jig", "O'Neill's Music of Ireland, 1903") if rng.random() < 0.15 else ("", "")
    return Piece(score, genres, MOODS[int(rng.integers(len(MOODS)))], seed, *tune)


def random_parts(genre: str, rng: np.random.Generator) -> Iterator[Part]:
    yield Part("piano", "harmony", 0, (Note(0, 2, 60),))
    for role in ROLES:
        names = getattr(ENSEMBLES[genre], role)
        if names and rng.random() < 0.6:
            one = INSTRUMENTS[names[int(rng.integers(len(names)))]]
            velocity, step = int(rng.integers(40, 115)), float(rng.choice([0.25, 1.0, 2.0]))
            notes = tuple(Note(start, step, 60, velocity) for start in np.arange(0, 40, step).tolist())
            yield Part(one.name, role, one.program, notes)


@cache
def truths(n: int) -> tuple[Truth, ...]:
    """Truths about the first, or the last ten seconds of random pieces, or all of them."""
    found = []
    for seed in range(n):
        piece = random_piece(seed)
        start_s = (0.0, piece.score.duration_s / 2)[seed % 2]
        found.append(describe(piece, start_s=start_s, end_s=None if seed % 3 == 0 else start_s + 10))
    return tuple(found)


def captions(n: int) -> list[str]:
    return [sentences(truth, rng=np.random.default_rng(seed))[0] for seed, truth in enumerate(truths(n))]


def test_no_caption_says_what_is_not_true() -> None:
    wrong = [
        (text, disagreements(parse_prompt(text), truth))
        for seed, truth in enumerate(truths(300))
        for text in [
            *sentences(truth, rng=np.random.default_rng(seed), n=3),
            *tag_lists(truth, rng=np.random.default_rng(seed), n=2),
        ]
        if disagreements(parse_prompt(text), truth)
    ]
    assert wrong == []


def test_nearly_every_first_draft_is_true() -> None:
    # The reader that throws captions away is a safety net: the words themselves must be right.
    drafts = [
        disagreements(parse_prompt(make(Facts(truth), np.random.default_rng(seed))), truth)
        for seed, truth in enumerate(truths(300))
        for make in (caption._sentence, caption._tags)
    ]
    assert sum(map(bool, drafts)) < 0.03 * len(drafts)


def test_of_a_thousand_captions_nearly_none_are_equal() -> None:
    assert len({text.lower() for text in captions(1000)}) >= 970


def test_captions_have_from_2_to_40_words_and_all_lengths_between() -> None:
    lengths = [len(text.split()) for text in captions(1000)]
    assert min(lengths) == MIN_WORDS
    assert max(lengths) <= MAX_WORDS
    assert set(range(2, 18)) <= set(lengths)


def test_captions_name_all_kinds_of_facts() -> None:
    read = [parse_prompt(text) for text in captions(1000)]
    kinds = (
        "genres mood tempo_bpm tempo_range tonic mode meter instruments denied lead "
        "size loudness density tune"
    ).split()
    share = {kind: np.mean([getattr(one, kind) not in (None, (), "") for one in read]) for kind in kinds}
    assert {kind: value for kind, value in share.items() if value < 0.015} == {}
    assert share["genres"] > 0.8


def test_no_phrase_is_left_unfilled_or_ill_spaced() -> None:
    texts = captions(300) + [
        text for truth in truths(100) for text in tag_lists(truth, rng=np.random.default_rng(1))
    ]
    assert [text for text in texts if re.search(r"[{}]|  | ,|,,|\ba a\b|\ba an\b|, $|None", text)] == []


def test_the_same_seed_writes_the_same_captions() -> None:
    truth = truths(1)[0]
    first, second = (sentences(truth, rng=np.random.default_rng(5), n=20) for _ in range(2))
    assert first == second
    assert len(set(first)) > 15
    assert sentences(truth, rng=np.random.default_rng(5), n=0) == []


def test_a_negative_number_of_captions_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        sentences(truths(1)[0], rng=np.random.default_rng(0), n=-1)


@pytest.mark.parametrize("mode", list(MODES))
def test_every_spelling_of_a_key_is_read_back(mode: str) -> None:
    rng = np.random.default_rng(0)
    for tonic in [*range(12)] * 12:
        wanted = parse_prompt(f"jazz in {key_name(tonic, mode, rng)}")
        assert (wanted.tonic, wanted.mode) == (tonic, mode)


def test_every_word_for_an_instrument_is_true_of_it() -> None:
    wrong = [
        (name, word, parse_prompt(word).instruments)
        for name, words in wording.INSTRUMENTS.items()
        for word in words
        if not parse_prompt(word).instruments
        or not all(covers(asked, name) for asked in parse_prompt(word).instruments)
    ]
    assert wrong == []
    assert set(wording.INSTRUMENTS) <= set(INSTRUMENTS)


@pytest.mark.parametrize("table", ["GENRES", "MASS", "NOUNS"])
def test_every_genre_and_mood_has_words(table: str) -> None:
    assert set(getattr(wording, table)) == set(GENRES)
    assert {mood: parse_prompt(word).mood for mood, words in wording.MOODS.items() for word in words} == {
        mood: mood for mood in MOODS
    }
    for name, words in wording.MASS.items():
        assert [word for word in words if {one for one, _ in parse_prompt(word).genres} != {name}] == []
