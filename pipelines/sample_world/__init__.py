"""The embedded default: a small made-up label whose truth is known.

`build_world(seed)` draws 600 songs by 60 artists in ten genres, 3,000 playlists and 500 users with a year
of listens from the model of taste in `model.py`; `SampleWorld.batches()` hands it on as a reader would.
"""

from __future__ import annotations

from pipelines.sample_world.model import ATTRIBUTES, AXES, GENRES, TasteModel
from pipelines.sample_world.world import SampleWorld, build_world

__all__ = ["ATTRIBUTES", "AXES", "GENRES", "SampleWorld", "TasteModel", "build_world"]
