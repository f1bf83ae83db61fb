"""Choosing tokens: filters, repetition, forms and rhymes, on counted models of a small world."""

from __future__ import annotations

import numpy as np
import pytest

from generation.lyrics.form import Form, follows_scheme, form_faults
from generation.lyrics.next_words import next_words
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.rhyme import Rhymer
from generation.lyrics.sampling import Sampling, choose, distribution, generate
from generation.lyrics.song import SongText, song_of_text
from generation.lyrics.tokenizer import END, LINE, PROMPT, VERSE_ID
from generation.lyrics.verse_writer import REWARDED, RhymeRule, VerseWriter
from generation.lyrics.word_table import LINE_END
from tests.tiny_songs import tiny_documents, tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
STREAM = tiny_stream(TOKENIZER)
MODEL = train_ngram(STREAM.songs(), TOKENIZER.vocab_size, NgramConfig(4))
P = np.log(np.array([0.5, 0.25, 0.15, 0.07, 0.03]))
PLAIN = Sampling(1.0, top_p=1.0)
RHYMER = Rhymer({w: tuple(p.split()) for w, p in {
    "hat": "HH AE1 T", "cat": "K AE1 T", "me": "M IY1", "tree": "T R IY1", "red": "R EH1 D",
}.items()})  # fmt: skip


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def written(form: Form, settings: Sampling = PLAIN, seed: int = 1, rule: RhymeRule | None = None) -> SongText:
    writer = VerseWriter(MODEL, TOKENIZER, RHYMER, rule=rule)
    return TOKENIZER.decode_song(writer.write([], form, settings, rng=rng(seed)))


@pytest.mark.parametrize(
    ("settings", "left"),
    [(PLAIN, 5), (Sampling(1.0, top_k=2, top_p=1.0), 2), (Sampling(1.0, top_p=0.8), 3),
     (Sampling(1.0, top_p=1.0, min_p=0.2), 3), (Sampling(0.0), 1), (Sampling(100, top_p=0.9), 5)],
)  # fmt: skip
def test_filters_leave_the_likeliest(settings: Sampling, left: int) -> None:
    p = distribution(P, settings)
    assert (p > 0).sum() == left
    assert p.sum() == pytest.approx(1)
    assert (np.diff(p) <= 1e-12).all()


def test_temperature_sharpens_and_flattens() -> None:
    cold, warm = (distribution(P, Sampling(t, top_p=1.0)) for t in (0.5, 2.0))
    assert cold[0] == pytest.approx(0.25 / (0.25 + 0.0625 + 0.0225 + 0.0049 + 0.0009))
    assert warm[0] < 0.5 < cold[0]


def test_only_what_is_allowed_comes() -> None:
    allowed = np.array([False, True, False, True, False])
    assert set(np.flatnonzero(distribution(P, PLAIN, allowed=allowed))) == {1, 3}
    with pytest.raises(ValueError, match="no token"):
        distribution(P, PLAIN, allowed=~np.ones(5, bool))


def test_repetition_is_held_down_and_runs_are_forbidden() -> None:
    even = np.full(30, -np.log(30))
    held = distribution(even, Sampling(1.0, top_p=1.0, repetition=2.0), said=[20, LINE])
    assert held[20] == pytest.approx(held[21] * np.exp(-2))
    assert held[LINE] == held[21]  # marks have to come again
    banned = distribution(even, Sampling(1.0, top_p=1.0, no_repeat=3), said=[20, 21, 22, 20, 21])
    assert banned[22] == 0 < banned[23]


def test_draws_follow_the_probabilities() -> None:
    p, draw = np.exp(P), rng()
    counts = np.bincount([choose(p, draw) for _ in range(4000)], minlength=5)
    np.testing.assert_allclose(counts / 4000, p, atol=0.03)


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0}, {"min_p": 2}, {"top_k": -1}, {"max_tokens": 0}]
)
def test_what_is_no_way_to_choose_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="got"):
        Sampling(**wrong)  # type: ignore[arg-type]


