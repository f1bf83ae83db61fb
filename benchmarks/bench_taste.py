"""Do tracks made for a user land near that user's taste? `python -m benchmarks.bench_taste`, or
`make bench-taste`.

A track is made for each of N users of a home folder (that of `songspace demo` by default) from the taste
alone, without words. It is heard by the style encoder and placed by the audio tower; then, for each track,
the users are ranked by how near their taste lies to the track's place. Printed is the mean rank of the right
user, against chance, among the N and among all users, with 95 % intervals (users resampled); plain, and with
the means of places and tastes taken out, so that nobody is near to everything. Beside it stand the ceiling,
which is the same for the style vectors themselves, as if the generator obeyed to the letter, and the tracks
given to another user each.

A home without an audio tower gets one here: songs are composed as `songspace sound` does it, and the tower is
fitted as a night does it. The home is read and never written; what is made is kept in --out, so that a broken
run goes on, and can be listened to.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pages import Report
from db.migrate import upgrade
from db.repositories import listens as listens_repository
from db.repositories import placements as placements_repository
from db.repositories import tags as tags_repository
from db.repositories import users as users_repository
from db.session import SessionFactory, make_engine, make_session_factory
from generation.audio import style_encoder
from generation.audio.shipped import load_generator
from generation.audio.style_encoder import StyleEncoder
from pipelines.audio_analysis import VERSION
from pipelines.columns import ARTIST, TITLE
from pipelines.create import StyleSpace
from pipelines.profiles import user_taste
from pipelines.release import ARTIST_ID, Release
from pipelines.release_files import current_name
from pipelines.sample_sound import compose_song
from pipelines.stored_release import load_release
from recsys.audio_tower import AudioTower, fit_audio_tower
from recsys.own_rank import OwnRank, centred, measure_own_rank

_RATE = 22_050
_SECONDS, _STARTS_AT = 20.0, 0.3  # Of a composed song: how much is heard, and from where.
_FEWEST_LISTENS = 10


@dataclass(frozen=True)
class World:
    """What is asked: a release with an audio tower, and the users' tastes, shape (n_users, dim)."""

    release: Release
    tower: AudioTower
    users: tuple[int, ...]
    names: tuple[str, ...]
    tastes: np.ndarray

    @property
    def space(self) -> StyleSpace:
        """Where styles lie."""
        spread = np.maximum(self.tower.there.spread, 1e-6)
        return StyleSpace(self.tower.back.offset, spread, self.release)


def open_world(home: Path, out: Path, n_songs: int, say: Callable[[str], None]) -> World:
    """Copy a home's database, load its release and its users' tastes, and see to the audio tower.

    Raises
    ------
    SystemExit
        It holds no release, or too few users.
    """
    name = current_name(home / "releases")
    if name is None:
        raise SystemExit(f"{home} holds no release: `songspace demo` makes one, --home names another")
    out.mkdir(parents=True, exist_ok=True)
    _copy_database(home, out)
    engine = make_engine(f"sqlite:///{out / 'songspace.db'}")
    upgrade(engine)
    factory = make_session_factory(engine)
    release = load_release(home / "releases", name)
    tower = release.audio
    if tower is None:
        tower = _fit_tower(factory, release, out, n_songs, say)
        release = replace(release, parts=replace(release.parts, audio=tower))
    with factory() as session:
        heard = listens_repository.count_by_user(session)
        users = sorted(user for user, count in heard.items() if count >= _FEWEST_LISTENS)
        tastes = [user_taste(session, release, user)[0].overall for user in users]
        named = users_repository.name_users(session, users)
    engine.dispose()
    kept = [row for row, taste in enumerate(tastes) if taste.any()]
    if len(kept) < 3:
        raise SystemExit(f"{home} has {len(kept)} users with {_FEWEST_LISTENS} listens: three are needed")
    ids = tuple(users[row] for row in kept)
    return World(
        release, tower, ids, tuple(named[user] for user in ids), np.stack([tastes[row] for row in kept])
    )


def _copy_database(home: Path, out: Path) -> None:
    for part in ("", "-wal", "-shm"):
        source, target = home / f"songspace.db{part}", out / f"songspace.db{part}"
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)


