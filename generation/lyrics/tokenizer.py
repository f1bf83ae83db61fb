"""From the words of songs to numbers and back: byte-level byte-pair encoding (Sennrich et al., ACL 2016; on
bytes after Radford et al., 2019), with tokens of their own for what a song is made of.

The first `N_MARKS` numbers are marks: title, verse, chorus, bridge, line, end, and prompt, answer, refusal
and revision for later. They are no text, so no text can be taken for one. A line is encoded with a space
before it, so that a word at its start is the same token as one within it.

    <title> A Song <verse> First line <line> Second line <line> <chorus> ... <line> <end>

`<end>` also stands before the first token of anything: it is what a new song follows.
"""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generation.lyrics.song import BRIDGE, CHORUS, VERSE, Section, SongText, clean_line

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PAD, END, TITLE, VERSE_ID, CHORUS_ID, BRIDGE_ID, LINE, PROMPT, ANSWER, REFUSAL, REVISE = range(11)
N_MARKS = 16
MARK_OF = {VERSE_ID: VERSE, CHORUS_ID: CHORUS, BRIDGE_ID: BRIDGE}
ID_OF = {mark: number for number, mark in MARK_OF.items()}
NAMES = ("pad", "end", "title", "verse", "chorus", "bridge", "line", "prompt", "answer", "refusal", "revise")
FILE = "tokenizer.json"
VOCAB_SIZE = 4096
_FORMAT = 1


class TokenizerError(ValueError):
    """A file holds no tokenizer of lyrics."""


