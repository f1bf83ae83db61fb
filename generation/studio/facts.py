"""Facts about a piece, worded anew each time: the adjectives, tails and tags of which captions are built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from generation.studio import wording
from generation.studio.truth import Truth
from generation.words.instruments import covers
from generation.words.moods import PACES, TEMPOS

T = TypeVar("T")
# Below this share nobody would name an instrument.
_NAMED_SHARE = 0.04
# A lighter genre of less weight is not worth a word.
_NAMED_WEIGHT = 0.12
_EVEN = 0.2
_ITALIAN = ("largo", "lento", "adagio", "andante", "moderato", "allegretto", "allegro", "vivace", "presto")


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Draw one of some options."""
    return options[int(rng.integers(len(options)))]


def key_name(tonic: int, mode: str, rng: np.random.Generator) -> str:
    """Spell a key, enharmonics included: "Bb minor", "A# minor", "B-flat minor"."""
    spellings = wording.KEYS[tonic]
    note = spellings[0] if rng.random() < 0.75 else pick(rng, spellings)
    if len(note) > 1 and rng.random() < 0.3:
        _, words = pick(rng, [pair for pair in wording.SIGNS if pair[0] == note[1]])
        note = note[0] + words
    return f"{note} {mode}"


class Facts:
    """Draws words for what is true of one piece; every method gives other words each time."""

    def __init__(self, truth: Truth) -> None:
        self.truth = truth
        self._named = [name for name, share in truth.instruments if share >= _NAMED_SHARE]

    def pace(self) -> str:
        """Return the word class of the tempo; empty between the classes."""
        bpm = self.truth.tempo_bpm
        fitting = [name for name, (low, high) in PACES.items() if low <= bpm <= high]
        return "" if not fitting else fitting[0] if "very slow" in fitting else fitting[-1]

    def tempo(self, rng: np.random.Generator) -> str:
        """Say the tempo as a number: exactly, or rounded to five as people do."""
        bpm = self.truth.tempo_bpm
        if rng.random() < 0.4:
            return pick(rng, wording.TEMPO_ABOUT).format(n=round(bpm / 5) * 5)
        return pick(rng, wording.TEMPO_EXACT).format(n=round(bpm))

    def genre(self, rng: np.random.Generator) -> str:
        """Say the genre or the mixture without an article: "jazz with a touch of hip hop"."""
        names = list(self.truth.genres)
        a, b = names[0], names[1] if len(names) > 1 else ""
        if not b or self.truth.genres[b] < _NAMED_WEIGHT or rng.random() < 0.3:
            return pick(rng, wording.MASS[a])
        if self.truth.genres[a] - self.truth.genres[b] < _EVEN:
            first, second = (a, b) if rng.random() < 0.6 else (b, a)
            return pick(rng, wording.EVENLY).format(a=wording.GENRES[first][0], b=wording.GENRES[second][0])
        if b in wording.COLOURS and rng.random() < 0.25:
            return f"{wording.COLOURS[b]} {pick(rng, wording.MASS[a])}"
        return pick(rng, wording.TOUCHES).format(a=wording.GENRES[a][0], b=wording.GENRES[b][0])

    def noun(self, rng: np.random.Generator) -> str:
        """Say what the piece is, as a noun that takes an article: "jazz trio", "rock song"."""
        truth = self.truth
        names = list(truth.genres)
        colour = (
            wording.COLOURS.get(names[1], "")
            if len(names) > 1 and truth.genres[names[1]] >= _NAMED_WEIGHT
            else ""
        )
        genre = pick(rng, wording.GENRES[truth.genre])
        even = len(names) > 1 and truth.genres[names[0]] - truth.genres[names[1]] < _EVEN
        if even and rng.random() < 0.4:
            genre = f"{genre} and {wording.GENRES[names[1]][0]}"
        elif colour and not even and rng.random() < 0.4:
            genre = f"{colour} {genre}"
        group = wording.GROUPS.get(truth.n_players)
        if (
            group
            and truth.genre in wording.CHAMBER
            and truth.n_players == len(truth.names)
            and rng.random() < 0.3
        ):
            return f"{genre} {pick(rng, group)}"
        if truth.meter == "3/4" and rng.random() < 0.2:
            return f"{genre} waltz"
        if genre.endswith("music"):
            return f"{genre} {pick(rng, ('track', 'piece', 'tune'))}"
        return f"{genre} {pick(rng, wording.NOUNS[truth.genre])}"

    def instrument(self, name: str, rng: np.random.Generator) -> str:
        """Say an instrument: by its own name, or another true one."""
        return name if rng.random() < 0.45 else pick(rng, (name, *wording.INSTRUMENTS.get(name, ())))

    def players(self, rng: np.random.Generator, n: int, *, but: str = "") -> str:
        """Name up to `n` instruments, the prominent ones more often: "piano, bass and drums"."""
        shares = {
            name: share for name, share in self.truth.instruments if name in self._named and name != but
        }
        if not shares:
            return ""
        named, weights = list(shares), np.array(list(shares.values()))
        drawn = rng.choice(len(named), size=min(n, len(named)), replace=False, p=weights / weights.sum())
        words = list(dict.fromkeys(self.instrument(named[int(row)], rng) for row in drawn))
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

    def length(self, rng: np.random.Generator) -> str:
        """Say how long it is, where that is a round number; else nothing."""
        seconds = self.truth.duration_s
        if abs(seconds - round(seconds)) > 0.25 or seconds < 1:
            return ""
        return pick(rng, (f"{round(seconds)} seconds", f"{round(seconds)} sec", f"{round(seconds)}s"))

    def tune(self, rng: np.random.Generator) -> str:
        """Name the tune that was arranged: by its name, or as the kind of tune that it is."""
        name, origin = self.truth.tune, self.truth.origin.lower()
        low = name.lower()
        kinds = [
            kind
            for kind in ("reel", "jig", "hornpipe", "chorale", "strathspey", "polka", "march")
            if kind in low.split()
        ]
        irish = "ireland" in origin or "irish" in origin or "o'neill" in origin
        if rng.random() < 0.3:
            if kinds:
                return f"an Irish {kinds[0]}" if irish else f"a {kinds[0]}"
            if irish:
                return "an old Irish tune"
            if "bach" in origin and "chorale" in origin + low:
                return "a Bach chorale"
        return name

    def adjectives(self, rng: np.random.Generator) -> dict[str, str]:
        """Return what may stand before a noun, by what it is about."""
        truth = self.truth
        found = {"mood": pick(rng, wording.MOODS[truth.mood])}
        pace = self.pace()
        if pace:
            found["pace"] = pick(rng, wording.PACES[pace])
        if rng.random() < 0.3:
            found["pace"] = pick(rng, ("{n} bpm", "{n} BPM", "{n}bpm")).format(n=round(truth.tempo_bpm))
        if truth.loudness in wording.LOUDNESS:
            found["loudness"] = pick(rng, wording.LOUDNESS[truth.loudness])
            if truth.loudness == "soft" and truth.mood == "calm" and rng.random() < 0.5:
                found["loudness"] = pick(rng, wording.GENTLE)
        if truth.density in wording.DENSITIES:
            found["density"] = pick(rng, wording.DENSITIES[truth.density])
        if not truth.has_drums and rng.random() < 0.5:
            found["drumless"] = pick(rng, wording.NO_DRUMS_ADJECTIVES)
        if truth.tonic is not None and truth.mode is not None and rng.random() < 0.3:
            found["mode"] = f"{truth.mode}-key" if truth.mode in ("minor", "major") else truth.mode
        if rng.random() < 0.06 and not any(covers("voice", name) for name in truth.names):
            found["voice"] = "instrumental"
        return found

    def tails(self, rng: np.random.Generator) -> dict[str, str]:
        """Return what may follow a noun, by what it is about."""
        truth = self.truth
        tempo = self.tempo(rng)
        found = {
            "tempo": tempo
            if tempo.startswith(("tempo", "about", "around")) or rng.random() < 0.1
            else f"at {tempo}"
        }
        if rng.random() < 0.08:
            italian = [
                name for name in _ITALIAN if TEMPOS[name][0] + 4 <= truth.tempo_bpm <= TEMPOS[name][1] - 4
            ]
            found["tempo"] = pick(rng, italian) if italian else found["tempo"]
        if truth.tonic is not None and truth.mode is not None:
            found["key"] = self._key_tail(truth.tonic, truth.mode, rng)
        if truth.meter != "4/4" or rng.random() < 0.15:
            found["meter"] = pick(rng, wording.METERS.get(truth.meter, (f"in {truth.meter}",)))
        if truth.lead:
            name = self.instrument(truth.lead, rng)
            article = "an" if name[0].lower() in "aeio" else "a"
            bare = name.startswith(("a ", "an ")) or name.endswith("s")
            template = pick(rng, [one for one in wording.LEADS if not (bare and "a {x}" in one)])
            found["lead"] = template.format(
                x=name.removeprefix("a "), a=name if bare else f"{article} {name}"
            )
            if article == "an":
                found["lead"] = found["lead"].replace(f"with a {name}", f"with an {name}")
            others = self.players(rng, 1 + int(rng.integers(2)), but=truth.lead) if rng.random() < 0.3 else ""
            found["lead"] += f", with {others}" if others else ""
        who = self.players(rng, 1 + int(rng.integers(3)))
        if who:
            found["with"] = pick(rng, wording.WITH).format(x=who)
        if not truth.has_drums:
            found["no drums"] = pick(rng, wording.NO_DRUMS)
        if rng.random() < 0.05 and not any(covers("voice", name) for name in truth.names):
            found["voice"] = pick(rng, wording.NO_VOICE)
        if truth.shape in wording.SHAPES:
            found["shape"] = pick(rng, wording.SHAPES[truth.shape])
        return found

    def _key_tail(self, tonic: int, mode: str, rng: np.random.Generator) -> str:
        name = key_name(tonic, mode, rng)
        drawn = rng.random()
        if mode == "major" and drawn < 0.15:
            return f"in {name.removesuffix(' major')}"
        if drawn < 0.25 and mode in ("minor", "major"):
            return pick(rng, (f"in a {mode} key", f"in {mode}"))
        return f"in the key of {name}" if drawn > 0.9 else f"in {name}"

    def said(self, rng: np.random.Generator) -> dict[str, str]:
        """Return what a sentence of its own may say, by its subject in `wording.SAYS`."""
        truth = self.truth
        found = {"tempo": self.tempo(rng), "mood": pick(rng, wording.MOODS[truth.mood])}
        if truth.tonic is not None and truth.mode is not None:
            found["key"] = key_name(truth.tonic, truth.mode, rng)
        if not truth.has_drums:
            found["no drums"] = ""
        if truth.meter != "4/4":
            found["meter"] = f"in {truth.meter}"
        who = self.players(rng, 1 + int(rng.integers(3)))
        if who:
            found["with"] = who
        if self.pace():
            found["pace"] = pick(rng, wording.PACES[self.pace()])
        return found

    def placed(self, phrase: str, rng: np.random.Generator) -> str:
        """Say where in the piece it is, around a noun phrase: "the ending of a slow blues"."""
        truth = self.truth
        if len(truth.sections) == 1 and truth.sections[0] in wording.SECTIONS and rng.random() < 0.6:
            return pick(rng, wording.SECTIONS[truth.sections[0]]).format(x=phrase)
        if truth.position in wording.POSITIONS:
            return pick(rng, wording.POSITIONS[truth.position]).format(x=phrase)
        return phrase

    def tags(self, rng: np.random.Generator) -> dict[str, str]:
        """Return single tags, by what they are about."""
        truth = self.truth
        found = {
            name: tag for name, tag in self.adjectives(rng).items() if name not in ("voice", "pace", "mode")
        }
        if self.pace():
            found["pace"] = pick(rng, wording.PACES[self.pace()])
        found["genre"] = (
            pick(rng, wording.MASS[truth.genre]) if rng.random() < 0.5 else wording.GENRES[truth.genre][0]
        )
        others = [
            name for name in truth.genres if name != truth.genre and truth.genres[name] >= _NAMED_WEIGHT
        ]
        if others:
            found["other genre"] = wording.GENRES[others[0]][0]
        found["tempo"] = pick(rng, ("{n} bpm", "{n} BPM", "{n}bpm")).format(n=round(truth.tempo_bpm))
        if truth.tonic is not None and truth.mode is not None:
            name = key_name(truth.tonic, truth.mode, rng)
            short = f"{wording.KEYS[truth.tonic][0]}m"
            found["key"] = short if truth.mode == "minor" and rng.random() < 0.2 else name
        for row in range(3):
            tag = self.players(rng, 1)
            found[f"instrument {row}"] = "" if tag in found.values() else tag
        if truth.lead and rng.random() < 0.4:
            found["lead"] = f"{self.instrument(truth.lead, rng)} lead"
        if not truth.has_drums:
            found["no drums"] = pick(rng, ("no drums", "drumless", "without drums"))
        if truth.meter != "4/4":
            found["meter"] = truth.meter
        return {name: tag for name, tag in found.items() if tag}
