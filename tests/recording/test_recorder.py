"""`Recorder`: any network, watched while other code trains it."""

from __future__ import annotations

import copy
import errno
import math
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from weightreel import Recorder, WeightreelError
from weightreel.analysis.findings.spectra import layers_with_spectra, main_layer
from weightreel.analysis.findings.spectral.randomness import few_eigenvalues
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.networks.wrappers import unwrapped
from weightreel.analysis.plain_text import visible
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 60))


def trained(model: nn.Module, step: float = 0.01) -> None:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += step * torch.randn_like(parameter)


class TestLoop:
    def test_five_lines_make_a_store_that_is_clean(self, tmp_path: Path) -> None:
        model = network()
        with Recorder(tmp_path / "run.h5", model, title="Mine", dataset="some images") as rec:
            for epoch in range(3):
                trained(model)
                rec.epoch(loss=1.0 / (epoch + 1), accuracy=0.5, perplexity=torch.tensor(2.0))
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.run("mine-s0")
            assert run.complete and run.title == "Mine" and run.clock == "epoch"
            np.testing.assert_array_equal(run.epochs, [0, 1, 2, 3])
            np.testing.assert_allclose(run["train/loss"], [math.nan, 1, 0.5, 1 / 3], rtol=1e-6)
            np.testing.assert_array_equal(run["metrics/perplexity"], np.float32([math.nan, 2, 2, 2]))
            assert store.dataset.attributes["name"] == "some images"
            low, high = (run.layer("4")[f"spectrum/interval/alpha_{end}"] for end in ("low", "high"))
            assert np.isfinite(low).all() and (low < high).all()
            sample = run.layer("4")["weight/sample"]
            assert np.isin(sample[-1], model[4].weight.detach().numpy()).all()
            assert not np.isin(sample[0], model[4].weight.detach().numpy()).any()

    def test_what_is_recorded_is_what_was_there_at_the_time(self, tmp_path: Path) -> None:
        """The training goes on while a state is measured."""
        model, means = network(), []
        with Recorder(tmp_path / "run.h5", model) as rec:
            for _ in range(5):
                trained(model, 1.0)
                means.append(float(model[4].weight.detach().mean()))
                rec.epoch()
                with torch.no_grad():
                    model[4].weight.fill_(7)
        with Store(tmp_path / "run.h5") as store:
            np.testing.assert_allclose(store.select()[0].layer("4")["weight/mean"][1:], means, rtol=1e-4, atol=1e-7)

    def test_steps_are_counted(self, tmp_path: Path) -> None:
        model = network()
        with Recorder(tmp_path / "run.h5", model, every=4, spectra=False) as rec:
            for step in range(10):
                trained(model)
                rec.step(loss=step)
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert run.clock == "step"
            np.testing.assert_array_equal(run.epochs, [0, 4, 8])
            np.testing.assert_array_equal(run["train/loss"], np.float32([math.nan, 3, 7]))
        assert check(tmp_path / "run.h5") == []

    def test_spectra_at_every_other_record(self, tmp_path: Path) -> None:
        model = network()
        with Recorder(tmp_path / "run.h5", model, spectra=2) as rec:
            for _ in range(3):
                rec.epoch()
        with Store(tmp_path / "run.h5") as store:
            status = store.select()[0].layer("4")["spectrum/status"]
        assert list(status == 3) == [False, True, False, True]
        assert check(tmp_path / "run.h5") == []

    def test_an_exception_leaves_a_valid_store_that_can_be_resumed(self, tmp_path: Path) -> None:
        model = network()
        with pytest.raises(KeyboardInterrupt), Recorder(tmp_path / "run.h5", model) as rec:
            rec.epoch(loss=1)
            raise KeyboardInterrupt
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            assert not store.select()[0].complete
        with Recorder(tmp_path / "run.h5", model, resume=True) as rec:
            rec.epoch(loss=0.5)
        with Store(tmp_path / "run.h5") as store:
            np.testing.assert_array_equal(store.select()[0].epochs, [0, 1, 2])
        assert check(tmp_path / "run.h5") == []

    def test_two_seeds_in_one_store(self, tmp_path: Path) -> None:
        for seed in (0, 1):
            with Recorder(tmp_path / "run.h5", network(), seed=seed, spectra=False) as rec:
                rec.epoch()
        with Store(tmp_path / "run.h5") as store:
            assert list(store.runs) == ["sequential-s0", "sequential-s1"]

    def test_the_training_is_left_as_it_is(self, tmp_path: Path) -> None:
        model = nn.Sequential(parametrizations.spectral_norm(nn.Linear(30, 60)), nn.Dropout(), nn.BatchNorm1d(60))
        model.train()
        before = copy.deepcopy(model.state_dict())
        modes = [module.training for module in model.modules()]
        with Recorder(tmp_path / "run.h5", model, spectra=False) as rec:
            rec.epoch()
        assert [module.training for module in model.modules()] == modes
        for key, value in model.state_dict().items():
            assert torch.equal(value, before[key]), key