class LyricTokenizer:
    """The tokenizer in memory; made by `train_tokenizer` or `load_tokenizer`."""

    def __init__(self, bpe: Tokenizer) -> None:
        self._bpe = bpe

    @property
    def vocab_size(self) -> int:
        """How many numbers there are, marks included."""
        return int(self._bpe.get_vocab_size()) + N_MARKS

    @cached_property
    def identity(self) -> str:
        """Sixteen hexadecimal digits that name this tokenizer and no other."""
        from hashlib import sha256

        return sha256(self._bpe.to_str().encode()).hexdigest()[:16]

    @cached_property
    def token_bytes(self) -> tuple[bytes, ...]:
        """The bytes that each number stands for; none for marks."""
        byte_of = {char: byte for byte, char in _alphabet().items()}
        found = [b""] * self.vocab_size
        for token, number in self._bpe.get_vocab().items():
            found[number + N_MARKS] = bytes(byte_of[char] for char in token)
        return tuple(found)

    @cached_property
    def begins_word(self) -> np.ndarray:
        """Which numbers begin a word, bool (vocab_size,): a space comes first."""
        return np.array([token.startswith(b" ") for token in self.token_bytes])

    @cached_property
    def is_control(self) -> np.ndarray:
        """Which numbers hold a control character, bool (vocab_size,): no song does."""
        return np.array([any(byte < 32 or byte == 127 for byte in token) for token in self.token_bytes])

    def encode_text(self, text: str) -> list[int]:
        """Encode text as it is, but for blanks and quotes (`clean_line`); nothing gives nothing."""
        text = clean_line(text.encode("utf-8", "replace").decode())
        return [number + N_MARKS for number in self._bpe.encode(text).ids] if text else []

    def encode_song(self, song: SongText, *, ends: bool = True) -> list[int]:
        """Encode a song, with `<end>` at its end unless it is to be gone on with."""
        ids = [TITLE, *self.encode_text(song.title)] if song.title else []
        for section in song.sections:
            ids.append(ID_OF[section.mark])
            for line in section.lines:
                ids += [*self.encode_text(line), LINE]
        return [*ids, END] if ends else ids

    def decode_text(self, token_ids: Iterable[int]) -> str:
        """The text of the numbers that are text, with the replacement character for broken bytes."""
        table = self.token_bytes
        return b"".join(table[int(i)] for i in token_ids).decode("utf-8", "replace").strip()

    def decode_song(self, token_ids: Iterable[int]) -> SongText:
        """Read a song, as far as `<end>`; whatever the numbers are, something comes out.

        Lines before any mark are a verse; a line that was not ended counts if it has text.
        """
        title, mark = "", VERSE
        sections: list[Section] = []
        lines: list[str] = []
        part: list[int] = []
        in_title = False

        def close_line() -> None:
            nonlocal title, part
            text = clean_line(self.decode_text(part))
            if text and in_title:
                title = title or text
            elif text:
                lines.append(text)
            part = []

        for number in [*map(int, token_ids), END]:
            if number >= N_MARKS:
                part.append(number)
                continue
            close_line()
            if number == LINE:
                in_title = False
            elif number in MARK_OF or number in (END, TITLE):
                if lines:
                    sections.append(Section(mark, tuple(lines)))
                    lines = []
                mark, in_title = MARK_OF.get(number, VERSE), number == TITLE
                if number == END:
                    break
        return SongText(title, tuple(sections))

    def stream(self, token_ids: Iterable[int]) -> Iterator[str]:
        """Yield text as it comes, token by token: as `song.marked` writes it, never half a character."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        fresh, first = True, True
        for number in map(int, token_ids):
            if number >= N_MARKS:
                text = decoder.decode(self.token_bytes[number])
                text = text.lstrip() if fresh else text
                fresh = fresh and not text
                if text:
                    yield text
                continue
            decoder.reset()
            if number == END:
                return
            if number == LINE:
                yield "\n"
            elif number in MARK_OF:
                yield (
                    f"{'' if first else chr(10)}[{MARK_OF[number]}]\n"
                    if fresh
                    else f"\n\n[{MARK_OF[number]}]\n"
                )
            fresh, first = True, False

    def save(self, path: Path) -> None:
        """Write the tokenizer in the place of the one that is there."""
        document = {"format": _FORMAT, "marks": list(NAMES), "bpe": json.loads(self._bpe.to_str())}
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".part-{os.getpid()}-{path.name}")
        try:
            beside.write_text(json.dumps(document, ensure_ascii=True), encoding="utf-8")
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def load_tokenizer(path: Path) -> LyricTokenizer:
    """Read what `save` wrote.

    Raises
    ------
    TokenizerError
        Nothing there, or something else.
    """
    from tokenizers import Tokenizer

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT or document["marks"] != list(NAMES):
            raise TokenizerError(f"{path} is of another version")
        return LyricTokenizer(Tokenizer.from_str(json.dumps(document["bpe"])))
    except FileNotFoundError:
        raise TokenizerError(f"there is no tokenizer at {path}") from None
    except OSError as error:
        raise TokenizerError(f"{path} cannot be read: {error.strerror}") from None
    except TokenizerError:
        raise
    except Exception as error:  # the library raises bare exceptions
        raise TokenizerError(f"{path} holds no tokenizer: {str(error)[:100]}") from None


def train_tokenizer(songs: Sequence[SongText], *, vocab_size: int = VOCAB_SIZE) -> LyricTokenizer:
    """Learn the tokens from songs, most frequent pairs first; the same songs give the same tokens.

    Raises
    ------
    ValueError
        No text, or no room for all bytes.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    lines = [line for song in songs for line in (song.title, *song.lines) if line]
    if not lines:
        raise ValueError("there are no songs to learn tokens from")
    if vocab_size < N_MARKS + 256:
        raise ValueError(f"a vocabulary needs at least {N_MARKS + 256} entries, got {vocab_size}")
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - N_MARKS,
        min_frequency=2,
        show_progress=False,
        initial_alphabet=sorted(_alphabet().values()),
    )
    bpe.train_from_iterator(lines, trainer)
    return LyricTokenizer(bpe)


def _alphabet() -> dict[int, str]:
    """The character that stands for each byte in byte-level encoding: itself where it prints."""
    itself = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in itself]
    return {byte: chr(byte) for byte in itself} | {byte: chr(256 + n) for n, byte in enumerate(others)}
