"""What a new track is to sound like, for somebody and after songs of the catalogue: a place in the style
space.

A song whose own audio was analysed has its own style vector; any other has the one that the nightly audio
tower gives its place in the song space (recsys/audio_tower.py), and so has a taste. All are reckoned as
deviations from the middle of all songs, in units of each number's spread:

    style = middle + spread * (mean of what is wanted - mean of what is not)

A tower's answers lie closer to the middle than songs do, since what it cannot tell it leaves at the mean. So
each is moved out along its direction to where songs lie, at most `_FARTHEST` times as far; a taste's
`strength` is how far out of that, 1 as far as songs, 0 the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from sqlalchemy.orm import Session

from db.repositories import names as names_repository
from db.repositories import songs as songs_repository
from db.repositories import users as users_repository
from db.repositories.audio import some_style_embeddings, style_embeddings
from db.session import SessionFactory
from pipelines.audio_analysis import VERSION
from pipelines.edit_profile import UnknownInterestError
from pipelines.guests import host_of
from pipelines.new_songs import load_new_songs
from pipelines.profiles import user_taste
from pipelines.prompt_names import FoundName, read_names
from pipelines.release import Release
from pipelines.serving import NoReleaseError, open_release
from recsys.audio_tower import FEWEST_SONGS, AudioTower

TASTE, SONG, ARTIST = "taste", "song", "artist"
AUDIO, PLACE = "audio", "place"
STRONGEST = 4.0
# How far a prediction that says little is moved out, at most.
_FARTHEST = 6.0
# Sounds that say where the middle is and how far songs spread; a tower says it where there are fewer.
_FEWEST_SOUNDS, _MOST_SOUNDS = 2, 2_000


class NoStyleError(Exception):
    """Nothing is known of how something sounds, which was asked for by name."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants a new track to be like, beside the words of its prompt.

    Attributes
    ----------
    user : str or None
        As `songspace users` names them.
    strength : float
        0 .. `STRONGEST`: how far the taste counts.
    interest : int or None
        Of the profile, from 1; the whole taste by default.
    like, unlike : sequences of str
        Songs by id.
    """

    user: str | None = None
    strength: float = 1.0
    interest: int | None = None
    like: Sequence[str] = ()
    unlike: Sequence[str] = ()

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if not 0 <= self.strength <= STRONGEST:
            raise ValueError(f"the strength of a taste is from 0 to {STRONGEST:g}, got {self.strength:g}")
        if self.interest is not None and self.user is None:
            raise ValueError("an interest is a user's: say whose")

    @property
    def is_empty(self) -> bool:
        """Whether nobody and no song is named."""
        return self.user is None and not self.like and not self.unlike


@dataclass(frozen=True)
class Source:
    """One thing that a style comes from.

    Attributes
    ----------
    kind : str
        "taste", "song" or "artist".
    name : str
        For people: a title, an artist, "interest 2". Never a user's.
    how : str
        "audio" where its own sound is known, "place" where the tower says it.
    denied : bool
        Whether the track is to be unlike it.
    in_prompt : str
        How it stands in the prompt; "" where it was asked for beside it.
    """

    kind: str
    name: str
    how: str
    denied: bool = False
    in_prompt: str = ""


@dataclass(frozen=True)
class Wanted:
    """A style and where it comes from.

    Attributes
    ----------
    words : str or None
        What the prompt says beside the names that were found in it.
    style : float32 array, shape (200,), or None
        None where nothing and nobody was named.
    sources : tuple of Source
    user_id : int or None
    notes : tuple of str
        What could not be done, for people.
    """

    words: str | None
    style: np.ndarray | None = field(default=None, compare=False)
    sources: tuple[Source, ...] = ()
    user_id: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StyleSpace:
    """What styles are reckoned in: the middle of all songs' and the spread of each number, shape (S,)."""

    middle: np.ndarray
    spread: np.ndarray
    release: Release | None

    @property
    def tower(self) -> AudioTower | None:
        """The door between both spaces, where a release has one."""
        return None if self.release is None else self.release.audio

    def deviation(self, style: np.ndarray) -> np.ndarray:
        """How a style differs from the middle, in spreads."""
        return np.asarray((style - self.middle) / self.spread)

    def style(self, deviation: np.ndarray) -> np.ndarray:
        """The style that differs so from the middle, float32."""
        return np.asarray(self.middle + self.spread * deviation, dtype=np.float32)

    def of_place(self, vector: np.ndarray, strength: float = 1.0) -> np.ndarray:
        """The deviation that the tower gives a place in the song space, moved out to where songs lie.

        Raises
        ------
        NoStyleError
            There is no tower.
        """
        if self.tower is None:
            raise NoStyleError(_NO_TOWER)
        found = self.deviation(self.tower.to_style(vector[None])[0])
        return found * strength * min(1.0 / max(_length(found), 1e-9), _FARTHEST)