def _fit_tower(
    factory: SessionFactory, release: Release, out: Path, n_songs: int, say: Callable[[str], None]
) -> AudioTower:
    """The tower, from songs of the sample world that are composed and heard here: all artists alike."""
    songs = release.parts.songs.iloc[: release.n_songs]
    turn = songs.groupby(ARTIST_ID).cumcount().to_numpy()
    rows = np.sort(np.argsort(turn, kind="stable")[:n_songs])
    with factory() as session:
        tags = tags_repository.tags_of(session, release.song_ids[rows].tolist())
        facts = placements_repository.song_facts(session, release.song_ids[rows].tolist())
    assert len(facts) == len(rows)
    known = _kept_sounds(out / "sounds.npz")
    encoder: StyleEncoder | None = None
    for number, (title, artist, song) in enumerate(
        zip(facts[TITLE], facts[ARTIST], release.song_ids[rows].tolist(), strict=True), start=1
    ):
        if song in known:
            continue
        encoder = encoder or StyleEncoder(threads=1)
        known[song] = _sound(encoder, title, artist, tags.get(song, {}))
        if number % 10 == 0 or number == len(rows):
            np.savez(
                out / "sounds.npz", songs=np.array(list(known)), embeddings=np.stack(list(known.values()))
            )
            say(f"{number} of {len(rows)} songs composed and heard")
    embeddings = np.stack([known[song] for song in release.song_ids[rows].tolist()])
    artists = songs[ARTIST_ID].to_numpy(np.int64)[rows]
    rng = np.random.default_rng(1)
    tower = fit_audio_tower(embeddings, release.vectors[rows], artists, rng, version=VERSION)
    if tower is None:
        raise SystemExit(f"{len(rows)} songs are too few for an audio tower: --songs 60 or more")
    return tower


def _kept_sounds(path: Path) -> dict[int, np.ndarray]:
    if not path.is_file():
        return {}
    with np.load(path) as a:
        return dict(zip(a["songs"].tolist(), a["embeddings"], strict=True))


def _sound(encoder: StyleEncoder, title: str, artist: str, scores: Mapping[str, float]) -> np.ndarray:
    from generation.studio.render import render

    piece = compose_song(title, artist, dict(scores))
    start = float(int(_STARTS_AT * piece.score.n_beats))
    rendered = render(
        piece.score, sample_rate=_RATE, genres=piece.genres, start_beat=start, n_seconds=_SECONDS
    )
    return embedding(encoder, rendered.waveform.mean(axis=1), _RATE)


def embedding(encoder: StyleEncoder, waveform: np.ndarray, sample_rate: int) -> np.ndarray:
    """Where a mono waveform lies in the style space."""
    import soxr

    heard = soxr.resample(waveform.astype(np.float32), sample_rate, style_encoder.SAMPLE_RATE)
    return encoder.embed(heard)


def make_tracks(
    styles: np.ndarray, given: argparse.Namespace, folder: Path, say: Callable[[str], None]
) -> np.ndarray:
    """Make a track for each style, unless it is there, and embed it; shape (n, 200)."""
    import soundfile
    import torch

    from generation.audio.request import Request
    from generation.audio.soundness import UnsoundError
    from generation.audio_files import write_audio

    torch.set_num_threads(given.threads)
    folder.mkdir(parents=True, exist_ok=True)
    encoder, pipe, found = StyleEncoder(threads=1), None, []
    for number, style in enumerate(styles):
        path = folder / f"{number:03d}.flac"
        for attempt in range(5):
            if path.exists():
                break
            pipe = pipe or load_generator(given.weights)
            request = Request(
                prompt=given.prompt,
                seconds=given.seconds,
                seed=given.seed + number + 10_000 * attempt,
                style=style,
                style_guidance=given.style_guidance,
                num_inference_steps=given.steps,
            )
            try:
                track = pipe.generate(request).tracks[0]
            except UnsoundError:
                continue
            write_audio(path, track.waveform, track.sample_rate)
        if not path.exists():
            raise SystemExit(f"track {number} came out as no music five times")
        waveform, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
        found.append(embedding(encoder, waveform.mean(axis=1), sample_rate))
        say(f"{number + 1} of {len(styles)} tracks made and heard")
    return np.stack(found)


