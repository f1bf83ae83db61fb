"""What a music file sounds like: genres, moods, instruments, tempo, key, loudness, and a sentence of them.

Heard are up to three excerpts of ten seconds (`pipelines.decode`); short files are heard whole. The tags are
the listener's, `generation.audio.listener`: an answer names the model that gave them. Beside them stand the
style encoder's own tags, learned from real recordings: another opinion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.sources.audio_marks import Mark, read_mark
from pipelines.sources.audio_stream import AudioError

if TYPE_CHECKING:
    from generation.audio.judge import Judge
    from generation.audio.listener import Listener, Tags
    from generation.audio.style_encoder import StyleEncoder
    from pipelines.decode import Excerpts
    from pipelines.features import Measures

# The key's confidence from which on it is sure, and from which on likely: `docs/listening.md`.
KEY_SURE, KEY_LIKELY = 0.15, 0.03
# With less of drums than this the beat that was measured may be another one.
_BEAT_SURE = 0.5
# Of the encoder's own tags, those that are shown.
_REAL_SHARE, _REAL_MOST = 0.1, 6
# What is kept at ingest: shares, and instruments that are likelier than not.
_STORED_SHARE, _STORED_SURE = 0.1, 0.5
# Patches in a picture: finding what decided takes seconds for each.
_LOOKED_AT = 3


class NothingHeardError(ValueError):
    """There is nothing in a file that could be tagged."""


@dataclass(frozen=True)
class Region:
    """What decided one tag, over the patches that were heard.

    Attributes
    ----------
    head, tag : str
        As of `generation.audio.listener.HEADS`.
    score : float
    relevance : float32 array, shape (B, T, F)
        Positive for the tag, negative against it.
    decided, others : float
        How far the tag's logit falls with the tenth of the regions muted that decided most, and with as many
        drawn at random.
    """

    head: str
    tag: str
    score: float
    relevance: np.ndarray
    decided: float
    others: float


@dataclass(frozen=True)
class Heard:
    """What was heard in a file.

    Attributes
    ----------
    path : str
    sentence : str
        Says what is sure, and what is likely as such.
    tags : Tags
    tagger : str
        The model that gave the tags, with its version and the beginning of its SHA-256.
    is_judge : bool
        Whether that is the judge of generated music; the listener is not.
    real_tags : mapping of str to float
        The likeliest tags of the style encoder, which was trained on real recordings.
    tempo_bpm : float or None
    key : str
        "" where none stands out.
    key_confidence : float
    loudness_lufs : float or None
    duration_s : float
        Of the whole file.
    heard_s : tuple of (float, float)
        Start and end of each excerpt that was heard.
    mark : Mark or None
        What the file's tags say of having been generated; not heard, but read.
    """

    path: str
    sentence: str
    tags: Tags
    tagger: str
    is_judge: bool
    real_tags: Mapping[str, float]
    tempo_bpm: float | None
    key: str
    key_confidence: float
    loudness_lufs: float | None
    duration_s: float
    heard_s: tuple[tuple[float, float], ...]
    mark: Mark | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        found = {**asdict(self), "tags": self.tags.to_json()}
        del found["mark"]
        found["ai_generated"] = self.mark is not None and (self.mark.to_json() or True)
        found["real_tags"] = {name: round(share, 4) for name, share in self.real_tags.items()}
        found["heard_s"] = [[round(start, 2), round(end, 2)] for start, end in self.heard_s]
        for name in ("tempo_bpm", "loudness_lufs", "duration_s"):
            found[name] = None if found[name] is None else round(found[name], 2)
        return found


@dataclass(frozen=True)
class Seen:
    """What a picture of a hearing shows: the patches of each excerpt, with where they lie in the file.

    Attributes
    ----------
    patches : float32 array, shape (B, T, F)
        Of the style encoder.
    starts_s : tuple of float
        Where in the file each patch starts.
    patch_s : float
        How long a patch is, or the file where it is shorter.
    regions : tuple of Region
    """

    patches: np.ndarray
    starts_s: tuple[float, ...]
    patch_s: float
    regions: tuple[Region, ...]


class Ear:
    """The models that listen, loaded once for many files.

    Parameters
    ----------
    folder : Path, optional
        Of the listener's checkpoint; what ships by default.

    Raises
    ------
    StyleEncoderMissingError
    CheckpointError
    """

    def __init__(self, folder: Path | None = None) -> None:
        from generation.audio.listener import Listener
        from generation.audio.style_encoder import StyleEncoder

        self.listener: Listener = Listener(folder)
        self.encoder: StyleEncoder = StyleEncoder(threads=1)

    @property
    def tagger(self) -> str:
        """The name of the model that tags: "listener-1 1ea0fe8d"."""
        from generation.audio.listener import KIND

        return f"{KIND} {self.listener.sha256[:8]}"

    def hear(self, path: Path, *, judge: Judge | None = None) -> Heard:
        """Listen to a file; the same file gives the same answer. With a `judge` the tags are the judge's.

        Raises
        ------
        AudioError
            It cannot be decoded; the message names it.
        NothingHeardError
            It is silent.
        OSError
        """
        from generation.audio.listener import embedding
        from generation.audio.style_encoder import SAMPLE_RATE, TAGS
        from pipelines import features

        excerpts = _read(path)
        found = features.measure(excerpts.at(features.SAMPLE_RATE))
        if found.is_silent:
            raise NothingHeardError(f"{path}: there is silence, and nothing to be heard")
        parts = [self.encoder.hear(part) for part in excerpts.at(SAMPLE_RATE)]
        tags = self.listener.tags(parts) if judge is None else judge.tags_of(embedding(parts))
        real = np.concatenate([part.tags for part in parts]).mean(axis=0)
        order = [row for row in np.argsort(-real, kind="stable")[:_REAL_MOST] if real[row] >= _REAL_SHARE]
        return Heard(
            path=str(path),
            sentence=_sentence(tags, found),
            tags=tags,
            tagger=self.tagger if judge is None else judge.name,
            is_judge=judge is not None,
            real_tags={TAGS[row]: float(real[row]) for row in order},
            tempo_bpm=found.tempo_bpm,
            key="" if found.key is None else str(found.key),
            key_confidence=0.0 if found.key is None else found.key.confidence,
            loudness_lufs=found.loudness_lufs,
            duration_s=excerpts.duration_s,
            heard_s=_places(excerpts),
            mark=read_mark(path),
        )

    def look(self, path: Path, wanted: Sequence[tuple[str, str, float]], *, seed: int = 0) -> Seen:
        """Find the regions that decided tags, given as (head, tag, score); raises as `hear`.

        Raises
        ------
        ValueError
            An unknown tag.
        """
        from generation.audio.regions import regions, trust
        from generation.audio.style_encoder import PATCH_SAMPLES, SAMPLE_RATE

        excerpts = _read(path)
        parts = [self.encoder.patches(part) for part in excerpts.at(SAMPLE_RATE)]
        patch_s = PATCH_SAMPLES / SAMPLE_RATE
        kept = [
            (start + row * patch_s, part[row])
            for (start, _), part in zip(_places(excerpts), parts, strict=True)
            for row in _middle(len(part), max(1, _LOOKED_AT // len(parts)))
        ]
        patches = np.stack([patch for _, patch in kept])
        directions = np.stack([self.listener.direction(head, tag) for head, tag, _ in wanted])
        relevances = regions(self.encoder, directions, patches)
        trusts = trust(self.encoder, directions, patches, relevances, rng=np.random.default_rng(seed))
        found = tuple(
            Region(*tag, relevance, how.decided, how.others)
            for tag, relevance, how in zip(wanted, relevances, trusts, strict=True)
        )
        starts = tuple(start for start, _ in kept)
        return Seen(patches, starts, min(patch_s, excerpts.duration_s), found)


def _middle(n: int, most: int) -> range:
    """Rows in the middle of n."""
    first = max(0, (n - most) // 2)
    return range(first, min(n, first + most))


def tags_to_store(tags: Tags, tagger: str) -> dict[str, Any]:
    """Return what is worth keeping of a file's tags beside its measures, as JSON can hold it.

    They are guesses of a model, no tags of a song, and are to be shown as such. Of what is strange only that
    is kept.
    """
    if tags.is_strange:
        return {"tagger": tagger, "is_strange": True}
    genres, moods, leads = (
        {name: round(share, 3) for name, share in shares.items() if share >= _STORED_SHARE}
        for shares in (tags.genres, tags.moods, tags.leads)
    )
    sure = {name: round(share, 3) for name, share in tags.instruments.items() if share >= _STORED_SURE}
    return {
        "tagger": tagger,
        "is_strange": False,
        "genres": genres,
        "moods": moods,
        "leads": leads,
        "instruments": sure,
    }


def worth_seeing(tags: Tags, *, most: int = 3) -> list[tuple[str, str, float]]:
    """Tags whose regions are worth a picture: the first genre, who leads, then instruments that are sure."""
    from generation.audio.heard_words import SURE, named

    genre, share = next(iter(tags.genres.items()))
    found = [("genres", genre, share)]
    lead = next(((name, score) for name, score in tags.leads.items() if score >= SURE), None)
    if lead is not None and lead[0] in tags.instruments:
        found.append(("leads", *lead))
    for name in named(tags.instruments, {}):
        if lead is None or name != lead[0]:
            found.append(("instruments", name, tags.instruments[name]))
    return found[:most]


def _read(path: Path) -> Excerpts:
    from pipelines.decode import read_excerpts

    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder, a music file is expected")
    if not path.exists():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        return read_excerpts(path)
    except AudioError as error:
        raise type(error)(f"{path}: {error}") from None


def _places(excerpts: Excerpts) -> tuple[tuple[float, float], ...]:
    """Start and end of each excerpt in its file: middles at 1/6, 1/2 and 5/6 of three."""
    n = len(excerpts.waveforms)
    lengths = [len(part) / excerpts.sample_rate for part in excerpts.waveforms]
    if n == 1:
        return ((0.0, lengths[0]),)
    middles = [(2 * row + 1) / (2 * n) * excerpts.duration_s for row in range(n)]
    return tuple(
        (middle - length / 2, middle + length / 2) for middle, length in zip(middles, lengths, strict=True)
    )


def _sentence(tags: Tags, found: Measures) -> str:
    from generation.audio.heard_words import sentence

    text = sentence(
        genres={} if tags.is_strange else tags.genres,
        moods={} if tags.is_strange else tags.moods,
        leads={} if tags.is_strange else tags.leads,
        instruments={} if tags.is_strange else tags.instruments,
        tempo="" if tags.is_strange else _tempo(found.tempo_bpm, tags.instruments.get("drums", 0.0)),
        key="" if found.key is None else _key(str(found.key), found.key.confidence, tags.is_strange),
    )
    if tags.is_strange:  # noise, a lone tone: estimators always find some beat and some key
        return f"{text} It is unlike the music that the listener knows, so that its tags are guesses."
    return text


def _tempo(bpm: float | None, drums: float) -> str:
    if bpm is None:
        return ""
    return f"{'about' if drums >= _BEAT_SURE else 'perhaps about'} {bpm:.0f} beats per minute"


def _key(key: str, confidence: float, is_strange: bool) -> str:
    if confidence < (KEY_SURE if is_strange else KEY_LIKELY):
        return ""
    return f"in {key}" if confidence >= KEY_SURE else f"probably in {key}"


__all__ = ["Ear", "Heard", "NothingHeardError", "Region", "Seen", "tags_to_store", "worth_seeing"]
