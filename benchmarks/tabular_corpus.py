"""A corpus straight from a folder in the tabular layout, past the database: for benchmarks only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from recsys.corpus import Corpus, build_corpus


def read_corpus(folder: Path) -> Corpus:
    """Read `playlists.parquet`; snapshots of one source playlist (`*_playlist_id` in the meta file) are one
    group.
    """
    entries = pd.read_parquet(folder / "playlists.parquet").sort_values(
        ["playlist_id", "position"], kind="stable"
    )
    meta_file = folder / "playlist_meta.parquet"
    ids = np.unique(entries["playlist_id"])
    groups = pd.Series(np.arange(len(ids)), index=ids)
    if meta_file.exists():
        meta = pd.read_parquet(meta_file).set_index("playlist_id")
        sources = [name for name in meta.columns if name.endswith("playlist_id")]
        if sources:
            groups = pd.Series(pd.factorize(meta[sources[0]])[0], index=meta.index)
    return build_corpus(
        entries["playlist_id"].to_numpy(),
        entries["song_id"].to_numpy(),
        groups.loc[entries["playlist_id"]].to_numpy(),
    )