def table(
    rows: Mapping[str, np.ndarray], chosen: np.ndarray, tastes: np.ndarray, seed: int
) -> dict[str, dict[str, OwnRank]]:
    """The mean ranks of each row of places: among the chosen users and among all, plain and centred."""
    found: dict[str, dict[str, OwnRank]] = {}
    for name, places in rows.items():
        owners = chosen if name != "tracks of another user" else np.roll(chosen, 1)
        few = {int(user): at for at, user in enumerate(chosen)}
        among = np.array([few[int(user)] for user in owners])
        middle, of_tastes = places.mean(0), tastes.mean(0)
        plain = (places, tastes)
        bare = (centred(places, middle), centred(tastes, of_tastes))
        found[name] = {}
        for kind, (where, who) in (("plain", plain), ("centred", bare)):
            for group, all_tastes, own in (("chosen", who[chosen], among), ("all", who, owners)):
                rng = np.random.default_rng(seed)
                found[name][f"{kind}, {group}"] = measure_own_rank(where, all_tastes, own, rng)
    return found


def print_table(found: Mapping[str, Mapping[str, OwnRank]], report: Report) -> None:
    """Print one line a row and a way of counting."""
    report.line("| places of | counted | mean rank of the right user | of | by chance | first |")
    report.line("|---|---|---|---|---|---|")
    for name, ways in found.items():
        for way, one in ways.items():
            rank = f"{one.rank.mean:.2f} ({one.rank.low:.2f}-{one.rank.high:.2f})"
            first = f"{one.first:.0%} (chance {one.first_by_chance:.0%})"
            report.line(f"| {name} | {way} | {rank} | {one.n_owners} | {one.chance:.1f} | {first} |")


def _document(found: Mapping[str, Mapping[str, OwnRank]]) -> dict[str, Any]:
    return {name: {way: asdict(one) for way, one in ways.items()} for name, ways in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and write it as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--home", type=Path, default=Path("var/demo"), help="with a release and listeners")
    parser.add_argument("--weights", type=Path, help="folder of a generator; by default the one that ships")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--songs", type=int, default=120, help="to compose where there is no audio tower")
    parser.add_argument("--strength", type=float, default=1.0, help="as --taste-strength")
    parser.add_argument("--style-guidance", type=float)
    parser.add_argument("--prompt", help="words beside the taste; none by default")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("var/bench-taste"))
    parser.add_argument("--no-docs", action="store_true", help="print only")
    parser.add_argument("--ceiling", action="store_true", help="make no tracks: the styles alone")
    given = parser.parse_args(arguments)
    started = time.perf_counter()

    def say(text: str) -> None:
        print(f"{time.perf_counter() - started:6.0f} s  {text}", flush=True)

    world = open_world(given.home, given.out, given.songs, say)
    rng = np.random.default_rng(given.seed)
    chosen = np.sort(rng.permutation(len(world.users))[: given.users])
    space = world.space
    styles = np.stack([space.style(space.of_place(world.tastes[row], given.strength)) for row in chosen])
    rows = {"the styles themselves": world.tower.to_song(styles)}
    if not given.ceiling:
        made = make_tracks(styles, given, given.out / load_generator(given.weights).fingerprint()[:12], say)
        rows["tracks"] = world.tower.to_song(made)
        rows["tracks of another user"] = rows["tracks"]
    found = table(rows, chosen, world.tastes, given.seed)
    report = Report("create.md", "taste", writes=not (given.no_docs or given.ceiling))
    home = f"{len(world.users)} users, a release of {world.release.n_songs} songs"
    of = f"strength {given.strength:g}, tracks of {given.seconds:g} s"
    weights = "" if given.ceiling else f", weights {load_generator(given.weights).fingerprint()[:12]}"
    report.line(f"{len(chosen)} of {home}; {of}{weights}\n")
    print_table(found, report)
    report.done()
    fit = asdict(world.tower.fit)
    said = {key: str(value) if isinstance(value, Path) else value for key, value in vars(given).items()}
    document = {"given": said, "tower": fit, "rows": _document(found)}
    (given.out / "taste.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    say(f"written to {given.out / 'taste.json'}")


if __name__ == "__main__":
    main()
