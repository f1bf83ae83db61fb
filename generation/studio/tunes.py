"""The public-domain tunes that come with music21's corpus: listed by name, parsed when asked for.

In: O'Neill's Music of Ireland (1903), Ryan's Mammoth Collection (1883), Aird's Selection of Airs
(1778-1801) and the Northumbrian Minstrelsy (1882), all as ABC, and J. S. Bach's four-part chorales
(MusicXML). The music is old enough everywhere, and no notice in the files forbids any use; those of the
chorales claim the typesetting of a printed edition, not the notes. Out, on purpose: the Essen folk songs
(their status is unclear), Palestrina's masses (non-commercial), Josquin's songs as ABC (under the GPL); the
American fife tunes, the Nottingham file and the lead sheets, whose transcribers are unknown or reserve
rights; music for orchestra, quartet or keyboard, which has no one tune; and any tune whose text has a
notice of rights (`_NOTICE`).

Listing imports of music21 only the chorales' titles; a tune takes some hundredths of a second.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from functools import lru_cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from string import capwords
from typing import Any
from unicodedata import combining, normalize

from generation.studio.corpus_music import (
    OFFSETS,
    Line,
    heard_key,
    line_of,
    melody_of,
    meter_of,
    read_key_field,
    read_meter_field,
    usual_meter,
)
from generation.studio.harmonise import chords_of_voices
from generation.studio.score import Meter, Note
from generation.studio.tune import Tune, TuneError

__all__ = ["Tune", "TuneError", "TuneRef", "find_tune", "list_tunes", "load_tune"]

_NOTICE = re.compile(
    r"non-?\s?commercial|copyright|©|all rights reserved|GNU General|licen[cs]e", re.IGNORECASE
)
_TUNE_START = re.compile(r"(?m)^(?=X:\s*\d)")
_AIRD_YEARS = {"1": "1778", "2": "1782", "3": "1788", "4": "1794", "5": "1797", "6": "1801"}
_VOICES = ("soprano", "alto", "tenor", "bass")
_LAST_CHORALE = 438  # of the Bach-Werke-Verzeichnis; what follows is for keyboard and orchestra
_ENOUGH = 0.55  # likeness of a name below which it is another
# Kinds of tunes say little about which one is meant.
_KINDS = frozenset("air clog hornpipe jig march polka reel song strathspey waltz of in o and".split())


@dataclass(frozen=True)
class TuneRef:
    """A tune that can be loaded: a lasting `id` ("ryan:AcaciaReel"), its title, collection, and origin."""

    id: str
    name: str
    collection: str
    origin: str


def list_tunes() -> Sequence[TuneRef]:
    """Return all tunes, by collection and then in the order of the books.

    Raises
    ------
    TuneError
        music21 is not installed.
    """
    return tuple(ref for ref, _ in _catalogue().values())


def find_tune(text: str, *, limit: int = 10) -> Sequence[TuneRef]:
    """Return the tunes whose names (or ids) are most like a text, the best first; empty where none is."""
    asked = _words(text)
    if not asked:
        return ()
    scored = []
    for row, ref in enumerate(list_tunes()):
        if ref.id == text:
            return (ref,)
        score = _likeness(asked, _words(ref.name))
        if score >= _ENOUGH:
            scored.append((-score, row, ref))
    return tuple(ref for _, _, ref in sorted(scored, key=lambda one: one[:2])[:limit])


@lru_cache(maxsize=256)
def load_tune(ref: TuneRef) -> Tune:
    """Parse a tune; chords only where four voices tell them.

    Raises
    ------
    TuneError
        No such tune, or it cannot be read as one line in one meter.
    """
    found = _catalogue().get(ref.id)
    if found is None:
        raise TuneError(f"no tune {ref.id!r}")
    _, source = found
    try:
        return _chorale(ref, source) if isinstance(source, Path) else _abc_tune(ref, source)
    except TuneError as error:
        raise TuneError(f"{ref.id}: {error}") from error


def _corpus() -> Path:
    """Return where music21 keeps its corpus, without importing it."""
    spec = find_spec("music21")
    if spec is None or spec.origin is None:
        raise TuneError("the tunes come with music21, which is not installed: pip install songspace[tunes]")
    return Path(spec.origin).parent / "corpus"


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, tuple[TuneRef, str | Path]]:
    """Return all references by id, with an ABC text or the path of a chorale each."""
    corpus = _corpus()
    tunes: dict[str, tuple[TuneRef, str | Path]] = {}
    entries: Iterator[tuple[str, str, str, str, str | Path]] = chain(
        _abc_entries(corpus), _chorale_entries(corpus)
    )
    for name, title, collection, origin, source in entries:
        # Several transcribers have set the same number: the later ones get a letter.
        identity = next(
            one for one in (name, *(f"{name}{letter}" for letter in "bcdefghijk")) if one not in tunes
        )
        tunes[identity] = (TuneRef(identity, title, collection, origin), source)
    return tunes


def _abc_entries(corpus: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Id, title, collection, origin and text of every tune written in ABC."""
    for path in sorted((corpus / "oneills1850").glob("*.abc")):
        yield from _abc_file(path, "oneill", "O'Neill's Music of Ireland", "O'Neill's Music of Ireland, 1903")
    for path in sorted((corpus / "ryansMammoth").glob("*.abc")):
        yield from _abc_file(path, "ryan", "Ryan's Mammoth Collection", "Ryan's Mammoth Collection, 1883")
    for path in sorted((corpus / "airdsAirs").glob("*.abc")):
        volume = path.stem[-1]
        origin = f"Aird's Selection of Airs, volume {volume}, {_AIRD_YEARS.get(volume, '')}".rstrip(", ")
        yield from _abc_file(path, "aird", "Aird's Selection of Airs", origin)
    for path in sorted((corpus / "miscFolk").glob("northumbrian*.abc")):
        yield from _abc_file(path, "northumbria", "Northumbrian Minstrelsy", "Northumbrian Minstrelsy, 1882")


