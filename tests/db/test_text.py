"""Folding brings spellings of one name together and leaves different names apart."""

from __future__ import annotations

import pytest

from db.text import MAX_KEY, bounded, cleaned, fold, name_key, search_text, storable


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Beyoncé", "beyonce"),
        ("  Sigur  Rós ", "sigur ros"),
        ("Simon & Garfunkel", "simon and garfunkel"),
        ("AC/DC", "ac dc"),
        ("Don’t Stop", "dont stop"),
        ("Mø", "mo"),
        ("Straße", "strasse"),
        ("ＡＢＣ", "abc"),
        ("ガラス", "ガラス"),  # Not "カラス": the voicing mark makes another word.
        ("Кино", "кино"),
        ("!!!", "!!!"),
        ("", ""),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_folding_twice_is_folding_once() -> None:
    assert all(fold(fold(text)) == fold(text) for text in ("İstanbul", "ΑΒΓ", "Ñu — ó", "?!", "ﬁn"))


def test_song_without_title_has_no_name_key() -> None:
    assert name_key("", "Miles Davis") == ""
    assert name_key("So What", "") == "|so what"


def test_artist_and_title_do_not_run_into_each_other() -> None:
    assert name_key("b c", "a") != name_key("c", "a b")


def test_long_keys_are_bounded_and_stay_apart() -> None:
    one, two = bounded("x" * 10_000 + "1"), bounded("x" * 10_000 + "2")
    assert len(one) == len(two) == MAX_KEY
    assert one != two


def test_search_text_holds_title_and_artist() -> None:
    assert search_text("Café Blue", "Ólafur") == "cafe blue olafur"


def test_what_no_database_holds_is_replaced() -> None:
    assert not storable("a\x00b")
    assert not storable("\ud800")
    assert cleaned("a\x00b\ud800") == "a b?"
