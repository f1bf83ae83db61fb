"""Music to learn from, prepared once into a folder: spectrograms, style vectors, and what is true of each.

    manifest.json         what it was made with; how many items
    shards/00000.npz      of successive items: log-mels (n, n_mels, T) and styles (n, S), float16; the words'
                          token states one behind the other, float16; the rest as lines of JSON

Where it comes from is a source: the studio's clips by seed (`StudioSource`), or windows of sound files
(`FileSource`). Nothing here depends on the autoencoder, so music may be prepared before there is one, and
another one needs no new music. A shard is moved into place whole; a killed preparation goes on at the first
that is not there. The same source gives the same shards on any number of workers.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from generation.audio.spectrogram import FLOOR, SpectrogramConfig, log_mel
from generation.audio.wishes import Wishes

if TYPE_CHECKING:
    from generation.audio.style_encoder import StyleEncoder
    from generation.text_encoder import TextEncoder

FORMAT = 1
PER_SHARD = 32
MANIFEST = "manifest.json"
FACTOR = 8
"""Spectrograms are filled up with silence to a multiple of so many frames."""
Progress = Callable[[int, str], None]
Each = Callable[[Callable[[Any], int], Iterable[Any]], Iterable[int]]
"""Maps a function over numbers of shards, wherever that is done, and yields its results in order."""


class MusicError(ValueError):
    """A folder holds other prepared music than was asked for, or none; or there is nothing to prepare."""


class WorkerLostError(RuntimeError):
    """A worker ended without saying why."""


@dataclass(frozen=True)
class Item:
    """A piece of music, or a part of one.

    Attributes
    ----------
    waveform : float array, shape (n_samples,) or (n_samples, channels), at `sample_rate`
    wishes : Wishes
        What is true of it, but for words and style.
    captions : tuple of str
        Empty where nothing can be said.
    split : str
        "generator" is trained on.
    """

    waveform: np.ndarray
    sample_rate: int
    wishes: Wishes
    captions: tuple[str, ...]
    split: str


class Source(Protocol):
    """Where music comes from; must be picklable, and give the same items for the same numbers."""

    @property
    def name(self) -> Mapping[str, Any]:
        """What the items depend on, as JSON can hold it."""
        ...

    @property
    def n_items(self) -> int:
        """How many numbers there are."""
        ...

    @property
    def seconds(self) -> float:
        """How long an item is at most."""
        ...

    def item(self, number: int) -> Item | None:
        """Make an item; None where it is not to be learned from."""
        ...


@dataclass(frozen=True)
class Prepared:
    """What a shard holds of n items: see the module."""

    log_mels: np.ndarray
    styles: np.ndarray
    tokens: np.ndarray
    rows: tuple[Mapping[str, Any], ...]


def prepare_music(
    folder: Path,
    source: Source,
    *,
    workers: int = 1,
    each: Each | None = None,
    progress: Progress = lambda _done, _note: None,
) -> None:
    """Prepare all of a source's items, or go on where it was interrupted, or make a finished one longer.

    Parameters
    ----------
    workers : int
        Processes that prepare side by side.
    each : Each, optional
        What prepares instead of them.

    Raises
    ------
    MusicError
        The folder holds something else; or no items are asked for.
    StyleEncoderMissingError, TextEncoderMissingError, WorkerLostError, OSError
        And what the source raises.
    """
    from generation.audio import style_encoder
    from generation.studio.workers import start_worker
    from generation.text_encoder import weights_folder

    if source.n_items < 1 or workers < 1:
        raise MusicError(f"items and workers must be at least 1, got {source.n_items} and {workers}")
    weights_folder(), style_encoder.weights_folder()  # What is missing is better said now than by a worker.
    _check_folder(folder, source)
    (folder / "shards").mkdir(parents=True, exist_ok=True)
    for left in folder.rglob(".part-*"):
        left.unlink(missing_ok=True)
    _write(folder / MANIFEST, _manifest(source))
    shards = list(range(-(-source.n_items // PER_SHARD)))
    todo = [number for number in shards if not _path(folder, number).is_file()]
    done = source.n_items - sum(_size(source, number) for number in todo)
    progress(done, "clips")
    if each is not None:
        for prepared in each(partial(_prepare_shard, folder.resolve(), source), todo):
            done += prepared
            progress(done, "clips")
        return
    if workers == 1 or len(todo) < 2:
        for number in todo:
            done += _prepare_shard(folder, source, number)
            progress(done, "clips")
        return
    import multiprocessing

    # Spawned, not forked: a fork would copy the locks of whatever threads are running.
    pool = ProcessPoolExecutor(
        min(workers, len(todo)), multiprocessing.get_context("spawn"), initializer=start_worker
    )
    try:
        waiting = [pool.submit(_prepare_shard, folder, source, number) for number in todo]
        for finished in as_completed(waiting):
            done += finished.result()
            progress(done, "clips")
    except BrokenProcessPool:
        raise WorkerLostError(
            "a worker process was killed (is there enough memory?); the same command goes on where it was"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """What prepared music was made with.

    Raises
    ------
    MusicError
    """
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if found["format"] != FORMAT or not isinstance(found["items"], int):
            raise KeyError("format")
    except (OSError, ValueError, KeyError, TypeError):
        raise MusicError(f"{folder} holds no prepared music") from None
    return found


def read_shards(folder: Path) -> Iterator[Prepared]:
    """Yield what was prepared, in order.

    Raises
    ------
    MusicError
        A shard is missing (the preparation did not end) or damaged.
    """
    n_items = int(read_manifest(folder)["items"])
    for number in range(-(-n_items // PER_SHARD)):
        path = _path(folder, number)
        try:
            with np.load(path) as found:
                rows = tuple(json.loads(line) for line in bytes(found["rows"]).decode().splitlines())
                yield Prepared(found["log_mels"], found["styles"], found["tokens"], rows)
        except FileNotFoundError:
            raise MusicError(
                f"{folder} is not finished: prepare it with the same settings to go on"
            ) from None
        except Exception as error:  # numpy and zipfile raise many kinds for one damaged file
            raise MusicError(f"{path} is damaged: {error}") from None


def wishes_of_row(row: Mapping[str, Any]) -> Wishes:
    """What a row says is true of its item."""
    return Wishes(**row["wishes"])


def _prepare_shard(folder: Path, source: Source, number: int) -> int:
    """Prepare and write one shard; return how many items that were."""
    numbers = range(number * PER_SHARD, number * PER_SHARD + _size(source, number))
    found = [(row, item) for row in numbers if (item := source.item(row)) is not None]
    T = n_frames(source.seconds)
    log_mels = np.full((len(found), SpectrogramConfig().n_mels, T), np.log(FLOOR), np.float16)
    styles = np.zeros((len(found), 200), np.float16)
    rows, states = [], [np.zeros((0, 384), np.float16)]
    for place, (row, item) in enumerate(found):
        mel = _log_mel(item)[:, :T]
        log_mels[place, :, : mel.shape[1]] = mel
        styles[place] = _style(item)
        tokens, mask = _text_encoder().tokens(item.captions)
        states += [tokens[text][mask[text]].astype(np.float16) for text in range(len(tokens))]
        wishes = {key: value for key, value in asdict(item.wishes).items() if key not in ("text", "style")}
        rows.append(
            {
                "item": row,
                "split": item.split,
                "frames": mel.shape[1],
                "captions": item.captions,
                "tokens": mask.sum(1).tolist(),
                "wishes": wishes,
            }
        )
    content = io.BytesIO()
    lines = "\n".join(json.dumps(row, allow_nan=False) for row in rows).encode()
    np.savez(
        content,
        log_mels=log_mels,
        styles=styles,
        tokens=np.concatenate(states),
        rows=np.frombuffer(lines, np.uint8),
    )
    _write(_path(folder, number), content.getvalue())
    return len(numbers)


def n_frames(seconds: float) -> int:
    """Frames of a spectrogram of so many seconds, filled up to a multiple of `FACTOR`."""
    config = SpectrogramConfig()
    return -(-config.n_frames(round(seconds * config.sample_rate)) // FACTOR) * FACTOR


def _log_mel(item: Item) -> np.ndarray:
    import soxr

    rate = SpectrogramConfig().sample_rate
    mono = _mono(item)
    return log_mel(mono if item.sample_rate == rate else soxr.resample(mono, item.sample_rate, rate))


def _style(item: Item) -> np.ndarray:
    import soxr

    from generation.audio.style_encoder import SAMPLE_RATE

    return _style_encoder().embed(soxr.resample(_mono(item), item.sample_rate, SAMPLE_RATE))


def _mono(item: Item) -> np.ndarray:
    waveform = item.waveform if item.waveform.ndim == 1 else item.waveform.mean(axis=1)
    return np.ascontiguousarray(waveform, np.float32)


@lru_cache(maxsize=1)
def _style_encoder() -> StyleEncoder:
    from generation.audio.style_encoder import StyleEncoder

    return StyleEncoder(threads=1)


@lru_cache(maxsize=1)
def _text_encoder() -> TextEncoder:
    from generation.text_encoder import TextEncoder

    return TextEncoder(threads=1)


def _size(source: Source, number: int) -> int:
    return min(PER_SHARD, source.n_items - number * PER_SHARD)


def _path(folder: Path, number: int) -> Path:
    return folder / "shards" / f"{number:05d}.npz"


def _manifest(source: Source) -> bytes:
    last = source.n_items // PER_SHARD
    document = {
        "format": FORMAT,
        "items": source.n_items,
        "seconds": source.seconds,
        "source": dict(source.name),
        "spectrogram": asdict(SpectrogramConfig()),
        "shortened": {str(last): source.n_items % PER_SHARD} if source.n_items % PER_SHARD else {},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _check_folder(folder: Path, source: Source) -> None:
    """Refuse a folder that holds something else, or more; drop a last shard that was short."""
    if folder.exists() and not folder.is_dir():
        raise MusicError(f"{folder} is a file, a folder is expected")
    if not (folder / MANIFEST).exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise MusicError(f"{folder} holds something else than prepared music; name a new folder")
        return
    there, wanted = read_manifest(folder), json.loads(_manifest(source))
    for name in ("source", "seconds", "spectrogram"):
        if there[name] != wanted[name]:
            raise MusicError(
                f"{folder} was made with another {name} ({there[name]}, not {wanted[name]}):"
                " name a new folder"
            )
    if there["items"] > wanted["items"]:
        raise MusicError(f"{folder} is to hold {there['items']} items already; ask for as many or more")
    for number, size in there["shortened"].items():
        if size < _size(source, int(number)):
            _path(folder, int(number)).unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".part-{os.getpid()}-{path.name}")
    try:
        with beside.open("wb") as file:
            file.write(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