_NO_TOWER = (
    "nobody has learned yet how places sound: `songspace ingest` some music and run `songspace nightly`"
)


def style_space(session: Session, release: Release | None) -> StyleSpace | None:
    """The space that styles are reckoned in: the release's, else that of the analysed songs; None where
    hardly a sound is known.
    """
    embeddings = some_style_embeddings(session, VERSION, _MOST_SOUNDS)
    tower = None if release is None or release.audio is None else release.audio
    if tower is not None and tower.version != VERSION:
        release = tower = None
    if len(embeddings) < (_FEWEST_SOUNDS if tower is None else FEWEST_SONGS):
        if tower is None:
            return None
        spread = tower.there.spread
        return StyleSpace(tower.back.offset, np.maximum(spread, 1e-6), release)
    spread = embeddings.std(0)
    least = max(0.1 * float(np.sqrt((spread**2).mean())), 1e-6)
    return StyleSpace(embeddings.mean(0), np.maximum(spread, least), release)


def wanted_style(
    session_factory: SessionFactory, home: Path, prompt: str | None, wish: Wish | None = None
) -> Wanted:
    """Find the names in a prompt and put them, a taste and songs together.

    Names in a prompt of whose sound nothing is known stay words, with a note; whoever is named beside it has
    to be known.

    Raises
    ------
    NotFoundError
        No such user or song.
    UnknownInterestError
    NoReleaseError
        A taste, or a song without a sound, and nothing is published.
    NoStyleError
        Nothing is known of how a song or a taste sounds.
    """
    wish = wish or Wish()
    with session_factory() as session:
        read = None if prompt is None else read_names(session, prompt)
        names = () if read is None else read.names
        if not names and wish.is_empty:
            return Wanted(prompt)
        release = _released(session, home)
        space = style_space(session, release)
        found: list[tuple[Source, np.ndarray]] = []
        user_id = None
        if wish.user is not None:
            user_id = users_repository.find_user(session, wish.user)
            found.append(_of_taste(session, space, wish, user_id))
        for refs, denied in ((wish.like, False), (wish.unlike, True)):
            found += [_of_ref(session, space, ref, denied=denied) for ref in refs]
        unknown = []
        for name in names:
            try:
                found.append(_of_name(session, space, name))
            except NoStyleError:
                unknown.append(name)
    if unknown and len(unknown) == len(names):
        read = None
    notes = tuple(f"nothing is known of how {one.name} sounds: it counts as words alone" for one in unknown)
    words = prompt if read is None else _with_words(read.words, unknown)
    style = None if space is None or not found else space.style(together(found))
    return Wanted(words, style, tuple(source for source, _ in found), user_id, notes)


def together(found: Sequence[tuple[Source, np.ndarray]]) -> np.ndarray:
    """The mean of the wanted deviations less that of the others; no longer than the longest of them."""
    wanted = [one for source, one in found if not source.denied]
    other = [one for source, one in found if source.denied]
    total = np.zeros_like(found[0][1])
    if wanted:
        total = total + np.mean(wanted, axis=0)
    if other:
        total = total - np.mean(other, axis=0)
    longest = max(_length(one) for _, one in found)
    return np.asarray(total * min(1.0, longest / max(_length(total), 1e-9)))


