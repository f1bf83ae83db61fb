"""Generated tracks that people like as music to learn from, and the frozen clips tuning is measured by."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.repositories import generations
from db.session import SessionFactory
from generation.audio.record import RecordError, load_record, record_path
from generation.audio.training.music import Item, prepare_music
from generation.audio.training.sources import Decode, FileSource, SoundFile, StudioSource
from generation.audio.wishes import Wishes, wishes_of_prompt
from pipelines.ratings import RatedTracks
from pipelines.train_generator import decode_windows

if TYPE_CHECKING:
    from torch import nn

    from generation.audio.training.latents import LatentSet

logger = logging.getLogger(__name__)

HELD_OUT = 5  # One track in so many takes no part.
LEARNED, TEST = "generator", "test"
# Of the studio; those that training draws by default have other seeds.
FROZEN_SEED = 77_001
_SECONDS = 10.0


@dataclass(frozen=True)
class LikedSource:
    """One window of each liked track; a fifth of the tracks, by their hash, is of the test split."""

    files: tuple[SoundFile, ...]
    decode: Decode = decode_windows
    seconds: float = _SECONDS

    @property
    def n_items(self) -> int:
        """One a track."""
        return len(self.files)

    @property
    def name(self) -> Mapping[str, Any]:
        """A digest of the files and of what was asked for."""
        digest = sha256()
        for file in self.files:
            digest.update(repr((file.sha256, file.captions)).encode())
        return {"kind": "liked", "files": digest.hexdigest()}

    def item(self, number: int) -> Item | None:
        """Decode the window of a track; None where it is gone or cannot be decoded."""
        file = self.files[number]
        found = FileSource((file,), self.decode, self.seconds, per_file=1).item(0)
        if found is None:
            return None
        split = TEST if int(file.sha256[:8], 16) % HELD_OUT == 0 else LEARNED
        return Item(found.waveform, found.sample_rate, found.wishes, found.captions, split)


def liked_files(session_factory: SessionFactory, rated: RatedTracks) -> tuple[SoundFile, ...]:
    """Tracks with more likes than dislikes and a file, by hash, with what their records asked for."""
    liked = {song for song, (likes, dislikes) in rated.counts.items() if likes > dislikes}
    with session_factory() as session:
        made = [one for one in generations.added_audio(session) if one.song_id in liked]
    found = {}
    for one in made:
        path = Path(one.path)
        if path.is_file():
            words, wishes = _asked(path)
            found[one.sha256] = SoundFile(path, one.sha256, wishes, (words,) if words else ())
    return tuple(found[sha] for sha in sorted(found))


def prepare_liked(
    folder: Path, files: tuple[SoundFile, ...], autoencoder: nn.Module
) -> tuple[LatentSet, LatentSet]:
    """Latents of the tracks to learn from, and of those that take no part.

    Raises
    ------
    MusicError
        None of either split can be decoded.
    StyleEncoderMissingError, TextEncoderMissingError, OSError
    """
    from generation.audio.training.latents import load_latents

    prepare_music(folder, LikedSource(files))
    learned, test = (load_latents(folder, autoencoder, split=split) for split in (LEARNED, TEST))
    return learned, test


def prepare_frozen(folder: Path, clips: int, autoencoder: nn.Module) -> LatentSet:
    """Latents of the frozen clips, which are rendered once.

    Raises
    ------
    MusicError, SoundFontMissingError, StyleEncoderMissingError, TextEncoderMissingError, OSError
    """
    from generation.audio.training.latents import load_latents

    prepare_music(folder, StudioSource(FROZEN_SEED, clips, _SECONDS))
    return load_latents(folder, autoencoder)


def _asked(path: Path) -> tuple[str, Wishes]:
    """The words and the other wishes of a track's record; none where there is none."""
    try:
        request = load_record(record_path(path)).request
    except (RecordError, OSError) as error:
        logger.warning("%s is learned from without words: %s", path.name, error)
        return "", Wishes()
    words = request.prompt or ""
    wishes = wishes_of_prompt(words, tempo_bpm=request.tempo_bpm)
    return words, Wishes(
        tempo_bpm=wishes.tempo_bpm,
        tonic=wishes.tonic,
        mode=wishes.mode,
        beats_per_bar=wishes.beats_per_bar,
        tags=wishes.tags,
    )
