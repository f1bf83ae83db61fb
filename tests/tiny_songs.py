"""A small world of songs whose statistics are known, for the tests of the lyric models."""

from __future__ import annotations

import numpy as np

from generation.lyrics.corpus import Document, TokenStream, token_stream
from generation.lyrics.song import song_of_text
from generation.lyrics.tokenizer import LyricTokenizer, train_tokenizer

NAMES = ("Anna", "Bella", "Clara", "Dora")
COLOURS = ("red", "blue", "green", "grey")


def tiny_documents(n: int = 60, seed: int = 0) -> list[Document]:
    """Songs of four books; every name always has its own colour."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        who = int(rng.integers(4))
        name, colour = NAMES[who], COLOURS[who]
        verse = f"{name} has a {colour} hat\n{name} has a {colour} cat"
        text = f"[verse]\n{verse}\n[chorus]\nsing with me\nunder the tree\n"
        found.append(Document(song_of_text(f"Song of {name}", text), f"book{number % 4}"))
    return found


def tiny_tokenizer() -> LyricTokenizer:
    return train_tokenizer([document.song for document in tiny_documents()], vocab_size=330)


def tiny_stream(tokenizer: LyricTokenizer) -> TokenStream:
    return token_stream(tiny_documents(), tokenizer)
