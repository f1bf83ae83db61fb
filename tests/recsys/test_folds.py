"""Folds to learn from: groups that are all different, none of them trained on, and not too much of any."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recsys.corpus import Corpus
from recsys.evaluate import make_folds, make_split

MakeCorpus = Callable[..., Corpus]


@pytest.fixture(scope="module")
def corpus(make_corpus: MakeCorpus) -> Corpus:
    """Lists of 12 of 60 songs: 40 groups of 20 lists and 100 of one."""
    rng = np.random.default_rng(0)
    groups = [*np.repeat(np.arange(40), 20), *range(40, 140)]
    return make_corpus([rng.permutation(60)[:12].tolist() for _ in groups], groups)


@pytest.mark.parametrize("seed", range(3))
def test_test_groups_differ_and_are_not_trained_on(corpus: Corpus, seed: int) -> None:
    seen: set[int] = set()
    for fold in make_folds(corpus, seed=seed):
        own = {case.group for case in fold.cases}
        assert own
        assert not own & set(fold.train.groups.tolist())
        assert not own & seen
        seen |= own


def test_a_fold_without_limits_is_a_split_of_other_groups(corpus: Corpus) -> None:
    folds = make_folds(corpus, seed=1, per_group=10**6, max_cases=10**6)
    assert len(folds) == 4
    for fold in folds:
        in_groups = np.isin(corpus.groups, [case.group for case in fold.cases])
        assert len(fold.cases) == in_groups.sum()
        assert fold.train.n_lists == corpus.n_lists - in_groups.sum()


@pytest.mark.parametrize("per_group", [1, 5, 12])
def test_a_group_gives_no_more_cases_than_asked_for(corpus: Corpus, per_group: int) -> None:
    for fold in make_folds(corpus, seed=2, per_group=per_group):
        _, times = np.unique([case.group for case in fold.cases], return_counts=True)
        assert times.max() == per_group


@pytest.mark.parametrize("max_cases", [4, 50])
def test_all_folds_together_keep_to_the_most_cases(corpus: Corpus, max_cases: int) -> None:
    folds = make_folds(corpus, seed=2, max_cases=max_cases)
    assert 0 < sum(len(fold.cases) for fold in folds) <= max_cases


def test_the_same_seed_gives_the_same_folds_and_another_others(corpus: Corpus) -> None:
    one, same, other = (
        [case.seen.tolist() for fold in make_folds(corpus, seed=seed) for case in fold.cases]
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_a_single_group_gives_one_fold(make_corpus: MakeCorpus) -> None:
    folds = make_folds(make_corpus([[1, 2, 3, 4, 5]] * 20, [7] * 20), seed=1)
    assert (len(folds), folds[0].cases, folds[0].train.n_lists) == (1, (), 0)


def test_an_empty_corpus_gives_one_fold_without_cases(make_corpus: MakeCorpus) -> None:
    (fold,) = make_folds(make_corpus([]), seed=1)
    assert (fold.cases, fold.train.n_lists) == ((), 0)


def test_the_first_fold_holds_back_what_the_protocol_does(corpus: Corpus) -> None:
    split = make_split(corpus, seed=5)
    first, *_ = make_folds(corpus, seed=5, per_group=10**6, max_cases=10**6)
    assert {case.group for case in first.cases} == {case.group for case in split.cases}
