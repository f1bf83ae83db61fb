"""What a prompt is about, kept in mind while a song is written.

A small model soon forgets what it was asked. So each word of the topic becomes likelier for every token that
goes by without it, until it is said where it fits best; then it begins anew. A title says each once.
"""

from __future__ import annotations

from collections.abc import Sequence

from generation.lyrics.song import words_of
from generation.lyrics.tokenizer import END, N_MARKS, TITLE, LyricTokenizer

_MOST_WORDS = 6
_A_TOKEN, _MOST = 0.2, 9.0  # Nats that a word gains for each token without it, and at most.
_AGAIN, _AT_HEAD = 0.7, 0.5  # Of that, for each time that it was said; and where a line begins.
_WITHIN = 3.0  # Nats more for the next piece of a word that has begun.
_ASKING = frozenset(
    """a about after all an and any anthem are as at ballad be been blues but by can chorus could country do
    for folk from give go gospel had has have her hip-hop his hop how i if in indie into is it its jazz just
    let like lullaby lyric lyrics make me metal more my need not of on one or our out please poem pop punk rap
    reggae rhyme rock say shanty she short sing so some something somebody song songs soul still style tell
    than that the their them then there they this to too tune us verse verses want was way we what when where
    which while who whose why will with without write you your""".split()
)
"""Words of asking, which no topic is."""


class Topic:
    """Words of a prompt, each as the tokens that spell it; `strength` multiplies what they gain."""

    def __init__(self, tokenizer: LyricTokenizer, prompt: str, *, strength: float = 1.0) -> None:
        words = topic_words(prompt)
        # At the head of a line, and in a title, with a capital.
        self._words, self._heads = (
            tuple(tuple(tokenizer.encode_text(word)) for word in ways)
            for ways in (words, [word.capitalize() for word in words])
        )
        self._strength = strength

    def bonus(self, said: Sequence[int], word: Sequence[int]) -> dict[int, float]:
        """Nats for tokens behind a song so far and a word that has begun."""
        found: dict[int, float] = {}
        if not self._strength:
            return found
        begun, song = tuple(word), list(said)
        is_title = _is_title(song)
        is_head = not song or song[-1] < N_MARKS or is_title
        for within, head in zip(self._words, self._heads, strict=True):
            times, since = _said(song, (within, head))
            if is_title:
                gain = 0.0 if times else _MOST
            else:
                gain = min(_MOST, _A_TOKEN * since) * _AGAIN**times * (_AT_HEAD if is_head else 1.0)
            spelled = head if is_head else within
            length = len(begun)
            if length < len(spelled) and begun == spelled[:length]:
                token = spelled[length]
                nats = self._strength * (gain + (_WITHIN if length else 0.0))
                found[token] = max(found.get(token, 0.0), nats)
        return found


def _is_title(song: Sequence[int]) -> bool:
    return next((token for token in reversed(song) if token < N_MARKS), END) == TITLE


def topic_words(prompt: str) -> list[str]:
    """Return what a prompt is about: what stands behind "about", else all words that are not of asking."""
    words = words_of(prompt)
    if "about" in words[:-1]:
        words = words[words.index("about") + 1 :]
    kept = [word for word in dict.fromkeys(words) if word not in _ASKING and len(word) > 2]
    return kept[:_MOST_WORDS]


def _said(song: Sequence[int], ways: Sequence[tuple[int, ...]]) -> tuple[int, int]:
    """How often a word was said, in any of its ways, and the tokens since; all of them where it was not."""
    ends = [
        place + len(way)
        for way in set(ways)
        for place in range(len(song) - len(way) + 1)
        if tuple(song[place : place + len(way)]) == way
    ]
    return len(ends), len(song) - max(ends, default=0)
