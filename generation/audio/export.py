"""From tracks to finished files: mastered, encoded, tagged as AI-generated, with the record beside.

    Generation -> soundness -> mastering -> encoding -> tags -> file and record, both or neither

The record makes the same file again: `remake` makes the sound, and `export_again` finishes it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from generation.audio.mastering import Mastering, master
from generation.audio.record import Record, RecordError, plain, record_path
from generation.audio.request import Callback, Generation, Request, Track
from generation.audio.soundness import check_sound
from generation.audio_files import audio_format, encoded
from generation.file_tags.tagged import one_line, tagged

if TYPE_CHECKING:
    from generation.audio.backends import Backend

MARK = "AI-generated"
MADE_BY_A_MODEL = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""How the IPTC's vocabulary of digital sources names it."""
ARTIST = "Songspace"
_LONGEST_TITLE = 80
_COMPUTED_WITH = ("songspace", "torch", "diffusers", "transformers", "numpy", "scipy", "soundfile")


@dataclass(frozen=True)
class Exported:
    """A file that was written, and its record."""

    path: Path
    record_path: Path
    record: Record
    track: Track


def export(
    made: Generation,
    files: Sequence[Path],
    *,
    made_at: datetime,
    title: str | None = None,
    raw: bool = False,
) -> list[Exported]:
    """Write each take into its file, with its record beside.

    Parameters
    ----------
    files : sequence of Path
        One a take; their names say the format.
    made_at : datetime
        With its zone; seconds are kept.
    title : str, optional
        By default the beginning of the prompt.
    raw : bool
        Leave loudness and ends as the generator made them.

    Raises
    ------
    UnsoundError
        A take is not finite, silent or clipped.
    ValueError
        A format that is not known, or that does not know the sample rate.
    OSError
        A file cannot be written; what was there before is still there.
    """
    exported = []
    for track, file in zip(made.tracks, files, strict=True):
        if "level" not in track.keeps:
            check_sound(track.waveform, track.sample_rate)
        moment = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        request = replace(made.request, seed=track.seed, n_takes=1)
        record = Record(
            file=file.name,
            made_at=moment,
            backend=made.backend,
            model=made.model,
            threads=made.threads,
            request=request,
            settings=plain(made.settings),
            told=_all_told(made.told),
            finish={"raw": raw},
            tags=_tags(request, made, moment, title),
            waveform_sha256="",
            file_sha256="",
            versions=versions(),
            checks=plain(track.checks),
        )
        exported.append(_finish(track, record, file))
    return exported


def remake(backend: Backend, record: Record, *, callback: Callback | None = None) -> Generation:
    """Make the sound of a record again; set torch's threads to `record.threads` before.

    Raises
    ------
    RecordError
        The backend is another model, or samples in another way.
    UnsoundError, Cancelled
    """
    if (backend.name, backend.model) != (record.backend, record.model):
        raise RecordError(
            f"{record.file} was made by {record.backend} {record.model[:16]}, and this is {backend.name}"
            f" {backend.model[:16]}: SONGSPACE_GENERATOR names the folder of other weights"
        )
    steps = record.settings.get("num_inference_steps", record.request.num_inference_steps)
    request = replace(record.request, num_inference_steps=steps)
    told: Any = record.told if len(record.told) > 1 else (record.told[0] if record.told else None)
    made = backend.generate(request, callback=callback, told=told)
    for name in ("scheduler", "scheduler_config"):
        if plain(made.settings.get(name)) != record.settings.get(name):
            raise RecordError(f"{record.file} was sampled in another way: the {name} of the model differs")
    return made


def export_again(made: Generation, record: Record, file: Path) -> Exported:
    """Finish and tag what `remake` made as its record says; raises what `export` raises.

    In the format of the recorded file the bytes are the same, where the computed sound is.
    """
    return _finish(made.tracks[0], replace(record, file=file.name, versions=versions()), file)


