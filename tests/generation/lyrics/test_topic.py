"""Words of a prompt become likelier while they have not come, and fit where they come."""

from __future__ import annotations

import numpy as np

from generation.lyrics.free_form import write_freely
from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.sampling import Sampling
from generation.lyrics.song import words_of
from generation.lyrics.tokenizer import LINE, TITLE, VERSE_ID
from generation.lyrics.topic import Topic, topic_words
from tests.tiny_songs import tiny_stream, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
STREAM = tiny_stream(TOKENIZER)
MODEL = train_ngram(STREAM.songs(), TOKENIZER.vocab_size, NgramConfig(4))


def test_a_topic_is_what_a_prompt_is_about() -> None:
    assert topic_words("write me a sad blues about a broken kettle, please") == ["broken", "kettle"]
    assert topic_words("") == []


def test_the_longer_a_word_has_not_come_the_likelier_it_is() -> None:
    topic = Topic(TOKENIZER, "a song about green")
    first = TOKENIZER.encode_text("green")[0]
    line = TOKENIZER.encode_text("Anna has")
    urges = [topic.bonus([VERSE_ID, *line * n], [])[first] for n in (1, 4)]
    said = topic.bonus([VERSE_ID, *line * 4, *TOKENIZER.encode_text("green")], [])[first]
    assert urges[0] < urges[1]
    assert said < urges[0]
    assert Topic(TOKENIZER, "a song about green", strength=0.0).bonus([VERSE_ID], []) == {}


def test_a_line_and_a_title_begin_with_a_capital() -> None:
    topic = Topic(TOKENIZER, "a song about zebras")
    small, capital = (TOKENIZER.encode_text(word)[:3] for word in ("zebras", "Zebras"))
    song = [VERSE_ID, *TOKENIZER.encode_text("Anna has a hat"), LINE]
    assert small[0] == capital[0]  # a blank, before any letter is told
    assert set(topic.bonus(song, capital[:1])) == {capital[1]}
    assert set(topic.bonus([TITLE], capital[:1])) == {capital[1]}
    assert set(topic.bonus([*song, *TOKENIZER.encode_text("Anna")], small[:1])) == {small[1]}


def test_songs_say_more_of_what_was_asked() -> None:
    def times(strength: float) -> int:
        topic = Topic(TOKENIZER, "a song about green", strength=strength)
        said = 0
        for seed in range(8):
            rng = np.random.default_rng(seed)
            ids = write_freely(MODEL, TOKENIZER, [], Sampling(1.0), rng=rng, bonus=topic.bonus)
            said += words_of(" ".join(TOKENIZER.decode_song(ids).lines)).count("green")
        return said

    assert times(1.0) > times(0.0)
