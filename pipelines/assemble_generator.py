"""A generator of its trained parts: the folder that `songspace generate` loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generation.audio.shipped import generator_folder, save_generator
from pipelines.train_codec import CodecMissingError, load_part

FOLDER = "generator"
_CARD = """# A Songspace generator

Makes music from words: noise is taken away from a latent, step by step (denoiser), which becomes a
spectrogram (autoencoder) and then sound (vocoder). Use it with

    SONGSPACE_GENERATOR={folder} songspace generate "slow jazz trio in F minor"

{rows}
The weights are the work of whoever trained them, on the music that is named here; what may be done with
tracks depends on that music.
"""


def part_folder(name: str, given: Path | None) -> Path:
    """Folder of a part: the given one, or that of the generator that ships.

    Raises
    ------
    CodecMissingError
        It is not there: better said before a training than after.
    """
    folder = given if given is not None else generator_folder() / name
    if not (folder / "config.json").is_file():
        raise CodecMissingError(f"there is no trained {name} in {folder}")
    return folder


def assemble_generator(
    out: Path, *, autoencoder: Path, vocoder: Path, denoiser: Path, said: Mapping[str, object]
) -> Path:
    """Put trained parts together in `out / "generator"`, in half precision; return that folder.

    Parameters
    ----------
    said : mapping
        What the model card tells of the training, by name.

    Raises
    ------
    CodecMissingError
        A part is not there, or is damaged.
    ValueError
        Weights that float16 cannot hold.
    OSError
    """
    from generation.audio.autoencoder import Autoencoder
    from generation.audio.denoiser import Denoiser
    from generation.audio.pipeline import SongspacePipeline
    from generation.audio.vocoder import Vocoder

    pipeline = SongspacePipeline.of(
        load_part(Autoencoder, autoencoder), load_part(Vocoder, vocoder), load_part(Denoiser, denoiser)
    )
    folder = out / FOLDER
    rows = "".join(f"- {name}: {value}\n" for name, value in said.items())
    save_generator(pipeline, folder, card=_CARD.format(folder=folder, rows=rows))
    return folder
