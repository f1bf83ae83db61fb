"""Words of mood, pace, loudness and fullness, and what each of them means.

Pace. Captions call music up to 80 felt beats a minute slow, from 90 to 114 mid-tempo and from 128 fast (very
slow up to 56, very fast from 170); in between they use no word. What a prompt's word asks for is a little
wider: the ranges below.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

MOODS: Mapping[str, str] = MappingProxyType(
    {
        "happy": "happy;cheerful;joyful;joyous;merry;sunny;bright;upbeat;feel good;feelgood;jolly;playful;"
        "optimistic;lighthearted;light hearted;carefree;gleeful;bouncy;fun;uplifting;positive;jaunty;smiling;"
        "good mood;good humoured;gay and merry;celebratory;festive;glad;cheery;joy;happiness;elated;perky",
        "sad": "sad;melancholy;melancholic;sorrowful;mournful;gloomy;tearful;wistful;blue mood;feeling blue;"
        "heartbroken;heartbreaking;depressing;depressed;grieving;lonely;lonesome;downcast;plaintive;forlorn;"
        "bittersweet;weeping;sadness;sorrow;moody;elegiac;dejected;unhappy;lamenting;lament;melancholia",
        "calm": "calm;relaxing;relaxed;peaceful;chill;chilled;serene;tranquil;soothing;mellow;laid back;"
        "laidback;restful;sleepy;meditative;quiet mood;easygoing;easy going;lullaby;unhurried;placid;"
        "contemplative;cosy;cozy;calming;still;at ease",
        "energetic": "energetic;lively;driving;pumping;exciting;excited;high energy;full of energy;vigorous;"
        "powerful;explosive;frantic;wild;rousing;spirited;dynamic;adrenaline;workout;gym;hard hitting;"
        "hyper;pounding;raging;fiery;electrifying;aggressive;angry;furious;punchy;banging;epic;triumphant;"
        "heroic;stirring;pumped up;bursting with energy",
        "dark": "dark;sinister;brooding;ominous;haunting;haunted;haunted house;spooky;scary;creepy;evil;"
        "menacing;eerie;gothic;grim;bleak;shadowy;dystopian;horror;doomy;murky;darkness;foreboding;moonless",
        "dreamy": "dreamy;ethereal;dreamlike;floating;hazy;spacey;spacy;otherworldly;celestial;nostalgic;"
        "hypnotic;misty;airy;weightless;psychedelic;surreal;trippy;cosmic;magical;mystical;drifting;dream;"
        "half asleep;shimmering;gauzy",
        "tense": "tense;suspenseful;nervous;anxious;suspense;thrilling;edgy;restless;uneasy;urgent;dramatic;"
        "agitated;unsettling;thriller;chase scene;tension;on edge;jittery;nail biting;uptight",
        "romantic": "romantic;loving;tender;sensual;passionate;love song;love;sentimental;"
        "intimate;affectionate;"
        "sweet;sexy;heartfelt;candlelit;amorous;valentine;wedding;seductive;warm hearted;yearning;in love",
    }
)
# Everyday words that are moods only beside music: "I love this" asks for nothing romantic.
EVERYDAY = frozenset(
    "love still fun sweet bright wild dream still driving positive gym epic workout wedding".split()
)

SLOW, MEDIUM, FAST = (40.0, 86.0), (84.0, 122.0), (118.0, 220.0)
# Captions: word class and the tempos that it is true of, felt beats a minute, both ends included.
PACES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "very slow": (0.0, 56.0),
        "slow": (0.0, 80.0),
        "mid-tempo": (90.0, 114.0),
        "fast": (128.0, 400.0),
        "very fast": (170.0, 400.0),
    }
)
TEMPOS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        **dict.fromkeys(
            "slow;slowly;slow paced;slow tempo;low tempo;leisurely;sluggish;crawling;slow moving;ballad;"
            "plodding;slow motion;unrushed;dragging".split(";"),
            SLOW,
        ),
        **dict.fromkeys(
            "very slow;extremely slow;really slow;super slow;glacial;glacially slow;very slowly".split(";"),
            (30.0, 64.0),
        ),
        **dict.fromkeys(
            "mid tempo;midtempo;medium tempo;moderate tempo;moderate;medium paced;moderately paced;"
            "moderate pace;medium pace;walking pace;walking tempo;steady pace;moderately fast".split(";"),
            MEDIUM,
        ),
        **dict.fromkeys(
            "fast;quick;fast paced;fast tempo;high tempo;rapid;speedy;brisk;quickly;racing;swift;"
            "fast moving;galloping;high speed".split(";"),
            FAST,
        ),
        **dict.fromkeys("up tempo;uptempo".split(";"), (112.0, 220.0)),
        **dict.fromkeys(
            "very fast;extremely fast;really fast;super fast;breakneck;lightning fast;furiously fast;"
            "breakneck speed;blistering".split(";"),
            (150.0, 260.0),
        ),
        "larghissimo": (30.0, 44.0),
        "largo": (40.0, 62.0),
        "lento": (40.0, 66.0),
        "larghetto": (58.0, 70.0),
        "adagio": (54.0, 80.0),
        "adagietto": (64.0, 82.0),
        "andante": (72.0, 108.0),
        "andantino": (78.0, 110.0),
        "moderato": (92.0, 120.0),
        "allegretto": (104.0, 128.0),
        "allegro": (116.0, 168.0),
        "vivace": (140.0, 180.0),
        "presto": (160.0, 210.0),
        "prestissimo": (190.0, 260.0),
        "not too fast": (70.0, 116.0),
        "not too slow": (84.0, 140.0),
    }
)
LOUDNESS: Mapping[str, str] = MappingProxyType(
    {
        "soft": "soft;softly;quiet;quietly;gentle;gently;hushed;delicate;low energy;subdued;pianissimo;"
        "whispering;soft spoken;muted;feather light;barely there;softly played",
        "loud": "loud;loudly;noisy;fortissimo;thunderous;deafening;blaring;roaring;full "
        "throttle;ear splitting;"
        "at full volume;loudly played",
    }
)
SHAPES: Mapping[str, str] = MappingProxyType(
    {
        "building": "building;building up;builds;builds up;crescendo;rising;swelling;growing;that grows;"
        "gets louder;getting louder;grows louder",
        "fading": "fading;fading out;fades;fades out;fade out;diminuendo;decrescendo;dying away;dies away;"
        "gets quieter;getting quieter;winding down;winds down",
        "steady": "steady dynamics;even dynamics;constant dynamics",
    }
)
DENSITIES: Mapping[str, str] = MappingProxyType(
    {
        "sparse": "sparse;minimal;minimalist;minimalistic;bare;stripped back;stripped down;spare;few notes;"
        "with few notes;uncluttered;lots of space",
        "busy": "busy;dense;intricate;many notes;with many notes;packed with notes;virtuosic;bustling;"
        "note filled;thick with notes",
    }
)
# Words of loudness that also suggest a mood where none is named.
SUGGESTED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys("gentle;gently;delicate;hushed;low energy".split(";"), "calm"),
        **dict.fromkeys("full throttle".split(";"), "energetic"),
    }
)
METERS: Mapping[str, str] = MappingProxyType(
    {
        "waltz": "3/4",
        "waltzes": "3/4",
        "valse": "3/4",
        "walzer": "3/4",
        "waltz time": "3/4",
        "three four": "3/4",
        "three four time": "3/4",
        "three quarter time": "3/4",
        "triple time": "3/4",
        "triple meter": "3/4",
        "in three": "3/4",
        "four four": "4/4",
        "four four time": "4/4",
        "common time": "4/4",
        "four on the floor": "4/4",
        "six eight": "6/8",
        "six eight time": "6/8",
        "nine eight": "9/8",
        "twelve eight": "12/8",
        "five four": "5/4",
        "five four time": "5/4",
        "seven eight": "7/8",
        "seven four": "7/4",
        "two four": "2/4",
        "cut time": "2/2",
        "five eight": "5/8",
    }
)
# A mode without a note.
MODES: Mapping[str, str] = MappingProxyType(
    {
        "minor": "minor;minor key;in minor;minor mode;minor scale;minor chords;aeolian;natural "
        "minor;harmonic minor",
        "major": "major;major key;in major;major mode;major scale;major chords;ionian;lydian",
        "dorian": "dorian;dorian mode",
        "phrygian": "phrygian;phrygian mode",
        "mixolydian": "mixolydian;mixolydian mode",
    }
)
