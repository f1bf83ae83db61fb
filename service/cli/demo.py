"""`songspace demo`: everything at work on a made-up label, in a home folder of its own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from service.cli.console import print_line
from service.cli.database import open_database_at
from service.cli.demo_track import make_track
from service.cli.demo_verse import write_verse
from service.cli.evaluate import print_evaluation
from service.cli.logs import quieten
from service.cli.progress import StageClock, status_line
from service.cli.show import (
    named,
    print_neighbours,
    print_profile,
    print_recommendations,
    print_wrapped,
)
from service.cli.state import settings_of

if TYPE_CHECKING:
    from db.session import SessionFactory
    from pipelines.evaluate import Evaluation
    from pipelines.release import Release
    from pipelines.sample_world import SampleWorld

SEED = 7
# The label is small: a tenth of the training shows the same picture, and nobody waits.
PAIRS = 2e7
# Loud rock, and rock on synthesizers, less a folk tune that is nothing but guitar: what is left plays synth.
PLUS, MINUS = ("Seven Bolts", "Kilowatt"), ("Nettle Soup",)
# The pair of planted twins that is shown: one with two interests far apart.
TWINS = 12
SHOWN_AXES = ("rock", "guitar", "synth")


def run(ctx: typer.Context) -> None:
    """See everything at work on a made-up label."""
    from pipelines.explore import neighbours, profile
    from pipelines.recommend import Recommender
    from pipelines.serving import need_release

    quieten()
    home = settings_of(ctx).home / "demo"
    session_factory = open_database_at(ctx, f"sqlite:///{home / 'songspace.db'}", create=True)

    _head("A made-up label")
    world = _sample_world(session_factory)
    _head("A night: learning from what people put together")
    _night(home, session_factory, settings_of(ctx).threads)
    release = need_release(home)
    user, twin = (world.user_refs[row] for row in world.twins[TWINS])

    _head("Somebody's taste")
    print_profile(profile(release, session_factory, user))
    _head(f"Ten songs for {user}, and why")
    answer = Recommender(release, session_factory).recommend(user, 10)
    print_recommendations(answer, explain=True)
    _head("What the first of them sounds like")
    _sound(home, session_factory, answer.songs[0].song, settings_of(ctx).soundfont)
    _head("A track that nobody has heard before, made from words")
    make_track(home, settings_of(ctx).generator, settings_of(ctx).threads)
    _head("A verse that nobody has sung before")
    write_verse(settings_of(ctx).home)
    _head("Who has the same taste")
    print_neighbours(neighbours(release, session_factory, user, 5))
    print_wrapped(f"({twin} was drawn with exactly the taste of {user}; nobody told the machine.)")
    _head("Song arithmetic")
    _arithmetic(world, release, session_factory)
    _head("How good is it? Beside its peers, on playlists that nobody learned from")
    print_evaluation(_evaluation(home, release, session_factory, settings_of(ctx).threads))
    _what_next(home, user)


def _head(text: str) -> None:
    print_line()
    print_line(text)
    print_line("=" * len(text))


def _sample_world(session_factory: SessionFactory) -> SampleWorld:
    from pipelines.ingest import ingest_batches
    from pipelines.sample_world import build_world

    with status_line("drawing a made-up label and its listeners"):
        world = build_world(SEED)
        report = ingest_batches(world.batches(), session_factory=session_factory, source=Path("sample-world"))
    print_line(
        f"{len(world.songs):,} songs by {len(world.artists)} artists, {len(world.playlists):,} playlists, "
        f"{len(world.user_refs):,} listeners with {len(world.listens):,} listens"
    )
    if not report.changed_anything:
        print_line("(all of it there from the last time)")
    return world


def _night(home: Path, session_factory: SessionFactory, threads: int) -> None:
    from pipelines.nightly import STAGES, Night, NightlySettings

    night = Night(home, session_factory, NightlySettings(workers=threads, pairs=PAIRS))
    with status_line("nightly") as say:
        clock = StageClock(home / "nightly", STAGES, print_line)

        def started(stage: str) -> None:
            clock.started(stage)
            say(stage)

        report = night.run(started)
        clock.finish(dict(report.stages[-1].counts), report.stages[-1].peak_bytes)
    if all(stage.done_before for stage in report.stages[:-1]):
        print_line("Nothing new since the last night.")


def _sound(home: Path, session_factory: SessionFactory, song: str, soundfont: Path | None) -> None:
    """Have a song composed, and say where it lies."""
    from db.repositories.songs import find_song
    from generation.studio.soundfont import SoundFontMissingError
    from pipelines.song_sound import play, sound_of

    with session_factory() as session:
        song_id = find_song(session, song)
    sound = sound_of(session_factory, home, song_id)
    try:
        with status_line("playing"):
            path = play(session_factory, sound, soundfont)
    except SoundFontMissingError as error:
        print_wrapped(f"(Not to be heard here: {error})")
        return
    piece, told = sound.piece, ""
    if piece is not None:
        told = f": {' and '.join(piece.genres)}, {piece.score.tempo_bpm:.0f} beats a minute"
    print_line(f"{named(sound.title, sound.artist)}{told}")
    print_line(str(path))


def _arithmetic(world: SampleWorld, release: Release, session_factory: SessionFactory) -> None:
    """Show what is asked and what is found, each song with what was drawn for it."""
    from pipelines.explore import blend
    from pipelines.shelf import Shelves

    titles, artists = (world.songs[column].tolist() for column in ("title", "artist"))

    def tell(sign: str, row: int) -> None:
        truth = "  ".join(
            f"{axis} {world.song_truth[row, world.axes.index(axis)]:.2f}" for axis in SHOWN_AXES
        )
        song = named(titles[row], artists[row])
        print_line(f"  {sign:>5}  {song[:54]:<54}  {truth}".rstrip())

    asked = {"+": [titles.index(title) for title in PLUS], "-": [titles.index(title) for title in MINUS]}
    for sign, songs in asked.items():
        for row in songs:
            tell(sign, row)
    print_line("  gives")
    plus, minus = ([f"sample:{row}" for row in songs] for songs in asked.values())
    for song in blend(Shelves(release), session_factory, plus, minus, 5).songs:
        tell(f"{song.score:.2f}", int(song.song.removeprefix("sample:")))
    print_line("(On the right what was drawn for each song; the machine never saw it.)")


def _evaluation(home: Path, release: Release, session_factory: SessionFactory, threads: int) -> Evaluation:
    """Measure, or take what was measured for this release."""
    from pipelines.evaluate import evaluate
    from pipelines.material import material_of_database
    from pipelines.release_files import write_text_atomically

    kept = home / "evaluation.json"
    found = _read_evaluation(kept, release.name)
    if found is None:
        with TemporaryDirectory() as folder, status_line("measuring") as say:
            # The one call to the evaluation: every model on one split of the demo's own playlists.
            material = material_of_database(session_factory)
            found = evaluate(
                material.corpus,
                material.facts,
                folder=Path(folder),
                seed=0,
                workers=threads,
                pairs=PAIRS,
                progress=say,
            )
        document = {"release": release.name, "evaluation": asdict(found)}
        write_text_atomically(kept, json.dumps(document))
    return found


def _read_evaluation(path: Path, release: str) -> Evaluation | None:
    """Read a kept evaluation; None where there is none of this release, or it cannot be read."""
    from pipelines.evaluate import Evaluation, Row
    from recsys.metrics import Estimate

    def row(facts: dict[str, Any]) -> Row:
        metrics = {name: Estimate(**estimate) for name, estimate in facts["metrics"].items()}
        ratio = facts["ours_over_it"]
        return Row(**facts | {"metrics": metrics, "ours_over_it": Estimate(**ratio) if ratio else None})

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["release"] != release:
            return None
        facts = document["evaluation"]
        return Evaluation(**facts | {"rows": tuple(map(row, facts["rows"]))})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _what_next(home: Path, user: str) -> None:
    _head("What to type next")
    for line in (
        f"export SONGSPACE_HOME={home}     # to go on in the demo's world",
        f"songspace recommend {user} --k 5",
        "songspace search rain",
        'songspace similar "Partly Sunny"',
        'songspace sound "Partly Sunny"                   # hear it',
        'songspace generate "dreamy ambient pads at 70 bpm" --seconds 20',
        'songspace lyrics write "a folk song about rain on a tin roof"',
        'songspace compose "slow jazz trio in F minor" --out trio.flac',
        'songspace continue --songs "Seven Bolts" "Kilowatt"',
        "unset SONGSPACE_HOME; songspace ingest YOUR_PLAYLISTS; songspace nightly     # and in yours",
    ):
        print_line(f"  {line}")
    print_line("`songspace --help` lists the rest, README.md is the tour.")
