"""What `style_candidates` listens to: studio clips with their truth, and songs in this mix and in others.

Everything is heard through one front end, the log-mel patches of `generation.audio.style_encoder` (3 s, 187
frames of 96 bands), so that candidates differ in the network and not in what it is given.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from generation.audio.listener_examples import clip_number
from generation.audio.style_encoder import SAMPLE_RATE, StyleEncoder
from generation.studio.clips import render_clip
from generation.studio.render import render
from generation.studio.soundfont import find_soundfont
from pipelines.features import SAMPLE_RATE as RENDER_RATE
from pipelines.features import timbre
from pipelines.sample_sound import compose_song
from pipelines.sample_world import SampleWorld

SECONDS = 20.0
_STARTS_AT = 0.3  # Of the piece: past its opening.
_NOISE_DB = 20.0  # Of the music over the noise.
_TILT_DB, _TILT_HZ = -3.0, 1_000.0
_ROOM_S, _WET = 0.6, 0.5
_NARROW_RATE = 8_000
_MP3_LEVEL = 0.85  # Of libsndfile, 0..1: about 32 kbit/s at this sampling rate.


@dataclass(frozen=True)
class Clips:
    """Studio clips: `patches` float16 (n, 3, T, F), and of each its song (or tune) and what is true."""

    patches: np.ndarray
    songs: tuple[str, ...]
    truths: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Sounds:
    """Songs as heard: `patches` float32 (n, 6, T, F), and `timbre` (n, 256) by `pipelines.features`."""

    patches: np.ndarray
    timbre: np.ndarray


def hear_clips(seed: int, n: int, *, keep: Path | None = None) -> Clips:
    """Render n clips of 10 s as the listener's training draws them, or read them from the folder `keep`."""
    path = keep / f"clips-{seed}-{n}.npz" if keep else None
    if path and path.is_file():
        with np.load(path) as a:
            labels = json.loads(str(a["labels"]))
            return Clips(a["patches"], tuple(labels["songs"]), tuple(labels["truths"]))
    encoder, patches, songs, truths = StyleEncoder(), [], [], []
    for row in range(n):
        made = render_clip(seed, clip_number(row), sample_rate=RENDER_RATE, captions=0)
        tune = made.piece.tune.casefold()
        songs.append(f"tune {tune}" if tune else f"song {made.spec.song}")
        patches.append(patches_of(encoder, made.rendered.waveform.mean(axis=1)).astype(np.float16))
        truth = made.truth
        truths.append(
            {
                "genres": dict(truth.genres),
                "lead": truth.lead,
                "instruments": dict(truth.instruments),
                "tempo_bpm": truth.tempo_bpm,
            }
        )
    found = Clips(np.stack(patches), tuple(songs), tuple(truths))
    if path:
        _save(path, patches=found.patches, labels=json.dumps({"songs": songs, "truths": truths}))
    return found


def hear_songs(
    world: SampleWorld, rows: np.ndarray, mixes: Sequence[str] = ("clean",), *, keep: Path | None = None
) -> dict[str, Sounds]:
    """Compose and render songs of the sample world by what is true of them, and hear each in `mixes`."""
    name = f"songs-{world.seed}-{len(rows)}-{int(rows.sum())}"
    paths = {mix: keep / f"{name}-{mix.replace(' ', '-')}.npz" for mix in mixes} if keep else {}
    if paths and all(path.is_file() for path in paths.values()):
        return {mix: _load(path) for mix, path in paths.items()}
    encoder = StyleEncoder()
    heard: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {mix: [] for mix in mixes}
    for row in rows.tolist():
        waveform = song_waveform(world, row)
        for mix, parts in heard.items():
            changed = MIXES[mix](waveform, np.random.default_rng([world.seed, row]))
            parts.append((patches_of(encoder, changed), timbre([changed])))
    found = {mix: Sounds(*map(np.stack, zip(*parts, strict=True))) for mix, parts in heard.items()}
    for mix, path in paths.items():
        _save(path, patches=found[mix].patches, timbre=found[mix].timbre)
    return found


def _load(path: Path) -> Sounds:
    with np.load(path) as a:
        return Sounds(a["patches"], a["timbre"])


