"""What a prompt says that is no music's: tempos and keys that are understood and cannot be.

Words that are not known are left to the text encoder in silence, as everybody's prompts have them. A tempo of
1000 bpm or a key of "J major" is a mistake, and whoever made it is told.
"""

from __future__ import annotations

from generation.words.keys import unread_keys
from generation.words.quantities import MAX_BPM, MIN_BPM, unread_tempos


def unread(text: str) -> list[str]:
    """Return a sentence for each thing that is left unread.

    >>> unread("techno at 1000 bpm")
    ["'1000 bpm' is no tempo from 20 to 300 beats a minute: it is not read"]
    """
    tempos = [
        f"{said!r} is no tempo from {MIN_BPM:g} to {MAX_BPM:g} beats a minute: it is not read"
        for said in unread_tempos(text)
    ]
    return tempos + [f"{said!r} is no key: it is not read" for said in unread_keys(text)]
