"""Where a training goes on after a stop, and that every record is that of its epoch, whenever it was stopped."""

from __future__ import annotations

import functools
import math
import multiprocessing
import multiprocessing.context
import os
import random
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from weightreel import Recorder, Store, WeightreelError
from weightreel.analysis.store.check.faults import check

DOCS = Path(__file__).parents[2] / "docs" / "recorder.md"
EPOCHS = 10
SIX_LINES = re.search(r"```python\n(start = .*?)```", DOCS.read_text(encoding="utf-8"), re.S)


def value_at(epoch: int) -> float:
    """What all weights of `Counted` are after so many epochs."""
    return 1 + epoch / 8


class Counted(nn.Sequential):
    """A network whose weights tell how many epochs it was trained for."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(4, 3, bias=False))
        self.set(0)

    def set(self, epoch: int) -> None:
        self.trained = epoch
        with torch.no_grad():
            self[0].weight.fill_(value_at(epoch))
            self[0].weight[0, 0] += 1


def loss_at(epoch: int) -> float:
    return 1 / epoch


def records_of(path: Path) -> dict[int, float]:
    """Losses by epoch of a store that is clean and whose every record is that of its epoch."""
    assert check(path) == []
    with Store(path) as store:
        (run,) = store.select()
        np.testing.assert_allclose(
            run.layer("0")["weight/minimum"], [value_at(e) for e in run.epochs], err_msg=path.name
        )
        assert run.layer("0")["weight/sample"].shape[0] == len(run.epochs)
        losses = run["train/loss"] if run.has("train/loss") else np.full(len(run.epochs), np.nan)
        for epoch, loss in zip(run.epochs, losses, strict=True):
            assert math.isnan(loss) or loss == np.float32(loss_at(epoch)), epoch
        return dict(zip(map(int, run.epochs), map(float, losses), strict=True))


def train_and_die(folder: Path, cadence: int) -> None:
    """The six lines of the docs, with a training whose weights and losses are known."""
    os.chdir(folder)
    assert SIX_LINES is not None

    def load(path: str, model: Counted) -> int:
        epoch = int(Path(path).read_text()) if Path(path).exists() else 0
        model.set(epoch)
        return epoch

    def train(model: Counted) -> float:
        model.set(model.trained + 1)
        return loss_at(model.trained)

    def save(path: str, model: Counted, epoch: int) -> None:
        assert epoch == model.trained
        if epoch % cadence == 0:
            Path("new").write_text(str(epoch))
            Path("new").replace(path)

    quick = functools.partial(Recorder, spectra=False)
    exec(SIX_LINES[1], {"Recorder": quick, "model": Counted(), "load": load, "train": train, "save": save})


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torch._dynamo", "weightreel.analysis.recording.recorder", __name__])
    return context


def killed(folder: Path, context: Any, cadence: int, kills: int, moments: random.Random, duration: float) -> None:
    """Kill the six lines so often, look at what they left, and let them end."""
    store = folder / "run.h5"
    for _ in range(kills):
        process = context.Process(target=train_and_die, args=(folder, cadence))
        process.start()
        process.join(moments.uniform(0.0, 1.0) * duration)
        if process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        if store.exists():
            found = records_of(store)
            assert list(found) == list(range(len(found)))
            done = folder / "checkpoint.pt"
            assert max(found) >= (int(done.read_text()) if done.exists() else 0)
    process = context.Process(target=train_and_die, args=(folder, cadence))
    process.start()
    process.join()
    assert process.exitcode == 0
    found = records_of(store)
    assert list(found) == list(range(EPOCHS + 1)) and np.isfinite([*found.values()][1:]).all()
    assert not (folder / "run.parts").exists()


def kill_often(folder: Path, context: Any, kills: int, each: int) -> None:
    folder.mkdir()
    process = context.Process(target=train_and_die, args=(folder, 1))  # the first waits for the imports
    process.start()
    process.join()
    assert process.exitcode == 0
    moments = random.Random(kills)
    for n in range(kills // each):
        (own := folder / str(n)).mkdir()
        killed(own, context, (5, 1)[n % 2], each, moments, duration=0.8)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_six_lines_of_the_docs_resume_rightly(tmp_path: Path) -> None:
    kill_often(tmp_path / "kills", multiprocessing.get_context("fork"), 5, 5)


@pytest.mark.slow
def test_six_lines_of_the_docs_resume_rightly_killed_at_fifty_moments(tmp_path: Path, processes: Any) -> None:
    kill_often(tmp_path / "kills", processes, 50, 5)


def recorded(path: Path, until: int, model: Counted, **options: Any) -> None:
    """A store that was stopped after so many epochs."""
    with pytest.raises(KeyboardInterrupt), Recorder(path, model, spectra=False, **options) as rec:
        for epoch in range(1, until + 1):
            model.set(epoch)
            rec.epoch(loss=loss_at(epoch), **{"grad/x": epoch})
        raise KeyboardInterrupt


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


class TestResume:
    def go_on(self, path: Path, epochs: range, told: bool = True, **options: Any) -> None:
        model = Counted()
        model.set(epochs[0] - 1)
        with Recorder(path, model, spectra=False, resume=True, **options) as rec:
            for epoch in epochs:
                model.set(epoch)
                rec.epoch(**({"epoch": epoch} if told else {}), loss=loss_at(epoch))

    @pytest.mark.parametrize("options", [{}, {"epoch": 5}], ids=["at-the-first-call", "when-opened"])
    def test_records_beyond_are_dropped(self, path: Path, options: dict[str, int], capsys: Any) -> None:
        recorded(path, 8, Counted())
        self.go_on(path, range(6, 8), **options)
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5, 6, 7]
        assert "epochs 6 to 8" in " ".join(capsys.readouterr().err.split())
        with Store(path) as store:
            np.testing.assert_array_equal(store.select()[0].metric("grad/x")[-3:], np.float32([5, np.nan, np.nan]))

    def test_they_are_gone_from_the_store_at_once(self, path: Path) -> None:
        recorded(path, 8, Counted())
        model = Counted()
        model.set(5)
        with Recorder(path, model, spectra=False, resume=True, epoch=5) as rec:
            assert rec.last_epoch == 5
            assert list(records_of(path)) == [0, 1, 2, 3, 4, 5]

    @pytest.mark.parametrize("options", [{}, {"epoch": 8}], ids=["at-the-first-call", "when-opened"])
    def test_a_gap_is_refused_and_nothing_lost(self, path: Path, options: dict[str, int]) -> None:
        recorded(path, 5, Counted())
        with pytest.raises(WeightreelError, match=r"epochs 6 to [78] would be missing.*gap=\"keep\""):
            self.go_on(path, range(9, 11), **options)
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5]
        self.go_on(path, range(6, 8))
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5, 6, 7]

    def test_a_gap_is_kept(self, path: Path) -> None:
        recorded(path, 5, Counted())
        self.go_on(path, range(9, 11), gap="keep")
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5, 9, 10]

    def test_the_network_is_recorded_where_it_stands(self, path: Path) -> None:
        """The checkpoint of epoch 6 was safe, its record was not."""
        recorded(path, 5, Counted())
        self.go_on(path, range(7, 9), epoch=6)
        found = records_of(path)
        assert list(found) == list(range(9)) and math.isnan(found[6]) and not math.isnan(found[7])

    def test_not_told_it_goes_on_after_the_record_of_the_same_weights(self, path: Path) -> None:
        recorded(path, 8, Counted())
        self.go_on(path, range(6, 8), told=False)
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5, 6, 7]

    def test_not_told_and_of_no_record_it_is_refused(self, path: Path) -> None:
        recorded(path, 5, Counted())
        with pytest.raises(WeightreelError, match=r"nothing tells whether the training goes on from there.*epoch=…"):
            self.go_on(path, range(9, 11), told=False)
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5]

    def test_nothing_there_and_a_checkpoint(self, path: Path) -> None:
        with pytest.raises(WeightreelError, match="has no record, and the training goes on at epoch 6"):
            self.go_on(path, range(6, 8))
        assert not path.exists()
        self.go_on(path, range(6, 8), gap="keep")
        assert list(records_of(path)) == [6, 7]

    def test_begun_again_from_the_start(self, path: Path) -> None:
        recorded(path, 5, Counted())
        self.go_on(path, range(1, 3), epoch=0)
        assert list(records_of(path)) == [0, 1, 2]

    def test_steps(self, path: Path) -> None:
        model = Counted()
        with pytest.raises(KeyboardInterrupt), Recorder(path, model, spectra=False, every=10) as rec:
            for step in range(1, 56):
                model.set(step)
                rec.step(loss=loss_at(step))
            raise KeyboardInterrupt
        for first, sentence in ((71, "steps 60 to 70 would be missing"), (33, "")):
            with Recorder(path, model, spectra=False, every=10, resume=True) as rec:
                if sentence:
                    with pytest.raises(WeightreelError, match=sentence):
                        rec.step(step=first)
                else:
                    for step in range(first, 42):
                        model.set(step)
                        rec.step(step=step, loss=loss_at(step))
                rec.flush()
                assert rec.last_step == (50 if sentence else 40)
                if sentence:
                    rec.__exit__(KeyboardInterrupt, None, None)
        with Store(path) as store:
            run = store.select()[0]
            np.testing.assert_array_equal(run.epochs, [0, 10, 20, 30, 40])
            np.testing.assert_allclose(run.layer("0")["weight/minimum"], [value_at(step) for step in run.epochs])

    def test_what_is_complete_stays(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Recorder(path, model := Counted(), spectra=False) as rec:
            for epoch in range(1, 4):
                model.set(epoch)
                rec.epoch(loss=loss_at(epoch))
        before = path.read_bytes()
        self.go_on(path, range(3, 4), epoch=2)
        assert "complete; nothing more is recorded" in " ".join(capsys.readouterr().err.split())
        with pytest.raises(WeightreelError, match="complete up to epoch 3; what goes on after it is another run"):
            self.go_on(path, range(4, 5))
        assert path.read_bytes() == before

    def test_the_files_to_go_on_with_are_gone(self, path: Path) -> None:
        recorded(path, 3, Counted())
        for file in (path.parent / "run.parts").rglob("*.*"):
            file.unlink()
        for resume in (True, False):
            with pytest.raises(WeightreelError, match="4 records of the unfinished run"):
                Recorder(path, Counted(), resume=resume).__enter__()


class TestCalls:
    def test_epoch_0_is_the_initialisation(self, path: Path) -> None:
        with (
            pytest.raises(WeightreelError, match=r"epoch=0 at the first call.*epoch \+ 1"),
            Recorder(path, Counted()) as rec,
        ):
            rec.epoch(epoch=0)

    @pytest.mark.parametrize("epoch", ["six", -1, 1.5, math.nan, 2**40])
    def test_what_counts_nothing(self, epoch: Any, path: Path) -> None:
        with pytest.raises(WeightreelError, match="is no count of epochs"), Recorder(path, Counted()) as rec:
            rec.epoch(epoch=epoch)
        with pytest.raises(WeightreelError, match="is no count"):
            Recorder(path, Counted(), epoch=epoch)

    def test_later_it_is_told_and_counted_on(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Recorder(path, model := Counted(), spectra=False) as rec:
            for epoch, given in ((1, np.int64(1)), (2, "two"), (3, torch.tensor(3))):
                model.set(epoch)
                rec.epoch(epoch=given, loss=loss_at(epoch))
        assert list(records_of(path)) == [0, 1, 2, 3]
        assert "epoch='two' is no count" in capsys.readouterr().err

    def test_back_within_one_training(self, path: Path) -> None:
        with Recorder(path, model := Counted(), spectra=False) as rec:
            for epoch in (1, 2, 3, 4, 3, 4, 5):
                model.set(epoch)
                rec.epoch(epoch=epoch, loss=loss_at(epoch))
        assert list(records_of(path)) == [0, 1, 2, 3, 4, 5]

    def test_every_fifth(self, path: Path) -> None:
        with Recorder(path, model := Counted(), spectra=False, gap="keep") as rec:
            for epoch in (5, 10, 15):
                model.set(epoch)
                rec.epoch(epoch=epoch, loss=loss_at(epoch))
        assert list(records_of(path)) == [0, 5, 10, 15]

    def test_a_record_is_safe_when_the_next_call_returns(self, path: Path) -> None:
        with Recorder(path, model := Counted(), spectra=False) as rec:
            for epoch in range(1, 5):
                model.set(epoch)
                rec.epoch(loss=loss_at(epoch))
                assert (rec.last_epoch or 0) >= epoch - 1
                assert len(list((path.parent / "run.parts").rglob("epoch-*.npz"))) >= epoch
            rec.flush()
            assert rec.last_epoch == 4 and list(records_of(path)) == [0, 1, 2, 3, 4]

    def test_durable(self, path: Path) -> None:
        with Recorder(path, model := Counted(), spectra=False, durable=True) as rec:
            assert list(records_of(path)) == [0]
            model.set(1)
            rec.epoch(loss=loss_at(1))
            assert list(records_of(path)) == [0, 1]
