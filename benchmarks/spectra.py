"""Spectra beside WeightWatcher's, on the report's CNN after some training, with the same numbers.

Every comparison first checks that ours and the peer's answers agree, and fails where they do not.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from weightreel.analysis.datasets import load_dataset
from weightreel.analysis.kinds import MATRIX_KINDS, LayerInfo
from weightreel.analysis.maths.power_law import fit_power_law
from weightreel.analysis.maths.spectrum import layer_spectrum, weightwatcher_scale
from weightreel.analysis.measures.intervals import interval_of
from weightreel.analysis.measures.spectra import measure_densities, measure_spectra
from weightreel.analysis.networks.cnn import ReportCNN, build
from weightreel.analysis.networks.live import LiveNetwork
from weightreel.analysis.networks.pixels import Normaliser
from weightreel.analysis.recipe.defence import CNN
from weightreel.analysis.recipe.recipe import DatasetRecipe, NetworkRecipe, SpectraRecipe, TrainingRecipe
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.store.reader import Store
from weightreel.analysis.training.loop import optimiser_of, train_epoch

STORE = Path("data/cifar10.h5")
IMAGES = 1024
CHECKPOINTS = 51
LIMIT = 180.0
"""Seconds that all checkpoints of a training may take."""
LARGE = (4096, 16384)
FEW_RESAMPLES = 10
"""Of each layer for a peer that takes a hundredth of a second and more for one."""

State = dict[str, np.ndarray]


def trained() -> tuple[ReportCNN, str]:
    """The report's CNN with the shipped store's last weights where they lie beside it, else trained for a moment."""
    network = ReportCNN(NetworkRecipe(), 10, 32)
    files = ExperimentFiles(STORE)
    if files.weights.is_file():
        with Store(STORE) as store:
            count, read = stored_weights(files, "cnn-s0", Recorded(store.run("cnn-s0")))
            network.load_state_dict({key: torch.from_numpy(value) for key, value in read(count - 1).items()})
        return network.eval(), f"{files.weights}, epoch {count - 1}"
    recipe = DatasetRecipe(kind="digits", n_train=IMAGES, n_validation=100)
    images = load_dataset(recipe).train
    model = build(CNN, NetworkRecipe(), 10, 32, seed=0)
    training = TrainingRecipe(learning_rate=0.05)
    normalise = Normaliser.of(recipe, torch.device("cpu"))
    train_epoch(model, optimiser_of(model, training), images, normalise, training, seed=0)
    return model.eval(), f"trained for {len(images)} digits"


def comparisons(compare: Callable[..., list[Any]]) -> tuple[list[Any], str]:
    """Rows of the table, and what network they are of. `compare(what, unit, ours, peers)` times ours and peers."""
    network, origin = trained()
    layers = [la for la in LiveNetwork(network, torch.zeros(1, 3, 32, 32)).layers if la.kind in MATRIX_KINDS]
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    threads = os.cpu_count() or 1
    rows = compare("power-law fits of a checkpoint", "checkpoints/s", *fits(layers, state), least=5)
    rows += compare("eigenvalues and fits", "checkpoints/s", *analysed(network, layers, state, threads), least=5)
    rows += compare(
        "with shuffled baseline and bulk", "checkpoints/s", *with_baseline(network, layers, state, threads), least=1
    )
    rows += compare("intervals of alpha of a checkpoint", "resamples/s", *intervals(layers, state), least=3)
    rows += compare("all of a checkpoint", "checkpoints/s", *everything(layers, state, threads), least=3)
    rows += compare(
        "all of it, without intervals", "checkpoints/s", *all_measures(network, layers, state, threads), least=40
    )
    rows += compare("a 4,096 × 16,384 layer", "layers/s", *large_layer(threads), least=3)
    return rows, origin


def fits(layers: list[LayerInfo], state: State) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """Fits on eigenvalues that lie ready."""
    from weightwatcher.WW_powerlaw import WWFit

    ready = []
    for layer in layers:
        eigenvalues = layer_spectrum(state[f"{layer.name}.weight"], layer.kind).eigenvalues
        scaled = np.asarray(eigenvalues, float) * weightwatcher_scale(layer.kind)
        ready.append(scaled[scaled > 1e-5])

    def theirs() -> int:
        with quiet():
            for eigenvalues in ready:
                WWFit(eigenvalues)
        return 1

    def ours() -> int:
        for eigenvalues in ready:
            fit_power_law(eigenvalues)
        return 1

    for eigenvalues in ready:
        fit = fit_power_law(eigenvalues)
        with quiet():
            peer = WWFit(eigenvalues)
        agree("fit", (fit.alpha, fit.xmin, fit.ks_distance), (peer.alpha, peer.xmin, peer.D), 1e-6)
    return ours, {"WeightWatcher's WWFit": theirs}


def intervals(layers: list[LayerInfo], state: State) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """Resamples that are fitted anew, xmin and all, beside the same by a loop over the fast fit itself."""
    ready, recipe = [], SpectraRecipe()
    for layer in layers:
        eigenvalues = layer_spectrum(state[f"{layer.name}.weight"], layer.kind).eigenvalues
        ready.append((layer, np.asarray(eigenvalues, float)))

    def ours() -> int:
        for layer, eigenvalues in ready:
            interval_of(eigenvalues, layer.kind, recipe, layer.name)
        return recipe.interval_resamples * len(ready)

    def one_by_one() -> int:
        rng = np.random.default_rng(0)
        for layer, eigenvalues in ready:
            for _ in range(FEW_RESAMPLES):
                fit_power_law(rng.choice(eigenvalues, len(eigenvalues)) * weightwatcher_scale(layer.kind))
        return FEW_RESAMPLES * len(ready)

    return ours, {"fits one by one": one_by_one}


def analysed(
    network: nn.Module, layers: list[LayerInfo], state: State, threads: int
) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """From weights to alphas."""

    def ours() -> int:
        measure_densities(layers, state, SpectraRecipe(), threads, baseline=False)
        return 1

    for layer, row in zip(layers, analyze(network), strict=True):
        found = layer_spectrum(state[f"{layer.name}.weight"], layer.kind)
        scale = weightwatcher_scale(layer.kind)
        tail = found.tail
        pairs = (tail.alpha, tail.xmin * scale, tail.ks_distance), (row["alpha"], row["xmin"], row["D"])
        agree(layer.name, *pairs, 1e-4)
    return ours, {"analyze()": lambda: len(analyze(network)) and 1}


def with_baseline(
    network: nn.Module, layers: list[LayerInfo], state: State, threads: int
) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """The random baseline and the Marchenko–Pastur fit of both."""

    def ours() -> int:
        measure_densities(layers, state, SpectraRecipe(square_law="weightwatcher"), threads)
        return 1

    def theirs() -> int:
        for layer, row in zip(layers, analyze(network, randomize=True, mp_fit=True), strict=True):
            found = layer_spectrum(state[f"{layer.name}.weight"], layer.kind, "weightwatcher")
            lambda_plus = found.bulk.lambda_plus * weightwatcher_scale(layer.kind)
            unit = np.sqrt(np.mean(np.asarray(found.eigenvalues, float)))
            pairs = (found.bulk.sigma / unit, lambda_plus), (row["sigma_mp"], row["bulk_max"])
            agree(layer.name, *pairs, 0.01)
            agree(f"spikes of {layer.name}", (found.bulk.n_spikes,), (row["num_spikes"],), 0)
        return 1

    return ours, {"analyze(randomize=True, mp_fit=True)": theirs}


def everything(
    layers: list[LayerInfo], state: State, threads: int
) -> tuple[Callable[[], int], dict[str, Callable[[], int] | float]]:
    """Norms of operators and folded layers too: 51 checkpoints must not take longer than three minutes."""

    def ours() -> int:
        measure_spectra(layers, state, SpectraRecipe(), threads)
        return 1

    return ours, {f"{CHECKPOINTS} checkpoints in {LIMIT / 60:.0f} minutes": CHECKPOINTS / LIMIT}


def all_measures(
    network: nn.Module, layers: list[LayerInfo], state: State, threads: int
) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """Everything of a checkpoint beside WeightWatcher's nearest: ours has norms of operators and folded layers too."""

    def ours() -> int:
        measure_spectra(layers, state, SpectraRecipe(), threads)
        return 1

    def theirs() -> int:
        for layer, row in zip(layers, analyze(network, randomize=True, mp_fit=True, detX=True), strict=True):
            found = layer_spectrum(state[f"{layer.name}.weight"], layer.kind)
            scaled = found.eigenvalues.astype(float) / found.eigenvalues.mean(dtype=float)
            # WeightWatcher multiplies: beyond float64's range its product, and so its number, is none.
            if np.abs(np.log(scaled[scaled > 1])).sum() < np.log(np.finfo(float).max):
                agree(f"ERG of {layer.name}", (found.field.detX_num,), (row["detX_num"],), 0)
            pairs = (
                (found.field.alpha_weighted, found.field.log_alpha_norm),
                (row["alpha_weighted"], row["log_alpha_norm"]),
            )
            agree(layer.name, *pairs, 1e-4)
        return 1

    return ours, {"analyze(randomize, mp_fit, detX)": theirs}


