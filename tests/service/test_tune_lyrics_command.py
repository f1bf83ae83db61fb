"""`songspace train lyrics --stage reward|preference|reinforce`: from a taught model to a tuned one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from db.migrate import upgrade
from db.models import Preference
from db.session import make_engine, make_session_factory
from tests.tiny_answerer import tiny_answerer
from tests.tiny_songs import tiny_tokenizer

TOKENIZER = tiny_tokenizer()
SMALL = ("--steps", "2", "--prompts", "4", "--json")


def encode(texts: Sequence[str]) -> np.ndarray:
    vectors = np.array([[len(text) % 7, 1.0] for text in texts], float)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a taught model."""
    home = tmp_path_factory.mktemp("home")
    TOKENIZER.save(home / "lyrics" / "tokenizer.json")
    tiny_answerer(TOKENIZER, home / "lyrics" / "sft" / "transformer", steps=20)
    return home


@pytest.fixture
def tune(run: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("SONGSPACE_HOME", str(home))
    monkeypatch.setattr("pipelines.embeddings.cached_encoder", lambda _home: encode)
    return lambda stage, *more: run("train", "lyrics", "--stage", stage, *SMALL, *more)


def test_from_the_rubrics_rankings_to_a_reward_model_and_two_tuned_ones(tune: Any, home: Path) -> None:
    code, _, err = tune("reinforce")
    assert (code, "--stage reward" in err) == (1, True)
    code, out, err = tune("reward")
    assert code == 0, err
    found = json.loads(out)
    assert (found["n_people"], found["n_rubric"], found["step"], found["done"]) == (0, 3, 2, True)
    assert found["accuracy"] is None or 0 <= found["accuracy"] <= 1  # none where takes are equally good
    for stage in ("preference", "reinforce"):
        code, out, err = tune(stage)
        assert code == 0, err
        found = json.loads(out)
        assert found["nats_per_token"] is not None
        assert found["reward"] is not None
        assert (home / "lyrics" / stage / "transformer" / "model" / "config.json").is_file()
        assert tune(stage, "--resume")[0] == 0


def test_peoples_rankings_come_first(tune: Any, home: Path) -> None:
    engine = make_engine(f"sqlite:///{home / 'songspace.db'}")
    upgrade(engine)
    takes = ["Anna has a red hat\nAnna has a red cat", "sing with me\nunder the tree"]
    with make_session_factory(engine)() as session:
        for number in range(4):
            row = {"kind": "lyrics", "takes": takes, "ranking": [1, 0], "judge": "person"}
            session.add(Preference(prompt=f"sing of {number}", **row))
        session.commit()
    engine.dispose()
    code, out, err = tune("preference")
    assert code == 0, err
    assert (json.loads(out)["n_people"], json.loads(out)["n_rubric"]) == (3, 0)


def test_without_a_taught_model_teaching_is_pointed_to(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGSPACE_HOME", str(tmp_path))
    TOKENIZER.save(tmp_path / "lyrics" / "tokenizer.json")
    for stage in ("reward", "preference", "reinforce"):
        code, _, err = run("train", "lyrics", "--stage", stage)
        assert code == 1
        assert "--stage sft" in err
