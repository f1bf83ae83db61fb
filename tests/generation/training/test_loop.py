"""The training loop on a small regression whose answers are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from generation.training import resume
from generation.training.averaging import Average, kept_share
from generation.training.curves import read_curves
from generation.training.hardware import Hardware
from generation.training.loop import DivergedError, Every, LoopConfig, Player, Trained, train
from generation.training.machine import Machine
from generation.training.optimiser import Optimiser
from generation.training.resume import ResumeError

CONFIG = LoopConfig(steps=12, warmup_steps=2, log_every=1, checkpoint_every=5)


def line(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def batch_at(number: int) -> dict[str, torch.Tensor]:
    x = torch.randn(16, 3, generator=torch.Generator().manual_seed(number))
    return {"x": x, "y": x.sum(1, keepdim=True)}


def player(module: nn.Module, **settings: Any) -> Player:
    def loss(batch: Mapping[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
        noise = torch.randn(batch["y"].shape, generator=generator)
        return {"loss": ((module(batch["x"]) - batch["y"] - 0.1 * noise) ** 2).mean()}

    return Player("line", module, loss, **{"learning_rate": 0.02, **settings})


def run(out: Path, config: LoopConfig = CONFIG, **settings: Any) -> Trained:
    return train([player(line())], batch_at, config, out=out, **settings)


def losses(trained: Trained) -> list[float]:
    return [row["line/loss"] for row in trained.losses]


def stop_after(step: int) -> Any:
    asked = iter(range(1, 1000))
    return lambda: next(asked) >= step


def test_the_loss_falls(tmp_path: Path) -> None:
    found = losses(run(tmp_path, LoopConfig(steps=200, warmup_steps=5, log_every=10)))
    assert found[-1] < 0.1 * found[0]


def test_a_run_that_goes_on_has_the_losses_of_one_that_never_stopped(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")
    first = run(tmp_path / "parts", stop=stop_after(7))
    rest = run(tmp_path / "parts", resume=True)
    assert (first.step, first.done, rest.done) == (7, False, True)
    assert losses(first) + losses(rest) == losses(whole)
    for mine, its in zip(
        rest.averages["line"].parameters(), whole.averages["line"].parameters(), strict=True
    ):
        assert torch.equal(mine, its)


def test_what_a_killed_run_did_behind_its_checkpoint_is_done_again(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole")

    def kill(step: int, models: Mapping[str, nn.Module]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed", callbacks=[Every(8, kill)])
    rest = run(tmp_path / "killed", resume=True)
    assert losses(rest) == losses(whole)[5:]
    assert [row["step"] for row in read_curves(tmp_path / "killed")] == list(range(1, 13))


def test_callbacks_leave_no_trace_in_the_losses(tmp_path: Path) -> None:
    def draw(step: int, models: Mapping[str, nn.Module]) -> dict[str, float]:
        return {"drawn": float(torch.rand(1))}

    with_calls = run(tmp_path / "a", callbacks=[Every(3, draw)])
    assert losses(with_calls) == losses(run(tmp_path / "b"))
    assert [row["step"] for row in read_curves(tmp_path / "a") if "drawn" in row] == [3, 6, 9, 12]


def test_two_batches_accumulated_are_one_of_twice_the_size() -> None:
    def whole(number: int) -> dict[str, torch.Tensor]:
        both = [batch_at(2 * number), batch_at(2 * number + 1)]
        return {name: torch.cat([one[name] for one in both]) for name in ("x", "y")}

    def without_noise(module: nn.Module) -> Player:
        return Player("line", module, lambda b, _: {"loss": ((module(b["x"]) - b["y"]) ** 2).mean()})

    models = [line(), line()]
    config = LoopConfig(steps=3, warmup_steps=0, accumulate=2)
    for model, at, accumulate in zip(models, (batch_at, whole), (2, 1), strict=True):
        machine = Machine([without_noise(model)], config, Hardware("cpu"), {})
        machine.config = LoopConfig(steps=3, warmup_steps=0, accumulate=accumulate)
        machine.update(0, iter([(n, at(n)) for n in range(accumulate)]))
    for mine, its in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(mine, its)


def test_the_average_is_the_weighted_sum_of_all_weights() -> None:
    module = nn.Linear(1, 1, bias=False)
    average, values = Average(module, gamma=2.0), [3.0, 5.0, 11.0]
    for update, value in enumerate(values, start=1):
        nn.init.constant_(module.weight, value)
        average.update(module, update)
    kept = [kept_share(update, 2.0) for update in (1, 2, 3)]
    expected = ((3.0 * kept[1] + 5.0 * (1 - kept[1])) * kept[2]) + 11.0 * (1 - kept[2])
    assert average.module(torch.ones(1)).item() == pytest.approx(expected)


def test_two_players_move_only_their_own_weights(tmp_path: Path) -> None:
    a, b = nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))
    left, right = nn.ParameterList([a]), nn.ParameterList([b])
    players = [
        Player("left", left, lambda batch, _: {"loss": (a * b).sum()}, weight_decay=0.0),
        Player("right", right, lambda batch, _: {"loss": -(a * b).sum()}, weight_decay=0.0),
    ]
    train(players, lambda n: {}, LoopConfig(steps=1, warmup_steps=0), out=tmp_path)
    assert a.detach() < 1 < b.detach()


@pytest.mark.parametrize(("step", "share"), [(0, 0.25), (2, 0.75), (3, 1.0), (53, 0.525), (103, 0.05)])
def test_the_rate_rises_and_falls_as_a_cosine(step: int, share: float) -> None:
    config = LoopConfig(steps=103, warmup_steps=3)
    assert config.rate_share(step) == pytest.approx(share)


def test_a_loss_that_is_no_number_ends_the_run_and_leaves_the_checkpoint(tmp_path: Path) -> None:
    def poisoned(number: int) -> dict[str, torch.Tensor]:
        batch = batch_at(number)
        return batch if number < 7 else {**batch, "y": batch["y"] * float("nan")}

    with pytest.raises(DivergedError, match="by step 8"):
        train([player(line())], poisoned, CONFIG, out=tmp_path)
    assert losses(run(tmp_path, resume=True)) == losses(run(tmp_path / "whole"))[5:]


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, stop=stop_after(4))
    before = (tmp_path / resume.STATE).read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("generation.training.resume.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        run(tmp_path, resume=True)
    assert (tmp_path / resume.STATE).read_bytes() == before
    assert not list(tmp_path.glob(".part-*"))


def test_minutes_end_a_run_with_a_checkpoint(tmp_path: Path) -> None:
    found = run(tmp_path, minutes=0.0)
    assert (found.step, found.done) == (1, False)
    assert run(tmp_path, resume=True).done


def test_another_run_is_not_gone_on_with(tmp_path: Path) -> None:
    run(tmp_path, run={"data": "a"})
    with pytest.raises(ResumeError, match="another data"):
        run(tmp_path, run={"data": "b"}, resume=True)
    with pytest.raises(ResumeError, match="no training run"):
        run(tmp_path / "nothing", resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run(tmp_path)
    (tmp_path / resume.STATE).write_bytes(b"PK")
    with pytest.raises(ResumeError, match="damaged"):
        run(tmp_path, resume=True)


def test_a_run_with_muon_learns_and_goes_on_exactly(tmp_path: Path) -> None:
    def muon() -> Player:
        return player(line(), orthogonal=frozenset({"0.weight"}))

    whole = train([muon()], batch_at, CONFIG, out=tmp_path / "whole")
    train([muon()], batch_at, CONFIG, out=tmp_path / "parts", stop=stop_after(7))
    rest = train([muon()], batch_at, CONFIG, out=tmp_path / "parts", resume=True)
    assert losses(rest) == losses(whole)[7:]
    assert losses(whole)[-1] < losses(whole)[0]


def test_muon_moves_matrices_alone() -> None:
    with pytest.raises(ValueError, match=r"0\.bias is none"):
        Optimiser(player(line(), orthogonal=frozenset({"0.bias"})))
