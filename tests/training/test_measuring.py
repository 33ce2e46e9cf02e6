"""Measuring beside a training: in order, with few waiting, and with nothing lost when something goes wrong."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.recipe.recipe import Recipe, SpectraRecipe
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.training import measuring as measuring_process
from weightreel.analysis.training import run as worker
from weightreel.analysis.training.experiment import run_experiment
from weightreel.analysis.training.measuring import WAITING, Beside, Between, Measures, OnceItPays, measuring_of

LAYERS = (LayerInfo("0", 0, "linear", (60, 80)), LayerInfo("1", 1, "conv2d", (8, 4, 3, 3), (8, 8)))
MEASURES = Measures("cnn-s0", LAYERS, 8, SpectraRecipe(resamples=10), 1)


def state_of(epoch: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(epoch)
    return {f"{layer.name}.weight": rng.normal(size=layer.shape).astype(np.float32) for layer in LAYERS}


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def beside(told: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    monkeypatch.setattr(measuring_process, "PACE", 0.02)
    with Beside(MEASURES, told.append) as made:
        yield made


def test_few_wait_all_are_kept_in_order_and_equal_those_measured_in_between(beside: Beside, told: list[str]) -> None:
    go_on = threading.Event()
    given: list[int] = []
    kept: list[tuple[int, dict[str, np.ndarray]]] = []

    def keep(epoch: int, found: dict[str, np.ndarray]) -> None:
        assert go_on.wait(60)
        kept.append((epoch, found))

    def give_all() -> None:
        for epoch in range(WAITING + 3):
            state = state_of(epoch)
            beside.give("epoch", f"measuring epoch {epoch}", state, lambda found, epoch=epoch: keep(epoch, found))
            given.append(epoch)

    giving = threading.Thread(target=give_all)
    giving.start()
    while len(told) < 3:  # the training is held
        time.sleep(0.01)
    assert given == list(range(WAITING + 1))  # one at work, and as many as may wait
    assert set(told) == {"measuring epoch 0"}
    go_on.set()
    giving.join()
    beside.give("goodness", "fitting resamples", state_of(0), lambda found: keep(-1, found))
    beside.wait()
    assert [epoch for epoch, _ in kept] == [*range(WAITING + 3), -1]
    for epoch, found in kept:
        expected = MEASURES.of("epoch" if epoch >= 0 else "goodness", state_of(max(epoch, 0)))
        assert found.keys() == expected.keys() and len(found)
        for key, value in found.items():
            np.testing.assert_array_equal(value, expected[key], key)


def test_a_failure_in_the_process_is_one_sentence_and_what_was_before_is_kept(beside: Beside) -> None:
    kept: list[int] = []
    beside.give("epoch", "measuring epoch 0", state_of(0), lambda _: kept.append(0))
    beside.give("epoch", "measuring epoch 1", {"0.weight": state_of(1)["0.weight"]}, lambda _: kept.append(1))
    with pytest.raises(
        WeightreelError, match=r"^measuring epoch 1 of cnn-s0 failed \(KeyError: '1.weight'\)"
    ) as caught:
        beside.wait()
    assert "--resume" in str(caught.value) and "\n" not in str(caught.value)
    assert "Traceback" in str(caught.value.__cause__)
    with pytest.raises(WeightreelError, match="measuring epoch 1"):  # no later one is kept
        beside.give("epoch", "measuring epoch 2", state_of(2), lambda _: kept.append(2))
    assert kept == [0]


def test_a_process_that_dies_is_told(beside: Beside) -> None:
    kept: list[int] = []
    beside.give("epoch", "measuring epoch 0", state_of(0), lambda _: kept.append(0))
    beside.wait()
    os.kill(beside._process.pid or 0, signal.SIGKILL)
    beside.give("epoch", "measuring epoch 1", state_of(1), lambda _: kept.append(1))
    with pytest.raises(WeightreelError, match=r"measuring epoch 1 of cnn-s0 died \(exit code -9, .*--resume"):
        beside.wait()
    assert kept == [0]


@pytest.mark.parametrize(("error", "expected"), [(WeightreelError("it diverged"), [0, 1]), (KeyboardInterrupt(), [0])])
def test_what_waits_is_measured_after_a_failure_and_dropped_after_an_interrupt(
    error: BaseException, expected: list[int]
) -> None:
    kept: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def keep_first(_: dict[str, np.ndarray]) -> None:
        begun.set()
        assert go_on.wait(60)
        kept.append(0)

    with pytest.raises(type(error)), Beside(MEASURES, lambda _: None) as beside:
        beside.give("epoch", "measuring epoch 0", state_of(0), keep_first)
        beside.give("epoch", "measuring epoch 1", state_of(1), lambda _: kept.append(1))
        assert begun.wait(60)
        threading.Timer(0.2, go_on.set).start()
        raise error
    assert kept == expected
    assert not beside._process.is_alive() and not beside._thread.is_alive()


def test_a_training_on_all_its_cores_is_measured_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(device: str, cores: int, jobs: int) -> type[Any]:
        monkeypatch.setattr(measuring_process, "usable_cores", lambda: cores)
        return type(measuring_of(MEASURES, torch.device(device), jobs, 50, lambda _: None))

    class Started:
        def __init__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(measuring_process, "Beside", Started)
    assert chosen("cpu", cores=1, jobs=1) is Between
    assert chosen("cpu", cores=2, jobs=2) is Between
    assert chosen("cpu", cores=2, jobs=1) is OnceItPays
    assert chosen("cuda", cores=1, jobs=1) is Started


def test_a_process_is_started_only_where_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Started:
        def __init__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(measuring_process, "Beside", Started)

    def after_one(epochs: int, seconds: float) -> Any:
        measuring = OnceItPays(MEASURES, lambda _: None, epochs)
        monkeypatch.setattr(measuring_process, "STARTING", 15.0)
        measuring.give("epoch", "", state_of(0), lambda _: time.sleep(seconds))
        return measuring._own

    assert isinstance(after_one(epochs=3, seconds=0.1), Between)
    assert isinstance(after_one(epochs=1000, seconds=0.1), Started)


@pytest.fixture
def forced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest training, too, is measured beside."""
    monkeypatch.setattr(measuring_process, "STARTING", 0.0)
    monkeypatch.setattr(measuring_process, "usable_cores", lambda: 64)


