"""Lyric models for the page: loaded when first asked for, and songs written in threads, to be read as they
come.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from service.http.kept import Kept
from service.http.problems import Refused, refusal_of
from service.http.service import Service

if TYPE_CHECKING:
    from generation.lyrics.attention import LineAttention
    from pipelines.lyrics import Writer

TAUGHT = "sft"
MODEL = "transformer"
_MOST_TOKENS = 400


@dataclass(frozen=True)
class LyricWish:
    """What a song is to be like. `form` are its sections with blanks between, "" for a free one."""

    prompt: str
    temperature: float = 0.8
    form: str = ""
    scheme: str = ""
    seed: int = field(default_factory=lambda: secrets.randbelow(2**31))


@dataclass
class Writing:
    """A song that is being written: what is there of it so far."""

    parts: list[str] = field(default_factory=list)
    over: bool = False
    problem: str = ""
    stopped: bool = False

    @property
    def text(self) -> str:
        """The song so far."""
        return "".join(self.parts)


_loaded: Kept[tuple[Path, float], Writer] = Kept(2)
_loading = threading.Lock()


def writer_of(service: Service) -> Writer:
    """The taught transformer of a home folder, else the one that ships; loaded once.

    Raises
    ------
    NoLyricModelError, CheckpointError, TokenizerError
    """
    from generation.lyrics.training import MODEL as FOLDER
    from pipelines.lyrics import load_writer, model_root
    from pipelines.train_lyrics import stage_folder

    with _loading:
        root = model_root(service.settings.home)
        folder = stage_folder(root, TAUGHT, MODEL) / FOLDER
        key = (folder, folder.stat().st_mtime if folder.exists() else 0.0)
        found = _loaded.get(key)
        if found is None:
            found = load_writer(root, MODEL, stage=TAUGHT)
            _loaded.put(key, found)
    return found


def start_writing(service: Service, wish: LyricWish) -> Writing:
    """Begin to write a song in a thread of its own.

    Raises
    ------
    ValueError
        The operator's policy does not let it be asked for, there is no model, no form of that name, ...
    """
    from generation.policy import load_policy

    load_policy(service.settings.policy).check([wish.prompt])
    pieces = _pieces(writer_of(service), wish)
    writing = Writing()

    def write() -> None:
        try:
            for piece in pieces:
                if writing.stopped:
                    break
                writing.parts.append(piece)
        except Exception as error:  # told on the page, whatever it is
            refused = refusal_of(error)
            if isinstance(error, ValueError):
                writing.problem = str(error)
            else:
                writing.problem = (
                    refused.detail if refused else "something went wrong here; the log says what"
                )
            if refused is None and not isinstance(error, ValueError):
                raise
        finally:
            writing.over = True

    threading.Thread(target=write, name="lyrics", daemon=True).start()
    return writing


def looked_at(service: Service, prompt: str, text: str, line: int) -> LineAttention:
    """Which words each word of a line looked at, in a song that answers a prompt.

    Raises
    ------
    ValueError
    """
    from generation.lyrics.attention import attention_of_line
    from pipelines.lyric_rankings import prompt_tokens
    from pipelines.lyrics import song_of_file

    writer = writer_of(service)
    asked = prompt_tokens(writer.tokenizer, prompt)
    song = writer.tokenizer.encode_song(song_of_file(text), ends=False)
    return attention_of_line(
        writer.model, writer.tokenizer, [*asked, *song], line=line, written_from=len(asked)
    )


def _pieces(writer: Writer, wish: LyricWish) -> Iterator[str]:
    from generation.lyrics.form import Form
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.write_lyrics import write_song

    if not wish.prompt.strip():
        raise Refused(422, "say what the song is to be about")
    form = Form.parse(wish.form, scheme=wish.scheme) if wish.form else None
    rule = RhymeRule("enforced") if form is not None and wish.scheme else None
    settings = Sampling(wish.temperature, top_p=0.95, max_tokens=_MOST_TOKENS)
    return write_song(writer, wish.prompt, settings, seed=wish.seed, form=form, rhyme=rule)
