"""What the sample world's songs sound like."""

from __future__ import annotations

import pytest

from pipelines.sample_sound import compose_song, genre_mixture, lead_instruments, mood_of


def test_a_song_of_one_genre_is_played_in_it() -> None:
    assert genre_mixture({"rock": 0.9, "jazz": 0.1, "piano": 0.99}) == {"rock": 1.0}


def test_a_song_between_two_genres_is_a_mixture_of_both() -> None:
    mixture = genre_mixture({"rock": 0.99, "classical": 0.99, "folk": 0.5})
    assert mixture == pytest.approx({"rock": 0.5, "classical": 0.5})


def test_a_song_that_no_genre_fits_is_of_the_nearest() -> None:
    assert genre_mixture({"rock": 0.1, "folk": 0.2}) == {"folk": 1.0}


def test_a_song_without_genres_cannot_be_composed() -> None:
    with pytest.raises(ValueError, match="genre"):
        genre_mixture({"calm": 0.4})


@pytest.mark.parametrize(
    ("calm", "cheerful", "tempo", "mood"),
    [
        (0.9, 0.1, 0.2, "sad"),
        (0.9, 0.5, 0.2, "calm"),
        (0.1, 0.9, 0.8, "happy"),
        (0.1, 0.1, 0.8, "tense"),
        (0.1, 0.5, 0.9, "energetic"),
    ],
)
def test_the_mood_follows_calm_and_cheerfulness(
    calm: float, cheerful: float, tempo: float, mood: str
) -> None:
    assert mood_of({"calm": calm, "cheerful": cheerful, "tempo": tempo}) == mood


def test_what_is_heard_most_leads() -> None:
    assert lead_instruments({"folk": 1.0}, {"guitar": 0.9, "piano": 0.2}) == ("acoustic guitar",)
    assert lead_instruments({"jazz": 1.0}, {"brass": 0.5}) == ()


def test_a_song_is_the_same_every_time_and_as_long_as_promised() -> None:
    scores = {"jazz": 0.9, "tempo": 0.5, "piano": 0.9}
    piece = compose_song("Blue Door", "Somebody", scores)
    assert piece == compose_song("Blue Door", "Somebody", scores)
    assert 55 <= piece.score.duration_s <= 100
    assert piece.score.title == "Blue Door"


def test_versions_of_a_recording_share_their_tune() -> None:
    scores = {"rock": 0.9, "tempo": 0.6}
    studio, live = (compose_song(title, "Somebody", scores) for title in ("Blue Door", "Blue Door (Live)"))
    assert studio.seed == live.seed


def test_faster_songs_are_played_faster() -> None:
    slow, fast = (compose_song("A", "B", {"rock": 0.9, "tempo": tempo}) for tempo in (0.1, 0.9))
    assert slow.score.tempo_bpm < fast.score.tempo_bpm
