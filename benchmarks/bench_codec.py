"""Autoencoder and vocoder beside their simple rivals, on songs that no training saw.

    python -m benchmarks.bench_codec --autoencoder DIR --vocoder DIR --out DIR

The autoencoder is compared with principal components of patches of as many numbers a second, fitted to the
same music; the vocoder with Griffin-Lim of 32 rounds from the pseudo-inverse. The sheet in --out shows and
plays both beside the truth. Held-out songs are those of the splits "judge" and "test" of a seed that no
training takes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.studio_truth import key_in
from generation.audio.autoencoder import Autoencoder
from generation.audio.codec_presets import autoencoder_preset
from generation.audio.griffin_lim import N_ITERATIONS, griffin_lim
from generation.audio.losses import mel_loss
from generation.audio.pca import PatchPca
from generation.audio.spectrogram import FLOOR, SpectrogramConfig, log_mel
from generation.audio.stft_distance import stft_distance
from generation.audio.training.pool import Pool, pool_of_dataset
from generation.audio.training.reconstruction import pool_pca
from generation.audio.vocoder import Vocoder
from generation.audio_files import write_audio
from generation.studio.dataset import DatasetConfig, build_dataset
from generation.studio.dataset_reader import DatasetReader
from pipelines.features import KEYS
from pipelines.train_codec import load_part
from service.pictures.spectrogram import Spectrogram, draw_sheet

CONFIG = SpectrogramConfig()
HELD_OUT = ("judge", "test")
MODES = ("major", "minor")
LEAST = float(np.log(FLOOR))
Rebuild = Callable[[np.ndarray], np.ndarray]
Sound = Callable[[torch.Tensor], torch.Tensor]


def whole(log_mels: Any) -> list[np.ndarray]:
    """Spectrograms in float32, cut to a multiple of 8 frames of sound."""
    return [one[:, : (one.shape[1] - 1) // 8 * 8].astype(np.float32) for one in log_mels]


def seconds_each(work: Callable[[], object], repeats: int = 5) -> float:
    """Processor time of one call in one thread, the median of some."""
    work()
    times = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return float(np.median(times))


def rebuilders(model: Autoencoder | None, pca: PatchPca) -> dict[str, Rebuild]:
    """The codecs by name: each takes and gives a spectrogram."""
    found: dict[str, Rebuild] = {"PCA": lambda one: pca.decode(pca.encode(one)).clip(min=LEAST)}
    if model is not None:
        network = model

        def through(one: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return network(torch.from_numpy(one)[None])[0].numpy()

        found["autoencoder"] = through
    return found


def measure_codec(rebuild: Rebuild, held: list[np.ndarray], std: float) -> dict[str, float]:
    """How near reconstructions are: difference, its slopes, and how much detail is left."""
    errors, slopes, detail_f, detail_t = [], [], [], []
    for one in held:
        made = rebuild(one)
        errors.append(np.abs(made - one).mean() / std)
        slopes.append(
            (np.abs(np.diff(made - one, axis=0)).mean() + np.abs(np.diff(made - one, axis=1)).mean())
            / 2
            / std
        )
        detail_f.append(np.abs(np.diff(made, axis=0)).mean() / np.abs(np.diff(one, axis=0)).mean())
        detail_t.append(np.abs(np.diff(made, axis=1)).mean() / np.abs(np.diff(one, axis=1)).mean())
    names = ("L1", "slope_L1", "detail_frequency", "detail_time")
    return {
        name: float(np.mean(rows))
        for name, rows in zip(names, (errors, slopes, detail_f, detail_t), strict=True)
    }


def genre_features(log_mel: np.ndarray) -> np.ndarray:
    """What a genre is told by: means, deviations and changes of the bands."""
    change = np.abs(np.diff(log_mel, axis=1))
    return np.concatenate(
        [log_mel.mean(1), log_mel.std(1), change.mean(1), np.percentile(change, 95, axis=1)]
    )


def measure_genres(folder: Path, held_folder: Path, codecs: Mapping[str, Rebuild]) -> dict[str, float]:
    """Accuracy of a linear genre classifier, trained on real clips, on real and rebuilt held-out clips."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def labelled(where: Path, splits: tuple[str, ...]) -> tuple[list[np.ndarray], list[str]]:
        reader = DatasetReader(where)
        rows = [row for row in reader.rows() if row["split"] in splits]
        genres = [max(row["truth"]["genres"], key=row["truth"]["genres"].get) for row in rows]
        return whole(reader.log_mel(int(row["clip"])) for row in rows), genres

    heard, genres = labelled(folder, ("generator",))
    held, held_genres = labelled(held_folder, HELD_OUT)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=1000))
    classifier.fit(np.stack([genre_features(one) for one in heard]), genres)
    found = {"real": classifier.score(np.stack([genre_features(one) for one in held]), held_genres)}
    for name, rebuild in codecs.items():
        features = np.stack([genre_features(rebuild(one)) for one in held])
        found[name] = classifier.score(features, held_genres)
    return {name: float(value) for name, value in found.items()}