class TestArrays:
    def test_arrays_by_name_need_no_model(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        with Recorder(tmp_path / "run.h5", title="Arrays") as rec:
            for epoch in range(3):
                arrays = {"dense.weight": rng.normal(size=(60, 50)), "dense.bias": rng.normal(size=60)}
                rec.epoch(parameters=arrays, loss=1.0 / (epoch + 1))
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.run("arrays-s0")
            np.testing.assert_array_equal(run.epochs, [0, 1, 2])
            assert run.layer("dense").kind == "linear"
            np.testing.assert_allclose(run.layer("dense")["bias/mean"][-1], arrays["dense.bias"].mean(), rtol=1e-5)

    def test_none_given(self, tmp_path: Path) -> None:
        with pytest.raises(WeightreelError, match="needs parameters="), Recorder(tmp_path / "run.h5") as rec:
            rec.epoch(loss=1)

    def test_what_is_missing_later_is_told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        ones = np.ones((3, 4))
        with Recorder(tmp_path / "run.h5") as rec:
            rec.epoch(parameters={"a.weight": ones, "b.weight": torch.ones(3, 4, requires_grad=True)})
            for given in (
                {"b.weight": 2 * ones},
                {"a.weight": ones.T, "b.weight": 3 * ones},
                {"b.weight": "none"},
                None,
            ):
                rec.epoch(parameters=given)
        said = " ".join(capsys.readouterr().err.split())
        assert "from epoch 1 on not recorded: a, because parameters lack 'a.weight'" in said
        assert "epoch 4 is not recorded" in said and said.count("weightreel:") == 3
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            np.testing.assert_array_equal(run.epochs, [0, 1, 2, 3])
            np.testing.assert_array_equal(run.layer("a")["weight/mean"], np.float32([1, np.nan, np.nan, np.nan]))
            np.testing.assert_array_equal(run.layer("b")["weight/mean"], np.float32([1, 2, 3, np.nan]))
            assert run.skipped["a from epoch 1 on"].startswith("parameters lack")


class Conv1D(nn.Module):
    """As transformers' GPT-2 has it: weight (in, out)."""

    def __init__(self, nf: int, nx: int) -> None:
        super().__init__()
        self.nf = nf
        self.weight, self.bias = nn.Parameter(torch.randn(nx, nf)), nn.Parameter(torch.zeros(nf))


class Odd(nn.Module):
    """What cannot be analysed beside what can."""

    def __init__(self) -> None:
        super().__init__()
        self.good = nn.Linear(6, 5)
        self.lazy = nn.LazyLinear(4)
        self.complex = nn.Linear(3, 3, dtype=torch.complex64)
        self.meta = nn.Linear(3, 3, device="meta")
        self.empty = nn.Linear(0, 3)
        self.token = nn.Parameter(torch.zeros(1, 4))
        self.whole = nn.Parameter(torch.zeros(3, dtype=torch.int8), requires_grad=False)


def by_name(model: nn.Module) -> dict[str, tuple[str, tuple[int, ...]]]:
    return {layer.name: (layer.kind, layer.shape) for layer in LiveNetwork(model).layers}


class TestAnyNetwork:
    @pytest.mark.parametrize(
        ("module", "kind"),
        [
            (nn.Conv1d(4, 6, 3), "conv1d"), (nn.Conv3d(4, 6, 3), "conv3d"),
            (nn.ConvTranspose2d(4, 6, 3), "convtranspose2d"),
            (nn.Linear(4, 6), "linear"), (nn.Embedding(9, 4), "embedding"), (nn.LayerNorm(4), "layernorm"),
            (nn.RMSNorm(4), "rmsnorm"), (nn.GroupNorm(2, 4), "groupnorm"), (nn.BatchNorm3d(4), "batchnorm"),
            (nn.InstanceNorm2d(4, affine=True), "instancenorm"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )  # fmt: skip
    def test_kinds(self, module: nn.Module, kind: str) -> None:
        found = LiveNetwork(nn.ModuleDict({"layer": module}))
        assert [(layer.name, layer.kind) for layer in found.layers] == [("layer", kind)]
        assert found.skipped == {}
        np.testing.assert_array_equal(found.state()["layer.weight"], module.weight.detach().numpy())

    def test_attention_is_three_projections_and_one(self) -> None:
        attention = nn.MultiheadAttention(8, 2)
        found = LiveNetwork(nn.ModuleDict({"attn": attention}))
        assert [layer.name for layer in found.layers] == ["attn.q_proj", "attn.k_proj", "attn.v_proj", "attn.out_proj"]
        assert found.skipped == {}
        state = found.state()
        stacked = np.concatenate([state[f"attn.{part}.weight"] for part in ("q_proj", "k_proj", "v_proj")])
        np.testing.assert_array_equal(stacked, attention.in_proj_weight.detach().numpy())

    def test_attention_of_other_sizes(self) -> None:
        found = by_name(nn.ModuleDict({"attn": nn.MultiheadAttention(8, 2, kdim=5, vdim=3)}))
        assert found["attn.k_proj"] == ("linear", (8, 5)) and found["attn.v_proj"] == ("linear", (8, 3))

    def test_recurrent_networks(self) -> None:
        found = LiveNetwork(nn.ModuleDict({"lstm": nn.LSTM(4, 6, num_layers=2)}))
        assert [layer.name for layer in found.layers] == ["lstm.ih_l0", "lstm.hh_l0", "lstm.ih_l1", "lstm.hh_l1"]
        assert found.skipped == {} and found.state()["lstm.hh_l1.bias"].shape == (24,)

    def test_gpt2s_transposed_linear_layers(self) -> None:
        model = nn.ModuleDict({"c_attn": Conv1D(12, 4)})
        assert by_name(model) == {"c_attn": ("linear", (12, 4))}
        np.testing.assert_array_equal(
            LiveNetwork(model).state()["c_attn.weight"], model["c_attn"].weight.detach().numpy().T
        )

    def test_tied_weights_are_measured_once(self, tmp_path: Path) -> None:
        model = nn.Sequential(nn.Embedding(70, 60), nn.Linear(60, 70, bias=False))
        model[1].weight = model[0].weight
        with Recorder(tmp_path / "run.h5", model) as rec:
            rec.epoch()
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            layers = store.select()[0].layers
            assert layers["1"].attributes["tied"] == "0" and not layers["1"].has("weight")

    def test_a_tied_layer_keeps_its_own_bias(self, tmp_path: Path) -> None:
        model = nn.Sequential(nn.Linear(60, 70), nn.Linear(60, 70))
        model[1].weight = model[0].weight
        with Recorder(tmp_path / "run.h5", model) as rec:
            rec.epoch()
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            tied = run.layers["1"]
            assert tied.attributes["tied"] == "0" and not tied.has("weight") and not tied.has("spectrum")
            own = model[1].bias.detach().numpy()
            np.testing.assert_allclose(tied["bias/mean"][-1], own.mean(), rtol=1e-5)
            assert run["parameters/bias/counts"][-1].sum() == 2 * own.size
            assert run["parameters/weight/counts"][-1].sum() == 60 * 70

    def test_tables_have_spectra_and_stand_behind_the_layers_that_map(self, tmp_path: Path) -> None:
        model = nn.ModuleDict({"wte": nn.Embedding(90, 60), "segment": nn.Embedding(1, 60), "out": nn.Linear(60, 60)})
        with Recorder(tmp_path / "run.h5", model) as rec:
            rec.epoch()
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert [layer.name for layer in layers_with_spectra(run)] == ["wte", "segment", "out"]
            assert (chosen := main_layer(run)) is not None and chosen.name == "out"
            assert [few_eigenvalues(run.layer(name)) for name in ("wte", "segment", "out")] == [False, True, False]
            assert run["parameters/weight/counts"][-1].sum() == 60 * 60

    def test_effective_weights_are_recorded(self) -> None:
        model = nn.Sequential(
            parametrizations.spectral_norm(nn.Linear(30, 60)), parametrizations.weight_norm(nn.Linear(60, 5))
        )
        state = LiveNetwork(model.eval()).state()
        np.testing.assert_allclose(state["0.weight"], model[0].weight.detach().numpy(), rtol=1e-6)
        np.testing.assert_allclose(state["1.weight"], model[1].weight.detach().numpy(), rtol=1e-6)

    def test_mixed_precision_becomes_float32(self) -> None:
        state = LiveNetwork(nn.Sequential(nn.Linear(3, 4)).to(torch.bfloat16)).state()
        assert {values.dtype for values in state.values()} == {np.dtype("float32")}

    def test_what_cannot_be_analysed_is_named_with_its_reason(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Recorder(tmp_path / "run.h5", Odd()) as rec:
            rec.epoch()
        with Store(tmp_path / "run.h5") as store:
            run = store.select()[0]
            assert list(run.layers) == ["good"]
            reasons = run.skipped
        wanted = {
            "lazy": "no values before",
            "complex": "complex",
            "meta": "meta",
            "empty": "empty",
            "token": "no weight",
            "whole": "int8",
        }
        assert set(reasons) >= set(wanted)
        for name, reason in wanted.items():
            assert reason in reasons[name], name
        assert "not recorded: " in capsys.readouterr().err
        assert check(tmp_path / "run.h5") == []

    def test_entries_that_are_not_finite_are_counted_and_the_rest_is_kept(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        model = network()
        with Recorder(tmp_path / "run.h5", model) as rec:
            rec.epoch()
            with torch.no_grad():
                model[4].weight[0, 0], model[4].weight[1, 1] = math.nan, math.inf
            rec.epoch()
        assert "4.weight has 2 entries that are NaN or infinite" in capsys.readouterr().err
        assert check(tmp_path / "run.h5") == []
        with Store(tmp_path / "run.h5") as store:
            layer = store.select()[0].layer("4")
            np.testing.assert_array_equal(layer["weight/n_not_finite"], [0, 0, 2])
            assert np.isfinite(layer["weight/mean"]).all() and list(layer["spectrum/status"])[-1] == 1

    def test_wrappers_are_taken_off(self) -> None:
        inner = nn.Linear(3, 4)
        assert unwrapped(nn.DataParallel(inner)) is inner
        assert unwrapped(torch.compile(inner)) is inner


class TestRefusals:
    @pytest.mark.parametrize(
        ("make", "sentence"),
        [
            (lambda path: Recorder(path, network(), every=0), "every=0 is no number of steps"),
            (lambda path: Recorder(path, network(), name="a b"), "name='a b' is no name of a run"),
            (lambda path: Recorder(path, network(), recipe={"record": {"bins": 3}}), r"recipe: record.bins"),
            (lambda path: Recorder(path, network(), recipe=path.with_name("none.toml")), "none.toml cannot be read"),
            (lambda path: Recorder(path, nn.ReLU()).__enter__(), "has no layer that can be recorded"),
            (lambda path: Recorder(path.with_suffix(".hdf"), network()).__enter__(), "does not end in .h5"),
        ],
    )  # fmt: skip
    def test_bad_settings(self, make: Callable[[Path], object], sentence: str, tmp_path: Path) -> None:
        with pytest.raises(WeightreelError, match=sentence):
            make(tmp_path / "run.h5")

    def test_a_run_that_is_there(self, tmp_path: Path) -> None:
        for expected in (False, True):
            if expected:
                with pytest.raises(WeightreelError, match="holds the run sequential-s0 already"):
                    Recorder(tmp_path / "run.h5", network()).__enter__()
            else:
                with Recorder(tmp_path / "run.h5", network(), spectra=False):
                    pass

    def test_a_second_recorder_of_the_same_store(self, tmp_path: Path) -> None:
        with Recorder(tmp_path / "run.h5", network(), spectra=False) as rec:
            with pytest.raises(WeightreelError, match="another process is writing"):
                Recorder(tmp_path / "run.h5", network(), seed=1).__enter__()
            rec.epoch()
        assert check(tmp_path / "run.h5") == []


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(8, 9), nn.ReLU(), nn.Linear(9, 7), nn.BatchNorm1d(7))


def resized(model: nn.Sequential) -> None:
    model[0] = nn.Linear(8, 20)


def complex_(model: nn.Sequential) -> None:
    model[0].weight = nn.Parameter(torch.ones(9, 8, dtype=torch.complex64))


def sparse(model: nn.Sequential) -> None:
    model[0].weight = nn.Parameter(torch.eye(9, 8).to_sparse())


def removed(model: nn.Sequential) -> None:
    model[0] = nn.Identity()


def unread(model: nn.Sequential) -> None:
    def fails(_: Tensor) -> Tensor:
        raise RuntimeError("no answer")

    model[0].weight_mask = None
    nn.utils.parametrize.register_parametrization(model[0], "weight", nn.Identity())
    model[0].parametrizations.weight[0].forward = fails


class Dies(BaseException):
    """What no `except Exception` catches."""


class TestTheTrainingGoesOn:
    """Whatever happens beside it: the store is readable, one sentence says what is missing."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "run.h5"

    def told(self, capsys: pytest.CaptureFixture[str]) -> list[str]:
        return [line for line in capsys.readouterr().err.splitlines() if line]

    @pytest.mark.parametrize("change", [resized, complex_, sparse, removed, lambda model: model.to("meta"), unread])
    def test_a_layer_that_cannot_be_read_any_more(
        self, change: Callable[[nn.Sequential], object], path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with Recorder(path, model := small(), spectra=False) as rec:
            rec.epoch()
            change(model)
            for _ in range(2):
                rec.epoch()
        (line,) = self.told(capsys)
        assert "from epoch 2 on not recorded: 0, because" in line
        assert check(path) == []
        with Store(path) as store:
            run = store.select()[0]
            finite = np.isfinite(run.layer("0")["weight/mean"])
            assert list(finite) == [True, True, False, False] and "0 from epoch 2 on" in run.skipped
            assert np.isfinite(run.layer("2")["weight/mean"]).all() or "2 from epoch 2 on" in run.skipped

    def test_a_layer_that_is_added_or_replaced(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Recorder(path, model := small(), spectra=False) as rec:
            model[0] = nn.Linear(8, 9)
            nn.init.constant_(model[0].weight, 5)
            model.append(nn.Linear(7, 7))
            rec.epoch()
        (line,) = self.told(capsys)
        assert "4, because it was added" in line
        with Store(path) as store:
            assert store.select()[0].layer("0")["weight/mean"][1] == 5

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
    def test_another_precision(self, dtype: torch.dtype, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Recorder(path, model := small(), spectra=False) as rec:
            model.to(dtype)
            rec.epoch()
        assert self.told(capsys) == [] and check(path) == []

    @pytest.mark.parametrize("size", [1e9, 1e19, 1e20, 1e38, math.inf, math.nan])
    def test_weights_of_any_size(self, size: float, path: Path) -> None:
        model = nn.Sequential(nn.Linear(60, 60), nn.Conv2d(2, 3, 3))
        with Recorder(path, model) as rec, torch.no_grad():
            model[0].weight.mul_(8 * size)
            rec.epoch(loss=size)
        assert check(path) == []

    def test_float64_beyond_float32_is_infinite(self, path: Path) -> None:
        with Recorder(path, model := small().double(), spectra=False) as rec, torch.no_grad():
            model[0].weight[0, 0] = 1e300
            rec.epoch()
        with Store(path) as store:
            assert list(store.select()[0].layer("0")["weight/n_not_finite"]) == [0, 1]

    def test_a_disk_that_is_full(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "no space is left")

        with pytest.raises(ZeroDivisionError) as raised, Recorder(path, model := small(), spectra=False) as rec:
            rec.epoch()
            rec.flush()
            monkeypatch.setattr(os, "fsync", full)
            for _ in range(3):
                trained(model)
                rec.epoch()
            assert rec.last_epoch == 1
            raise ZeroDivisionError
        assert raised.value.__context__ is None
        first, last = self.told(capsys)
        assert "no space is left" in first and "lacks epochs 2 to 4" in last
        monkeypatch.undo()
        assert check(path) == []
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 1]

    def test_a_disk_that_has_room_again(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "no space is left")

        with Recorder(path, small(), spectra=False) as rec:
            monkeypatch.setattr(os, "fsync", full)
            for _ in range(3):
                rec.epoch()
            monkeypatch.undo()
            rec.epoch()
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 1, 2, 3, 4] and store.select()[0].complete

    @pytest.mark.parametrize("error", [MemoryError, Dies, SystemExit])
    def test_a_measure_that_fails(
        self,
        error: type[BaseException],
        path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def fails(*_: object) -> None:
            raise error("gone")

        with Recorder(path, small(), spectra=False) as rec:
            rec.flush()
            with monkeypatch.context() as patched:
                patched.setattr("weightreel.analysis.recording.records.record_parameters", fails)
                rec.epoch()
                rec.flush()
            rec.epoch()
        (line,) = self.told(capsys)
        assert "epoch 1 could not be measured (gone) and is missing" in line
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 2]

    def test_spectra_that_fail(
        self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fails(*_: object) -> None:
            raise np.linalg.LinAlgError("did not converge")

        monkeypatch.setattr("weightreel.analysis.recording.records.measure_spectra", fails)
        with Recorder(path, small()) as rec:
            rec.epoch()
        assert "spectra of epoch 0 could not be measured (did not converge)" in self.told(capsys)[0]
        assert check(path) == []

    def test_no_thread(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: object) -> None:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", fails)
        with Recorder(path, small(), spectra=False) as rec:
            rec.epoch()
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 1]

    def test_copies_and_forked_processes_record_nothing(self, path: Path) -> None:
        with Recorder(path, model := small(), spectra=False) as rec:
            model.recorder = rec
            copy.deepcopy(model).recorder.epoch()
            pickle.loads(pickle.dumps(rec)).epoch()
            assert rec.epoch() is None
            if (child := os.fork()) == 0:
                rec.epoch()
                rec.__exit__(None, None, None)
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
            rec.epoch()
        assert check(path) == []
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 1, 2]

    def test_another_thread(self, path: Path) -> None:
        with Recorder(path, small(), spectra=False) as rec:
            threads = [threading.Thread(target=rec.epoch) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [0, 1, 2, 3, 4]

    def test_nobody_listens(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stderr", None)
        with Recorder(path, small(), spectra=False) as rec:
            rec.epoch(loss="low")
        assert check(path) == []

    def test_after_the_block(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with Recorder(path, small(), spectra=False) as rec:
            pass
        for _ in range(3):
            rec.epoch()
        (line,) = self.told(capsys)
        assert "its Recorder is closed" in line

    @pytest.mark.slow  # another process imports torch
    def test_never_entered_and_left_by_the_end_of_the_program(self, path: Path) -> None:
        code = (
            "import sys, torch; from weightreel import Recorder; "
            "rec = Recorder(sys.argv[1], torch.nn.Linear(3, 4), spectra=False); rec.epoch(loss=1); rec.epoch(loss=2)"
        )
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        assert "missing in" in done.stderr and "epoch 0" in done.stderr
        assert check(path) == []
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [1, 2] and not store.select()[0].complete

    def test_a_network_that_has_no_values_yet(self, path: Path) -> None:
        model = nn.Sequential(nn.LazyLinear(5))
        with Recorder(path, model, spectra=False) as rec:
            model(torch.ones(2, 3))
            rec.epoch()
        with Store(path) as store:
            assert list(store.select()[0].epochs) == [1]

    def test_names_of_any_kind(self, path: Path) -> None:
        names = ["a/b", "%2F", " ", "x" * 300, "tête φ", "new\nline", "network", "nul\0"]
        model = nn.ModuleDict({name: nn.Linear(3, 4) for name in names})
        metrics = {name: float(n) for n, name in enumerate([*names, "", ".", "grad/x", "x.npy", "x", "y" * 3000])}
        with Recorder(path, model, spectra=False) as rec:
            rec.epoch(**metrics)
        assert check(path) == []
        with Store(path) as store:
            run = store.select()[0]
            assert list(run.layers) == [visible(name) for name in names]
            assert all(run.layer(name).name == visible(name) for name in names)
            long = next(name for name in run.metrics if name.startswith("yyy"))
            assert set(run.metrics) == {*metrics, long} - {"y" * 3000}
            assert {name: run.metric(name)[-1] for name in run.metrics if name != long}.items() <= metrics.items()
            assert run.metric(long)[-1] == metrics["y" * 3000]


def test_a_tensor_is_copied_before_it_changes() -> None:
    model = nn.Sequential(nn.Linear(3, 4))
    state = LiveNetwork(model).state()
    kept: Tensor = model[0].weight.detach().clone()
    trained(model, 1.0)
    np.testing.assert_array_equal(state["0.weight"], kept.numpy())
