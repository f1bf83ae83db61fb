"""`songspace generate`: a new track, from words or from noise alone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.console import print_json, print_line, print_note
from service.cli.generate_checks import checked, found, ranked
from service.cli.generate_edit import (
    BlendWith,
    Continue,
    Edits,
    Init,
    Inpaint,
    InpaintBand,
    LoopBars,
    Seconds,
    Sections,
    Strength,
    edited_request,
    keep_given,
)
from service.cli.generate_files import FOLDER, take_files
from service.cli.generate_guidance import Guidance, KeyGuidance, StyleGuidance, TempoGuidance, say_unread
from service.cli.generate_lyrics import lay_words_beside, lyrics_for, sung_to
from service.cli.generate_pictures import attention_drawn, check_attention, drawn, listened, previews
from service.cli.generate_taste import (
    Add,
    Interest,
    Like,
    TasteOptions,
    TasteStrength,
    Unlike,
    User,
    add_tracks,
    documents,
    print_added,
    say_best,
    titled,
    wanted_of,
    with_names_in_blend,
    with_names_in_sections,
    with_sources,
)
from service.cli.options import Json
from service.cli.pictures import picture_to_write
from service.cli.progress import status_line
from service.cli.state import settings_of

if TYPE_CHECKING:
    from generation.audio.attention import Attention
    from generation.audio.export import Exported
    from generation.audio.record import Record
    from generation.audio.request import Generation, Request

# What may be given beside --from: all else is in the record.
_BESIDE_FROM = frozenset(
    {"ctx", "source", "backend", "out", "spectrogram", "attention", "preview", "add", "as_json"}
)


def run(
    ctx: typer.Context,
    prompt: Annotated[
        str | None,
        typer.Argument(metavar="[PROMPT]", help='What it is to sound like: "slow jazz trio in F minor".'),
    ] = None,
    seconds: Seconds = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same sound; by default a new one."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, max=1000, metavar="N", help="Steps from noise to music.")
    ] = None,
    guidance: Guidance = None,
    tempo_guidance: TempoGuidance = None,
    key_guidance: KeyGuidance = None,
    style_guidance: StyleGuidance = None,
    negative: Annotated[
        str | None, typer.Option(metavar="PROMPT", help="What it is not to sound like.")
    ] = None,
    takes: Annotated[
        int, typer.Option(min=1, max=16, metavar="N", help="How many; take k has the seed + k.")
    ] = 1,
    tempo: Annotated[
        float | None, typer.Option(min=20, max=400, metavar="BPM", help="Beats a minute.")
    ] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help='As "F# minor", "Bb".')] = None,
    genre: Annotated[str | None, typer.Option(help="As jazz, techno, classical.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="NAME", help="dpm++, ddim, euler, unipc, flow-euler, flow-heun.")
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            help="songspace, audioldm2:MODEL, stable-audio:MODEL, ..., or a folder with a pipeline."
        ),
    ] = "songspace",
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Sound: .flac, .wav, .ogg or .mp3.")
    ] = None,
    spectrogram: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture of the sound: .png, .svg or .pdf.")
    ] = None,
    attention: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A picture of which words it listened to, and when; of the best take."
        ),
    ] = None,
    preview: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A picture a step: how it comes out of the noise.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Its title; by default what the prompt says.")
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="Leave loudness and ends as the generator made them.")
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Make it again from its record, the .json beside it."),
    ] = None,
    init: Init = None,
    strength: Strength = None,
    inpaint: Inpaint = None,
    inpaint_band: InpaintBand = None,
    continue_: Continue = None,
    section: Sections = None,
    loop: LoopBars = None,
    blend: BlendWith = None,
    user: User = None,
    taste_strength: TasteStrength = None,
    interest: Interest = None,
    like: Like = None,
    unlike: Unlike = None,
    lyrics: Annotated[
        bool, typer.Option("--lyrics", help="Write words to the same prompt, too, into a file beside.")
    ] = False,
    add: Add = False,
    as_json: Json = False,
) -> None:
    """Make a new track, from words or from noise alone, or of a sound that is given."""
    from generation.audio.export import export, export_again
    from generation.policy import load_policy, texts_of
    from pipelines.tune_generator import generator_in_force

    settings = settings_of(ctx)
    policy = load_policy(settings.policy)
    record = _record_of(ctx, source) if source is not None else None
    wanted = None
    if record is not None:
        request, threads = record.request, record.threads
        backend = backend if _is_given(ctx, "backend") else _backend_of(record)
    else:
        policy.check([prompt, negative, genre, title, blend, *(section or ())])
        taste = TasteOptions(user, taste_strength, interest, tuple(like or ()), tuple(unlike or ()))
        wanted = wanted_of(ctx, prompt, taste, backend=backend)
        policy.check([one.name for one in wanted.sources])
        request, threads = (
            edited_request(
                Edits(init, strength, inpaint, inpaint_band, continue_, tuple(section or ()), loop, blend),
                seconds=seconds,
                prompt=wanted.words,
                style=wanted.style,
                negative_prompt=negative,
                seed=secrets.randbelow(2**31 - takes) if seed is None else seed,
                n_takes=takes,
                num_inference_steps=steps,
                guidance_scale=guidance,
                structure_guidance=tempo_guidance,
                key_guidance=key_guidance,
                style_guidance=style_guidance,
                tempo_bpm=tempo,
                key=key,
                genre=genre,
                scheduler=scheduler,
            ),
            settings.threads,
        )
        request = with_names_in_blend(ctx, request, backend=backend)
        request = with_names_in_sections(ctx, request, backend=backend)
        say_unread(request)
    policy.check([*texts_of(request), title, *(record.tags.values() if record is not None else ())])
    files = take_files(
        request if wanted is None else replace(request, prompt=prompt), out, settings.home / FOLDER
    )
    keep_given(request, files)
    if attention is not None:
        check_attention(request)
    sung = lyrics_for(ctx, prompt, genre, request.seed) if lyrics else None
    with ExitStack() as stack:
        picture = stack.enter_context(picture_to_write(spectrogram)) if spectrogram is not None else None
        words = stack.enter_context(picture_to_write(attention)) if attention is not None else None
        model = record.model if record is not None else None
        weights = generator_in_force(settings.home, settings.generator, model=model)
        made, heard = _generate(
            request, backend, weights, threads, preview, record, listens=attention is not None
        )
        if record is None:
            made = sung_to(with_sources(checked(made), prompt, wanted), sung)
            name = title or titled(prompt, wanted)
            done = ranked(export(made, files, made_at=now(), title=name, raw=raw))
        else:
            done = [export_again(made, record, files[0])]
        lay_words_beside(done)
        if picture is not None:
            picture(lambda format: drawn(done, format))
        if words is not None:
            words(lambda format: attention_drawn(done[0], heard[done[0].track.seed], format))
    say_best(settings.home, done)
    added = add_tracks(ctx, done, prompt, wanted) if add else []
    if "-" in (str(spectrogram), str(attention)):  # the picture is the answer
        return
    if record is not None:
        _compare(record, done[0])
    if as_json:
        print_json(_document(made, done) | ({"added": documents(added)} if add else {}))
    else:
        _print(done)
        print_added(added)


def now() -> datetime:
    """The moment that a record bears."""
    return datetime.now(UTC)


def _is_given(ctx: typer.Context, name: str) -> bool:
    """Tell whether an argument stands on the command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _record_of(ctx: typer.Context, source: Path) -> Record:
    """Read the record that a track is to be made from again, with nothing beside that would change it.

    Raises
    ------
    ValueError
    """
    from generation.audio.record import load_record

    beside = [name for name in ctx.params if name not in _BESIDE_FROM and _is_given(ctx, name)]
    if beside:
        names = ", ".join(
            name if name == "prompt" else f"--{name.rstrip('_').replace('_', '-')}" for name in beside
        )
        raise ValueError(f"--from makes a track again as it was: leave out {names}")
    return load_record(source)