def song_deviations(
    session: Session, space: StyleSpace, song_ids: Sequence[int]
) -> dict[int, tuple[np.ndarray, str]]:
    """How songs sound, as deviations from the middle, and how that is known; those of whom nothing is known
    are left out.
    """
    heard, embeddings = style_embeddings(session, VERSION, song_ids)
    found = {int(song): (space.deviation(one), AUDIO) for song, one in zip(heard, embeddings, strict=True)}
    rest = [song for song in song_ids if song not in found]
    if rest and space.release is not None and space.tower is not None:
        rows = space.release.rows(np.array(rest, dtype=np.int64))
        for song, row in zip(rest, rows, strict=True):
            if row >= 0 and space.release.vectors[row].any():
                found[song] = space.of_place(space.release.vectors[row]), PLACE
    return found


def _released(session: Session, home: Path) -> Release | None:
    """The published release with the songs that came since; None where there is none."""
    release = open_release(home)
    return None if release is None else host_of(release, load_new_songs(session, release))


def _of_taste(
    session: Session, space: StyleSpace | None, wish: Wish, user_id: int
) -> tuple[Source, np.ndarray]:
    if space is None or space.release is None:
        raise NoReleaseError(f"the taste of {wish.user} is not known: {_NO_TOWER}")
    if space.tower is None:
        raise NoStyleError(_NO_TOWER)
    taste, _ = user_taste(session, space.release, user_id)
    if wish.interest is None:
        name, vector = TASTE, taste.overall
    elif 1 <= wish.interest <= len(taste.interests):
        name = f"interest {wish.interest}"
        vector = taste.interests[wish.interest - 1].vector
    else:
        raise UnknownInterestError(
            f"there is no interest {wish.interest}: the profile has {len(taste.interests)}"
        )
    if not vector.any():
        raise NoStyleError(f"{wish.user} has listened to nothing yet: there is no taste to go by")
    return Source(TASTE, name, PLACE), space.of_place(vector, wish.strength)


def _of_ref(
    session: Session, space: StyleSpace | None, ref: str, *, denied: bool
) -> tuple[Source, np.ndarray]:
    song_id = songs_repository.find_song(session, ref)
    described = songs_repository.describe_songs(session, [song_id])[song_id]
    name = f"{described.title} - {described.artist}" if described.artist else described.title
    deviation, how = _of_songs(session, space, [song_id], name)
    return Source(SONG, name, how, denied), deviation


def _of_name(session: Session, space: StyleSpace | None, name: FoundName) -> tuple[Source, np.ndarray]:
    is_artist = name.kind == ARTIST
    songs = names_repository.songs_of_artist(session, name.number) if is_artist else [name.number]
    deviation, how = _of_songs(session, space, songs, name.name)
    return Source(name.kind, name.name, how, name.denied, name.text), deviation


def _of_songs(
    session: Session, space: StyleSpace | None, song_ids: Sequence[int], name: str
) -> tuple[np.ndarray, str]:
    """The mean of songs, by their own sound where any has one."""
    found = {} if space is None else song_deviations(session, space, song_ids)
    how = AUDIO if any(known == AUDIO for _, known in found.values()) else PLACE
    chosen = [deviation for deviation, known in found.values() if known == how]
    if not chosen:
        raise NoStyleError(f"nothing is known of how {name} sounds: it has no audio and no place yet")
    return np.asarray(np.mean(chosen, axis=0)), how


def _with_words(words: str | None, names: Sequence[FoundName]) -> str | None:
    """Words of a prompt with the names that could not be used, which stay words."""
    said = [text for text in (words, *(name.text for name in names if not name.denied)) if text]
    return ", ".join(said) or None


def _length(deviation: np.ndarray) -> float:
    """Root mean square; about 1 for a song."""
    return float(np.sqrt(np.mean(np.square(deviation))))
