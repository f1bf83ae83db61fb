"""Which earlier words each word of a line looked at, for models that look back: the transformer, and the
recurrent networks with attention.

A word is chosen at the place before it, from what that place sees: so a word's row holds the shares of
attention at the places where its tokens were chosen, and all that it can see are earlier words (and its own
first pieces, where it has several). Pieces are joined to words; marks are words of their own. What attention
says of why a word came is a hint and no proof (Jain & Wallace, NAACL 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from generation.lyrics.language_model import LanguageModel
from generation.lyrics.neural import NeuralModel
from generation.lyrics.tokenizer import END, LINE, MARK_OF, N_MARKS, NAMES, TITLE, LyricTokenizer

_LINE_END = "/"
_START = "(start)"


class NoAttentionError(ValueError):
    """The model looks back at no words."""


@dataclass(frozen=True)
class LineAttention:
    """What the words of a line looked at.

    Attributes
    ----------
    looking : tuple of str
        The words of the line, W.
    seen : tuple of str
        All words and marks up to the end of the line, oldest first, N; the last W are `looking`.
    shares : float array, shape (W, N)
        Rows sum to one, or less where a recurrent network looked at nothing.
    heads : str
        Whose attention it is, in words.
    """

    looking: tuple[str, ...]
    seen: tuple[str, ...]
    shares: np.ndarray
    heads: str


def attention_of_line(
    model: LanguageModel,
    tokenizer: LyricTokenizer,
    token_ids: Sequence[int],
    *,
    line: int = -1,
    written_from: int = 0,
    layer: int | None = None,
    head: int | None = None,
) -> LineAttention:
    """Return which words each word of a line looked at.

    Parameters
    ----------
    token_ids : sequence of int
        All that the model read and wrote. Of texts longer than its context the latest tokens are read.
    line : int
        Which of the lines behind `written_from`, from 0; negative ones from the end.
    layer, head : int, optional
        From 1; all, and their mean, where they are not given.

    Raises
    ------
    NoAttentionError
        The model has none.
    ValueError
        There is no such line, layer or head.
    """
    network = _network_that_looks(model)
    first, last = _line_span(token_ids, line, written_from)
    ids = [END, *map(int, token_ids[:last])][-int(network.config.context_length) :]
    first += 1 - (last + 1 - len(ids))  # END stands before; what is beyond the context is cut off
    if first < 0:
        raise ValueError("the line is longer than the context of the model")
    found, heads = _chosen(_shares(model, network, ids), layer, head)
    words = _words(ids, tokenizer)
    belongs = np.zeros((len(ids), len(words)))
    for column, (_, start, end) in enumerate(words):
        belongs[start:end, column] = 1.0
    by_word = found @ belongs
    rows = [(label, start, end) for label, start, end in words if start > first]
    shares = np.stack([by_word[start - 1 : end - 1].mean(axis=0) for _, start, end in rows])
    return LineAttention(
        tuple(label for label, _, _ in rows), tuple(label for label, _, _ in words), shares, heads
    )


def check_looks_back(model: LanguageModel) -> None:
    """Raise `NoAttentionError` where a model looks back at no words."""
    _network_that_looks(model)


def _network_that_looks(model: LanguageModel) -> Any:
    network = model.network if isinstance(model, NeuralModel) else None
    if (
        network is None
        or not hasattr(network, "attention")
        or getattr(network.config, "attends", True) is False
    ):
        raise NoAttentionError(
            f"the model {model.name!r} looks back at no words, so there is no attention to draw:"
            " transformer, lstm-attends and rnn-attends do"
        )
    return network


def _line_span(token_ids: Sequence[int], line: int, written_from: int) -> tuple[int, int]:
    """Where a line lies: the place of the mark before its first token, and the place behind its last."""
    spans: list[tuple[int, int]] = []
    mark, in_title = written_from - 1, False
    for place in range(written_from, len(token_ids) + 1):
        token = int(token_ids[place]) if place < len(token_ids) else END
        if token >= N_MARKS:
            continue
        if place > mark + 1 and not in_title:
            spans.append((mark, place))
        mark, in_title = place, token == TITLE
    if not -len(spans) <= line < len(spans):
        raise ValueError(f"there are {len(spans)} lines to look at, and none is number {line + (line >= 0)}")
    return spans[line]


def _shares(model: LanguageModel, network: Any, ids: Sequence[int]) -> np.ndarray:
    """Attention (layers, heads, T, T) over tokens."""
    import torch

    assert isinstance(model, NeuralModel)
    device = next(network.parameters()).device
    with torch.inference_mode():
        found = network.attention(torch.tensor(ids, device=device))
    return np.asarray(found.float().cpu().numpy(), np.float64)


def _chosen(shares: np.ndarray, layer: int | None, head: int | None) -> tuple[np.ndarray, str]:
    """The mean (T, T) over what is asked for, and its name."""
    n_layer, n_head = shares.shape[:2]
    for name, number, most in (("layers", layer, n_layer), ("heads", head, n_head)):
        if number is not None and not 1 <= number <= most:
            raise ValueError(f"the model has the {name} 1 to {most}, got {number}")
    part = shares if layer is None else shares[layer - 1 : layer]
    part = part if head is None else part[:, head - 1 : head]
    if layer is None and head is None:
        said = f"mean of {n_layer} layers, {n_head} heads each"
    else:
        layers = f"layer {layer}" if layer is not None else f"mean of {n_layer} layers"
        said = f"{layers}, {f'head {head}' if head is not None else f'mean of {n_head} heads'}"
    return np.asarray(part.mean(axis=(0, 1))), said


def _words(ids: Sequence[int], tokenizer: LyricTokenizer) -> list[tuple[str, int, int]]:
    """Words and marks, each with the place of its first token and the one behind its last."""
    begins = tokenizer.begins_word
    starts = [
        place
        for place, token in enumerate(ids)
        if place == 0 or token < N_MARKS or ids[place - 1] < N_MARKS or begins[token]
    ]
    return [
        (_label(ids[start:end], tokenizer, is_first=start == 0), start, end)
        for start, end in zip(starts, [*starts[1:], len(ids)], strict=True)
    ]


def _label(ids: Sequence[int], tokenizer: LyricTokenizer, *, is_first: bool) -> str:
    mark = int(ids[0])
    if mark >= N_MARKS:
        return tokenizer.decode_text(ids)
    if mark == END and is_first:
        return _START
    if mark in MARK_OF:
        return f"[{MARK_OF[mark]}]"
    return _LINE_END if mark == LINE else f"({NAMES[mark] if mark < len(NAMES) else mark})"