RECIPE = {"models": ["cnn"], "training": {"epochs": 3}}


@pytest.fixture(scope="module")
def between(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("between") / "tiny.h5"
    run_experiment(tiny_recipe(**RECIPE), path, Silent())
    return path


@pytest.mark.usefixtures("forced")
def test_the_store_is_that_of_a_training_measured_in_between(
    between: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = beside_gives(monkeypatch)
    watcher, path = Silent(), tmp_path / "beside.h5"
    run_experiment(tiny_recipe(**RECIPE), path, watcher)
    assert given == ["measuring epoch 1", "measuring epoch 2", "measuring epoch 3", "fitting resamples of epoch 3"]
    assert same(between, path) == [] and check(path) == []
    assert watcher.epochs == [("cnn-s0", epoch) for epoch in range(4)]


def beside_gives(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is measured in the process, from now on."""
    given: list[str] = []
    real = Beside.give

    def noting(self: Beside, part: Any, name: str, state: Any, keep: Any) -> None:
        given.append(name)
        real(self, part, name, state, keep)

    monkeypatch.setattr(Beside, "give", noting)
    return given


@pytest.mark.usefixtures("forced")
def test_it_resumes_to_the_same_store_when_killed_before_what_waits_is_kept(
    between: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training is ahead: the checkpoint on the disk is not of its last epoch, but of the last that was kept."""
    path, recipe = tmp_path / "killed.h5", tiny_recipe(**RECIPE)
    real, reached, last = worker.train_epoch, threading.Event(), threading.Event()

    class Killed(BaseException):
        pass

    def training(*arguments: Any, **named: Any) -> float:
        trained.append(0)
        if len(trained) == 3:
            assert reached.wait(120)
            last.set()
            raise Killed
        return real(*arguments, **named)

    def keeping(target: Path, arrays: dict[str, np.ndarray]) -> None:
        if target.name == "epoch-000002.npz":
            reached.set()
            assert last.wait(120)
            raise Killed
        save(target, arrays)

    trained: list[int] = []
    save = worker.save_arrays
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(worker, "train_epoch", training)
        patch.setattr(worker, "save_arrays", keeping)
        run_experiment(recipe, path, Silent())
    folder = ExperimentFiles(path).run("cnn-s0")
    assert torch.load(folder.checkpoint, weights_only=True)["epoch"] == 1
    assert len(folder.recorded()) == 2
    run_experiment(recipe, path, Silent(), resume=True)
    assert same(between, path) == []


@pytest.mark.usefixtures("forced")
def test_a_full_disk_beside_the_training_is_told_and_loses_nothing(
    between: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, recipe = tmp_path / "full.h5", tiny_recipe(**RECIPE)
    save = worker.save_arrays

    def full(target: Path, arrays: dict[str, np.ndarray]) -> None:
        if target.name == "epoch-000002.npz":
            raise WeightreelError("No space left on device")
        save(target, arrays)

    with monkeypatch.context() as patch, pytest.raises(WeightreelError, match="No space left"):
        patch.setattr(worker, "save_arrays", full)
        run_experiment(recipe, path, Silent())
    assert len(ExperimentFiles(path).run("cnn-s0").recorded()) == 2
    run_experiment(recipe, path, Silent(), resume=True)
    assert same(between, path) == []


@pytest.mark.usefixtures("forced")
def test_attacks_on_a_network_that_no_checkpoint_vouches_for_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed with other threads the last epochs may end elsewhere."""
    path, save, attacked = tmp_path / "killed.h5", worker.save_arrays, threading.Event()
    folder = ExperimentFiles(path).run("cnn-s0")
    kept: list[list[str]] = []

    class Killed(BaseException):
        pass

    def keeping(target: Path, arrays: dict[str, np.ndarray]) -> None:
        if target.name == "epoch-000003.npz":
            assert attacked.wait(120)
        save(target, arrays)

    def second(*_: Any) -> dict[str, np.ndarray]:
        kept.append(sorted(path.name for path in folder.path.glob("final*")))
        attacked.set()
        raise Killed

    monkeypatch.setattr(worker.Attacks, "final", lambda _: {"first": lambda *_: {"a": np.ones(1)}, "second": second})
    monkeypatch.setattr(worker, "save_arrays", keeping)
    with pytest.raises(Killed):
        run_experiment(tiny_recipe(**RECIPE), path, Silent())
    assert kept == [[]]


@pytest.mark.usefixtures("forced")
def test_a_rule_that_may_end_the_training_sees_each_epoch_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, seen = beside_gives(monkeypatch), []

    def rule(_: str, records: list[dict[str, np.ndarray]]) -> bool:
        seen.append(len(records))
        assert all(any("/spectrum/" in key for key in record) for record in records)
        return len(records) == 3

    monkeypatch.setattr(worker, "stops", rule)
    recipe: Recipe = tiny_recipe(models=["cnn"], training={"epochs": 5, "stop": "spectral"})
    run_experiment(recipe, tmp_path / "stopped.h5", Silent())
    assert seen == [1, 2, 3] and given == []
