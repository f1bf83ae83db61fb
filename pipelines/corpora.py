"""From tidy lists to the corpus that models learn from."""

from __future__ import annotations

import pandas as pd

from pipelines.clean import GROUP, LIST_ID, SOURCE
from pipelines.columns import SONG_ID
from recsys.corpus import Corpus, build_corpus


def corpus_of_lists(lists: pd.DataFrame) -> Corpus:
    """Gather `pipelines.clean.training_lists` into a corpus of every list and every song."""
    list_ids, song_ids, groups, sources = (
        lists[name].to_numpy() for name in (LIST_ID, SONG_ID, GROUP, SOURCE)
    )
    return build_corpus(list_ids, song_ids, groups, sources=sources)
