"""The recording key: hard cases of what is a version of a song and what is another song."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recording_key import recording_key, recording_keys

SAME_TITLES = [
    ("Hey Jude", "Hey Jude - Remastered 2015"),
    ("Hey Jude", "Hey Jude (2015 Remaster)"),
    ("Hey Jude", "Hey Jude Remastered 2015"),
    ("Hey Jude", "Hey Jude - 2009 Digital Remaster"),
    ("Hey Jude", "Hey Jude - Mono / Remastered"),
    ("Hey Jude", "Hey Jude (Stereo) [2009 Remaster]"),
    ("Love of My Life", "Love Of My Life - Live at Wembley 1986"),
    ("Love of My Life", "Love Of My Life (Live At Wembley Stadium / July 1986)"),
    ("Love of My Life", "Love Of My Life - Live In Argentina / June 1979"),
    ("Love of My Life", "Love of My Life (Live"),
    ("Love of My Life", "Love of My Life – Live"),
    ("Love of My Life", "Love of My Life [live, 1979-07-04]"),
    ("Evidências", "Evidências (Ao Vivo)"),
    ("La Flaca", "La Flaca - En Vivo Desde Buenos Aires"),
    ("Slide", "Slide (feat. Frank Ocean & Migos)"),
    ("Slide", "Slide ft. Frank Ocean"),
    ("Slide", "Slide Featuring Frank Ocean"),
    ("Flames", "Flames (with ZAYN)"),
    ("Flames", "Flames (w/ ZAYN)"),
    ("Flames", "Flames w/ ZAYN"),
    ("Call Out", "Call Out (with The Weeknd)"),
    ("No Body", "No Body (duet with Ann Lee)"),
    ("Joyride", "Joyride - Single Version"),
    ("Joyride", "Joyride (Album Version)"),
    ("Joyride", "Joyride - Radio Edit"),
    ("Joyride", 'Joyride (12" Extended Mix)'),
    ("Joyride", "Joyride (7-inch Version)"),
    ("Joyride", "Joyride - Album Version (Edited)"),
    ("Perfect", "Perfect - Acoustic"),
    ("Perfect", "Perfect (Piano Version)"),
    ("Perfect", "Perfect [Stripped]"),
    ("Perfect", "Perfect (Demo)"),
    ("Perfect", "Perfect - Demo / December 1971"),
    ("Perfect", "Perfect (Take 3 / Outtake)"),
    ("Perfect", "Perfect - Bonus Track"),
    ("Perfect", "Perfect (Deluxe Edition)"),
    ("Perfect", "Perfect - 25th Anniversary Edition"),
    ("Perfect", "Perfect [Explicit]"),
    ("Perfect", "Perfect (Clean)"),
    ("Perfect", "Perfect (Official Video)"),
    ("Perfect", "Perfect - Instrumental"),
    ("Perfect", "Perfect (Karaoke Version)"),
    ("Perfect", "Perfect - Sped Up Version"),
    ("Perfect", "Perfect (Slowed + Reverb)"),
    ("Perfect", "Perfect - Spotify Singles"),
    ("Perfect", "Perfect (prod. by Somebody)"),
    ("Perfect", "Perfect (Spanish Version)"),
    ("Love Story", "Love Story (Taylor’s Version)"),
    ("Love Story", "Love Story (Taylor's Version) [From The Vault]"),
    ("Why", "Why (Remix) [feat. Leon Bridges] - Remix"),
    ("Secrets", "Secrets - Tiësto's AFTR:HRS Mix"),
    ("Secrets", "Secrets (Joe Gibbs Dub)"),
    ("Secrets", "Secrets (Remixed by Somebody)"),
    ("How Far I'll Go", 'How Far I’ll Go - From "Moana"'),
    ("Love Is All Around", 'Love Is All Around - From "Four Weddings" Original Motion Picture Soundtrack'),
    ("1999", "1999 (Remastered)"),
    ("1999", "1999 - 2019 Remaster"),
    ("1979", "1979 - Remastered 2012"),
    ("Live Forever", "Live Forever (Remastered)"),
    ("Live", "Live (Live)"),
    ("Radio Edit", "Radio Edit - Radio Edit"),
    ("(I Can't Get No) Satisfaction", "(I Can't Get No) Satisfaction - Mono Version"),
    ("(I Can't Get No) Satisfaction", "I Can’t Get No Satisfaction"),
    ("Sugar, Sugar", "Sugar Sugar"),
    ("My Head & My Heart", "My Head and My Heart"),
    ("Café", "CAFE"),
    ("Ｆｕｌｌ　Ｗｉｄｔｈ", "Full Width"),
    ("Straße", "STRASSE"),
    ("Nothin'", "Nothin’"),
    ("Suburban, Pt. 2", "Suburban, Pt. 2 (Remix) [feat. Frosty]"),
    ("海阔天空", "海阔天空 (Live)"),
    ("海闊天空", "海闊天空（現場版）"),
    ("夜に駆ける", "夜に駆ける - ライブ"),
    ("봄날", "봄날 (Acoustic Ver.)"),
    ("Группа крови", "Группа крови (концертная версия) - Live"),
    ("Группа крови", "ГРУППА КРОВИ (Remastered 2020)"),
    ("حبيبي", "حبيبي (Live)"),
    ("Ανάθεμα", "ανάθεμα - Remix"),
    ("कैसे हुआ", "कैसे हुआ (Acoustic)"),
]

DIFFERENT_TITLES = [
    ("Another Brick in the Wall, Pt. 1", "Another Brick in the Wall, Pt. 2"),
    ("Shine On (Parts 1-5)", "Shine On (Parts 6-9)"),
    ("Changes", "Changes (Reprise)"),
    ("Home", "Home (Interlude)"),
    ("Home", "Home - Intro"),
    ("Live and Let Die", "Let Die"),
    ("Live Forever", "Forever"),
    ("Alive", "A"),
    ("Demons", "Demo"),
    ("Acoustic Motorbike", "Motorbike"),
    ("Remix to Ignition", "Ignition"),
    ("Video Killed the Radio Star", "Radio Star"),
    ("Live", "Radio Edit"),
    ("Live", "Acoustic"),
    ("Satisfaction", "(I Can't Get No) Satisfaction"),
    ("(Sittin' On) The Dock of the Bay", "The Dock of the Bay"),
    ("Dancing (With Myself)", "Dancing"),
    ("Stay (With You)", "Stay"),
    ("Love (Where I Live)", "Love"),
    ("Blue (Da Ba Dee)", "Blue"),
    ("1979", "1999"),
    ("Symphony No. 5", "Symphony No. 9"),
    ("Medley: A / B", "A"),
    ("Left - Right", "Left"),
    ("Back in the Mix", "Back"),
    ("Song (In the Mix)", "Song"),
    ("がらす", "からす"),
    ("йод", "иод"),
    ("की", "का"),
    ("海阔天空", "光辉岁月"),
    ("봄날", "가을"),
    ("÷", "×"),
    ("???", "!!!"),
    ("With or Without You", "With You"),
    ("Remastered", "Remixed"),
]

SAME_ARTISTS = [
    ("Beatles", "The Beatles"),
    ("Beatles, The", "The Beatles"),
    ("Shawn Mendes; Leon Bridges", "Shawn Mendes"),
    ("Dua Lipa feat. DaBaby", "Dua Lipa"),
    ("Dua Lipa (ft. DaBaby)", "Dua Lipa"),
    ("Dua Lipa featuring DaBaby", "DUA LIPA"),
    ("Simon & Garfunkel", "Simon and Garfunkel"),
    ("Beyoncé", "Beyonce"),
    ("Guns N’ Roses", "Guns N' Roses"),
    ("Sigur Rós", "SIGUR RÓS"),
]

DIFFERENT_ARTISTS = [
    ("Simon & Garfunkel", "Simon"),
    ("Earth, Wind & Fire", "Earth"),
    ("Tyler, The Creator", "Tyler"),
    ("The The", "The Who"),
    ("AC/DC", "AC"),
    ("Featherweight", "Weight"),
    ("Кино", "Кiно"),
    ("Daft Punk", "Defeatist"),
]


@pytest.mark.parametrize(("one", "other"), SAME_TITLES)
def test_versions_share_a_key(one: str, other: str) -> None:
    assert recording_key(one, "X") == recording_key(other, "X") != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT_TITLES)
def test_other_songs_do_not(one: str, other: str) -> None:
    assert recording_key(one, "X") != recording_key(other, "X")


@pytest.mark.parametrize(("one", "other"), SAME_ARTISTS)
def test_the_main_artist_is_found(one: str, other: str) -> None:
    assert recording_key("T", one) == recording_key("T", other) != ""


@pytest.mark.parametrize(("one", "other"), DIFFERENT_ARTISTS)
def test_artists_are_not_cut_in_two(one: str, other: str) -> None:
    assert recording_key("T", one) != recording_key("T", other)


@pytest.mark.parametrize(
    ("title", "artist"),
    [("", "X"), ("T", ""), ("  ", "X"), ("T", "Unknown Artist"), ("T", "Various Artists"), ("", "")],
)
def test_what_says_nothing_is_never_merged(title: str, artist: str) -> None:
    assert recording_key(title, artist) == ""


@pytest.mark.parametrize(
    "title", ["Live", "Remix", "(Live)", "- Live", "feat. X", "Radio Edit", "()", "(Demo)", "!", "♥"]
)
def test_a_title_of_a_version_word_alone_has_a_key(title: str) -> None:
    assert recording_key(title, "X")


def test_a_very_long_title_has_a_short_key_of_its_own() -> None:
    keys = {recording_key("word " * 1000 + end, "X") for end in "ab"}
    assert len(keys) == 2
    assert all(len(key) <= 400 for key in keys)


@given(
    st.text().filter(str.strip),
    st.sampled_from([" - Live", " - Remastered 2011", " - Radio Edit", " - X Remix"]),
)
def test_a_mark_added_at_the_end_changes_nothing(title: str, mark: str) -> None:
    assert recording_key(title + mark, "X") == recording_key(title, "X")


@given(st.text(), st.text())
def test_any_text_has_a_key_that_can_be_stored(title: str, artist: str) -> None:
    key = recording_key(title, artist)
    assert len(key) <= 400
    assert recording_keys([title], [artist]) == [key]
