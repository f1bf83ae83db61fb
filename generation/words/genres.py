"""What people call genres, and what each name means in the sixteen of `generation.studio.piece`.

Phrases are lower case words with single spaces; hyphens of the text count as spaces. A phrase may imply more
than a genre (drum and bass is at 174, lo-fi is calm): what is implied gives way to what is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Names that mean one of ours, separated by semicolons.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "rock": "rock;rock and roll;rock & roll;rock n roll;rock'n'roll;hard rock;punk;punk rock;pop punk;"
        "grunge;garage rock;classic rock;soft rock;surf rock;surf;alternative rock;alt rock;indie rock;"
        "britpop;prog rock;progressive rock;prog;stadium rock;arena rock;psychedelic rock;post punk;emo;"
        "power ballad",
        "pop": "pop;pop music;synth pop;synthpop;k pop;kpop;j pop;jpop;teen pop;bubblegum pop;dance pop;"
        "europop;electropop;indie pop;chart music;city pop;schlager",
        "edm": "edm;electronic dance music;electronic dance;dance music;club music;eurodance;hardstyle;"
        "future bass;big room;electro house;progressive house;drum and bass;drum & bass;drum n bass;"
        "drum'n'bass;drumnbass;dnb;d & b;dubstep;brostep;breakbeat;breakcore;jungle;trance;psytrance;"
        "psy trance;uk garage;two step garage;garage;rave;happy hardcore;electro;dancefloor;electronica",
        "techno": "techno;detroit techno;minimal techno;acid techno;hard techno;dub techno;schranz;"
        "industrial techno",
        "hip hop": "hip hop;hiphop;rap;rap music;trap;trap music;trap beat;boom bap;gangsta rap;drill;phonk;"
        "lo fi;lofi;lo fi hip hop;lofi hip hop;lo fi beats;lofi beats;grime;old school hip hop;chillhop;"
        "chill hop;turntablism;crunk",
        "jazz": "jazz;bebop;be bop;hard bop;swing;swing jazz;big band;dixieland;ragtime;cool jazz;"
        "gypsy jazz;jazz manouche;smooth jazz;free jazz;new orleans jazz;modal jazz;jazz standard;scat",
        "blues": "blues;delta blues;chicago blues;rhythm and blues;twelve bar;12 bar;twelve bar blues;"
        "12 bar blues;boogie woogie;boogie;electric blues;slow blues",
        "classical": "classical;classical music;baroque;symphonic;symphony;orchestral;concerto;sonata;"
        "fugue;opera;operatic;chorale;romantic era;romantic period;chamber music;minuet;nocturne;etude;"
        "prelude;mozart;beethoven;bach;haydn;chopin;vivaldi;handel;schubert;requiem;renaissance music;"
        "choral music;neoclassical;neo classical",
        "ambient": "ambient;ambient music;new age;soundscape;soundscapes;drone;drone music;dark ambient;"
        "space music;spa music;meditation music;chillout;chill out;ambience;atmospheric",
        "folk": "folk;folk music;folk song;folksong;singer songwriter;irish;celtic;scottish;sea shanty;"
        "shanty;reel;irish reel;jig;irish jig;slip jig;hornpipe;strathspey;klezmer;polka;medieval;"
        "traditional;traditional music;indie folk;neofolk;ceilidh;fiddle tune;campfire song;trad",
        "country": "country;country music;country song;country and western;bluegrass;honky tonk;nashville;"
        "outlaw country;western swing;hoedown;cowboy song;country ballad",
        "metal": "metal;heavy metal;death metal;black metal;thrash;thrash metal;doom metal;power metal;"
        "metalcore;djent;speed metal;nu metal;deathcore;sludge metal;grindcore;headbanging",
        "latin": "latin;latin music;bossa nova;bossa;salsa;samba;tango;mambo;rumba;rhumba;cha cha;"
        "cha cha cha;cumbia;merengue;bachata;flamenco;mariachi;bolero;son cubano;cuban;brazilian;"
        "calypso;beguine;afro cuban;latin american",
        "reggae": "reggae;ska;dub;dub reggae;dancehall;rocksteady;roots reggae;ragga;lovers rock;jamaican;"
        "two tone",
        "funk": "funk;funk music;p funk;motown;boogaloo",
        "chiptune": "chiptune;chiptunes;chip tune;chip tunes;chip music;8 bit;8bit;eight bit;16 bit;16bit;"
        "video game;video game music;videogame;videogame music;video games;game boy;gameboy;nes;commodore 64;"
        "c64;arcade;arcade game;retro game;retro gaming;game music;nintendo;bitpop;sid chip",
    }
)
# Names between ours, with the weight of each.
MIXED: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "house": {"edm": 0.6, "techno": 0.4},
        "house music": {"edm": 0.6, "techno": 0.4},
        "deep house": {"edm": 0.6, "techno": 0.4},
        "tech house": {"techno": 0.6, "edm": 0.4},
        "acid house": {"techno": 0.6, "edm": 0.4},
        "disco": {"funk": 0.6, "pop": 0.4},
        "nu disco": {"funk": 0.6, "edm": 0.4},
        "soul": {"funk": 0.6, "pop": 0.4},
        "soul music": {"funk": 0.6, "pop": 0.4},
        "neo soul": {"funk": 0.6, "hip hop": 0.4},
        "gospel": {"blues": 0.5, "pop": 0.5},
        "r & b": {"hip hop": 0.5, "pop": 0.5},
        "rnb": {"hip hop": 0.5, "pop": 0.5},
        "trip hop": {"hip hop": 0.7, "ambient": 0.3},
        "downtempo": {"ambient": 0.6, "hip hop": 0.4},
        "synthwave": {"edm": 0.6, "pop": 0.4},
        "retrowave": {"edm": 0.6, "pop": 0.4},
        "vaporwave": {"ambient": 0.6, "pop": 0.4},
        "chillwave": {"ambient": 0.5, "pop": 0.5},
        "idm": {"techno": 0.6, "ambient": 0.4},
        "industrial": {"techno": 0.6, "metal": 0.4},
        "industrial metal": {"metal": 0.7, "techno": 0.3},
        "reggaeton": {"latin": 0.7, "hip hop": 0.3},
        "afrobeat": {"funk": 0.6, "latin": 0.4},
        "latin jazz": {"latin": 0.5, "jazz": 0.5},
        "acid jazz": {"jazz": 0.6, "funk": 0.4},
        "fusion": {"jazz": 0.6, "funk": 0.4},
        "jazz fusion": {"jazz": 0.6, "funk": 0.4},
        "nu jazz": {"jazz": 0.6, "edm": 0.4},
        "electro swing": {"jazz": 0.5, "edm": 0.5},
        "americana": {"country": 0.6, "folk": 0.4},
        "rockabilly": {"rock": 0.6, "country": 0.4},
        "southern rock": {"rock": 0.6, "country": 0.4},
        "country rock": {"rock": 0.5, "country": 0.5},
        "folk rock": {"rock": 0.5, "folk": 0.5},
        "blues rock": {"rock": 0.5, "blues": 0.5},
        "post rock": {"rock": 0.7, "ambient": 0.3},
        "shoegaze": {"rock": 0.7, "ambient": 0.3},
        "dream pop": {"pop": 0.6, "ambient": 0.4},
        "indie": {"rock": 0.5, "pop": 0.5},
        "cinematic": {"classical": 0.7, "ambient": 0.3},
        "film score": {"classical": 0.7, "ambient": 0.3},
        "film music": {"classical": 0.7, "ambient": 0.3},
        "movie soundtrack": {"classical": 0.7, "ambient": 0.3},
        "symphonic metal": {"metal": 0.6, "classical": 0.4},
        "lounge music": {"jazz": 0.7, "latin": 0.3},
        "funk rock": {"funk": 0.5, "rock": 0.5},
        "g funk": {"hip hop": 0.6, "funk": 0.4},
        "ska punk": {"reggae": 0.5, "rock": 0.5},
    }
)
# Adjectives of genres colour another one more than they name one.
COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "jazzy": "jazz",
        "bluesy": "blues",
        "funky": "funk",
        "folky": "folk",
        "folksy": "folk",
        "rocky": "rock",
        "poppy": "pop",
        "clubby": "edm",
        "groovy": "funk",
        "classically": "classical",
        "countrified": "country",
        "metallic": "metal",
        "dubby": "reggae",
        "soulful": "funk",
        "swinging": "jazz",
    }
)
# Said of many genres: counts only where no other is named.
VAGUE: Mapping[str, str] = MappingProxyType(
    {
        "electronic": "edm",
        "dance": "edm",
        "club": "edm",
        "orchestra": "classical",
        "full orchestra": "classical",
        "symphony orchestra": "classical",
        "chamber orchestra": "classical",
        "philharmonic": "classical",
        "string quartet": "classical",
        "string trio": "classical",
        "string quintet": "classical",
        "piano trio": "jazz",
        "wind quintet": "classical",
        "brass quintet": "classical",
        "electronic music": "edm",
    }
)
# What a name says besides a genre.
IMPLIED: Mapping[str, tuple[tuple[str, object], ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            "drum and bass;drum & bass;drum n bass;drum'n'bass;drumnbass;dnb;d & b".split(";"),
            (("tempo_bpm", 174.0),),
        ),
        "jungle": (("tempo_bpm", 165.0),),
        "dubstep": (("tempo_bpm", 140.0),),
        "brostep": (("tempo_bpm", 140.0),),
        "trance": (("tempo_bpm", 138.0),),
        "house": (("tempo_bpm", 124.0),),
        "house music": (("tempo_bpm", 124.0),),
        "deep house": (("tempo_bpm", 122.0),),
        "hardstyle": (("tempo_bpm", 150.0),),
        "downtempo": (("tempo_range", (60.0, 100.0)),),
        "doom metal": (("tempo_range", (50.0, 80.0)),),
        "slow blues": (("tempo_range", (40.0, 84.0)),),
        "ska": (("mood", "happy"),),
        **dict.fromkeys(
            "lo fi;lofi;lo fi hip hop;lofi hip hop;lo fi beats;lofi beats;chillhop;chill hop;new age;"
            "chillout;chill out;spa music;meditation music".split(";"),
            (("mood", "calm"),),
        ),
        "dark ambient": (("mood", "dark"),),
        "phonk": (("mood", "dark"),),
        "dream pop": (("mood", "dreamy"),),
        "shoegaze": (("mood", "dreamy"),),
        "punk": (("mood", "energetic"),),
        "punk rock": (("mood", "energetic"),),
        "jig": (("meter", "6/8"),),
        "irish jig": (("meter", "6/8"),),
        "slip jig": (("meter", "9/8"),),
        "minuet": (("meter", "3/4"),),
        "ragtime": (("instrument", "piano"),),
        "boogie woogie": (("instrument", "piano"),),
        "power ballad": (("tempo_range", (50.0, 84.0)),),
    }
)
# Everyday words: genres only in musical company (see prompt._in_company).
EVERYDAY = frozenset(
    "house soul country trap garage jungle metal rock pop swing folk drill dub dance industrial surf rave "
    "electro arcade traditional drone club funk prog scat bach reel boogie fusion cuban "
    "irish celtic scottish "
    "brazilian jamaican grime opera latin rocky metallic swinging thrash emo minor major".split()
)
# Nouns that make the word before them musical: "a house track".
NOUNS = frozenset(
    "music song songs tune tunes track tracks beat beats groove grooves band anthem ballad banger riff riffs "
    "party jam piece melody style vibe vibes feel sound sounds instrumental number "
    "arrangement rhythm rhythms "
    "loop mix remix version cover trio quartet quintet duo ensemble combo guitar guitars piano drums bass "
    "theme score soundtrack waltz lick licks mood set project ambience production".split()
)
