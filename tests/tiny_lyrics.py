"""A lyric model that answers at once: a counted one in the place of the taught transformer."""

from __future__ import annotations

from pathlib import Path

from generation.lyrics.ngram_training import NgramConfig, train_ngram
from generation.lyrics.tokenizer import FILE
from generation.lyrics.training import MODEL
from pipelines.train_lyrics import SFT, stage_folder
from tests.tiny_songs import tiny_stream, tiny_tokenizer


def save_tiny_lyrics(root: Path) -> None:
    """Save it, with its tokens, in a folder of lyric models."""
    tokenizer = tiny_tokenizer()
    model = train_ngram(
        tiny_stream(tokenizer).songs(),
        tokenizer.vocab_size,
        NgramConfig(4),
        tokenizer_id=tokenizer.identity,
    )
    model.save(stage_folder(root, SFT, "transformer") / MODEL)
    tokenizer.save(root / FILE)
