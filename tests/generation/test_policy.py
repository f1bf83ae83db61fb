"""A policy finds words however they are spelled, and nothing else; a damaged one serves nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from generation.audio.edit.edits import Blend
from generation.audio.request import Request
from generation.folding import plain, readings, words_of
from generation.policy import Policy, PolicyError, RefusedError, load_policy, rule_of, texts_of
from generation.policy_rates import load_cases, rates

ROOT = Path(__file__).resolve().parents[2]


def policy(**sections: list[str]) -> Policy:
    rules = [rule_of(entry, section) for section, entries in sections.items() for entry in entries]
    return Policy(
        tuple(rule for rule in rules if rule.section != "allowed"),
        tuple(rule for rule in rules if rule.section == "allowed"),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Beyoncé's", ["beyonces"]),
        ("tаylor swіft", ["taylor", "swift"]),  # Cyrillic a and i
        ("Ｔaylor​Swift", ["taylorswift"]),  # full width, and a space of no width
        ("t-a-y l o r", ["taylor"]),
        ("in a b flat", ["in", "a", "b", "flat"]),
        ("Straße, Łódź, Æon", ["strasse", "lodz", "aeon"]),
        ("", []),
    ],
)
def test_words_are_what_is_meant(text: str, words: list[str]) -> None:
    assert words_of(text) == words


def test_a_word_of_digits_may_be_one_of_letters() -> None:
    assert "nazi" in readings("n4zi") & readings("naaazi")
    assert readings("808") == {"808"}
    assert plain("ガ") == "ガ"


@pytest.mark.parametrize(
    "text", ["lynch", "Lynching him", "they LYNCHED", "lynches", "lyn​ch mob", "l-y-n-c-h"]
)
def test_a_topic_is_found_in_all_its_forms(text: str) -> None:
    assert policy(topics=["lynch"]).refusing(text) is not None


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ("rape", "rap music"),
        ("rape", "grape"),
        ("rape", "rapping"),
        ("lynch", "lunch"),
        ("kill", "a killer bassline"),
        ("terroris*", "terror"),
    ],
)
def test_words_that_only_look_alike_are_not_found(entry: str, text: str) -> None:
    assert policy(topics=[entry]).refusing(text) is None


@pytest.mark.parametrize(
    "text", ["taylor swift", "Taylor Swift's", "TaylorSwift", "tayl0r sw1ft", "like taylor  -swift"]
)
def test_a_name_is_found_however_it_is_spelled(text: str) -> None:
    assert policy(names=["Taylor Swift"]).refusing(text) is not None


def test_the_words_of_a_name_apart_are_none() -> None:
    assert policy(names=["Taylor Swift"]).refusing("swift tailor, taylor made") is None


def test_a_name_goes_without_its_article() -> None:
    assert policy(names=["The Beatles"]).refusing("beatles harmonies") is not None
    assert policy(names=["The Who"]).refusing("who is there") is None


def test_a_name_in_quotation_marks_is_found_only_as_written() -> None:
    found = policy(names=['"Prince"'])
    assert [bool(found.refusing(text)) for text in ("Prince", "Prince's", "PRINCE", "a prince")] == [
        True,
        True,
        True,
        False,
    ]


def test_a_script_without_spaces_is_searched_as_it_is() -> None:
    assert policy(names=["宇多田ヒカル"]).refusing("宇多田ヒカルのように") is not None


def test_what_is_allowed_is_not_found_and_all_else_is() -> None:
    found = policy(topics=["suicide"], allowed=["suicide prevention"])
    assert found.refusing("for suicide prevention week") is None
    assert found.refusing("suicide prevention, and suicide") is not None


def test_every_text_of_a_request_is_looked_at() -> None:
    request = Request("jazz", negative_prompt="drums", genre="rock", blend=Blend("lynch him", 0.5))
    assert texts_of(request) == ["jazz", "drums", "rock", "lynch him"]
    with pytest.raises(RefusedError, match="'lynch'"):
        policy(topics=["lynch"]).check(texts_of(request))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("nazi\n", "line 1: an entry stands before"),
        ("[topics]\n# only this\n", "neither topics nor names"),
        ("[people]\nx\n", "line 1: a section is one of"),
        ("[topics]\nnazi\n!!!\n", "line 3"),
        ("[topics]\nna*\n", "behind 4 letters"),
        ("[topics]\n\xff", "no UTF-8"),
    ],
)
def test_a_damaged_policy_is_named_with_its_line(text: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "policy.txt").write_bytes(text.encode("latin-1"))
    with pytest.raises(PolicyError, match=complaint):
        load_policy(tmp_path / "policy.txt")


def test_a_policy_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"gone\.txt"):
        load_policy(tmp_path / "gone.txt")


def test_without_a_policy_all_may_be_asked() -> None:
    assert load_policy(None).refusing("anything") is None


def test_the_example_refuses_most_and_little_else() -> None:
    folder = ROOT / "benchmarks" / "policy"
    found = rates(load_policy(folder / "policy.txt"), load_cases(folder / "prompts.tsv"))
    assert found.refused / found.to_refuse > 0.9
    assert found.over_refused / found.to_allow < 0.1


def test_a_list_of_cases_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "cases.tsv").write_text("refuse nazi\n")
    with pytest.raises(PolicyError, match="line 1"):
        load_cases(tmp_path / "cases.tsv")
    (tmp_path / "cases.tsv").write_text("# none\n")
    assert rates(Policy(), load_cases(tmp_path / "cases.tsv")).refusal_rate is None
