"""A probe of long memory: a name, or a rhyme, is set, some lines go by, and the name or a rhyming word comes.

Each probe asks of every candidate: does the text that set it make it likelier than the texts that set
others? All else is the same, so a model that does not remember says the same each time: its accuracy is
chance, one in the number of candidates, and its gain 0 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.lyrics.language_model import LanguageModel
from generation.lyrics.song import words_of
from generation.lyrics.tokenizer import LINE, VERSE_ID, LyricTokenizer

_NAMES = ("Mary", "John", "Nancy", "Robin", "Ellen", "William", "Annie", "Willie")
_RHYMES = (
    ("light", "night"),
    ("day", "away"),
    ("sea", "me"),
    ("heart", "part"),
    ("go", "snow"),
    ("fair", "air"),
)
_FILLERS = (
    "The wind came over the open field",
    "And all the leaves were brown and old",
    "We walked a mile beside the stream",
    "The bells were ringing in the town",
    "A bird was singing on the bough",
    "And still the clouds went slowly past",
    "The grass was wet beneath our feet",
    "And someone laughed behind the door",
    "The smoke went up from every roof",
    "And no one knew what time it was",
    "The fire burned low upon the stones",
    "And so we waited for the dawn",
)
GAPS = (0, 1, 3, 6, 12)
"""Lines that go by, of seven words each."""


@dataclass(frozen=True)
class Probe:
    """What was found: `kind` is name or rhyme, `gap_words` lie between, `gain_bits` is how much likelier the
    candidate became.
    """

    kind: str
    gap_words: int
    accuracy: float
    chance: float
    gain_bits: float


def memory_probes(
    model: LanguageModel, tokenizer: LyricTokenizer, *, gaps: Sequence[int] = GAPS
) -> list[Probe]:
    """Probe a model at several distances, names first."""
    names = [
        (f"My true love's name is {name}", "And then I softly said the name of", name) for name in _NAMES
    ]
    rhymes = [(f"I thought of you and of the {a}", "And then I thought about the", b) for a, b in _RHYMES]
    return [
        _probe(model, tokenizer, kind, items, gap)
        for kind, items in (("name", names), ("rhyme", rhymes))
        for gap in gaps
    ]


def _probe(
    model: LanguageModel,
    tokenizer: LyricTokenizer,
    kind: str,
    items: Sequence[tuple[str, str, str]],
    gap: int,
) -> Probe:
    found = np.zeros((len(items), len(items)))  # (text that sets, candidate)
    for row, (setting, asking, _) in enumerate(items):
        ids = [VERSE_ID]
        for line in (setting, *_FILLERS[:gap]):
            ids += [*tokenizer.encode_text(line), LINE]
        ids += tokenizer.encode_text(asking)
        _, state = model.feed(model.start(), np.array(ids))
        for column, (_, _, candidate) in enumerate(items):
            found[row, column] = _log_probability(model, state, tokenizer.encode_text(candidate))
    best = np.isclose(found, found.max(axis=0), atol=1e-5)
    accuracy = float(np.mean(np.diag(best) / best.sum(axis=0)))  # ties are guesses
    n = len(items)
    gain = np.diag(found) - (found.sum(axis=0) - np.diag(found)) / (n - 1)
    words = sum(len(words_of(line)) for line in _FILLERS[:gap]) + len(words_of(items[0][1]))
    return Probe(kind, words, accuracy, 1 / n, float(gain.mean() / np.log(2)))


def _log_probability(model: LanguageModel, state: object, token_ids: Sequence[int]) -> float:
    total = 0.0
    fed: list[int] = []
    for token in token_ids:
        logprobs, state = model.feed(state, np.array(fed, np.int64))
        total += float(logprobs[token])
        fed = [token]
    return total
