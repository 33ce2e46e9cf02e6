"""Spectra against closed forms, and fits against WeightWatcher's own table."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from weightreel.analysis.kinds import MATRIX_KINDS, LayerInfo
from weightreel.analysis.maths.field_measures import matrix_entropy
from weightreel.analysis.maths.spectrum import (
    largest_singular_values,
    layer_spectrum,
    reshaped,
    shuffled_spectrum,
    weightwatcher_scale,
)
from weightreel.analysis.measures.intervals import measure_intervals
from weightreel.analysis.measures.spectra import measure_goodness, measure_spectra, shuffled_by_path, spectrum_by_path
from weightreel.analysis.networks.cnn import build
from weightreel.analysis.networks.live import LiveNetwork, effective_state
from weightreel.analysis.recipe.defence import CNN, SPECTRAL_CNN
from weightreel.analysis.recipe.recipe import NetworkRecipe, SpectraRecipe
from weightreel.analysis.recording.recorder import Recorder
from weightreel.analysis.store.check.faults import check
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FIELDS, FitStatus

RNG = np.random.default_rng(0)
RAW_WEIGHTS = Path(os.environ.get("WEIGHTREEL_WEIGHTS", "data/cifar10.weights.h5"))


def orthogonal(n: int) -> np.ndarray:
    return np.linalg.qr(RNG.normal(size=(n, n)))[0]


def heavy_tailed(n: int, m: int, degrees: float = 3.0) -> np.ndarray:
    return RNG.standard_t(degrees, (n, m)).astype(np.float32)


def analyze(model: nn.Module) -> list[dict[str, float]]:
    """Rows of WeightWatcher's table."""
    import weightwatcher

    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        table = weightwatcher.WeightWatcher(model=model).analyze()
    return list(table.to_dict("records"))


NAMES = {
    "alpha": "alpha", "alpha_error": "sigma", "ks_distance": "D", "n_tail": "num_pl_spikes", "xmin": "xmin",
    "xmax": "xmax", "lambda_max": "lambda_max", "stable_rank": "stable_rank", "entropy": "entropy",
}  # fmt: skip
"""WeightWatcher's names of what we measure."""
SCALED = ("xmin", "xmax", "lambda_max")


def assert_as_weightwatcher(row: dict[str, float], found: dict[str, object], kind: str) -> None:
    for ours, theirs in NAMES.items():
        factor = weightwatcher_scale(kind) if ours in SCALED else 1
        assert found[ours] * factor == pytest.approx(row[theirs], rel=1e-4), (row["longname"], ours)


@pytest.fixture(scope="module")
def trained() -> nn.Sequential:
    """Convolutions and dense layers, trained for a moment until their spectra are no longer those of noise."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 36, 96), nn.ReLU(), nn.Linear(96, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip
    images, labels = torch.randn(64, 3, 12, 12), torch.randint(10, (64,))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(30):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimiser.step()
    return model


def test_agrees_with_analyze_on_a_trained_network(trained: nn.Sequential) -> None:
    layers = [module for module in trained if isinstance(module, nn.Conv2d | nn.Linear)]
    rows = analyze(trained)
    assert len(rows) == len(layers)
    for row, module in zip(rows, layers, strict=True):
        kind = "conv2d" if isinstance(module, nn.Conv2d) else "linear"
        found = layer_spectrum(module.weight.detach().numpy(), kind)
        assert_as_weightwatcher(row, spectrum_by_path(found), kind)
        assert len(found.eigenvalues) == row["num_evals"]
        assert found.tail.status == (FitStatus.OK if row["num_evals"] >= 50 else FitStatus.FEW_EIGENVALUES)


def test_agrees_with_analyze_on_an_embedding_and_the_layer_that_shares_it(tmp_path: Path) -> None:
    """WeightWatcher measures the shared matrix twice; the store holds it once, as the embedding's."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(300, 80), nn.Linear(80, 300))
    with torch.no_grad():
        model[0].weight.copy_(torch.from_numpy(heavy_tailed(300, 80)))
    model[1].weight = model[0].weight
    with Recorder(tmp_path / "run.h5", model) as recorder:
        recorder.epoch()
    assert check(tmp_path / "run.h5") == []
    with Store(tmp_path / "run.h5") as store:
        run = store.select()[0]
        assert [layer.has("spectrum/alpha") for layer in run.layers.values()] == [True, False]
        spectrum = {key: run.layer("0")[f"spectrum/{key}"][-1] for key in NAMES}
    for row in analyze(model):
        assert_as_weightwatcher(row, spectrum, "embedding")


