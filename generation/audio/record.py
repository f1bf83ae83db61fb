"""The record beside a sound file: JSON that says how it was made, to the last bit that decides.

It holds what was asked and what the model took it for: the conditions themselves (`told`), since a text
encoder, a reading of prompts or a listener's taste may be others tomorrow; every setting; which model, by the
SHA-256 of its weights; how many threads summed; the moment that stands in the tags; and the tags.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

from generation.audio.request import Request, request_of_json
from generation.audio.told import Told, told_from_json, told_to_json

FORMAT, VERSION = "songspace-generation", 1
MOST_BYTES = 64 * 2**20
_TYPES: Mapping[str, type] = {
    "file": str,
    "made_at": str,
    "backend": str,
    "model": str,
    "threads": int,
    "request": dict,
    "told": list,
    "settings": dict,
    "finish": dict,
    "tags": dict,
    "waveform_sha256": str,
    "file_sha256": str,
    "versions": dict,
}


class RecordError(ValueError):
    """A record that cannot be used; the message names the file."""


@dataclass(frozen=True)
class Record:
    """How one sound file was made.

    Attributes
    ----------
    file : str
        Its name, without folders.
    made_at : str
        UTC, as "2026-11-21T14:46:52Z".
    backend, model, threads, settings
        As of `request.Generation`.
    request : Request
        For this one take, with its own seed.
    told : tuple of Told
        What the denoiser heard; empty for other people's pipelines, which are asked with words.
    finish : mapping
        What was done to the sound, and what it measures.
    tags : mapping of str to str
    waveform_sha256 : str
        Of the finished samples, before they were encoded: little-endian float32.
    file_sha256 : str
    versions : mapping of str to str
        Of what computed.
    checks : mapping
        What was found in it: the judge's score, the nearest training clip (`generation.audio.checks`).
    """

    file: str
    made_at: str
    backend: str
    model: str
    threads: int
    request: Request
    settings: Mapping[str, Any]
    told: tuple[Told, ...]
    finish: Mapping[str, Any]
    tags: Mapping[str, str]
    waveform_sha256: str
    file_sha256: str
    versions: Mapping[str, str]
    checks: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        document: dict[str, Any] = {"format": FORMAT, "version": VERSION, "ai_generated": True, **plain}
        document["request"] = self.request.to_json()
        document["told"] = [told_to_json(told) for told in self.told]
        for name in ("settings", "finish", "tags", "versions", "checks"):
            document[name] = dict(document[name])
        return document

    def to_bytes(self) -> bytes:
        """Return the file that holds it: readable, with a sum that tells later changes."""
        document = self.to_json()
        document["checksum"] = _checksum(document)
        return (json.dumps(document, indent=1, allow_nan=False) + "\n").encode()


def plain(value: Any) -> Any:
    """A value as JSON gives it back: lists for tuples, and words for what is not finite."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def record_path(file: Path) -> Path:
    """Where the record of a sound file lies: `x.flac.json` beside `x.flac`."""
    return file.with_name(f"{file.name}.json")


def is_record(path: Path) -> bool:
    """Tell whether a file is a record, whole or not, so that it may give way to another."""
    with path.open("rb") as file:
        return f'"format": "{FORMAT}"'.encode() in file.read(200)


def load_record(path: Path, *, given_in: Path | None = None) -> Record:
    """Read a record.

    Parameters
    ----------
    given_in : Path, optional
        Where a sound lies that was changed and that the record names without a folder; by default beside it.

    Raises
    ------
    RecordError
        It is none, it was changed after it was written, or what it names is not there any more.
    OSError
        It cannot be read.
    """
    if path.is_dir():
        raise RecordError(f"{path} is a folder, the record beside a generated file is expected")
    if not path.exists():
        raise RecordError(f"there is no file {path}")
    if path.stat().st_size > MOST_BYTES:
        raise RecordError(f"{path} has more than {MOST_BYTES // 2**20} MiB: it is no record of a generation")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise RecordError(f"{path} is no record of a generation: it is no JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise RecordError(f"{path} is no record of a generation: name the .json beside a generated file")
    if document.get("version") != VERSION:
        raise RecordError(f"{path} is of version {document.get('version')}, this program reads {VERSION}")
    if document.pop("checksum", None) != _checksum(document):
        raise RecordError(f"{path} was changed after it was written: it no longer says how its file was made")
    _find_given(document, given_in or path.parent)
    try:
        return _record(document)
    except ValueError as error:
        raise RecordError(f"{path}: {error}") from None


def _find_given(document: Mapping[str, Any], folder: Path) -> None:
    request = document.get("request")
    edit = request.get("edit") if isinstance(request, dict) else None
    given = edit.get("given") if isinstance(edit, dict) else None
    if isinstance(given, dict) and isinstance(given.get("path"), str):
        given["path"] = str(folder / given["path"])


def _record(document: Mapping[str, Any]) -> Record:
    for name, kind in _TYPES.items():
        if not isinstance(document.get(name), kind):
            raise ValueError(f"{name} is missing, or is no {kind.__name__}")
    if not all(isinstance(value, str) for value in document["tags"].values()):
        raise ValueError("tags are texts")
    if not 1 <= document["threads"] <= 1024:
        raise ValueError(f"threads are 1 to 1,024, got {document['threads']}")
    values = {name: document[name] for name in _TYPES}
    values["checks"] = document.get("checks", {})  # older records have none
    if not isinstance(values["checks"], dict):
        raise ValueError("checks are an object")
    values["request"] = request_of_json(document["request"])
    values["told"] = tuple(told_from_json(one) for one in document["told"])
    return Record(**values)


def _checksum(document: Mapping[str, Any]) -> str:
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
