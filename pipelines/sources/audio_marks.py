"""The mark of generated music: what a file's tags say of having been made by a model.

Songspace writes PROVENANCE, PROMPT, SEED and MODEL (`generation.audio.export`); of others' files counts what
the IPTC calls a digital source of trained algorithms, or a comment that begins with "AI-generated". A file
without a mark says nothing: tags are easily taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipelines.sources.audio_stream import head_of, kind_of
from pipelines.sources.values import clean_text

_SAID = "ai-generated"
_SOURCE = "trainedalgorithmicmedia"


@dataclass(frozen=True)
class Mark:
    """How a file says that it was generated; "" for what it does not say."""

    prompt: str = ""
    seed: str = ""
    model: str = ""
    date: str = ""

    def to_json(self) -> dict[str, str]:
        """Return what it says."""
        return {name: value for name, value in asdict(self).items() if value}


def mark_of(tag: Any) -> Mark | None:
    """Return the mark that tags, as TinyTag reads them, bear; None where they bear none."""
    other = getattr(tag, "other", None) or {}
    said: Mapping[str, str] = {
        name.casefold(): clean_text(values[0]) for name, values in other.items() if values
    }
    comment = clean_text(getattr(tag, "comment", None)).casefold()
    is_marked = (
        _SAID in said.get("provenance", "").casefold()
        or _SOURCE in said.get("digitalsourcetype", "").casefold()
        or comment.startswith(_SAID)
    )
    if not is_marked:
        return None
    return Mark(
        prompt=said.get("prompt", ""),
        seed=said.get("seed", ""),
        model=said.get("model", ""),
        date=clean_text(getattr(tag, "year", None)),
    )


def read_mark(path: Path) -> Mark | None:
    """Return the mark of a music file; None where it bears none, or its tags cannot be read.

    Raises
    ------
    OSError
    """
    from tinytag import TinyTag, TinyTagException

    kind = kind_of(head_of(path))
    if kind in ("", "aac"):  # bare frames: nowhere to hold tags
        return None
    try:
        with path.open("rb") as stream:
            return mark_of(TinyTag.get(f"file.{kind}", stream))
    except TinyTagException:
        return None
