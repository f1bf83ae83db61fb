"""Songs written for the page, in threads of their own, to be read as they come."""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.http.service import Service

if TYPE_CHECKING:
    from generation.lyrics.attention import LineAttention
    from pipelines.lyrics import Writer
    from pipelines.write_lyrics import Take

logger = logging.getLogger(__name__)
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
    """A song that is being written: what is there of it so far, and what it is written with."""

    writer: Writer
    take: Take
    parts: list[str] = field(default_factory=list)
    over: bool = False
    problem: str = ""
    stopped: bool = False

    @property
    def text(self) -> str:
        """The song so far."""
        return "".join(self.parts)


def start_writing(service: Service, wish: LyricWish) -> Writing:
    """Begin to write a song in a thread of its own; while many others are written it waits.

    Raises
    ------
    ValueError
        The operator's policy does not let it be asked for, there is no model, no form of that name, ...
    """
    from generation.policy import load_policy

    load_policy(service.settings.policy).check([wish.prompt])
    writer = service.lyrics.writer(service.settings.home, MODEL, answers=True)
    writing = Writing(writer, _take(writer, wish))

    def write() -> None:
        try:
            with service.lyrics.places:
                for piece in writing.take:
                    if writing.stopped:
                        break
                    writing.parts.append(piece)
        except ValueError as error:
            writing.problem = str(error)
        except Exception:  # told on the page, whatever it is
            logger.exception("a song could not be written")
            writing.problem = "something went wrong here; the log says what"
        finally:
            writing.over = True

    threading.Thread(target=write, name="lyrics", daemon=True).start()
    return writing


def looked_at(writing: Writing, line: int) -> LineAttention:
    """Which words each word of a line looked at, in a song that was written.

    Raises
    ------
    ValueError
    """
    from generation.lyrics.attention import attention_of_line

    writer, take = writing.writer, writing.take
    read = [*take.read, *take.written]
    return attention_of_line(writer.model, writer.tokenizer, read, line=line, written_from=len(take.read))


def _take(writer: Writer, wish: LyricWish) -> Take:
    from generation.lyrics.form import Form
    from generation.lyrics.sampling import Sampling
    from generation.lyrics.verse_writer import RhymeRule
    from pipelines.write_lyrics import NO_REPEAT, REPETITION, write_song

    form = Form.parse(wish.form, scheme=wish.scheme) if wish.form else None
    rule = RhymeRule("enforced") if form is not None and wish.scheme else None
    settings = Sampling(
        wish.temperature, top_p=0.95, repetition=REPETITION, no_repeat=NO_REPEAT, max_tokens=_MOST_TOKENS
    )
    return write_song(writer, wish.prompt, settings, seed=wish.seed, form=form, rhyme=rule)
