"""The sound of a song: its audio file; for the songs of the sample world, composed when first asked for.

What was composed is kept as FLAC under `HOME/cache/sounds` and written down as the song's audio file, so that
the analysis (`pipelines/analyse_audio.py`) hears it like any other. It may be deleted: it comes again, note
for note. The first chunk of a song that is not there yet comes while the rest is still being played.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from db.errors import NotFoundError
from db.repositories import audio as audio_repository
from db.repositories import songs as songs_repository
from db.repositories import tags as tags_repository
from db.repositories.audio import StoredFile
from db.session import SessionFactory, write_transaction
from generation.audio_files import write_audio
from generation.studio.piece import Piece
from pipelines.analyse_audio import LOCK
from pipelines.engine import Engine, Local
from pipelines.sample_sound import compose_song
from pipelines.sample_world.songs import NAMESPACE

SAMPLE_RATE = 44_100
FOLDER = Path("cache") / "sounds"
_BYTES_AT_ONCE = 1 << 20


class NoSoundError(Exception):
    """The song has no audio file, and is none of those that can be composed."""


@dataclass(frozen=True)
class SongSound:
    """Where a song's sound comes from: from `path` once that is there, from `piece` before.

    `piece` is None for a song with a file of its own.
    """

    song_id: int
    title: str
    artist: str
    path: Path
    piece: Piece | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the file is there."""
        return self.path.is_file()


def sound_of(session_factory: SessionFactory, home: Path, song_id: int) -> SongSound:
    """Find the sound of a song; composing, where it comes to that, takes half a second.

    Raises
    ------
    NotFoundError
        There is no such song.
    NoSoundError
    """
    with session_factory() as session:
        described = songs_repository.describe_songs(session, [song_id]).get(song_id)
        if described is None:
            raise NotFoundError("song", str(song_id))
        files = audio_repository.files_of_song(session, song_id)
        scores = tags_repository.tags_of(session, [song_id]).get(song_id, {})
    own = home.resolve() / FOLDER
    for file in files:
        path = Path(file.path)
        if path.is_file() and own not in path.parents:
            return SongSound(song_id, described.title, described.artist, path)
    name = next((ref for ref in described.refs if ref.startswith(f"{NAMESPACE}:")), None)
    if name is None or not scores:
        missing = f": {files[0].path} is gone" if files else ""
        raise NoSoundError(f"no audio file is known of song {song_id}, {described.title}{missing}")
    piece = compose_song(described.title, described.artist, scores)
    # By what is played: another studio, or other scores, make another file.
    told = hashlib.sha256(repr(piece).encode()).hexdigest()[:12]
    path = own / f"{name.removeprefix(f'{NAMESPACE}:')}-{told}.flac"
    return SongSound(song_id, described.title, described.artist, path, piece)


def play(session_factory: SessionFactory, sound: SongSound, soundfont: Path | None = None) -> Path:
    """Return the file of a sound; one that is not there yet is rendered first.

    Raises
    ------
    SoundFontMissingError, OSError
    """
    for _ in stream(session_factory, sound, soundfont):
        pass
    return sound.path


def stream(
    session_factory: SessionFactory, sound: SongSound, soundfont: Path | None = None
) -> Iterator[np.ndarray]:
    """Yield float32 chunks of shape (n, 2) at 44,100 Hz of a sound that has to be rendered first, and keep
    it; nothing for one that is ready. Left off in the middle it is not kept.

    Raises
    ------
    SoundFontMissingError, OSError
    """
    if sound.piece is None or sound.is_ready:
        return
    frames = 0
    for chunk in _written(sound, soundfont):
        frames += len(chunk)
        yield chunk
    _remember(session_factory, sound, frames / SAMPLE_RATE)


def _written(sound: SongSound, soundfont: Path | None) -> Iterator[np.ndarray]:
    """Yield the chunks of a sound that is composed; at its end the file is there, whole."""
    from generation.studio.render import render_stream

    assert sound.piece is not None
    heard: list[np.ndarray] = []
    chunks = render_stream(
        sound.piece.score, sample_rate=SAMPLE_RATE, soundfont=soundfont, genres=sound.piece.genres
    )
    for chunk in chunks:
        heard.append(chunk)
        yield chunk
    waveform = np.concatenate(heard)
    sound.path.parent.mkdir(parents=True, exist_ok=True)
    write_audio(sound.path, waveform, SAMPLE_RATE)


def render_library(
    session_factory: SessionFactory,
    home: Path,
    song_ids: Sequence[int],
    *,
    soundfont: Path | None = None,
    engine: Engine | None = None,
    progress: Callable[[str], None] | None = None,
) -> int:
    """Render every song of these that has to be composed, and return how many were; those that are ready, and
    those without sound, are passed over.

    Parameters
    ----------
    engine : Engine, optional
        What renders; by default this process.

    Raises
    ------
    SoundFontMissingError, OSError, EngineError
        What was rendered before is kept.
    """
    waiting: deque[SongSound] = deque()

    def composed() -> Iterator[SongSound]:
        for song_id in song_ids:
            try:
                sound = sound_of(session_factory, home, song_id)
            except NoSoundError:
                continue
            if sound.piece is not None and not _is_remembered(session_factory, sound):
                waiting.append(sound)
                yield sound

    rendered = 0
    for duration_s in (engine or Local(1)).map(partial(_render, soundfont=soundfont), composed()):
        sound = waiting.popleft()
        _remember(session_factory, sound, duration_s)
        rendered += 1
        if progress is not None:
            progress(sound.title)
    return rendered


def _is_remembered(session_factory: SessionFactory, sound: SongSound) -> bool:
    """Whether the file is there and written down: who was killed in between left only the first."""
    with session_factory() as session:
        files = audio_repository.files_of_song(session, sound.song_id)
    return sound.is_ready and any(file.path == str(sound.path) for file in files)


def _render(sound: SongSound, *, soundfont: Path | None) -> float:
    """Write the file of a sound where it is not there yet; return its length in seconds."""
    import soundfile

    if sound.is_ready:
        return float(soundfile.info(sound.path).duration)
    return sum(len(chunk) for chunk in _written(sound, soundfont)) / SAMPLE_RATE


def _remember(session_factory: SessionFactory, sound: SongSound, duration_s: float) -> None:
    """Write down a file of ours as the song's, in the place of what was composed for it before."""
    stat = sound.path.stat()
    digest = hashlib.sha256()
    with sound.path.open("rb") as file:
        while block := file.read(_BYTES_AT_ONCE):
            digest.update(block)
    stored = StoredFile(
        0, sound.song_id, str(sound.path), digest.hexdigest(), stat.st_size, stat.st_mtime_ns, duration_s
    )
    with write_transaction(session_factory, lock=LOCK) as session:
        there = audio_repository.files_of_song(session, sound.song_id)
        ours = [file.file_id for file in there if Path(file.path).parent == sound.path.parent]
        audio_repository.drop_files(session, ours)
        audio_repository.add_files(session, [stored])
