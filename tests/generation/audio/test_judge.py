"""A judge of made-up sounds: what was asked for comes first, and a folder of something else is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from generation.audio.checks import Examiner, best_first, said, wish_of
from generation.audio.edit.edits import Blend
from generation.audio.judge import KIND, Judge, Wish, save_judge
from generation.audio.request import Generation, Request, Track
from generation.checkpoint import CheckpointError, save_checkpoint
from generation.studio.piece import GENRES
from pipelines.judge_report import JudgeReport
from tests.tiny_judge import TinyText, example, train_tiny_judge


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, JudgeReport]:
    folder = tmp_path_factory.mktemp("judge")
    return folder, train_tiny_judge(folder)


@pytest.fixture(scope="module")
def judge(trained: tuple[Path, JudgeReport]) -> Judge:
    return Judge(trained[0], text_encoder=TinyText())  # type: ignore[arg-type]


def test_words_fit_their_own_sound_best(judge: Judge) -> None:
    sounds = [example(song).sound for song in range(300, 304)]
    for number, sound in enumerate(sounds):
        wish = Wish(f"{GENRES[number]} with {example(300 + number).facts.lead}")
        scores = [judge.judge(one, wish).score for one in sounds]
        assert int(np.argmax(scores)) == number
        assert judge.judge(sound, wish).words > 0  # type: ignore[operator]


def test_a_score_is_the_sum_of_its_parts(judge: Judge) -> None:
    verdict = judge.judge(example(301).sound, Wish("jazz", 100.0, 1, "minor", GENRES[1]))
    parts = (verdict.words, verdict.tempo, verdict.key, verdict.genre, verdict.soundness)
    assert verdict.score == pytest.approx(sum(part for part in parts if part is not None))
    assert None not in parts


def test_what_was_not_asked_does_not_count(judge: Judge) -> None:
    verdict = judge.judge(example(301).sound, Wish())
    assert (verdict.words, verdict.tempo, verdict.key, verdict.genre) == (None, None, None, None)
    assert verdict.score == verdict.soundness <= 0


def test_a_right_key_and_tempo_speak_for_a_take_and_wrong_ones_against(judge: Judge) -> None:
    one = example(302)
    right = judge.judge(one.sound, Wish(None, one.facts.tempo_bpm, one.facts.tonic, one.facts.mode))
    wrong = judge.judge(one.sound, Wish(None, one.facts.tempo_bpm * 1.3, 1, "major"))
    assert right.tempo > 0 > wrong.tempo  # type: ignore[operator]
    assert right.key > 0 > wrong.key  # type: ignore[operator]
    assert judge.key(one.sound) == "D major"


def test_what_is_far_from_all_music_is_unsound(judge: Judge) -> None:
    sound = example(301).sound
    far = replace(sound, place=sound.place + 40)
    assert judge.judge(far, Wish()).soundness < judge.judge(sound, Wish()).soundness
    assert judge.tags(far).is_strange


def test_held_out_songs_are_heard_far_above_chance(trained: tuple[Path, JudgeReport]) -> None:
    rows = {one.what: one for one in trained[1].rows}
    for what in ("genre, of one", "lead instrument", "a caption's clip among 8, by the score"):
        assert rows[what].judge.mean > 1.5 * rows[what].chance
    assert trained[1].test_songs == 48


def test_the_card_prints_chance_beside_every_figure(trained: tuple[Path, JudgeReport]) -> None:
    card = (trained[0] / "README.md").read_text()
    assert "| what | judge | librosa | chance | clips |" in card
    assert all(one.what in card for one in trained[1].rows)


def test_the_same_clips_and_seed_give_the_same_judge(
    trained: tuple[Path, JudgeReport], tmp_path: Path
) -> None:
    assert train_tiny_judge(tmp_path).sha256 == trained[1].sha256


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no model"):
        Judge(tmp_path)
    save_checkpoint(tmp_path, kind=KIND, config={}, arrays={"mean": np.zeros(1)})
    with pytest.raises(CheckpointError, match="not one"):
        Judge(tmp_path)


def test_a_judge_without_its_arrays_is_not_saved(judge: Judge, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a judge needs scale"):
        save_judge(tmp_path, judge.config, {"mean": np.zeros(3)})


def test_flags_go_before_words_and_blends_leave_words_open() -> None:
    request = Request("jazz at 100 bpm in D minor", tempo_bpm=120.0)
    assert wish_of(request) == Wish("jazz at 100 bpm in D minor", 120.0, 2, "minor")
    assert wish_of(Request("jazz", key="Bb", genre="rock")) == Wish("jazz", None, 10, "major", "rock")
    assert wish_of(replace(request, blend=Blend("techno", 0.5))).words is None


def track(seed: int, score: float, *, is_copy: bool = False) -> Track:
    memorisation = {"is_copy": is_copy, "mel_item": 4, "mel_similarity": 0.5}
    checks = {"judge": {"score": score}, "memorisation": memorisation}
    return Track(np.zeros(4, np.float32), 22_050, seed, checks=checks)


def test_the_best_take_comes_first_and_a_copy_last() -> None:
    takes = [track(1, 0.5), track(2, 3.0, is_copy=True), track(3, 2.0)]
    assert best_first(takes) == [2, 0, 1]
    assert said(takes[1].checks) == "score 3.00, A COPY of training clip 4 (0.50)"
    assert best_first([Track(np.zeros(4, np.float32), 22_050, n) for n in range(3)]) == [0, 1, 2]


def test_what_cannot_be_asked_is_named() -> None:
    made = Generation((track(1, 0.0),), Request("jazz"), "songspace", "0", 1)
    checked = Examiner(missing={"judge": "there is none"}).check(made)
    assert checked.tracks[0].checks == {"missing": {"judge": "there is none"}}