def versions() -> dict[str, str]:
    """Name and version of what computes here."""
    import soundfile

    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in _COMPUTED_WITH:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found | {"libsndfile": str(soundfile.__libsndfile_version__)}


def _finish(track: Track, record: Record, file: Path) -> Exported:
    """Master, encode and tag one take, and write it with its record."""
    suffix = audio_format(file)
    raw = bool(record.finish.get("raw"))
    mastering = master(
        track.waveform,
        track.sample_rate,
        keep_level=raw or "level" in track.keeps,
        keep_ends=raw or "ends" in track.keeps,
    )
    content = encoded(mastering.waveform, track.sample_rate, suffix, bits=track.bits)
    content = tagged(content, suffix, record.tags)
    record = replace(
        record,
        finish={"raw": raw, **_measured(mastering)},
        waveform_sha256=waveform_sha256(mastering.waveform),
        file_sha256=sha256(content).hexdigest(),
    )
    write_pair(file, content, record.to_bytes())
    return Exported(file, record_path(file), record, replace(track, waveform=mastering.waveform))


def waveform_sha256(waveform: np.ndarray) -> str:
    """SHA-256 of samples as little-endian float32."""
    return sha256(np.ascontiguousarray(waveform, dtype="<f4").tobytes()).hexdigest()


def write_pair(file: Path, content: bytes, record: bytes) -> None:
    """Write a sound file and its record: both, or neither, and never half of one.

    Raises
    ------
    OSError
    """
    if not file.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {file.parent} to write {file.name} in")
    beside = record_path(file)
    before = beside.read_bytes() if beside.exists() else None
    new = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in (beside, file)}
    is_recorded = is_whole = False
    try:
        new[beside].write_bytes(record)
        new[file].write_bytes(content)
        os.replace(new[beside], beside)
        is_recorded = True
        os.replace(new[file], file)
        is_whole = True
    except OSError as error:  # a full disk does not say which file it was
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        for path in new.values():
            path.unlink(missing_ok=True)
        if is_recorded and not is_whole:  # the old sound is still there: so shall be its record
            beside.unlink() if before is None else beside.write_bytes(before)


def _tags(request: Request, made: Generation, made_at: str, title: str | None) -> dict[str, str]:
    # Where names of the catalogue became a style, the request has the words that were left.
    asked = (made.settings.get("style_from") or {}).get("prompt") or request.prompt
    tags = {
        "TITLE": title or _title(request),
        "ARTIST": ARTIST,
        # The day: so the same request, made again on it, is the same file. The record has the second.
        "DATE": made_at[:10],
        "COMMENT": f"{MARK} with {ARTIST}" + (f': "{asked}"' if asked else ""),
        "ENCODER": f"{ARTIST} {versions().get('songspace', '')}",
        "PROVENANCE": MARK,
        "DIGITALSOURCETYPE": MADE_BY_A_MODEL,
        "PROMPT": asked or "",
        "SEED": str(request.seed),
        # Of other people's models the name; folders of this machine are nobody's business.
        "MODEL": Path(made.model).name if Path(made.model).is_dir() else made.model,
        "BACKEND": made.backend,
    }
    return {name: one_line(value) for name, value in tags.items() if one_line(value)}


def _title(request: Request) -> str:
    words = one_line(request.prompt or request.genre or "From noise")
    if len(words) > _LONGEST_TITLE:
        words = words[:_LONGEST_TITLE].rsplit(" ", 1)[0] + "..."
    return words[:1].upper() + words[1:]


def _measured(mastering: Mastering) -> dict[str, float]:
    """What was done and measured, without the samples."""
    names = (one.name for one in fields(mastering) if one.name != "waveform")
    return {name: round(float(getattr(mastering, name)), 4) for name in names}


def _all_told(told: Any) -> tuple[Any, ...]:
    if told is None:
        return ()
    return tuple(told) if isinstance(told, tuple | list) else (told,)
