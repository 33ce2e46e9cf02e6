"""Weights that are a run's are taken, rounded or not; others are refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.measures.parameters import record_parameters
from weightreel.analysis.runs.same_weights import SMALLEST, STEP, refuse_other_weights

Array = NDArray[Any]
State = dict[str, Array]

LAYERS = [
    LayerInfo("features.0", 0, "conv2d", (8, 3, 3, 3)),
    LayerInfo("classifier.0", 3, "linear", (24, 24)),
    LayerInfo("classifier.3", 6, "linear", (24, 24)),
]
SAMPLE = 16


def network(seed: int) -> State:
    """Parameters of a network that was trained by that seed."""
    rng = np.random.default_rng(seed)
    state = {f"{layer.name}.weight": rng.standard_normal(layer.shape) * 0.1 for layer in LAYERS}
    state |= {f"{layer.name}.bias": rng.standard_normal(layer.shape[0]) * 0.01 for layer in LAYERS}
    state["features.1.running_mean"] = np.zeros(8)  # in no record
    return {name: values.astype(np.float32) for name, values in state.items()}


def record_of(state: State, samples: bool) -> State:
    """What a run keeps of them, as seeds after the first do without samples."""
    record = record_parameters(LAYERS, state, SAMPLE)
    return {path: values for path, values in record.items() if samples or not path.endswith("/sample")}


def check(state: State, record: State) -> None:
    refuse_other_weights(state, record, Path("cnn.weights"), "cnn-s0", 50)


def rounded(state: State) -> State:
    return {name: values.astype(np.float16).astype(np.float32) for name, values in state.items()}


both = pytest.mark.parametrize("samples", [True, False], ids=["samples", "statistics"])


@both
def test_a_runs_own_weights_are_taken_rounded_or_not(samples: bool) -> None:
    own = network(0)
    own["classifier.0.weight"][0, :3] = 3e-8, -5e-6, 0.0  # half has multiples of 6e-8 here
    record = record_of(own, samples)
    check(own, record)
    check(rounded(own), record)
    assert (rounded(own)["classifier.0.weight"] != own["classifier.0.weight"]).mean() > 0.9


@both
def test_rounded_vectors_of_spectral_normalisation_are_taken(samples: bool) -> None:
    """What is rounded is the matrix and the vectors of its norm, not the quotient that was measured."""
    own = network(0)
    matrix = own["features.0.weight"].reshape(8, -1)
    u, _, vt = np.linalg.svd(matrix)
    own["features.0.weight"] = (matrix / (u[:, 0] @ matrix @ vt[0])).astype(np.float32).reshape(8, 3, 3, 3)
    record = record_of(own, samples)
    halves = [values.astype(np.float16).astype(np.float32) for values in (matrix, u[:, 0], vt[0])]
    file = dict(own)
    file["features.0.weight"] = (halves[0] / (halves[1] @ halves[0] @ halves[2])).reshape(8, 3, 3, 3)
    check(file, record)


@both
def test_another_seed_is_refused(samples: bool) -> None:
    with pytest.raises(
        WeightreelError, match=r"^cnn\.weights does not hold the weights of cnn-s0 at epoch 50: \S+ has "
    ):
        check(network(1), record_of(network(0), samples))


@both
def test_another_epoch_is_refused(samples: bool) -> None:
    later = {name: values * np.float32(1 + 4 * STEP) for name, values in network(0).items()}
    with pytest.raises(WeightreelError, match="at epoch 50"):
        check(later, record_of(network(0), samples))


@both
def test_two_layers_of_one_shape_in_each_others_place_are_refused(samples: bool) -> None:
    own = network(0)
    swapped = own | {
        "classifier.0.weight": own["classifier.3.weight"],
        "classifier.3.weight": own["classifier.0.weight"],
    }
    with pytest.raises(WeightreelError, match=r"classifier\.0\.weight has other (entries|quantiles)|another"):
        check(swapped, record_of(own, samples))


@both
@pytest.mark.parametrize("name", sorted(name for name in network(0) if "running" not in name))
def test_every_parameter_is_looked_at(samples: bool, name: str) -> None:
    own = network(0)
    with pytest.raises(WeightreelError, match=rf"{name} has "):
        check(own | {name: own[name] + np.float32(0.01) * np.abs(own[name]).max()}, record_of(own, samples))


def test_an_entry_that_is_not_followed_shows_in_the_statistics() -> None:
    own = network(0)
    changed = own["classifier.0.weight"].copy()
    changed.flat[int(changed.argmax())] *= 1.01
    with pytest.raises(WeightreelError, match=r"classifier\.0\.weight has another maximum"):
        check(own | {"classifier.0.weight": changed}, record_of(own, samples=True))


def test_entries_in_another_order_show_where_samples_are_kept() -> None:
    own = network(0)
    transposed = own | {"classifier.0.weight": own["classifier.0.weight"].T.copy()}
    with pytest.raises(WeightreelError, match=r"classifier\.0\.weight has other entries"):
        check(transposed, record_of(own, samples=True))
    check(transposed, record_of(own, samples=False))  # as its docstring says


@both
def test_what_is_not_finite_equals_only_itself(samples: bool) -> None:
    own = network(0)
    own["classifier.3.weight"][0, 0] = np.nan
    record = record_of(own, samples)
    check(own, record)
    for bias in (np.nan, np.inf):
        other = own["classifier.3.bias"].copy()
        other[:] = bias
        with pytest.raises(WeightreelError, match=r"classifier\.3\.bias has "):
            check(own | {"classifier.3.bias": other}, record)


def test_what_is_lacking_is_named() -> None:
    own = network(0)
    record = record_of(own, samples=True)
    del own["classifier.3.bias"]
    with pytest.raises(WeightreelError, match=r"cnn\.weights lacks classifier\.3\.bias, which cnn-s0 has"):
        check(own, record)


def test_another_size_is_refused() -> None:
    own = network(0)
    with pytest.raises(WeightreelError, match=r"classifier\.0\.bias has other entries"):
        check(own | {"classifier.0.bias": own["classifier.0.bias"][:4]}, record_of(own, samples=True))


def test_a_run_without_statistics_vouches_for_nothing() -> None:
    with pytest.raises(WeightreelError, match="nothing tells whether"):
        check(network(0), {})


def test_the_tolerance_is_twice_what_rounding_to_half_costs() -> None:
    half = np.finfo(np.float16)
    assert (half.eps, half.smallest_subnormal) == (STEP, SMALLEST)
