"""Ingest stores each thing once, resolves songs by id first, and can be repeated and interrupted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from db.errors import DatabaseUnavailableError
from db.migrate import upgrade
from db.models import Base
from db.repositories import feedback, listens, playlists, songs, users
from db.repositories.catalogue import facts_of
from db.session import SessionFactory, make_engine, make_session_factory
from pipelines.columns import ALIASES, DTYPES, ENTRIES, FEEDBACK, LISTENS, PLAYLISTS, SONGS
from pipelines.ingest import IngestReport, ingest, ingest_batches
from pipelines.ingest_batch import Counts
from pipelines.sources.batch import Batch
from tests.databases import *  # noqa: F403

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

Row = tuple[Any, ...]


def frame(columns: Sequence[str], rows: Sequence[Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[i] for row in rows], dtype=DTYPES[name]) for i, name in enumerate(columns)}
    )


def song(ref: str, title: str = "", artist: str = "", **more: Any) -> Row:
    facts = {"album": "", "duration_ms": None, "attributes": "{}"} | more
    return (ref, title, artist, *facts.values())


def batch(
    songs: Sequence[Row] = (),
    *,
    aliases: Sequence[Row] = (),
    lists: Mapping[str, Sequence[str]] | None = None,
    sources: dict[str, str] | None = None,
    listens: Sequence[Row] = (),
    feedback: Sequence[Row] = (),
) -> Batch:
    """Return a batch; `lists` are the song refs of each playlist ref."""
    lists = lists or {}
    return Batch(
        songs=frame(SONGS, songs),
        aliases=frame(ALIASES, aliases),
        playlists=frame(PLAYLISTS, [(ref, ref.upper(), (sources or {}).get(ref, ""), "{}") for ref in lists]),
        entries=frame(
            ENTRIES, [(ref, i, name) for ref, names in lists.items() for i, name in enumerate(names)]
        ),
        listens=frame(LISTENS, listens),
        feedback=frame(FEEDBACK, feedback),
    )


def store(factory: SessionFactory, *batches: Batch) -> IngestReport:
    return ingest_batches(batches, session_factory=factory)


def dump(factory: SessionFactory) -> dict[str, list[Row]]:
    """Return every row of every table."""
    with factory() as session:
        return {
            name: sorted((tuple(row) for row in session.execute(select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }


FIRST = batch(
    [
        song("set:1", "So What", "Miles Davis", album="Kind of Blue", duration_ms=545_000),
        song("set:2", "Blue in Green", "Miles Davis"),
    ],
    aliases=[("set:1", "spotify", "4vLY")],
    lists={"set:a": ["set:1", "set:2", "set:1"], "set:b": []},
    listens=[("set:ann", "set:1", 1_700_000_000, 0.5), ("set:ann", "set:2", 1_700_000_600, float("nan"))],
    feedback=[("set:ann", "set:2", "like", 1_700_000_601)],
)
FIRST_SONGS = [song("set:1", "So What", "Miles Davis"), song("set:2", "Blue in Green", "Miles Davis")]


def test_everything_of_a_batch_is_stored(session_factory: SessionFactory, session: Session) -> None:
    report = store(session_factory, FIRST)
    assert (report.songs, report.playlists, report.entries) == (Counts(2), Counts(2), Counts(3))
    assert (report.listens, report.feedback, report.users_added) == (Counts(2), Counts(1), 1)
    assert report.problems == ()
    one, two = songs.find_songs(session, ["spotify:4vLY", "set:2"]).values()
    assert playlists.playlist_songs(session, playlists.find_playlist(session, "set:a")) == [one, two, one]
    assert listens.read_listens(session)["song_id"].tolist() == [one, two]
    assert feedback.user_feedback(session, users.find_user(session, "set:ann")) == {two: {"like"}}
    assert songs.describe_songs(session, [one])[one].recording_key == "miles davis|so what"


def test_same_input_again_changes_no_row(session_factory: SessionFactory) -> None:
    store(session_factory, FIRST)
    before = dump(session_factory)
    again = store(session_factory, FIRST)
    assert dump(session_factory) == before
    assert not again.changed_anything
    assert (again.songs, again.playlists, again.entries) == (
        Counts(0, 0, 2),
        Counts(0, 0, 2),
        Counts(0, 0, 3),
    )
    assert (again.listens, again.feedback) == (Counts(0, 0, 2), Counts(0, 0, 1))


def test_song_in_many_batches_counts_once(session_factory: SessionFactory) -> None:
    one = batch([song("set:1", "A", "B")], lists={"set:x": ["set:1"]})
    two = batch([song("set:1", "A", "B", album="C")], lists={"set:y": ["set:1"]})
    assert store(session_factory, one, two).songs == Counts(1)


def test_missing_facts_are_filled_in_and_kept(session_factory: SessionFactory, session: Session) -> None:
    store(session_factory, batch([song("set:1", attributes='{"year": 1959}')]))
    said = {"album": "Kind of Blue", "duration_ms": 545_000, "attributes": '{"bpm": 136, "year": 0}'}
    more = song("set:1", "So What", "Miles Davis", **said)
    assert store(session_factory, batch([more])).songs == Counts(0, 1)
    assert store(session_factory, batch([song("set:1")])).songs == Counts(0, 0, 1)
    [facts] = facts_of(session, songs.find_songs(session, ["set:1"]).values()).values()
    assert (facts.title, facts.artist, facts.album) == ("So What", "Miles Davis", "Kind of Blue")
    assert (facts.duration_ms, facts.attributes) == (545_000, {"year": 1959, "bpm": 136})
    assert facts.recording_key == "miles davis|so what"


def test_two_ids_of_one_scheme_are_two_songs(session_factory: SessionFactory) -> None:
    twins = [song("spotify:1", "Intro", "The xx"), song("spotify:2", "Intro", "The xx")]
    assert store(session_factory, batch(twins)).songs == Counts(2)


def test_song_of_another_set_is_found_by_name_and_gains_an_id(
    session_factory: SessionFactory, session: Session
) -> None:
    store(session_factory, batch([song("spotify:1", "Déjà Vu", "Beyoncé")]))
    report = store(session_factory, batch([song("set:9", "deja vu", "BEYONCE")]))
    assert report.songs == Counts(0, 1)
    found = songs.find_songs(session, ["spotify:1", "set:9"])
    assert found["spotify:1"] == found["set:9"]


def test_song_without_id_is_found_by_name_again(session_factory: SessionFactory) -> None:
    named = batch([song("name:miles davis\x1fso what", "So What", "Miles Davis")])
    assert store(session_factory, named).songs == Counts(1)
    assert store(session_factory, named).songs == Counts(0, 0, 1)


def test_unknown_artists_are_not_one_artist(session_factory: SessionFactory) -> None:
    store(session_factory, batch([song("spotify:1", "Track 01", "Unknown Artist")]))
    assert store(session_factory, batch([song("set:1", "Track 01", "Unknown Artist")])).songs == Counts(1)


def test_other_content_replaces_a_playlist_under_its_id(
    session_factory: SessionFactory, session: Session
) -> None:
    store(session_factory, FIRST)
    number = playlists.find_playlist(session, "set:a")
    session.rollback()
    report = store(session_factory, batch(FIRST_SONGS, lists={"set:a": ["set:2"]}))
    assert (report.playlists, report.entries) == (Counts(0, 1), Counts(0, 1))
    assert playlists.playlist_songs(session, number) == list(songs.find_songs(session, ["set:2"]).values())


def test_playlist_with_two_contents_in_one_run_is_a_problem(
    session_factory: SessionFactory, session: Session
) -> None:
    report = store(
        session_factory,
        batch(FIRST_SONGS, lists={"set:a": ["set:1"]}),
        batch(FIRST_SONGS, lists={"set:a": ["set:2"]}),
    )
    assert [problem.place for problem in report.problems] == ["playlist set:a"]
    kept = playlists.playlist_songs(session, playlists.find_playlist(session, "set:a"))
    assert kept == list(songs.find_songs(session, ["set:1"]).values())


def test_unknown_songs_are_problems_and_the_rest_goes_in(
    session_factory: SessionFactory, session: Session
) -> None:
    store(session_factory, FIRST)
    lists = {"set:c": ["set:404", "set:2", "spotify:4vLY"]}
    report = store(session_factory, batch(lists=lists, listens=[("set:ann", "set:404", 5, 1.0)]))
    assert [str(problem.reason) for problem in report.problems] == [
        "1 songs are not known, the first set:404",
        "1 listens or words of feedback of a song that is not known, the first set:ann, set:404, 5",
    ]
    found = songs.find_songs(session, ["set:2", "set:1"])
    number = playlists.find_playlist(session, "set:c")
    assert playlists.playlist_songs(session, number) == [found["set:2"], found["set:1"]]


@pytest.mark.parametrize(
    "bad",
    [
        batch([song("no scheme", "A", "B")]),
        batch([song("songspace:1", "A", "B")]),
        batch([song("name:\x1f", "", "B")]),
        batch([song("set:" + "9" * 1000, "A", "B")]),
        batch([song("set:1", "A", "B", attributes="[1")]),
        batch(lists={"nowhere": []}),
        batch(FIRST_SONGS, listens=[("ann", "set:1", 5, 1.0)]),
        batch(FIRST_SONGS, listens=[("set:ann", "set:1", -5, 1.0)]),
        batch(FIRST_SONGS, feedback=[("set:ann", "set:1", "love", 5)]),
    ],
)
def test_malformed_rows_are_problems(session_factory: SessionFactory, bad: Batch) -> None:
    good = batch([song("ok:1", "C", "D")], lists={"ok:1": ["ok:1"]})
    report = store(session_factory, bad, good)
    assert len(report.problems) == 1
    assert report.playlists == Counts(1)


def test_hostile_text_is_stored_as_far_as_it_can_be(
    session_factory: SessionFactory, session: Session
) -> None:
    hostile = [
        song("set:1", "A\x00B", "C" * 10_000, album="\x00"),
        song("set:2", "'; DROP TABLE songs; --", "%", duration_ms=10**15),
        song("set:3", "E", "F", duration_ms=-1, attributes='{"a": "\\u0000\\ud800", "b": NaN, "c": 1e999}'),
        song("set:4", "T" * 100_000, "ﷺ" * 1000),
    ]
    before = store(session_factory, batch(hostile, lists={"set:\U0001f3b5": ["set:1", "set:4"]}))
    assert (before.songs, before.problems) == (Counts(4), ())
    assert not store(
        session_factory, batch(hostile, lists={"set:\U0001f3b5": ["set:1", "set:4"]})
    ).changed_anything
    assert songs.read_songs(session)["title"].tolist()[0] == "A B"


def test_killed_ingest_leaves_whole_batches_and_is_completed(session_factory: SessionFactory) -> None:
    second = batch([song("set:3", "Flamenco Sketches", "Miles Davis")], lists={"set:c": ["set:3"]})

    def killed() -> Iterator[Batch]:
        yield FIRST
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store(session_factory, *killed())
    with pytest.raises(KeyboardInterrupt):
        ingest_batches(killed(), session_factory=session_factory)
    report = store(session_factory, FIRST, second)
    assert (report.songs, report.playlists) == (Counts(1, 0, 2), Counts(1, 0, 2))
    with session_factory() as session:
        assert not playlists.has_ungrouped(session)


def test_groups_follow_what_comes_in(session_factory: SessionFactory, session: Session) -> None:
    catalogue = [song(f"set:{i}", f"Song {i}", "A") for i in range(9)]
    lists = {"set:x": ["set:1", "set:2", "set:3"], "set:y": ["set:7"], "set:z": ["set:8"]}
    store(session_factory, batch(catalogue, lists=lists, sources={"set:z": "top"}))
    assert playlists.read_playlists(session)["group_key"].tolist() == ["set:x", "set:y", "source:top"]
    session.rollback()
    store(session_factory, batch(catalogue, lists={"set:y": ["set:2", "set:3"]}))
    assert playlists.read_playlists(session)["group_key"].tolist() == ["set:x", "set:x", "source:top"]


def test_progress_is_told_after_each_batch(session_factory: SessionFactory) -> None:
    told: list[tuple[Path, int]] = []
    ingest_batches(
        [FIRST, batch()],
        session_factory=session_factory,
        source=Path("here"),
        progress=lambda *news: told.append(news),
    )
    assert told == [(Path("here"), 6), (Path("here"), 0)]


def test_missing_file_is_a_problem(session_factory: SessionFactory, tmp_path: Path) -> None:
    report = ingest([tmp_path / "nowhere"], session_factory=session_factory)
    assert len(report.problems) == 1


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data sets are not here")
def test_real_set_goes_in_whole_and_only_once(session_factory: SessionFactory) -> None:
    report = ingest([SHARED / "setlists"], session_factory=session_factory)
    assert (report.songs, report.playlists, report.entries) == (Counts(436), Counts(2_076), Counts(39_774))
    assert report.problems == ()
    before = dump(session_factory)
    assert not ingest([SHARED / "setlists"], session_factory=session_factory).changed_anything
    assert dump(session_factory) == before


def test_many_ingests_at_once_store_each_thing_once(session_factory: SessionFactory) -> None:
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: store(session_factory, FIRST), range(4)))
    assert sum(report.songs.added for report in reports) == 2
    assert sum(report.playlists.added for report in reports) == 2
    assert sum(report.listens.added for report in reports) == 2


def test_full_disk_is_named_and_whole_batches_stay(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'small.db'}")
    upgrade(engine)
    event.listen(engine, "checkout", lambda raw, *_: raw.execute("PRAGMA max_page_count = 120"))
    big = batch([song(f"big:{i}", f"Song {i}", "A" * 300) for i in range(5_000)])
    factory = make_session_factory(engine)
    with pytest.raises(DatabaseUnavailableError, match="full"):
        store(factory, FIRST, big)
    with factory() as session:
        assert songs.count_songs(session) == 2
    engine.dispose()


def test_much_feedback_and_many_users(session_factory: SessionFactory) -> None:
    given = [(f"set:u{i}", "set:1", "like", i) for i in range(12_000)]
    report = store(session_factory, batch(FIRST_SONGS, feedback=given))
    assert (report.feedback, report.users_added) == (Counts(12_000), 12_000)
    assert not store(session_factory, batch(FIRST_SONGS, feedback=given)).changed_anything
