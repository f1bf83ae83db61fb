"""The options of `songspace generate` that listen to the catalogue: a user's taste, songs to be like, names
in the prompt, and adding what was made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.console import print_line, print_note
from service.cli.database import NoDatabaseError, open_database
from service.cli.songs import song_ids
from service.cli.state import settings_of

if TYPE_CHECKING:
    from db.session import SessionFactory
    from generation.audio.export import Exported
    from generation.audio.request import Generation, Request
    from pipelines.add_generated import AddedTrack
    from pipelines.create import Wanted, Wish

STRONGEST = 4.0
_LONGEST_TITLE = 80

User = Annotated[str | None, typer.Option("--user", metavar="USER", help="Whose taste it is to meet.")]
TasteStrength = Annotated[
    float | None,
    typer.Option(
        "--taste-strength", min=0, max=STRONGEST, metavar="X", help="How far: 1 as far out as songs lie."
    ),
]
Interest = Annotated[
    int | None,
    typer.Option("--interest", min=1, metavar="N", help="One interest of --user's, as `profile` lists them."),
]
Like = Annotated[
    list[str] | None, typer.Option("--like", metavar="SONG", help="A song of the catalogue to be like.")
]
Unlike = Annotated[
    list[str] | None, typer.Option("--unlike", metavar="SONG", help="A song of the catalogue to be unlike.")
]
Add = Annotated[
    bool, typer.Option("--add", help="Put it into the catalogue: placed by its sound, and recommended.")
]


@dataclass(frozen=True)
class TasteOptions:
    """The options as they are given."""

    user: str | None = None
    strength: float | None = None
    interest: int | None = None
    like: Sequence[str] = ()
    unlike: Sequence[str] = ()

    @property
    def named(self) -> list[str]:
        """The options that need a catalogue, as they are written."""
        given = (("--user", self.user), ("--like", self.like), ("--unlike", self.unlike))
        return [name for name, value in given if value]

    def check(self) -> None:
        """Refuse what does not go together.

        Raises
        ------
        ValueError
            The message names the option.
        """
        for name, value in (("--taste-strength", self.strength), ("--interest", self.interest)):
            if value is not None and self.user is None:
                raise ValueError(f"{name} needs --user")


def wanted_of(
    ctx: typer.Context,
    prompt: str | None,
    options: TasteOptions,
    *,
    backend: str,
    says_missing: bool = True,
) -> Wanted:
    """Return the words and the style that are asked for, saying which names were found.

    Without a catalogue a prompt is words, which is said, if `says_missing`, where it seems to name somebody;
    whoever is named beside it is an error then.

    Raises
    ------
    ValueError
        Options that do not go together, or a backend that knows no style.
    NoDatabaseError, DatabaseError, NotFoundError, NoReleaseError, NoStyleError, UnknownInterestError
    """
    from db.errors import DatabaseError
    from pipelines.create import Wanted, wanted_style
    from pipelines.prompt_names import seems_to_name

    options.check()
    if backend != "songspace" and options.named:
        raise ValueError(f"backend {backend} knows no style: leave out {', '.join(options.named)}")
    if backend != "songspace" or (prompt is None and not options.named):
        return Wanted(prompt)
    try:
        session_factory = open_database(ctx)
        wish = _wish(session_factory, options)
    except (NoDatabaseError, DatabaseError) as error:
        if options.named:
            raise
        is_new = isinstance(error, NoDatabaseError)
        # Who has no catalogue misses none, unless the prompt asks for somebody in it.
        if says_missing and not (is_new and not seems_to_name(prompt or "")):
            why = "no catalogue here yet" if is_new else str(error)
            print_note(f"{why}: the prompt is words alone, no names were looked for")
        return Wanted(prompt)
    wanted = wanted_style(session_factory, settings_of(ctx).home, prompt, wish)
    _say(wanted)
    return wanted


def with_names_in_blend(ctx: typer.Context, request: Request, *, backend: str) -> Request:
    """Take the catalogue's names out of a blend's prompt, too: its share is then of that style."""
    from generation.audio.edit.edits import Blend

    blend = request.blend
    if blend is None or blend.prompt is None:
        return request
    wanted = wanted_of(ctx, blend.prompt, TasteOptions(), backend=backend, says_missing=False)
    if wanted.style is None:
        return request
    return replace(request, blend=Blend(wanted.words, blend.share, wanted.style))


def with_names_in_sections(ctx: typer.Context, request: Request, *, backend: str) -> Request:
    """Take the catalogue's names out of the sections' prompts, too: from their time on they are the style."""
    from generation.audio.edit.edits import Section

    sections = []
    for section in request.sections:
        wanted = wanted_of(ctx, section.prompt, TasteOptions(), backend=backend, says_missing=False)
        named = wanted.style is not None
        sections.append(Section(wanted.words, section.start_s, wanted.style) if named else section)
    return replace(request, sections=tuple(sections))


def with_sources(made: Generation, prompt: str | None, wanted: Wanted | None) -> Generation:
    """Write down, for the record, where the style came from; whose taste it was stays out of the file."""
    if wanted is None or not wanted.sources:
        return made
    from generation.audio.record import plain

    said = {"prompt": prompt, "sources": plain([asdict(one) for one in wanted.sources])}
    return replace(made, settings={**made.settings, "style_from": said})


def titled(prompt: str | None, wanted: Wanted | None) -> str | None:
    """The title of a track whose prompt holds names, or that has none but a style; None for the usual one."""
    if wanted is None or not wanted.sources:
        return None
    if prompt is not None:
        return prompt[:1].upper() + prompt[1:_LONGEST_TITLE]
    names = {"taste": "a taste"}
    said = [f"{'unlike' if one.denied else 'like'} {names.get(one.kind, one.name)}" for one in wanted.sources]
    title = ", ".join(said)[:_LONGEST_TITLE]
    return title[:1].upper() + title[1:]


def add_tracks(
    ctx: typer.Context, done: Sequence[Exported], prompt: str | None, wanted: Wanted | None
) -> list[AddedTrack]:
    """Put finished tracks into the catalogue.

    Raises
    ------
    DatabaseError, OSError, TrackNotAddedError
    """
    from pipelines.add_generated import add_track

    session_factory, home = open_database(ctx, create=True), settings_of(ctx).home
    user_id = None if wanted is None else wanted.user_id
    return [
        add_track(session_factory, home, one.path, prompt=prompt, record=one.record, user_id=user_id)
        for one in done
    ]


def say_best(home: Path, done: Sequence[Exported]) -> None:
    """Say which of several takes people would like best, where ratings have taught a ranker that."""
    from generation.audio.style_encoder import StyleEncoderMissingError
    from pipelines.ratings import likelihoods, load_ranker
    from pipelines.sources.audio_stream import AudioError

    ranker = load_ranker(home) if len(done) > 1 else None
    if ranker is None:
        return
    try:
        likely = likelihoods(ranker, [one.path for one in done])
    except (AudioError, StyleEncoderMissingError, OSError) as error:
        print_note(f"takes are not ranked: {error}")
        return
    order = sorted(range(len(done)), key=lambda take: -likely[take])
    ranked = ", ".join(f"{done[take].path.name} ({likely[take]:.0%})" for take in order)
    print_note(f"likeliest to be liked, by what people said of tracks before: {ranked}")


def print_added(added: Iterable[AddedTrack]) -> None:
    """Say where tracks are in the catalogue."""
    for one in added:
        where = "placed by its sound" if one.is_placed else "to be placed by the next nightly run"
        print_line(f"{one.song}: {'in the catalogue, ' + where if one.is_new else 'there already'}")


def documents(added: Iterable[AddedTrack]) -> list[dict[str, Any]]:
    """What was added, as JSON can hold it."""
    return [asdict(one) for one in added]


def _wish(session_factory: SessionFactory, options: TasteOptions) -> Wish:
    from pipelines.create import Wish

    return Wish(
        user=options.user,
        strength=1.0 if options.strength is None else options.strength,
        interest=options.interest,
        like=song_ids(session_factory, options.like),
        unlike=song_ids(session_factory, options.unlike),
    )


def _say(wanted: Wanted) -> None:
    for note in wanted.notes:
        print_note(note)
    for one in wanted.sources:
        if not one.in_prompt:
            continue
        how = "by its sound" if one.how == "audio" else "by its place among songs"
        likeness = "unlike it" if one.denied else "like it"
        print_note(f"{one.in_prompt!r} is the {one.kind} {one.name}: {likeness}, {how}")
