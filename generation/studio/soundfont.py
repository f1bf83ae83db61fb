"""Which SoundFont plays: found, named by its hash, and loaded once a process.

A SoundFont changes every sample, so what was rendered says which one it was (`SoundFont.sha256`). People who
listen get the best one that is installed (`find_soundfont`); what has to be the same on every machine, data
sets and the weights that are trained on them, takes the one that comes with the `pretty_midi` wheel
(`portable=True`) unless it is told another.

The synthesiser is `tinysoundfont`, a wheel whose own dependency for live playback does not build everywhere:
`pip install --no-deps tinysoundfont`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Where Debian's and Ubuntu's packages put theirs, the best one first.
SYSTEM_SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf3/FluidR3Mono_GM.sf3"),
    Path("/usr/share/sounds/sf2/default-GM.sf2"),
    Path("/usr/share/sounds/sf3/default-GM.sf3"),
)
WHEEL, WHEEL_SOUNDFONT = "pretty_midi", "TimGM6mb.sf2"


class SoundFontMissingError(RuntimeError):
    """Nothing to render with: no SoundFont, one that cannot be read, or no synthesiser."""


@dataclass(frozen=True)
class SoundFont:
    """A SoundFont that was used: where it lies here, and what it is anywhere."""

    path: Path
    name: str
    sha256: str


def find_soundfont(path: Path | None = None, *, portable: bool = False) -> SoundFont:
    """Return the SoundFont at `path`, or the best one installed.

    Parameters
    ----------
    path : Path, optional
        Goes before everything else.
    portable : bool
        Without a path, take the wheel's alone: the same one on every machine.

    Raises
    ------
    SoundFontMissingError
        None is there, or `path` is no SoundFont.
    """
    if path is not None:
        return _described(path.expanduser())
    if not portable:
        for one in SYSTEM_SOUNDFONTS:
            if one.is_file():
                return _described(one)
    # Found, not imported: pretty_midi draws in much that nobody needs for one file.
    wheel = find_spec(WHEEL)
    for folder in (wheel.submodule_search_locations or []) if wheel else []:
        if (Path(folder) / WHEEL_SOUNDFONT).is_file():
            return _described(Path(folder) / WHEEL_SOUNDFONT)
    raise SoundFontMissingError(
        f"no SoundFont to render with: `pip install {WHEEL}` brings a small one,"
        " Debian's fluid-soundfont-gm a better one, or SONGSPACE_SOUNDFONT names one"
    )


def load_synth(font: SoundFont) -> Any:
    """Return a synthesiser of `tinysoundfont` with this SoundFont; `tinysoundfont` clones it cheaply.

    It stays loaded, for the last few SoundFonts: clone it, do not play on it.

    Raises
    ------
    SoundFontMissingError
        `tinysoundfont` is not installed, or cannot read the file.
    """
    return _loaded(font.path, font.sha256)


@lru_cache(maxsize=4)
def _loaded(path: Path, _sha256: str) -> Any:
    native = native_synth()
    try:
        return native.SoundFont(str(path))
    except RuntimeError as error:
        raise SoundFontMissingError(f"{path} cannot be read as a SoundFont: {error}") from None


def native_synth() -> Any:
    """Return the compiled module of `tinysoundfont`, whose clones and buffers its Python layer hides.

    Raises
    ------
    SoundFontMissingError
        It is not installed.
    """
    try:
        from tinysoundfont import _tinysoundfont
    except ImportError:
        raise SoundFontMissingError(
            "rendering needs the synthesiser tinysoundfont: pip install --no-deps tinysoundfont"
        ) from None
    return _tinysoundfont


def _described(path: Path) -> SoundFont:
    try:
        about = path.stat()
        return SoundFont(path, path.name, _hash(path, about.st_size, about.st_mtime_ns))
    except OSError as error:
        raise SoundFontMissingError(f"the SoundFont {path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=16)
def _hash(path: Path, _size: int, _modified_ns: int) -> str:
    """Hash a file; sizes and times are there for the cache, to see that the file is another one now."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