def song_waveform(world: SampleWorld, row: int) -> np.ndarray:
    """20 s of a song, mono float32 at 22,050 Hz, from a third of the piece on."""
    song = world.songs.iloc[row]
    scores = dict(zip(world.axes, world.song_truth[row].tolist(), strict=True))
    piece = compose_song(song["title"], song["artist"], scores)
    rendered = render(
        piece.score,
        sample_rate=RENDER_RATE,
        soundfont=find_soundfont(portable=True).path,
        genres=piece.genres,
        start_beat=float(int(_STARTS_AT * piece.score.n_beats)),
        n_seconds=SECONDS,
    )
    return np.asarray(rendered.waveform.mean(axis=1), dtype=np.float32)


def patches_of(encoder: StyleEncoder, waveform: np.ndarray) -> np.ndarray:
    """Log-mel patches (B, T, F) of a mono waveform at 22,050 Hz."""
    import soxr

    return encoder.patches(soxr.resample(waveform, RENDER_RATE, SAMPLE_RATE))


def whole_artists(artists: np.ndarray, n_songs: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of artists drawn at random, all songs of each, until there are so many; ascending.

    >>> whole_artists(np.array([0, 0, 1, 1]), 2, np.random.default_rng(0)).tolist() in ([0, 1], [2, 3])
    True
    """
    drawn: list[int] = []
    for artist in rng.permutation(np.unique(artists)).tolist():
        if len(drawn) >= n_songs:
            break
        drawn += np.flatnonzero(artists == artist).tolist()
    return np.array(sorted(drawn), dtype=np.int64)


def as_it_is(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The studio's own mix."""
    return waveform


def narrow(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Through 8,000 Hz and back: nothing above 4 kHz is left."""
    import soxr

    there = soxr.resample(waveform, RENDER_RATE, _NARROW_RATE)
    return _as_long(soxr.resample(there, _NARROW_RATE, RENDER_RATE), waveform)


def mp3(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Through an MP3 of some 32 kbit a second and back."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(
        file, waveform, RENDER_RATE, format="MP3", compression_level=_MP3_LEVEL, bitrate_mode="CONSTANT"
    )
    file.seek(0)
    return _as_long(soundfile.read(file, dtype="float32")[0], waveform)


def tilted(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darker: 3 dB less with each octave, about 1 kHz."""
    spectrum = np.fft.rfft(waveform)
    hz = np.maximum(np.fft.rfftfreq(len(waveform), 1 / RENDER_RATE), 30.0)
    gain_db = _TILT_DB * np.log2(hz / _TILT_HZ)
    return _as_loud(np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(waveform)), waveform)


def noisy(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With white noise 20 dB below the music."""
    noise = rng.normal(size=len(waveform)) * np.sqrt((waveform**2).mean()) * 10 ** (-_NOISE_DB / 20)
    return np.asarray(waveform + noise, dtype=np.float32)


def in_a_room(waveform: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """With as much reverberation of 0.6 s (decaying noise) as a third of the sound's power."""
    from scipy.signal import fftconvolve

    times = np.arange(int(_ROOM_S * RENDER_RATE)) / RENDER_RATE
    decay = rng.normal(size=len(times)) * 10 ** (-3 * times / _ROOM_S)
    wet = fftconvolve(waveform, decay / np.sqrt((decay**2).sum()))[: len(waveform)]
    return _as_loud(waveform + np.sqrt(_WET) * wet, waveform)


MIXES: Mapping[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "clean": as_it_is,
    "8 kHz": narrow,
    "MP3": mp3,
    "darker": tilted,
    "noise": noisy,
    "room": in_a_room,
}


def mp3_kbit_s(waveform: np.ndarray) -> float:
    """How many kbit a second `mp3` writes."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(
        file, waveform, RENDER_RATE, format="MP3", compression_level=_MP3_LEVEL, bitrate_mode="CONSTANT"
    )
    return file.getbuffer().nbytes * 8e-3 / (len(waveform) / RENDER_RATE)


def _as_loud(changed: np.ndarray, original: np.ndarray) -> np.ndarray:
    """Scale to the original's power."""
    gain = np.sqrt((original**2).mean() / max(float((changed**2).mean()), 1e-12))
    return np.asarray(changed * gain, dtype=np.float32)


def _as_long(changed: np.ndarray, original: np.ndarray) -> np.ndarray:
    """Cut or fill with silence to the original's length."""
    return np.asarray(np.resize(np.pad(changed, (0, len(original))), len(original)), dtype=np.float32)


def _save(path: Path, **arrays: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".part-{path.name}")
    np.savez(beside, **arrays)
    beside.replace(path)
