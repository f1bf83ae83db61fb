"""What people call instruments, and which instruments of the band each word is true of.

A name is one of the band's (`generation.studio.band.INSTRUMENTS`) or of a kind ("guitar", "woodwinds"): KINDS
says which instruments a name covers beyond itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from generation.studio.band.instruments import INSTRUMENTS

# Further words for an instrument or a kind, separated by semicolons; the names themselves count, too.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "piano": "pianos;grand piano;acoustic piano;upright piano;keys of a piano;pianoforte;"
        "fortepiano;pianist",
        "electric piano": "rhodes;wurlitzer;e piano;epiano;fender rhodes;rhodes piano;electric pianos",
        "harpsichord": "harpsichords;cembalo;spinet",
        "clavinet": "clav;clavi;clavichord",
        "celesta": "celeste",
        "music box": "musical box;music boxes",
        "vibraphone": "vibes player;vibraphones;vibraharp",
        "marimba": "marimbas;balafon",
        "xylophone": "xylophones;xylo",
        "bells": "bell;tubular bells;glockenspiel;chimes;church bells;tinkle bell;glock",
        "dulcimer": "hammered dulcimer;santur;zither;cimbalom",
        "organ": "organs;drawbar organ",
        "rock organ": "hammond;hammond organ;b3 organ;jazz organ;leslie organ;percussive organ",
        "church organ": "pipe organ;cathedral organ",
        "reed organ": "harmonium",
        "accordion": "accordions;squeezebox;concertina;melodeon",
        "harmonica": "mouth organ;blues harp;harmonicas;mouth harp",
        "bandoneon": "tango accordion;bandoneons",
        "nylon guitar": "classical guitar;spanish guitar;flamenco guitar;nylon string guitar;ukulele;"
        "acoustic guitar nylon",
        "acoustic guitar": "steel string guitar;steel guitar;fingerpicked guitar;strummed "
        "guitar;acoustic guitars;"
        "fingerpicking;fingerpicked;twelve string guitar;12 string guitar;strumming;strummed",
        "jazz guitar": "hollow body guitar;archtop guitar;clean jazz guitar;electric guitar jazz",
        "electric guitar": "electric guitars;clean guitar;e guitar;clean electric guitar;telecaster;"
        "stratocaster;electric guitar clean;twangy guitar;rhythm guitar",
        "muted guitar": "palm muted guitar;wah guitar;chicken scratch guitar;electric guitar muted",
        "overdriven guitar": "overdrive guitar;crunchy guitar;crunch guitar;guitar overdrive",
        "distorted guitar": "distortion guitar;distorted guitars;fuzz guitar;heavy guitar;heavy guitars;"
        "power chords;guitar distortion;metal guitar;metal guitars;rock guitar;rock guitars;fuzzy guitar",
        "upright bass": "acoustic bass;standup bass;stand up bass;walking bass;upright basses",
        "bass guitar": "electric bass;electric bass guitar;bass guitars;finger bass;fingered bass",
        "picked bass": "picked bass guitar;electric bass pick",
        "fretless bass": "fretless;fretless bass guitar",
        "slap bass": "slapped bass;slap bass guitar;slap bass 1;slap bass 2",
        "synth bass": "synthesizer bass;acid bass;303;wobble bass;bass synth;reese bass;synth basses",
        "sub bass": "808 bass;subbass;deep sub bass;808 sub",
        "violin": "violins;violinist",
        "fiddle": "fiddles;fiddler",
        "viola": "violas",
        "cello": "cellos;celli;violoncello;cellist",
        "double bass": "contrabass;double basses;string bass;bowed bass",
        "tremolo strings": "trembling strings;strings tremolo",
        "pizzicato strings": "pizzicato;plucked strings;strings pizzicato",
        "harp": "harps;orchestral harp;celtic harp;harpist;lyre",
        "timpani": "kettledrums;kettledrum;kettle drums;kettle drum",
        "strings": "string section;string ensemble;orchestral strings;string orchestra;violins and cellos;"
        "lush strings;string instruments;strings section;bowed strings",
        "synth strings": "synthesizer strings;string machine;solina;analog strings",
        "choir": "choirs;chorus of voices;choral voices;choir aahs;voices;choir singing;boys choir",
        "voice": "vocals;vocal;singing;singer;vocalist;voice oohs;vocalise;sung;humming;"
        "wordless voice;lyrics;"
        "rapper;singers;vocal line;male vocals;female vocals;female vocal;male vocal",
        "orchestra hit": "orchestral hit;orchestral stab",
        "trumpet": "trumpets;cornet;flugelhorn;bugle;trumpeter",
        "trombone": "trombones",
        "tuba": "tubas;sousaphone",
        "muted trumpet": "trumpet with mute;harmon mute",
        "french horn": "french horns;horn;english horns of brass",
        "brass section": "horn section;brass band;horns;brass stabs;horn stabs",
        "synth brass": "synthesizer brass",
        "soprano saxophone": "soprano sax",
        "saxophone": "sax;saxes;saxophones;alto sax;alto saxophone;baritone sax;baritone "
        "saxophone;saxophonist",
        "tenor saxophone": "tenor sax",
        "oboe": "oboes;english horn;cor anglais",
        "bassoon": "bassoons",
        "clarinet": "clarinets;bass clarinet",
        "piccolo": "piccolos;piccolo flute",
        "flute": "flutes;flautist;flutist;flute player",
        "recorder": "recorders;tin whistle;whistle;pennywhistle;penny whistle;block flute;irish whistle",
        "pan flute": "panpipes;pan pipes;panflute;pan pipe;shakuhachi",
        "ocarina": "ocarinas",
        "square lead": "square wave;square wave lead;chip lead;square waves",
        "pulse wave": "pulse waves;pulse lead",
        "triangle wave": "triangle waves;triangle bass;triangle wave bass",
        "synth lead": "lead synth;saw lead;sawtooth lead;supersaw;synthesizer lead;synth leads;synth melody;"
        "sawtooth",
        "synth arpeggio": "arpeggio;arpeggios;arpeggiator;arpeggiated synth;synth arpeggios;synth arp;arp",
        "synth pluck": "pluck;plucks;plucked synth;plucky synth;synth plucks",
        "synth bell": "synth bells;bell synth;bell pad;digital bells",
        "synth pad": "synth pads;synthesizer pad;synthesizer pads",
        "warm pad": "warm pads;analog pad;analog pads",
        "poly synth": "polysynth;polyphonic synth;synth chords;synth stabs;stabs",
        "choir pad": "choir pads;vocal pad;vocal pads",
        "sweep pad": "sweeping pad;sweep pads;sweeping pads",
        "atmosphere": "atmospheres;texture;textures;atmosphere synth;atmospheric texture",
        "sitar": "sitars",
        "banjo": "banjos",
        "mandolin": "mandolins;bouzouki;mandola",
        "kalimba": "kalimbas;thumb piano;mbira",
        "bagpipes": "bagpipe;bag pipe;bag pipes;uilleann pipes;highland pipes;pipes",
        "steel drums": "steel drum;steel pan;steel pans;steelpan;steelpans",
        "drums": "drum;drummer;drumming;drum set;drumset;percussive beat;kick;kick "
        "drum;bass drum;snare;"
        "snare drum;hi hat;hi hats;hihat;hihats;cymbals;cymbal;toms;breakbeats;drum beat;drum "
        "beats;drum groove;"
        "drum track;live drums;acoustic drums;four on the floor;kicks;backbeat;drum fills;"
        "drum solo;drum pattern",
        "power drums": "heavy drums;double bass drums;double kick;double kick drum;blast beats;blast beat",
        "room drums": "roomy drums",
        "electronic drums": "electronic drum kit;synth drums;electric drums;techno drums;programmed drums",
        "808 drums": "808;808s;tr 808;808 drum machine;808 beat;trap drums",
        "drum machine": "drum machines;909;tr 909;machine drums;drum computer",
        "jazz drums": "swing drums;jazz drum kit;ride cymbal",
        "brush drums": "brushes;brushed drums;drums with brushes;brushed snare;brush kit",
        "latin percussion": "congas;conga;bongos;bongo;timbales;claves;maracas;guiro;shakers;shaker;cowbell",
        "noise drums": "noise percussion;white noise drums;chip drums;8 bit drums",
        "percussion": "percussions;percussive;percussionist;hand percussion;tambourine;"
        "woodblock;djembe;taiko;"
        "hand drums;taiko drums;tabla",
        "guitar": "guitars;guitarist;six string",
        "bass": "bassline;bass line;basslines;bass lines;bassist;basses;deep bass;heavy bass",
        "synth": "synths;synthesizer;synthesizers;synthesiser;synthesisers;moog;analog synth;analog synths",
        "pad": "pads",
        "brass": "brass instruments;brasses",
        "woodwinds": "woodwind;wood winds;winds;wind instruments;woodwind section;wind section",
        "keyboard": "keyboards;keyboardist",
        "mallets": "mallet percussion;mallet instruments",
    }
)


def _family(*families: str, but: tuple[str, ...] = ()) -> tuple[str, ...]:
    return tuple(one.name for one in INSTRUMENTS.values() if one.family in families and one.name not in but)


_SYNTHS = (*_family("synth"), "synth bass", "sub bass", "synth brass", "synth strings")
_DRUMS = _family("drums")
_BOWED = ("violin", "fiddle", "viola", "cello", "double bass")
# Instruments that a name is true of besides the one that bears it.
KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "guitar": _family("guitar"),
        "electric guitar": (
            "electric guitar",
            "muted guitar",
            "overdriven guitar",
            "distorted guitar",
            "jazz guitar",
        ),
        "acoustic guitar": ("acoustic guitar", "nylon guitar"),
        "distorted guitar": ("distorted guitar", "overdriven guitar"),
        "bass": (*_family("bass"), "double bass", "triangle wave", "tuba"),
        "bass guitar": ("bass guitar", "picked bass", "fretless bass", "slap bass"),
        "upright bass": ("upright bass", "double bass"),
        "double bass": ("double bass", "upright bass"),
        "synth bass": ("synth bass", "sub bass"),
        "drums": _DRUMS,
        "drum kit": tuple(name for name in _DRUMS if name != "latin percussion"),
        "drum machine": ("electronic drums", "808 drums", "noise drums"),
        "electronic drums": ("electronic drums", "808 drums", "noise drums"),
        "percussion": (*_DRUMS, *_family("percussion"), "steel drums"),
        "synth": _SYNTHS,
        "synth lead": ("synth lead", "square lead", "pulse wave"),
        "synth pad": ("synth pad", "warm pad", "choir pad", "sweep pad", "atmosphere", "synth strings"),
        "pad": ("synth pad", "warm pad", "choir pad", "sweep pad", "atmosphere", "synth strings"),
        "strings": (*_family("strings"), "synth strings"),
        "violin": ("violin", "fiddle"),
        "fiddle": ("violin", "fiddle"),
        "brass": (*_family("brass"), "synth brass"),
        "brass section": ("brass section", "synth brass"),
        "trumpet": ("trumpet", "muted trumpet"),
        "saxophone": ("saxophone", "soprano saxophone", "tenor saxophone"),
        "woodwinds": _family("reed", "wind", but=("accordion", "harmonica", "bandoneon", "bagpipes")),
        "keyboard": _family("keys", "organ"),
        "organ": _family("organ"),
        "accordion": ("accordion", "bandoneon"),
        "mallets": _family("mallets"),
        "bells": ("bells", "synth bell", "celesta"),
        "choir": ("choir", "choir pad"),
        "voice": ("voice", "choir", "choir pad"),
        "reed organ": ("accordion", "organ"),
    }
)


def covers(asked: str, played: str) -> bool:
    """Tell whether a name that was asked for is true of an instrument: "guitar" of "jazz guitar"."""
    return asked == played or played in KINDS.get(asked, ())


def related(asked: str, played: str) -> bool:
    """Tell whether two names can mean the same instrument: one covers the other."""
    return covers(asked, played) or covers(played, asked)
