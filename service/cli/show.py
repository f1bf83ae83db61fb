"""Answers for people: songs as tables, recommendations with their reasons, tastes, nearest users."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from service.cli.console import print_line, print_table

if TYPE_CHECKING:
    from pipelines.analyse_audio import AudioReport
    from pipelines.answers import (
        AxisScore,
        Neighbours,
        ProfileAnswer,
        Recommendation,
        Recommendations,
        SongAnswer,
        SongList,
    )
    from pipelines.ingest import IngestReport

WIDTH = 96
_BAR = 20
_TITLES = 48
_AXES = 10
RULES = {
    "recently heard": "songs heard recently",
    "artist cap": "more songs of an artist than usual",
    "artist gap": "songs of an artist close together",
    "new artists": "fewer new artists than asked for",
    "earlier weeks": "songs of earlier weeks",
}


def print_songs(songs: Sequence[SongAnswer], *, score: str | None) -> None:
    """Print songs as a table; `score` heads the column of scores, None leaves it out."""
    columns = ["song", "title", "artist", *([score] if score else [])]
    print_table(columns, [[s.song, s.title, s.artist or "-", *([s.score] if score else [])] for s in songs])


def print_song_list(answer: SongList, *, score: str) -> None:
    """Print an answer of songs, and say so where it is only what is popular."""
    if answer.fallback is not None:
        print_line("None of these songs stands in any list yet: here is what is popular.")
    if answer.songs:
        print_songs(answer.songs, score=score)
    else:
        print_line("Nothing to show.")


def print_recommendations(answer: Recommendations, *, explain: bool) -> None:
    """Print recommended songs, each with its reason where asked for, and what has to be said about them."""
    if answer.release is None:
        print_line(
            "No release was published yet (run `songspace nightly`), so this is what is popular, the same "
            "for everybody:"
        )
    elif answer.fallback is not None:
        whose = "this user's" if answer.user else "your"
        print_line(f"Nothing is known of {whose} taste yet, so this is what is popular, an artist once:")
    if not answer.songs:
        print_line("Nothing to recommend.")
    for place, song in enumerate(answer.songs, start=1):
        print_line(f"{place:3d}  {named(song.title, song.artist)}  [{song.song}]")
        if explain:
            print_wrapped(reason(song), indent=5)
    print_relaxed(answer.relaxed)


def print_relaxed(relaxed: Sequence[str]) -> None:
    """Say which rules gave way; nothing where none did."""
    if relaxed:
        also = and_list([RULES.get(name, name) for name in relaxed])
        print_line(f"To fill the list, it may hold {also}.")


def reason(song: Recommendation) -> str:
    """Say in words why a song was recommended."""
    if not song.because:
        return f"{song.signal}" if song.signal else "no single reason stands out"
    return f"because of {and_list([quoted(b.title) for b in song.because])}: {song.signal}"


def print_profile(answer: ProfileAnswer) -> None:
    """Print what is known of a taste: how much was heard, the interests with their shares, most played."""
    said = ", ".join(f"{n} {kind}{'s' * (n != 1)}" for kind, n in answer.feedback.items() if n)
    print_line(
        f"{answer.user}: {answer.listens:,} listens of {answer.songs:,} songs{'; ' if said else ''}{said}"
    )
    if not answer.interests:
        print_line("Nothing of it has a place in the song space yet.")
    for number, interest in enumerate(answer.interests, start=1):
        bar = "█" * max(1, round(interest.weight * _BAR))
        mark = f" ({interest.mark})" if interest.mark else ""
        name = named(interest.medoid.title, interest.medoid.artist)
        print_line(f"{number:2d}  {interest.weight:4.0%}  {bar:<{_BAR}}  {name}{mark}")
        if interest.songs:
            more = and_list([quoted(song.title) for song in interest.songs])
            print_wrapped(f"with {more}", indent=_BAR + 12)
    if answer.forgotten:
        print_wrapped(f"Forgotten: {answer.forgotten} song{'s' * (answer.forgotten != 1)}.", indent=2)
    if answer.most_played:
        plays = [f"{quoted(song.title)} ({song.score:.0f})" for song in answer.most_played]
        print_wrapped(f"Most played: {and_list(plays)}.", indent=2)
    if answer.axes:
        scores = [f"{one.axis} {one.score:.2f}" for one in answer.axes[:_AXES]]
        print_wrapped(f"On the axes: {', '.join(scores)}.", indent=2)


def print_axis_scores(scores: Sequence[AxisScore]) -> None:
    """Print scores on the axes as bars, in the order given."""
    width = max(len(one.axis) for one in scores)
    for one in scores:
        print_line(f"  {one.axis:<{width}}  {one.score:.2f}  {'█' * round(one.score * _BAR)}".rstrip())


def print_neighbours(answer: Neighbours) -> None:
    """Print the users of similar taste with songs that both play."""
    if not answer.neighbours:
        print_line("Nobody else has a taste to compare with yet.")
        return
    print_table(
        ["user", "similarity", "both play"],
        [
            [near.user, near.similarity, and_list(_some(near.shared)) if near.shared else "-"]
            for near in answer.neighbours
        ],
    )


def _some(songs: Sequence[SongAnswer]) -> list[str]:
    """The titles of two songs, or of one where two are too long for a line."""
    titles = [quoted(song.title) for song in songs[:2]]
    return titles if sum(map(len, titles)) <= _TITLES else titles[:1]


def print_ingest(report: IngestReport) -> None:
    """Print what an ingest changed, a row a kind of thing."""
    kinds = ("songs", "playlists", "entries", "listens", "feedback", "lyrics")
    rows = [(kind, getattr(report, kind)) for kind in kinds]
    print_table(
        ["", "added", "changed", "unchanged"],
        [[kind, f"{n.added:,}", f"{n.changed:,}", f"{n.unchanged:,}"] for kind, n in rows],
    )
    if report.audio is not None:
        print_audio(report.audio)
    if report.passed_over:
        print_line(f"{report.passed_over:,} sources not read again, being as they were (--again reads them)")
    users = f", {report.users_added:,} new users" if report.users_added else ""
    changed = "" if report.changed_anything else "; nothing is other than before"
    print_line(f"{report.seconds:.1f} s{users}{changed}")


def print_audio(report: AudioReport) -> None:
    """Print what became of audio files, and how fast."""
    kinds = ("analysed", "recognised", "unchanged", "failed", "missing")
    told = [f"{getattr(report, kind):,} {kind}" for kind in kinds if getattr(report, kind)]
    print_line(f"audio files: {', '.join(told) or 'none'}")
    if report.analysed:
        print_line(
            f"{report.audio_s / 60:,.1f} minutes of music analysed in {report.seconds:.1f} s, "
            f"{report.realtime:,.0f}x realtime a core"
        )


def named(title: str, artist: str) -> str:
    """Return "Title - Artist", with what is known of both."""
    return f"{title or '(no title)'} - {artist}" if artist else title or "(no title)"


def quoted(title: str) -> str:
    """Return a title in quotation marks."""
    return f'"{title}"'


def and_list(words: Iterable[str]) -> str:
    """Join words as one says them.

    >>> and_list(["a", "b", "c"])
    'a, b and c'
    """
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def print_wrapped(text: str, *, indent: int = 0) -> None:
    """Print text in lines of at most `WIDTH` characters, indented."""
    space = " " * indent
    for line in textwrap.wrap(text, WIDTH, initial_indent=space, subsequent_indent=space):
        print_line(line)