def _backend_of(record: Record) -> str:
    """The backend that a record names, as `--backend` takes it."""
    return record.backend if record.backend == "songspace" else f"{record.backend}:{record.model}"


def _generate(
    request: Request,
    backend: str,
    weights: Path | None,
    threads: int,
    preview: Path | None,
    record: Record | None,
    *,
    listens: bool,
) -> tuple[Generation, Mapping[int, Attention]]:
    """Make the takes, and say what was listened to in each, by its seed."""
    import torch

    from generation.audio.backends import Songspace, load_backend
    from generation.audio.export import remake
    from generation.audio.request import Step
    from generation.audio.takes import make_takes

    torch.set_num_threads(threads)
    with status_line("loading the generator") as say:
        draw = previews(preview) if preview is not None else None
        generator = load_backend(backend, weights=weights)
        if listens and not isinstance(generator, Songspace):
            raise ValueError(f"--attention: backend {backend} does not show what it listens to")

        def tell(step: Step) -> None:
            take = f"take {step.take} of {step.n_takes}, " if step.n_takes > 1 else ""
            say(f"{take}step {step.number} of {step.n_steps}")
            if draw is not None:
                draw(step)

        if record is not None:
            made = remake(generator, record, callback=tell)
        else:
            made = make_takes(generator, request, callback=tell)
        return made, listened(generator, made) if listens else {}


def _document(made: Generation, done: Sequence[Exported]) -> dict[str, object]:
    from generation.audio.record import plain

    return {
        "tracks": [
            {
                "file": str(one.path),
                "record": str(one.record_path),
                "title": one.record.tags.get("TITLE", ""),
                "seed": one.track.seed,
                "seconds": round(one.track.seconds, 3),
                "sample_rate": one.track.sample_rate,
                "finish": dict(one.record.finish),
                "checks": dict(one.record.checks),
                "sha256": one.record.file_sha256,
            }
            for one in done
        ],
        "request": made.request.to_json(),
        "backend": made.backend,
        "model": made.model,
        "threads": made.threads,
        "settings": plain(made.settings),
    }


def _print(done: Sequence[Exported]) -> None:
    for refused in done[0].record.settings.get("refused_seeds", []):
        print_note(f"seed {refused['seed']} was made again with another: {refused['reason']}")
    for one in done:
        loudness = f"{one.record.finish['loudness_lufs']:.1f} LUFS"
        print_line(f"{one.path}: {one.track.seconds:.1f} s, seed {one.track.seed}, {loudness}{found(one)}")


def _compare(record: Record, made: Exported) -> None:
    """Say whether a track that was made again is the one that it was."""
    if made.record.file_sha256 == record.file_sha256:
        print_note("the same bytes as it had")
    elif made.record.waveform_sha256 == record.waveform_sha256:
        print_note("the same samples as it had, before they were encoded")
    else:
        now = made.record.versions
        others = [f"{name} {was} then" for name, was in record.versions.items() if now.get(name) != was]
        why = f": {', '.join(others)}" if others else ", so another machine may have made it"
        print_note(f"not the same samples as it had{why}")