def _abc_file(path: Path, key: str, collection: str, origin: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Split a file into its tunes, but those with a notice of rights."""
    for text in _TUNE_START.split(path.read_text(encoding="utf-8", errors="replace")):
        titles = re.findall(r"(?m)^T:\s*(.+?)\s*$", text)
        number = re.match(r"X:\s*(\d+)", text)
        if number is None or not titles or _NOTICE.search(text):
            continue
        name = f"{key}:{path.stem}" if key == "ryan" else f"{key}:{int(number[1])}"
        yield name, _title(titles[0]), collection, origin, text


def _chorale_entries(corpus: Path) -> Iterator[tuple[str, str, str, str, Path]]:
    """Id, title, collection, origin and path of every chorale, in the order of the catalogue of works."""
    from music21.corpus import chorales

    known: Any = chorales.ChoraleListRKBWV
    titles = {str(number): one["title"] for number, one in known().byBWV.items()}
    paths = {path.stem.removeprefix("bwv"): path for path in (corpus / "bach").glob("bwv*.mxl")}
    for number in sorted(paths, key=lambda one: ([int(digits) for digits in re.findall(r"\d+", one)], one)):
        if int(re.findall(r"\d+", number)[0]) <= _LAST_CHORALE:
            title = titles.get(number, f"Chorale BWV {number}").replace("’", "'")
            origin = f"J. S. Bach, chorale BWV {number}"
            yield f"bach:{number}", title, "Bach chorales", origin, paths[number]


def _title(text: str) -> str:
    """Return a title as it is spoken: "Bells, The" is "The Bells"."""
    text = re.sub(r"\s+", " ", text.replace("--", " ")).strip(" .,")
    if text.isupper():
        text = capwords(text)
    found = re.fullmatch(r"(.+), (The|A|An)", text)
    return f"{found[2]} {found[1]}" if found else text


def _words(text: str) -> list[str]:
    """Return the words of a name in small letters without accents."""
    plain = "".join(letter for letter in normalize("NFKD", text.lower()) if not combining(letter))
    return [
        word for word in re.findall(r"[a-z0-9]+", plain.replace("'", "")) if word not in ("the", "a", "an")
    ]


def _likeness(asked: Sequence[str], name: Sequence[str]) -> float:
    """Return how well a name answers: the shares of asked and of named words that both have, or letters."""
    if not name:
        return 0.0
    shared = _weight(set(asked) & set(name))
    by_word = 0.75 * shared / _weight(set(asked)) + 0.25 * shared / _weight(set(name))
    if by_word >= _ENOUGH:
        return by_word
    matcher = SequenceMatcher(None, " ".join(asked), " ".join(name), autojunk=False)
    if matcher.real_quick_ratio() < 0.8 or matcher.quick_ratio() < 0.8:
        return by_word
    return max(by_word, 0.9 * matcher.ratio())


def _weight(words: set[str]) -> float:
    """How much words tell of a name."""
    return sum(0.2 if word in _KINDS else 1.0 for word in words)


def _parse(source: str | Path) -> Any:
    """Parse with music21, which warns of much that does not matter here."""
    from music21 import converter
    from music21.exceptions21 import Music21Exception

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(source, Path):
                return converter.parseFile(source, forceSource=True, storePickle=False)
            return converter.parseData(source, format="abc")
    except (Music21Exception, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError) as error:
        raise TuneError(f"music21 cannot parse it ({type(error).__name__}: {error})") from error


def _abc_tune(ref: TuneRef, text: str) -> Tune:
    """Read one ABC tune: its first voice with notes."""
    stream = _parse(text)
    part = next((one for one in stream.parts if one.recurse().notes), stream)
    meter = read_meter_field(text) or meter_of(part)
    try:
        line = line_of(part, meter)
    except TuneError:
        # Where bars are alike, and other than the field says, the field is wrong.
        meter = usual_meter(part)
        line = line_of(part, meter)
    stated = re.search(r"(?m)^K:(.*)$", text)
    key = read_key_field(stated[1].split("%")[0]) if stated else None
    if key is None:
        last = line.notes[-1][2] % 12
        key = (last, "major")
    tonic, mode = heard_key(*key, line.notes)
    melody, pickup, strains = melody_of(line, meter)
    return Tune(ref.name, ref.origin, melody, tonic, mode, meter, (), pickup, strains)


def _chorale(ref: TuneRef, path: Path) -> Tune:
    """Read a chorale: the soprano as the melody, the chords of all voices."""
    stream = _parse(path)
    parts = _four_voices(stream)
    meter = meter_of(parts[0])
    lines = [line_of(part, meter) for part in parts]
    melody, pickup, strains = melody_of(lines[0], meter)
    tonic, mode = _chorale_key(parts[0], lines[-1])
    tune = Tune(ref.name, ref.origin, melody, tonic, mode, meter, (), pickup, strains)
    voices = [_aligned(line, lines[0], meter) for line in lines]
    chords = chords_of_voices(voices, n_beats=tune.n_beats, pickup_beats=pickup)
    return Tune(ref.name, ref.origin, melody, tonic, mode, meter, chords, pickup, strains)


def _four_voices(stream: Any) -> list[Any]:
    """Return soprano, alto, tenor and bass of a score that may hold instruments too."""
    parts = list(stream.parts)
    if len(parts) < 2:
        raise TuneError(f"has {len(parts)} voices, a chorale has four")
    named = [
        next((part for part in parts if str(part.partName).lower().startswith(voice)), None)
        for voice in _VOICES
    ]
    known = [part for part in named if part is not None]
    return known if len(known) == len(_VOICES) else parts[:4]


def _chorale_key(part: Any, bass: Line) -> tuple[int, str]:
    """Return the key: the last bass note against the signature, which says the mode."""
    signature = next(iter(part.recurse().getElementsByClass("KeySignature")), None)
    scale = (7 * (signature.sharps if signature is not None else 0)) % 12
    last = bass.notes[-1][2] % 12
    modes = {(scale + offset) % 12: mode for mode, offset in OFFSETS.items()}
    if last in modes:
        return last, modes[last]
    return scale, "major"


def _aligned(line: Line, first: Line, meter: Meter) -> tuple[Note, ...]:
    """Return a voice in felt beats from the first voice's first sound; what sounds before that is cut."""
    per_beat = Fraction(meter.quarters_per_beat)
    origin = min(first.notes[0][0], Fraction(0))
    return tuple(
        Note(
            float((max(start, origin) - origin) / per_beat),
            float(min(duration, end - origin) / per_beat),
            pitch,
        )
        for start, duration, pitch in line.notes
        if (end := start + duration) > origin
    )