def test_agrees_with_analyze_on_effective_spectral_weights() -> None:
    """WeightWatcher cannot read the parametrised network; its plain twin with effective weights it can."""
    network = NetworkRecipe(width=16, depth=4)
    spectral = build(SPECTRAL_CNN, network, 10, 16, seed=0).eval()
    plain = build(CNN, network, 10, 16, seed=0)
    state = effective_state(spectral)
    plain.load_state_dict({key: torch.as_tensor(value) for key, value in state.items()})
    rows = {row["layer_id"]: row for row in analyze(plain)}
    layers = [layer for layer in LiveNetwork(spectral).layers if layer.kind in MATRIX_KINDS]
    assert set(rows) == {layer.layer_id for layer in layers}
    for layer in layers:
        weight = plain.get_parameter(f"{layer.name}.weight").detach().numpy()
        found = layer_spectrum(weight, layer.kind)
        assert_as_weightwatcher(rows[layer.layer_id], spectrum_by_path(found), layer.kind)
        if layer.kind == "conv2d":
            # Power iteration approaches the norm from below, so that dividing by it leaves a little more than 1.
            assert 1 - 1e-5 < largest_singular_values(reshaped(weight))[0] < 1.05


@pytest.mark.skipif(not RAW_WEIGHTS.is_file(), reason=f"no raw weights of a training at {RAW_WEIGHTS}")
def test_agrees_with_analyze_on_the_report_network_as_trained() -> None:
    import h5py

    with h5py.File(RAW_WEIGHTS) as file:
        run = file["runs/cnn-s0"]
        weights = {
            key.removesuffix(".weight"): data[-1]
            for key, data in run.items()
            if key.endswith(".weight") and data.ndim > 2
        }
    assert weights
    modules = []
    for value in weights.values():
        out, fan = value.shape[:2]
        modules.append(nn.Conv2d(fan, out, value.shape[2:]) if value.ndim == 4 else nn.Linear(fan, out))
        modules[-1].weight.data = torch.as_tensor(value)
    for row, value in zip(analyze(nn.Sequential(*modules)), weights.values(), strict=True):
        kind = "conv2d" if value.ndim == 4 else "linear"
        assert_as_weightwatcher(row, spectrum_by_path(layer_spectrum(value, kind)), kind)


@pytest.mark.parametrize("truncated", [False, True])
def test_keys_are_the_schema_s(truncated: bool) -> None:
    layer = LayerInfo(
        "conv", 1, "conv2d", (8, 4, 3, 3), feature_map=(8, 8), zero_padded=True, batchnorm="norm", batchnorm_eps=1e-5
    )
    state = {"conv.weight": heavy_tailed(8, 36).reshape(8, 4, 3, 3)} | {
        f"norm.{key}": np.ones(8, np.float32) for key in ("weight", "running_var")
    }
    recipe = SpectraRecipe(resamples=5, truncated=truncated, interval_resamples=5)
    found = measure_spectra([layer], state, recipe, threads=1) | measure_goodness([layer], state, recipe)
    found |= measure_intervals([layer], 1, [0], recipe, lambda _: found)
    required = {f.path.partition("/spectrum/")[2] for f in FIELDS if "/spectrum/" in f.path}
    at_assembly = {"random/edges", "random/density", "random/epoch"}
    optional = set() if truncated else {key for key in required if key.startswith("truncated/")}
    assert {key.removeprefix("layers/conv/spectrum/") for key in found} == required - at_assembly - optional


def test_orthogonal_matrix() -> None:
    found = layer_spectrum(3 * orthogonal(60), "linear")
    assert found.eigenvalues == pytest.approx(np.full(60, 9.0), rel=1e-6)
    assert found.lambda_max == pytest.approx(9)
    assert found.stable_rank == pytest.approx(60)
    assert found.entropy == pytest.approx(1)
    assert found.frobenius_norm == pytest.approx(3 * 60**0.5)
    # Equal eigenvalues have no tail, whatever exponent rounding gives them.
    assert found.tail.status == FitStatus.FAILED
    assert np.isnan(found.tail.alpha)
    assert found.tail.n_tail == 0


def test_rank_one() -> None:
    u, v = RNG.normal(size=30), RNG.normal(size=80)
    found = layer_spectrum(np.outer(u, v), "linear")
    largest = (u @ u) * (v @ v)
    assert found.eigenvalues[-1] == pytest.approx(largest, rel=1e-6)
    assert found.eigenvalues[:-1] == pytest.approx(np.zeros(29), abs=1e-9 * largest)
    assert found.eigenvalues.min() >= 0
    assert found.stable_rank == pytest.approx(1)
    assert found.entropy == pytest.approx(0, abs=1e-9)
    assert found.largest_sigma == pytest.approx(largest**0.5)
    assert found.tail.status == FitStatus.FAILED


