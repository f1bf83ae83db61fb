"""The lyric models of a running service: loaded when they are first asked for, and how many write at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from service.http.kept import Kept

if TYPE_CHECKING:
    from pipelines.lyrics import Writer

_MODELS = 4
# A song takes a whole processor for seconds.
AT_ONCE = 2
_Name = tuple[Path, str, str, int]


@dataclass
class LyricModels:
    """Models with their tokens, the last few that were asked for; `places` are for those who write."""

    places: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))
    _kept: Kept[_Name, Writer] = field(default_factory=lambda: Kept(_MODELS))
    _loading: threading.Lock = field(default_factory=threading.Lock)

    def writer(self, home: Path, model: str, *, answers: bool = False) -> Writer:
        """Return a model, one that answers prompts if that is asked; if trained anew it is loaded anew.

        Raises
        ------
        NoLyricModelError, CheckpointError, TokenizerError
        """
        from pipelines.lyrics import answering_stage, load_writer, model_root
        from pipelines.train_lyrics import BASE

        root = model_root(home)
        stage = answering_stage(root, model) if answers else BASE
        name = (root, stage, model, _written_ns(root, stage, model))
        found = self._kept.get(name)
        if found is None:
            with self._loading:
                found = self._kept.get(name) or load_writer(root, model, stage=stage)
                self._kept.put(name, found)
        return found


def models_here(home: Path) -> list[tuple[str, bool]]:
    """The models that are here, in the order of their ages, and whether each answers prompts.

    Raises
    ------
    NoLyricModelError
    """
    from pipelines.lyrics import ANSWERING, model_root, models_in

    root = model_root(home)
    answering = {model for stage in ANSWERING for model in models_in(root, stage)}
    return [(model, model in answering) for model in models_in(root)]


def _written_ns(root: Path, stage: str, model: str) -> int:
    """When a model was written last; 0 where it is not there, which loading tells."""
    from generation.lyrics.training import MODEL
    from pipelines.train_lyrics import stage_folder

    files = (stage_folder(root, stage, model) / MODEL).glob("*")
    return max((file.stat().st_mtime_ns for file in files), default=0)
