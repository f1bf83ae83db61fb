"""How each genre plays its chords and riffs, as text.

A line is written as `bars.strikes` reads it. `x`, `X`, `o` strike the whole chord (plain, accented, soft),
`u` its upper voices (an up-stroke), `m` damps it. Digits pick voices from the lowest (those beyond the
chord go on an octave higher) or, in a style of `degrees`, are degrees of the chord; `R O 4 a` are single
notes as in `bass.LINES`, below the chord; `p` is its palm-muted root. Long notes ring, others are cut
by `gate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Style:
    """A way of playing chords.

    Attributes
    ----------
    lines : tuple of str
        Thin, usual, full; alternatives parted by "/", bars by "|".
    waltz, six : str
        The same for 3/4 (twelve sixteenths) and for compound meters (thirds of beats).
    voices : int
    gate : float
        Share of its written length that a note sounds.
    shift : int
        Semitones by which its register lies above the usual one.
    power : bool
        Whether chords are roots and fifths, low.
    octaves : bool
        Whether single voices are doubled an octave above.
    softer : int
        Velocity below the bar's.
    degrees : bool
        Whether digits are degrees of the chord, one octave lower, rather than its voices.
    """

    lines: tuple[str, str, str]
    waltz: str
    six: str
    voices: int = 3
    gate: float = 0.95
    shift: int = 0
    power: bool = False
    octaves: bool = False
    softer: int = 6
    degrees: bool = False


_STRUM = ("x-------x-------", "x---x-u-..u-x-u-", "x-u-x-u-x-u-x-u-/x---x-ux-.u-x-ux")
_PICK = ("0---1---2---1---", "0-2-1-3-0-2-1-3-/0-1-2-3-2-1-2-1-", "0-213-210-213-21/0-2-1-3-0-2-1-3-")
_POWER = Style(
    ("x-------x-------", "x-x-x-x-x-x-x-x-/x-----x-x---x-x-", "X---x-X-X-x-x-x-/X-----X-X---X---"),
    "x---x---x---",
    "x--x--",
    power=True,
)
_HELD = Style(
    ("x---------------", "x-------x-------", "x---x---x---x---"), "x-----------", "x-----", softer=8
)

# One long tone a chord, its third: how a second melody instrument that was asked for accompanies.
GUIDE = Style(("x---------------",) * 3, "x-----------", "x-----", voices=1, softer=10)

# By genre and role; "genre role family" is for instruments of that family alone.
STYLES: Mapping[str, Style] = MappingProxyType(
    {
        "rock harmony": Style(_STRUM, "x---x---x-u-", "x-xx-u"),
        "rock harmony power": _POWER,
        "rock harmony keys": Style(
            ("x---------------", "x---x---x---x---", "x-x-x-x-x-x-x-x-"), "x---x---x---", "x--x--"
        ),
        "rock riff": Style(
            ("R-------........", "R--R--5-R---7-5-|R--R--5-O-7-5-3-", "R-R5-R-7R-R5-O-7|R-R5-R-7O-7-5-3-"),
            "R-R-5-7-5-3-",
            "R-R5-7",
            degrees=True,
            softer=12,
        ),
        "pop harmony": Style(
            ("x---------------", "x---x---x---x---/x-----x-x-------", "x-x-x-x-x-x-x-x-/x--x--x-x--x--x-"),
            "x---x---x---",
            "x--x--",
        ),
        "pop harmony guitar": Style(_STRUM, "x---x-u-x-u-", "x-xx-u"),
        "pop riff": Style(
            ("0---2---1---2---", "0-1-2-1-0-1-2-1-", "0-1-2-3-2-1-2-1-/0-2-1-20-2-1-2-1"),
            "0-1-2-1-2-1-",
            "012321",
            gate=0.8,
            shift=7,
            softer=20,
        ),
        "edm harmony": Style(
            ("x-------x-------", "..x-..x-..x-..x-/x--x--x---x--x--", "x-.x-.x-..x-.xx-/x--x--x-..x-..x-"),
            "..x-..x-..x-",
            ".xx.xx",
            voices=4,
            gate=0.85,
            shift=5,
            softer=2,
        ),
        "edm riff": Style(
            ("0...1...2...1...", "0.1.2.1.0.1.2.3.", "0123012301230123/0121012301210123"),
            "012301230123",
            "012321",
            gate=0.6,
            shift=12,
            softer=16,
        ),
        "techno harmony": Style(
            ("......x.........", "...x......x.....|......x.........", "...x..x...x....."),
            "...x......x.",
            "..x..x",
            gate=0.6,
            softer=10,
        ),
        "techno riff": Style(
            ("R...3...R...3...", "R3.OR.R3R.O3R.7./R.3O.R3.R.3O.7R.", "R3ORR3OR3ROR73O3/ROR33RO73ORR3R53"),
            "R.RO.R3.R.RO",
            "RORRO7",
            gate=0.5,
            shift=0,
            degrees=True,
            softer=8,
        ),
        "hip hop harmony": Style(
            ("x---------------", "x-------..x-----/x-----x-........", "x--x--x---x-..../x-----x---x-----"),
            "x-----x-----",
            "x--x--",
            voices=4,
            softer=8,
        ),
        "hip hop riff": Style(
            ("0-......2-......", "0-..2-..1-....2-|0-..2-..3-..1-..", "0-.12-..1-.12-..|0-..2-.13-..1-.."),
            "0-..2-..1-..",
            "0-21-2",
            shift=10,
            softer=16,
        ),
        "jazz harmony": Style(
            (
                "x---------......|x-----..........",
                "x-....x-........|......x-....x-..|..x-......x-....|x-....x-....x-..",
                "x-....x-..x.....|..x-..x-....x-..|x.x-......x-..x-|......x-x-....x-",
            ),
            "x-....x-....|....x-..x-..",
            "x--..x",
            voices=4,
            gate=0.85,
            softer=12,
        ),
        "blues harmony": Style(
            ("x-------x-------", "....x-......x-../..x-..x-..x-..x-", "..x-..x-..x-..x-/x-..x-x-..x-x-.."),
            "....x-..x-..",
            "x-ox-o",
            voices=4,
            gate=0.85,
            softer=10,
        ),
        "blues harmony guitar": Style(
            ("x-------x-------", "R-5-R-6-R-5-R-6-", "R-5-R-6-R-7-R-6-/....x-......x-.."),
            "R-5-R-6-R-5-",
            "R5R6R5",
            degrees=True,
            softer=8,
        ),
        "blues riff": Style(
            ("x-------........", "......x.......x-/R-R-5-R-6-5-R-..", "......x-..x...x-"),
            "......x.....",
            "..x..x",
            degrees=True,
            softer=12,
        ),
        "classical harmony": Style(
            ("x---------------", "x-------x-------", "x-x-x-x-x-x-x-x-/x---x---x---x---"),
            "....x---x---",
            "x--x--",
            softer=12,
        ),
        "classical harmony keys": Style(
            ("0-------1---2---", "0-2-1-2-0-2-1-2-", "0-2-1-2-0-2-1-2-/0212021202120212"),
            "0-2-1-2-1-2-",
            "021212",
            softer=14,
        ),
        "classical harmony plucked": Style(
            ("0---1---2---1---", "0-1-2-3-2-1-2-1-", "0-1-2-3-4-3-2-1-/0-1-2-3-4-3-2-1-"),
            "0-1-2-3-2-1-",
            "012321",
            voices=3,
            gate=1.0,
            softer=10,
        ),
        "classical harmony pizzicato": Style(
            ("x.......x.......", "x...x...x...x...", "x...x.x.x...x.x."),
            "....x...x...",
            "x..x..",
            gate=0.6,
        ),
        "ambient harmony": Style(
            ("0-------2-------|1-------3-------", "0---1---2---3---|4---3---2---1---", "0---2---1---3---"),
            "0---1---2---",
            "0--2--",
            voices=4,
            gate=1.0,
            shift=7,
            softer=10,
        ),
        "folk harmony": Style(
            (_PICK[0], _PICK[1] + "/x---x-u-..u-x-u-", "x-u-x-u-x-u-x-u-/x---x-u-x-u-x-u-/0-2-1-3-0-2-1-3-"),
            "R---x-u-x-u-",
            "R-xx-u",
            voices=4,
            gate=1.0,
        ),
        "folk riff": Style(
            ("0---....1---....", "....x.......x...", "0-2-1-2-0-2-1-2-"), "....x...x...", "..x..x", softer=14
        ),
        "country harmony": Style(
            ("R---x---R---x---", "R---x---R---x-u-", "R---x-u-R-u-x-u-/R---x-uxR---x-ux"),
            "R---x---x-u-",
            "R-xR-x",
            gate=0.9,
        ),
        "country riff": Style(
            ("0...1...2...1...", "0-2-1-2-0-2-1-3-", "0213021302130213/0-2130-2130-2132"),
            "0-2-1-2-3-2-",
            "021321",
            gate=0.9,
            shift=2,
            softer=10,
        ),
        "metal harmony": Style(
            ("x---------------", "x-pppp.px-pppp.p/x-ppx-ppx-ppx-x-", "x---x---x---x---/x-------x-----x-"),
            "x-ppx-ppx-pp",
            "x-pppp",
            voices=4,
            power=True,
        ),
        "metal riff": Style(
            (
                "R---....R---3---",
                "R.RR3.RRR.RR7.3.|R.RR3.RRR.RR3-5-/RRR3RRR5RRR3RRR7",
                "R3RRR3RRR3RR573R/RRRRRRRR33335533",
            ),
            "R.RR3.RR5.3.",
            "RRR3RR",
            gate=0.7,
            shift=-8,
            softer=2,
            degrees=True,
        ),
        "latin harmony": Style(
            ("x-------x-------", "0.12.2.10.12.2.1/0.1.21.2.0.1.21.", "0.12.2.10.12.2.1|.1.20.1.2.01.2.1"),
            "0.1.2.1.0.1.",
            "012021",
            gate=0.9,
            shift=-6,
            octaves=True,
        ),
        "latin riff": Style(
            ("x-..........x...", "x..x..x...x.x...|................", "x.....x.x-..x...|..x.x-..x...x-.."),
            "x..x..x.....",
            "x.xx..",
            gate=0.7,
            softer=10,
        ),
        "reggae harmony": Style(
            ("..x...x...x...x.", "..x...x...x...x.", "..xo..xo..xo..xo/..x...x...x...x."),
            "..x...x...x.",
            "..x..x",
            gate=0.5,
            softer=2,
        ),
        "reggae riff": Style(
            ("x-------........", ".oo..oo..oo..oo.", ".xo..xo..xo..xo."),
            ".oo..oo..oo.",
            ".oo.oo",
            gate=0.6,
            softer=12,
        ),
        "funk harmony": Style(
            (
                "..x.......x.....",
                "..x.mmxx..x.mmx./x..m..x...mx..m.",
                "mmx.mmxxmmx.mxm./x.mx.mx.m.xx.mx.",
            ),
            "..x.mmxx..x.",
            "x.xx.x",
            voices=4,
            gate=0.55,
            softer=8,
        ),
        "funk riff": Style(
            ("R...............", "R..R.O..R.7.5...|R..R.O....7.5.3.", "R.RR.O.7R.RR.5.7|R.RR.O.7..O.7.5."),
            "R..R.O..R.7.",
            "R.RO.7",
            gate=0.6,
            degrees=True,
            softer=8,
        ),
        "chiptune harmony": Style(
            ("0-1-2-1-0-1-2-1-", "0121012101210121/0123012301230123", "0121012101210123/0123012301230123"),
            "012101210121",
            "012012",
            gate=0.8,
            softer=14,
        ),
        "chiptune riff": Style(
            ("................", "..x...x...x...x.", "0.2.0.2.1.2.1.2."),
            "..x...x...x.",
            "..x..x",
            gate=0.5,
            softer=16,
        ),
    }
)


def style_of(genre: str, role: str, *, name: str, family: str) -> Style:
    """Return how a genre uses an instrument of that name and family in a role."""
    if role == "pad":
        return _HELD
    kind = "pizzicato" if name == "pizzicato strings" else family
    if name in ("overdriven guitar", "distorted guitar"):
        kind = "power"
    for key in (f"{genre} {role} {kind}", f"{genre} {role}", f"{genre} harmony"):
        if key in STYLES:
            return STYLES[key]
    raise ValueError(f"no style for {genre!r}; known are {sorted({key.split()[0] for key in STYLES})}")