def large_layer(threads: int) -> tuple[Callable[[], int], dict[str, Callable[[], int]]]:
    """All of one large dense layer beside its Gram product and one LAPACK call."""
    weight = np.random.default_rng(0).standard_normal(LARGE, dtype=np.float32) * np.float32(0.02)
    wide = weight.astype(np.float64)
    layer = LayerInfo("large", 1, "linear", LARGE)

    def ours() -> int:
        measure_densities([layer], {"large.weight": weight}, SpectraRecipe(), threads)
        return 1

    def gram_and_lapack() -> int:
        np.linalg.eigvalsh(wide @ wide.T)
        return 1

    return ours, {"its Gram product and eigvalsh": gram_and_lapack}


def analyze(network: nn.Module, **options: bool) -> list[dict[str, Any]]:
    """Rows of WeightWatcher's table."""
    import weightwatcher

    with quiet():
        return list(weightwatcher.WeightWatcher(model=network).analyze(**options).to_dict("records"))


def agree(what: str, ours: tuple[Any, ...], theirs: tuple[Any, ...], tolerance: float) -> None:
    """Refuse to time answers that differ."""
    if not np.allclose(np.array(ours, float), np.array(theirs, float), rtol=tolerance, atol=0):
        raise SystemExit(f"{what}: ours {ours} and WeightWatcher's {theirs} differ by more than {tolerance:g}.")


@contextlib.contextmanager
def quiet() -> Any:
    """WeightWatcher prints and warns."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield
