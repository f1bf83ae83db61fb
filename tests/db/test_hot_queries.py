"""What is asked while somebody waits reads no large table from end to end, on PostgreSQL and at size.

The functions of the repositories are called as they are; each statement that they send is explained
afterwards, and its plan searched for sequential scans. What reads everything by its nature (all listens for a
night, a page of albums by chance) is not asked here; `docs/scaling.md` names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, inspect, text
from sqlalchemy.orm import Session

from db.models import Base
from db.repositories import (
    audio,
    audit,
    browse,
    catalogue,
    erasures,
    feedback,
    generation_jobs,
    generations,
    keys,
    listen_months,
    listens,
    lyrics,
    names,
    nights,
    own_data,
    pages,
    placements,
    player_lists,
    player_passwords,
    playlists,
    profiles,
    scrobbles,
    songs,
    tags,
    users,
)
from db.session import make_engine, make_session_factory
from tests.databases import postgres_server

LARGE = 1_000  # Rows from which a table is not to be read from end to end.
USER, SONG, PLAYLIST = 77, 1234, 321
AT_S = 1_760_000_000

# Each a table's rows by their number `i`; songs have words of their own, and a year of listens has months.
ROWS = {
    "artists": (10_000, "SELECT i, 'Artist ' || i, 'artist ' || i"),
    "albums": (10_000, "SELECT i, i, 'Album ' || i, 'album ' || i"),
    "songs": (
        20_000,
        "SELECT i, 'Title ' || i, i % 10000 + 1, i % 10000 + 1, 200000, 'r' || i, 'artist ' || i || '|t', "
        "'title' || i || ' artist' || i % 10000, '{}', i % 50 = 0, now()",
    ),
    "song_aliases": (20_000, "SELECT 'bench', 'b' || i, i"),
    "tags": (200, "SELECT i, 'tag ' || i"),
    "song_tags": (20_000, "SELECT i, i % 200 + 1, 'bench', 0.6"),
    "users": (5_000, "SELECT i, 'bench', 'u' || i, 'Name ' || i, now()"),
    "playlists": (
        5_000,
        "SELECT i, 'bench', 'p' || i, 'List ' || i, '', 'g' || i / 2, '', '{}', "
        "CASE WHEN i % 2 = 0 THEN i % 5000 + 1 END, now()",
    ),
    "playlist_entries": (60_000, "SELECT i / 12 + 1, i % 12, i * 79 % 20000 + 1"),
    "listens": (
        40_000,
        f"SELECT i % 5000 + 1, i * 79 % 20000 + 1, {AT_S} - i * 789, CASE WHEN i % 3 > 0 THEN 1.0 END",
    ),
    "feedback": (10_000, f"SELECT i % 5000 + 1, i * 79 % 20000 + 1, 'like', {AT_S}"),
    "taste_profiles": (
        5_000,
        "SELECT i, 'r1', '\\x00000000', NULL, NULL, NULL, '[]', '\\x00000000', 1.0, '{}', now()",
    ),
    "generations": (
        10_000,
        "SELECT i, 'audio', CASE WHEN i > 9990 THEN 'queued' ELSE 'done' END, 'techno', '{}', '{}', "
        "i % 5000 + 1, now(), NULL, 'token' || i, 0, '', NULL",
    ),
    "preferences": (5_000, "SELECT i, 'lyrics', '', '[]', '[]', 'person', i, now()"),
    "api_keys": (5_000, "SELECT i, md5(i::text), 'user', i, now(), NULL"),
    "player_passwords": (5_000, "SELECT i, 'salt', now()"),
    "placements": (
        6_000,
        "SELECT i, i % 3000 + 1, 'r' || (i - 1) / 3000, '\\x00000000', 0.5, 'list', '', now()",
    ),
    "audio_files": (5_000, "SELECT i, i, '/music/' || i, md5(i::text), 1, 1.0, now(), 1, NULL"),
    "audio_features": (5_000, "SELECT i, 'v1', '{}', '\\x00000000', now()"),
    "lyrics": (5_000, "SELECT i, i, 'model', 'la la la', now(), NULL, '', '', 1.0"),
    "erasures": (5_000, "SELECT md5(i::text), now()"),
    "audit_events": (5_000, "SELECT i, i, 'key.create', '{}', now()"),
    "nights": (
        2_000,
        "SELECT i, 'done', 'asked', NULL, '', '', NULL, 1, now(), NULL, NULL",
    ),
}
COLUMNS = {
    "audio_files": "id, song_id, path, sha256, size_bytes, duration_s, created_at, mtime_ns, missing_since",
    "lyrics": "id, song_id, source, text, created_at, number, title, author, weight",
}

HOT: dict[str, Callable[[Session], object]] = {
    "songs by alias and number": lambda s: songs.find_songs(s, ["bench:b17", 12, "isrc:USRC17607839"]),
    "search": lambda s: songs.search_songs(s, f"title{SONG}"),
    "search, two words": lambda s: songs.search_songs(s, f"itle{SONG} artist{SONG}"),
    "search artists": lambda s: browse.find_artists(s, "artist 1234", 20, 0),
    "names of songs": lambda s: songs.name_songs(s, range(1, 21), "bench"),
    "descriptions": lambda s: songs.describe_songs(s, range(1, 21)),
    "rows of songs": lambda s: browse.song_rows(s, range(1, 21)),
    "aliases": lambda s: catalogue.aliases_of(s, range(1, 21)),
    "popularity": lambda s: songs.popularity(s, range(1, 21)),
    "an artist": lambda s: (browse.albums_of(s, 7), browse.songs_of_artist(s, 7, 50), browse.artists(s, [7])),
    "an album": lambda s: (
        browse.album_key(s, 7),
        browse.album_rows(s, [browse.AlbumKey(7, 7)]),
        browse.songs_of_album(s, browse.AlbumKey(7, 7)),
    ),
    "songs of an artist that is named": lambda s: (
        names.artists_named(s, ["artist 7"]),
        names.songs_of_artist(s, 7),
    ),
    "tags of songs": lambda s: tags.tags_of(s, range(1, 21)),
    "generated songs": lambda s: (
        generations.generated_among(s, range(1, 21)),
        generations.ratings_of(s, [SONG]),
    ),
    "pages of songs": lambda s: pages.song_ids_after(s, SONG, 50),
    "files of a song": lambda s: audio.files_of_song(s, SONG),
    "sounds of songs": lambda s: audio.style_embeddings(s, "v1", range(1, 21)),
    "words of a song": lambda s: lyrics.words_of_song(s, SONG),
    "a user": lambda s: users.find_user(s, "bench:u77"),
    "a user by value": lambda s: users.find_user(s, "u77"),
    "a user by name": lambda s: users.find_user(s, "Name 77"),
    "users": lambda s: (
        pages.user_summary(s, USER),
        pages.users_after(s, USER, 50),
        users.name_users(s, [USER]),
    ),
    "users who listen": lambda s: users.ensure_users(s, [("bench", "u77"), ("bench", "new")]),
    "listens of a user": lambda s: (listens.user_listens(s, USER), listens.user_listen_columns(s, USER)),
    "listens that are new": lambda s: listens.new_listens(s, [(USER, SONG, AT_S, None)]),
    "a listen": lambda s: listens.add_listens(s, [(USER, SONG, AT_S + 9, None)]),
    "a listen taken back": lambda s: listens.delete_listen(s, USER, SONG, AT_S),
    "pages of listens": lambda s: (
        pages.listens_before(s, USER, 50),
        pages.listens_before(s, USER, 50, before=(AT_S - 10_000_000, 5)),
    ),
    "pages of scrobbles": lambda s: (
        scrobbles.listens_between(s, USER, 25),
        scrobbles.listens_between(s, USER, 25, after_s=AT_S - 10_000_000),
        scrobbles.listens_in_all(s, USER),
    ),
    "feedback": lambda s: (
        feedback.user_feedback(s, USER),
        feedback.set_feedback(s, USER, SONG, kind="block", given_at_s=AT_S),
        feedback.remove_feedback(s, USER, SONG, kind="block"),
    ),
    "profiles": lambda s: (
        profiles.load_profile(s, USER),
        profiles.load_settings(s, [USER]),
        profiles.load_sums(s, [USER]),
        profiles.save_settings(s, USER, {}),
    ),
    "whether an answer is still right": lambda s: pages.user_version(s, USER),
    "a playlist": lambda s: (
        playlists.find_playlist(s, "bench:p321"),
        playlists.playlist_content(s, PLAYLIST),
        pages.playlist_summary(s, PLAYLIST),
        player_lists.list_row(s, PLAYLIST),
    ),
    "pages of playlists": lambda s: (
        pages.playlists_after(s, PLAYLIST, 50),
        pages.playlists_after(s, PLAYLIST, 50, owner=USER),
    ),
    "playlists of a player": lambda s: (
        player_lists.lists_of(s, USER, 50),
        player_lists.lists_of(s, None, 50),
    ),
    "playlists that come in": lambda s: (
        playlists.stored_playlists(s, [("bench", "p321")]),
        playlists.entry_counts(s, [PLAYLIST]),
        playlists.has_ungrouped(s),
    ),
    "the queue": lambda s: (
        generation_jobs.open_jobs(s),
        generation_jobs.count_waiting(s, USER),
        generation_jobs.count_waiting(s, None),
        generation_jobs.count_before(s, 9_995),
    ),
    "a generation": lambda s: (
        generation_jobs.find_job(s, "token9995"),
        generation_jobs.begin_job(s, "token9995"),
        generation_jobs.finish_job(s, "token9995", "done", result={}),
        generation_jobs.set_job_result(s, "token9995", {}),
        generation_jobs.delete_job(s, "token9995"),
    ),
    "pages of generations": lambda s: (
        generation_jobs.jobs_before(s, None, 20),
        generation_jobs.jobs_before(s, 9_000, 20, user_id=USER),
    ),
    "nights": lambda s: (nights.open_night(s), nights.nights_before(s, None, 20)),
    "keys": lambda s: (keys.find_key(s, USER), player_passwords.salted_keys_of(s, USER)),
    "who was deleted": lambda s: erasures.erased_among(s, ["x"]),
    "what administrators did": lambda s: audit.list_events(s, 50),
    "news of placements": lambda s: placements.newest_placement(s, "r1"),
    "what new songs stand beside": lambda s: (
        placements.lists_with(s, [SONG]),
        placements.song_facts(s, [SONG]),
    ),
    "all about a user": lambda s: (
        own_data.feedback_of(s, USER),
        own_data.playlists_of(s, USER),
        own_data.profile_of(s, USER),
        own_data.keys_of(s, USER),
        list(own_data.works_of(s, USER)),
    ),
    "songs that come in": lambda s: (
        catalogue.songs_by_name(s, ["artist 1|t"]),
        catalogue.facts_of(s, range(1, 21)),
    ),
}


@pytest.fixture(scope="module")
def big(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """A database of tens of thousands of rows, as those of years look."""
    server = postgres_server(request.config)
    url = server.create(server.template)
    engine = make_engine(url)
    with engine.begin() as connection:
        # All that rows refer to is there.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        listen_months.make_room(connection, [AT_S - i * 789 for i in range(40_000)])
        for name, (n, row) in ROWS.items():
            columns = COLUMNS.get(name, ", ".join(Base.metadata.tables[name].columns.keys()))
            given = f"{row} FROM generate_series(1, {n}) AS i ON CONFLICT DO NOTHING"
            connection.exec_driver_sql(f"INSERT INTO {name} ({columns}) {given.replace('%', '%%')}")
        connection.execute(text("SELECT setval(pg_get_serial_sequence('users', 'id'), 5000)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM ANALYZE {', '.join(ROWS)}"))
    yield engine
    engine.dispose()
    server.drop(url)


def scans(engine: Engine, ask: Callable[[Session], object]) -> list[str]:
    """Ask, and name each large table that a statement reads from end to end."""
    with engine.connect() as connection:
        large = set(
            connection.execute(
                text("SELECT relname FROM pg_class WHERE reltuples >= :n"), {"n": LARGE}
            ).scalars()
        )
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, statement: str, given: Any, _x: object, many: bool) -> None:
        if not many and statement.lstrip().split()[0] in ("SELECT", "UPDATE", "DELETE", "INSERT"):
            asked.append((statement, given))

    with make_session_factory(engine)() as session:
        session.execute(text("SET LOCAL random_page_cost = 1.1"))  # As disks without arms have it.
        event.listen(engine, "before_cursor_execute", note)
        try:
            ask(session)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        assert asked
        found = [
            f"{table}: {' '.join(statement.split())[:300]}"
            for statement, given in asked
            for table in _scanned(session, statement, given)
            if table in large
        ]
        session.rollback()
    return found


def _scanned(session: Session, statement: str, given: Any) -> Iterator[str]:
    told = session.connection().exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given).scalar_one()
    plans = told if isinstance(told, list) else json.loads(told)
    nodes = [plans[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes.extend(node.get("Plans", ()))
        if node["Node Type"] == "Seq Scan":
            yield node["Relation Name"]


@pytest.mark.parametrize("name", HOT)
def test_who_waits_waits_for_no_sequential_scan(big: Engine, name: str) -> None:
    assert scans(big, HOT[name]) == []


def test_a_sequential_scan_is_found(big: Engine) -> None:
    assert [line.split(":")[0] for line in scans(big, generation_jobs.ended_jobs)] == ["generations"]


def test_the_months_of_listens_are_large(big: Engine) -> None:
    with big.connect() as connection:
        made = listen_months.parts(connection)
    assert len([name for name in made if name < "listens_2025_12"]) >= 12


def test_what_refers_to_something_large_is_found_when_that_goes(big: Engine) -> None:
    large = {name for name, (n, _) in ROWS.items() if n >= LARGE}
    looked = inspect(big)
    slow = []
    for name in sorted(large):
        table = Base.metadata.tables[name]
        begins = {index["column_names"][0] for index in looked.get_indexes(name)}
        begins |= {unique["column_names"][0] for unique in looked.get_unique_constraints(name)}
        begins.add(looked.get_pk_constraint(name)["constrained_columns"][0])
        slow += [
            f"{name}.{key.parent.name}"
            for key in table.foreign_keys
            if key.column.table.name in large and key.parent.name not in begins
        ]
    assert slow == []