def measure_keys(
    held_folder: Path, held: Pool, given: list[np.ndarray], codecs: Mapping[str, Rebuild], sound: Sound
) -> dict[str, float]:
    """Share of clips in major or minor whose key is found: in the true sound, and in what comes back."""
    rows = [row["truth"] for row in DatasetReader(held_folder).rows() if row["split"] in HELD_OUT]
    plain = [n for n, row in enumerate(rows) if row["tonic"] is not None and row["mode"] in MODES]
    stated = [f"{KEYS[rows[n]['tonic']]} {rows[n]['mode']}" for n in plain]

    def found(waveforms: list[np.ndarray]) -> float:
        keys = [key_in(one, CONFIG.sample_rate) for one in waveforms]
        return float(np.mean([key == true for key, true in zip(keys, stated, strict=True)]))

    def sounded(one: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return sound(torch.from_numpy(one)[None])[0].numpy()

    shares = {
        "true": found([held.waveforms[n].astype(np.float32) / 32767 for n in plain]),
        "from true bands": found([sounded(given[n]) for n in plain]),
    }
    for name, rebuild in codecs.items():
        shares[f"from {name}"] = found([sounded(rebuild(given[n])) for n in plain])
    return shares


def measure_sound(sound: Sound, given: list[np.ndarray], held: Pool) -> dict[str, float]:
    """How near waveforms are: distance in several spectra, and of bands."""
    rows = []
    for one, waveform in zip(given, held.waveforms, strict=True):
        with torch.no_grad():
            made = sound(torch.from_numpy(one)[None])
            true = torch.from_numpy(waveform[: made.shape[1]].astype(np.float32) / 32767)[None]
            rows.append((float(stft_distance(made, true)), float(mel_loss(made, true))))
    distance, bands = np.array(rows).T
    error = 1.96 * distance.std(ddof=1) / np.sqrt(len(distance)) if len(distance) > 1 else 0.0
    return {"stft_distance": float(distance.mean()), "+-": float(error), "mel_L1": float(bands.mean())}


def write_sheet(
    out: Path, held: Pool, given: list[np.ndarray], codecs: Mapping[str, Rebuild], sounds: Mapping[str, Sound]
) -> None:
    """Draw and write a few clips: true, and through each codec and each way to sound."""
    out.mkdir(parents=True, exist_ok=True)
    panels = []
    for number in np.linspace(0, len(given) - 1, min(4, len(given))).astype(int).tolist():
        true = held.waveforms[number].astype(np.float32) / 32767
        bands = {"true bands": given[number]}
        bands |= {name: rebuild(given[number]) for name, rebuild in codecs.items()}
        wholes = {"true": true}
        for source, one in bands.items():
            for name, sound in sounds.items():
                if source == "PCA" and name == "griffin-lim":
                    continue  # Two rows of four a clip.
                with torch.no_grad():
                    wholes[f"{source}, {name}"] = sound(torch.from_numpy(one)[None])[0].numpy()
        for name, wave in wholes.items():
            file = f"{number:03d}-{name.replace(', ', '-').replace(' ', '-')}.flac"
            write_audio(out / file, wave.clip(-1, 1), CONFIG.sample_rate)
        cut = slice(0, 344)
        panels.append(Spectrogram(given[number][:, cut], CONFIG, f"clip {number}: true"))
        panels += [Spectrogram(bands[name][:, cut], CONFIG, name) for name in codecs]
        for name in list(wholes)[1:]:
            panels.append(Spectrogram(log_mel(wholes[name])[:, cut], CONFIG, name))
    (out / "codec.png").write_bytes(draw_sheet(panels, format="png"))


def main() -> None:
    """Measure, print, and write the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--autoencoder", type=Path)
    parser.add_argument("--vocoder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("var/bench-codec"), help="where clips are kept")
    parser.add_argument("--train-clips", type=int, default=1200, help="that PCA is fitted to: as in training")
    parser.add_argument("--train-seed", type=int, default=1)
    parser.add_argument("--clips", type=int, default=400, help="of which the held-out fifth is measured")
    parser.add_argument("--seed", type=int, default=7007, help="of the held-out songs")
    parser.add_argument("--out", type=Path, help="folder of the sheet and the figures")
    args = parser.parse_args()
    torch.set_num_threads(1)
    folders = []
    for seed, clips in ((args.train_seed, args.train_clips), (args.seed, args.clips)):
        folders.append(args.cache / f"studio-{seed}")
        build_dataset(folders[-1], clips=clips, config=DatasetConfig(seed=seed, audio=True))
    model = load_part(Autoencoder, args.autoencoder) if args.autoencoder else None
    vocoder = load_part(Vocoder, args.vocoder) if args.vocoder else None
    size = autoencoder_preset("small").model
    pca = pool_pca(pool_of_dataset(folders[0]), size)
    held = pool_of_dataset(folders[1], splits=HELD_OUT)
    given = whole(held.log_mels)
    codecs = rebuilders(model, pca)
    sounds: dict[str, Sound] = {"griffin-lim": lambda one: griffin_lim(one, n_iterations=N_ITERATIONS)}
    if vocoder is not None:
        sounds["vocoder"] = vocoder
    figures: dict[str, Any] = {
        "held_out_clips": len(given),
        "numbers_a_second": CONFIG.frames_per_second / size.factor * size.channels,
        "codec": {name: measure_codec(rebuild, given, pca.band_std) for name, rebuild in codecs.items()},
        "genre_accuracy": measure_genres(*folders, codecs),
        "sound_from_true": {name: measure_sound(sound, given, held) for name, sound in sounds.items()},
    }
    last = list(sounds)[-1]
    figures[f"keys_found_in_{last}"] = measure_keys(folders[1], held, given, codecs, sounds[last])
    if model is not None:
        rebuilt = [codecs["autoencoder"](one) for one in given]
        figures["sound_from_rebuilt"] = {
            name: measure_sound(sound, rebuilt, held) for name, sound in sounds.items()
        }
    first = torch.from_numpy(given[0])[None]
    length = given[0].shape[1] / CONFIG.frames_per_second
    speed: dict[str, float] = {}
    with torch.no_grad():
        for name, sound in sounds.items():
            speed[name] = length / seconds_each(lambda sound=sound: sound(first))  # type: ignore[misc]
        if model is not None:
            latent = model.encode(first)
            speed["encode"] = length / seconds_each(lambda: model.encode(first))
            speed["decode"] = length / seconds_each(lambda: model.decode(latent))
    figures["seconds_of_sound_a_second"] = speed
    print(json.dumps(figures, indent=2))
    if args.out:
        write_sheet(args.out, held, given, codecs, sounds)
        (args.out / "codec.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        print(f"sheet: {args.out / 'codec.png'}")


if __name__ == "__main__":
    main()