def test_greedy_is_always_the_same_and_seeds_differ() -> None:
    greedy = [list(generate(MODEL, [], Sampling(0), rng=rng(seed))) for seed in (1, 2)]
    drawn = [list(generate(MODEL, [], Sampling(1.5), rng=rng(seed))) for seed in (1, 1, 2)]
    assert greedy[0] == greedy[1]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_song_stops_at_its_end_or_at_the_most() -> None:
    tokens = list(generate(MODEL, [], Sampling(0.5), rng=rng()))
    assert tokens.index(END) == len(tokens) - 1
    assert len(list(generate(MODEL, [], Sampling(0.5, max_tokens=7), rng=rng()))) == 7
    assert PROMPT not in list(generate(MODEL, [], Sampling(100, top_p=1.0), rng=rng()))


def test_sections_lines_and_the_chorus_are_as_the_form_says() -> None:
    song = written(Form.parse("verse, chorus verse-chorus bridge chorus", lines=3))
    assert [section.mark for section in song.sections] == [
        "verse",
        "chorus",
        "verse",
        "chorus",
        "bridge",
        "chorus",
    ]
    assert {len(section.lines) for section in song.sections} == {3}
    assert song.sections[1] == song.sections[3] == song.sections[5]


@pytest.mark.parametrize("span", [(2, 3), (8, 9)])
def test_lines_have_their_syllables(span: tuple[int, int]) -> None:
    song = written(Form(("verse",), lines=6, syllables=span), Sampling(1.2))
    counts = [RHYMER.syllables(line) for line in song.lines]
    assert min(counts) >= span[0]
    assert max(counts) <= span[1] + 3  # a word that began may end


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_enforced_lines_rhyme_where_the_dictionary_has_a_rhyme(seed: int) -> None:
    form = Form(("verse",), lines=2, scheme="aa")
    song = written(form, Sampling(1.0), seed)
    if RHYMER.words_that_rhyme(song.lines[0].split()[-1]):
        assert follows_scheme(song.lines, form, RHYMER)


def test_rewarded_rhymes_come_oftener_than_by_chance() -> None:
    form = Form(("verse",), lines=2, scheme="aa")
    rules = (RhymeRule(REWARDED, takes=8, bonus=5.0), RhymeRule(REWARDED, takes=1))
    hits = [
        sum(follows_scheme(written(form, seed=s, rule=r).lines, form, RHYMER) for s in range(12))
        for r in rules
    ]
    assert hits[0] > hits[1]


def test_greedy_writing_to_a_form_is_always_the_same() -> None:
    form = Form.parse("verse chorus", scheme="abab")
    assert written(form, Sampling(0), 1) == written(form, Sampling(0), 1)


@pytest.mark.parametrize(
    "wrong",
    [{"sections": ()}, {"sections": ("solo",)}, {"lines": 0}, {"scheme": "a1"}, {"syllables": (9, 6)}],
)
def test_what_cannot_be_sung_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="got"):
        Form(**{"sections": ("verse",), **wrong})  # type: ignore[arg-type]


def test_partners_are_the_earlier_lines_of_one_letter() -> None:
    form = Form(("verse",), lines=6, scheme="abab")
    assert [form.partner(line) for line in range(6)] == [None, None, 0, 1, None, None]
    assert Form(("verse",), scheme="a.a.").partner(3) is None


def test_a_valid_form_has_no_faults_and_others_are_named() -> None:
    good = song_of_text("", "[verse]\na b\nc d\n[chorus]\ne f\ng h\n[verse]\ni j\nk l\n[chorus]\ne f\nlast")
    assert form_faults(good) == []
    assert form_faults(good, ended=False) == ["it does not end"]
    bad = song_of_text("", f"[verse]\na b\n[chorus]\n{'x ' * 15}\ny\n[chorus]\nq\nz\n[verse]\na b")
    assert len(form_faults(bad)) == 5


def test_next_words_are_whole_and_their_probabilities_right() -> None:
    text = [VERSE_ID, *TOKENIZER.encode_text("Anna has a")]
    found = next_words(MODEL, TOKENIZER, text, k=3)
    assert found[0][0] == "red"
    assert found[0][1] > 0.8
    assert not any(word[-1:] in ",.!" for word, _ in next_words(MODEL, TOKENIZER, text, k=50))
    end = next_words(MODEL, TOKENIZER, [VERSE_ID, *TOKENIZER.encode_text("Anna has a red hat")], k=3)
    assert end[0][0] == LINE_END
    assert sum(p for _, p in found) <= 1
    assert len(tiny_documents()) == 60
