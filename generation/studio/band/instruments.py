"""The instruments that can be asked for, by the names listeners use.

Programs are those of General MIDI (0..127), for drums the kit. Ranges are comfortable rather than possible,
in MIDI numbers. `roles` says what an instrument may do in a band, what it does best first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Instrument:
    """An instrument: its General MIDI program, range, family and the roles it may take, the best first."""

    name: str
    program: int
    low: int
    high: int
    family: str
    roles: tuple[str, ...]

    @property
    def is_drums(self) -> bool:
        """Whether it is a drum kit."""
        return self.family == "drums"

    @property
    def sustains(self) -> bool:
        """Whether a long note stays as loud as it began."""
        return self.family in ("strings", "brass", "reed", "wind", "organ", "voice", "synth")


# name: program, lowest and highest note, family, roles.
_TABLE = """
piano                 0   28 100  keys      harmony lead counter riff
electric piano        4   33  96  keys      harmony lead counter
harpsichord           6   36  88  keys      harmony lead riff counter
clavinet              7   36  84  keys      riff harmony lead
celesta               8   60 105  keys      counter lead harmony
music box            10   60 100  keys      counter lead harmony
vibraphone           11   53  89  mallets   harmony lead counter riff
marimba              12   45  91  mallets   riff lead harmony counter
xylophone            13   65 105  mallets   lead counter riff
bells                14   60  91  mallets   counter lead
dulcimer             15   50  84  plucked   harmony lead counter riff
organ                16   36  92  organ     harmony pad lead
rock organ           18   36  92  organ     harmony pad lead counter riff
church organ         19   36  92  organ     harmony pad lead
accordion            21   48  88  reed      harmony lead counter pad
harmonica            22   60  86  reed      lead counter
bandoneon            23   48  86  reed      lead harmony counter
nylon guitar         24   40  83  guitar    harmony lead riff counter
acoustic guitar      25   40  83  guitar    harmony lead riff counter
jazz guitar          26   40  85  guitar    harmony lead counter riff
electric guitar      27   40  86  guitar    harmony lead riff counter
muted guitar         28   40  76  guitar    riff harmony
overdriven guitar    29   40  86  guitar    lead harmony riff counter
distorted guitar     30   38  86  guitar    harmony lead riff counter
upright bass         32   28  60  bass      bass
bass guitar          33   28  60  bass      bass
picked bass          34   28  60  bass      bass
fretless bass        35   28  60  bass      bass
slap bass            36   28  60  bass      bass
synth bass           38   24  60  bass      bass riff
sub bass             39   24  55  bass      bass
violin               40   55  96  strings   lead counter riff
fiddle              110   55  93  strings   lead counter
viola                41   48  84  strings   counter lead harmony
cello                42   36  72  strings   bass lead counter
double bass          43   28  55  strings   bass
tremolo strings      44   36  96  strings   pad harmony
pizzicato strings    45   36  88  strings   harmony counter riff bass
harp                 46   31  96  plucked   harmony lead counter riff
timpani              47   36  57  percussion effect
strings              48   36  96  strings   pad harmony counter lead
synth strings        50   36  96  synth     pad harmony
choir                52   48  79  voice     pad harmony lead
voice                53   48  79  voice     lead counter pad
orchestra hit        55   48  72  effects   effect
trumpet              56   55  84  brass     lead counter riff
trombone             57   40  72  brass     counter lead riff
tuba                 58   28  55  brass     bass
muted trumpet        59   55  82  brass     lead counter
french horn          60   41  77  brass     counter lead pad
brass section        61   43  82  brass     riff counter harmony lead
synth brass          62   43  84  synth     riff harmony lead counter
soprano saxophone    64   56  88  reed      lead counter
saxophone            65   49  81  reed      lead counter riff
tenor saxophone      66   44  76  reed      lead counter riff
oboe                 68   58  91  reed      lead counter
bassoon              70   34  70  reed      bass counter lead
clarinet             71   50  89  reed      lead counter
piccolo              72   74 102  wind      lead counter
flute                73   60  93  wind      lead counter
recorder             74   60  91  wind      lead counter
pan flute            75   60  91  wind      lead counter
ocarina              79   60  88  wind      lead counter
square lead          80   36  96  synth     lead riff counter harmony
pulse wave           80   36  96  synth     lead riff counter harmony
synth lead           81   36  96  synth     lead riff counter
synth arpeggio       81   36  96  synth     riff counter harmony
synth pluck          84   36  93  synth     riff lead counter harmony
synth bell           88   48  96  synth     pad harmony counter lead
synth pad            89   36  91  synth     pad harmony
warm pad             89   36  91  synth     pad harmony
poly synth           90   36  91  synth     harmony riff pad
choir pad            91   43  84  synth     pad harmony
sweep pad            95   36  84  synth     pad
triangle wave        82   28  84  synth     bass lead
atmosphere           99   43  88  synth     pad harmony counter lead
sitar               104   48  79  plucked   lead riff counter
banjo               105   48  84  plucked   harmony lead riff counter
mandolin             15   55  88  plucked   lead harmony counter riff
kalimba             108   55  88  mallets   lead riff counter harmony
bagpipes            109   58  81  reed      lead
steel drums         114   55  84  mallets   lead riff harmony counter
drum kit              0   35  81  drums     drums
room drums            8   35  81  drums     drums
power drums          16   35  81  drums     drums
electronic drums     24   35  81  drums     drums
808 drums            25   35  81  drums     drums
jazz drums           32   35  81  drums     drums
brush drums          40   35  81  drums     drums
latin percussion      0   35  81  drums     drums
noise drums          25   35  81  drums     drums
"""


def _read(table: str) -> dict[str, Instrument]:
    found = {}
    for line in table.strip().splitlines():
        words = line.split()
        first = next(at for at, word in enumerate(words) if word.isdigit() and at > 0)
        # "808 drums" begins with a number, so the program is the first number after the first word.
        name = " ".join(words[:first])
        program, low, high = (int(word) for word in words[first : first + 3])
        found[name] = Instrument(name, program, low, high, words[first + 3], tuple(words[first + 4 :]))
    return found


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(_read(_TABLE))
# Other words for the same, as people type them.
ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "sax": "saxophone",
        "alto saxophone": "saxophone",
        "tenor sax": "tenor saxophone",
        "soprano sax": "soprano saxophone",
        "guitar": "acoustic guitar",
        "classical guitar": "nylon guitar",
        "bass": "bass guitar",
        "electric bass": "bass guitar",
        "contrabass": "double bass",
        "acoustic bass": "upright bass",
        "drums": "drum kit",
        "drum machine": "electronic drums",
        "rhodes": "electric piano",
        "vibes": "vibraphone",
        "horn": "french horn",
        "horns": "brass section",
        "brass": "brass section",
        "synth": "synth lead",
        "synthesizer": "synth lead",
        "synthesiser": "synth lead",
        "pad": "synth pad",
        "whistle": "recorder",
        "hammond organ": "rock organ",
        "string section": "strings",
        "vocals": "voice",
        "congas": "latin percussion",
        "percussion": "latin percussion",
    }
)


def find_instrument(name: str) -> Instrument:
    """Look an instrument up by its name or another word for it; upper and lower case are one.

    Raises
    ------
    ValueError
        An unknown name; the message lists the known ones.
    """
    word = " ".join(name.lower().split())
    word = ALIASES.get(word, word)
    if word not in INSTRUMENTS:
        raise ValueError(f"unknown instrument {name!r}; known are {', '.join(INSTRUMENTS)}")
    return INSTRUMENTS[word]


def find_lead(names: Sequence[str]) -> Instrument | None:
    """Return the first of the named instruments that can carry a melody; None where none can."""
    return next((one for one in map(find_instrument, names) if "lead" in one.roles), None)
