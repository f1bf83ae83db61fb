"""`songspace sound`: what a song sounds like, as a file and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.console import print_json, print_line
from service.cli.database import open_database
from service.cli.engines import engine_named
from service.cli.options import EngineName, Json
from service.cli.progress import status_line
from service.cli.songs import song_ids
from service.cli.state import settings_of


def run(
    ctx: typer.Context,
    song: Annotated[
        str | None, typer.Argument(metavar="[SONG]", help="A song, by id or by words of its title.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A copy to write: .flac, .wav, .ogg or .mp3.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Compose all songs of the sample world, and analyse them."),
    ] = False,
    engine: EngineName = "local",
    as_json: Json = False,
) -> None:
    """Find, or compose, the sound of a song of the library."""
    from db.repositories.placements import all_song_ids
    from db.repositories.songs import find_song
    from generation.audio_files import audio_format
    from pipelines.analyse_audio import analyse_audio
    from pipelines.song_sound import play, render_library, sound_of

    if (song is None) != every:
        raise ValueError("name a song, or --all of them")
    if out is not None:
        audio_format(out)
    settings, session_factory = settings_of(ctx), open_database(ctx)
    if song is None:
        if out is not None:
            raise ValueError("--out takes one song, not all of them")
        workers = engine_named(ctx, engine)
        with session_factory() as session:
            ids = all_song_ids(session).tolist()
        with status_line("composing") as say:
            made = render_library(
                session_factory,
                settings.home,
                ids,
                soundfont=settings.soundfont,
                engine=workers,
                progress=say,
            )
        report = analyse_audio(session_factory, engine=workers)
        if as_json:
            print_json({"composed": made, "analysed": report.analysed})
        else:
            print_line(f"{made:,} songs composed, {report.analysed:,} files analysed")
        return
    (name,) = song_ids(session_factory, [song])
    with session_factory() as session:
        song_id = find_song(session, name)
    sound = sound_of(session_factory, settings.home, song_id)
    with status_line("playing"):
        path = play(session_factory, sound, settings.soundfont)
        if out is not None:
            _copy(path, out)
    if as_json:
        print_json({"song": song_id, "title": sound.title, "artist": sound.artist, "path": str(out or path)})
    else:
        print_line(f"{sound.title} - {sound.artist}: {out or path}")


def _copy(path: Path, out: Path) -> None:
    """Write the sound once more, in the format of the name."""
    import soundfile

    from generation.audio_files import write_audio

    waveform, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    write_audio(out, waveform, sample_rate)