def test_small_singular_values_keep_their_digits() -> None:
    """Squares down to 1e-5, the fit's threshold, beside a largest of 1e3: the Gram matrix in float64 resolves them."""
    singular = np.logspace(-2.5, 1.5, 64)
    found = layer_spectrum(orthogonal(64) * singular @ orthogonal(64), "linear")
    assert found.eigenvalues == pytest.approx(singular**2, rel=1e-6)


def test_a_convolution_pools_its_slices() -> None:
    weight = heavy_tailed(6, 4 * 3 * 2).reshape(6, 4, 3, 2)
    found = layer_spectrum(weight, "conv2d")
    slices = [np.linalg.svd(weight[:, :, i, j].astype(float), compute_uv=False) for i in range(3) for j in range(2)]
    assert found.eigenvalues == pytest.approx(np.sort(np.concatenate(slices)) ** 2, rel=1e-6)
    assert found.largest_sigma == pytest.approx(max(s[0] for s in slices))
    exact = np.linalg.svd(weight.reshape(6, -1).astype(float), compute_uv=False)
    assert largest_singular_values(reshaped(weight)) == pytest.approx(exact[:3])
    assert found.frobenius_norm == pytest.approx(np.linalg.norm(weight.astype(float)))


@pytest.mark.parametrize(("kind", "shape"), [("conv1d", (64, 16, 5)), ("conv3d", (20, 12, 3, 2, 2))])
def test_convolutions_of_one_and_three_dimensions(kind: str, shape: tuple[int, ...]) -> None:
    found = layer_spectrum(heavy_tailed(shape[0], int(np.prod(shape[1:]))).reshape(shape), kind)
    assert len(found.eigenvalues) == min(shape[:2]) * np.prod(shape[2:])
    assert found.tail.status == FitStatus.OK
    assert weightwatcher_scale(kind) == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite(bad: float) -> None:
    weight = heavy_tailed(60, 70)
    weight[3, 4] = bad
    spectrum = layer_spectrum(weight, "linear")
    shuffled = shuffled_spectrum(weight, spectrum.eigenvalues, (0,))
    assert spectrum.tail.status == spectrum.bulk.status == FitStatus.FAILED
    assert spectrum.tail.n_tail == spectrum.bulk.n_spikes == shuffled.n_traps == 0
    assert spectrum.eigenvalues.shape == (60,)
    found = spectrum_by_path(spectrum) | shuffled_by_path(shuffled) | {"leading": largest_singular_values(weight)}
    counts = {"status", "marchenko_pastur/status", "n_tail", "marchenko_pastur/n_spikes", "random/n_traps"}
    counts |= {"marchenko_pastur/n_slice_spikes", "field/detX_num", "field/num_ERG_spikes", "field/rank_loss"}
    assert all(np.isnan(found[key]).all() for key in found.keys() - counts)


@pytest.mark.parametrize("shape", [(60, 70), (8, 4, 3, 3), (1, 1)])
def test_a_dead_layer(shape: tuple[int, ...]) -> None:
    found = layer_spectrum(np.zeros(shape, np.float32), "conv2d" if len(shape) == 4 else "linear")
    assert found.tail.status == FitStatus.FAILED
    assert found.lambda_max == found.frobenius_norm == found.largest_sigma == 0
    assert found.bulk.status == FitStatus.FAILED
    assert np.isnan(shuffled_spectrum(np.zeros(shape), found.eigenvalues, (0,)).js_distance)
    assert np.isnan(found.stable_rank)
    assert np.isnan(found.entropy)


def test_few_eigenvalues_keep_their_numbers_and_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    found = layer_spectrum(heavy_tailed(10, 256), "linear")
    assert found.tail.status == FitStatus.FEW_EIGENVALUES
    assert found.tail.alpha > 1
    assert capsys.readouterr().out == ""


def test_entropy_of_two_equal_shares_among_four() -> None:
    assert matrix_entropy(np.array([0.0, 0.0, 2.0, 2.0])) == pytest.approx(0.5)


def test_importing_weightwatcher_leaves_logs_and_warnings_alone() -> None:
    code = (
        "import logging, warnings, numpy as np\n"
        "from weightreel.analysis.maths.spectrum import layer_spectrum\n"
        "layer_spectrum(np.random.default_rng(0).normal(size=(60, 60)), 'linear')\n"
        "assert not logging.root.handlers and logging.root.level == logging.WARNING, logging.root.handlers\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.warn('still heard')\n"
        "assert caught\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert logging.root.level == logging.WARNING
