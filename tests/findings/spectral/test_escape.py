"""How a layer stretches what it is given, and which eigenvalues reach further than chance does."""

from __future__ import annotations

from dataclasses import replace
from math import nan
from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.findings.spectra import layers_with_spectra, main_layer
from weightreel.analysis.findings.spectral.escape import (
    Escape,
    crossing_in_words,
    every_layer_in_words,
    outside_in_words,
    sampled_weights,
    shuffled_eigenvalues,
    stretch_in_words,
    tail_beyond_in_words,
)
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.store.writer import write


def escape(n_outside: list[float], edge: float = 1.0) -> Escape:
    """Four eigenvalues at as many records as there are counts."""
    n = len(n_outside)
    eigenvalues = np.tile([9.0, 4.0, 0.5, 0.25], (n, 1))
    return Escape("head", (4, 9), np.arange(float(n)), eigenvalues, np.full(n, edge), np.array(n_outside), 0)


def test_what_leaves_does_so_between_the_first_record_and_the_last() -> None:
    assert escape([0, 1, 2]).leaves and escape([2]).leaves
    assert not any(of.leaves for of in (escape([2, 3, 2]), escape([0]), escape([0, 2], nan)))
    assert escape([0, 1, 1]).only_leaves and not escape([0, 2, 1]).only_leaves
    assert escape([0, 2]).n_all == 4 and replace(escape([0, 2]), n_unknown=6).n_all == 10


def test_stretches_are_singular_values() -> None:
    np.testing.assert_allclose(escape([0, 2]).stretches, [3.0, np.sqrt(0.5), 0.5])
    one = replace(escape([0]), eigenvalues=np.array([[4.0]]))
    np.testing.assert_allclose(one.stretches, [2, 2, 2])
    assert stretch_in_words(2.7456) == "× 2.75"


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (0, 1, "the first leaves"), (0, 3, "the first 3 leave"), (3, 4, "number 4 leaves"), (4, 7, "5 to 7 leave"),
        (4, 4, ""), (4, 3, ""), (nan, 1, "the first leaves"), (1, nan, ""),
    ],
)  # fmt: skip
def test_departures_are_named(before: float, now: float, said: str) -> None:
    assert crossing_in_words(before, now) == said


def test_the_answer_counts_what_is_outside() -> None:
    said = outside_in_words(escape([0, 2]))
    assert said == "In 2 directions of 4: they are stretched further than chance reaches, the other 2 are not."
    assert outside_in_words(escape([0, 1])).startswith("In 1 direction of 4: it is")
    assert outside_in_words(escape([0, 0])).startswith("None of its 4 directions")
    assert outside_in_words(escape([0, 4])).startswith("All of its 4 directions")
    assert outside_in_words(escape([0, 0], nan)) == ""


def test_what_is_said_of_all_layers_counts_those_that_have_an_edge() -> None:
    out, none, unknown = escape([0, 2]), escape([0, 0]), escape([0, 0], nan)
    assert every_layer_in_words([out, out, unknown]) == (
        "The same in every layer: in each of these 2, some directions have left."
    )
    assert every_layer_in_words([out, none]) == "Directions have left in 1 of 2 layers."
    assert every_layer_in_words([unknown]) == ""


def test_a_store_s_layer_is_read_largest_first(small_store: Path) -> None:
    with Store(small_store) as store:
        run = store.select()[0]
        for layer in layers_with_spectra(run):
            found = Escape.of(run, layer)
            assert (np.diff(found.eigenvalues, axis=1) <= 0).all()
            np.testing.assert_allclose(found.eigenvalues[:, 0], layer["spectrum/lambda_max"], rtol=1e-5)
            above = (found.eigenvalues > found.edge[:, None]).sum(1)
            np.testing.assert_array_equal(above[np.isfinite(found.edge)], found.n_outside[np.isfinite(found.edge)])
            sample = sampled_weights(layer)
            assert sample is not None and len(sample) == len(found.epochs)


def test_only_records_that_are_measured_are_read(small_store: Path, tmp_path: Path) -> None:
    with Store(small_store) as store:
        contents, run = store.contents(), store.select()[0]
        name = layers_with_spectra(run)[0].name
    at = f"{run.path}/layers/{name}/spectrum/status"
    contents.datasets[at] = np.array(contents.datasets[at])
    contents.datasets[at][-1] = FitStatus.NOT_MEASURED
    write(tmp_path / "s.h5", contents)
    with Store(tmp_path / "s.h5") as store:
        run = store.select()[0]
        found = Escape.of(run, run.layer(name))
        assert found.epochs.tolist() == run.epochs[:-1].tolist()
        assert len(found.eigenvalues) == len(found.n_outside) == len(run.epochs) - 1


def test_shuffled_eigenvalues_lie_in_the_bins_that_count_them_and_below_what_was_measured(small_store: Path) -> None:
    with Store(small_store) as store:
        run = store.select()[0]
        layer = main_layer(run)
        assert layer is not None
        largest = float(layer["spectrum/random/lambda_max"][0])
        found = shuffled_eigenvalues(layer, largest)
        assert found is not None and len(found) == layer["spectrum/eigenvalues"].shape[1]
        assert (np.diff(found) <= 0).all() and found[0] <= largest
        edges = layer["spectrum/random/edges"].astype(float)
        share = layer["spectrum/random/density"][0] * np.diff(edges)
        counted = np.histogram(found, edges)[0] / len(found)
        np.testing.assert_allclose(np.cumsum(counted), np.cumsum(share / share.sum()), atol=0.05)
        assert shuffled_eigenvalues(layer, 0.9 * largest) is None, "a reach beyond the edge would have to be told"
        assert shuffled_eigenvalues(layer, nan) is None


def test_of_the_fitted_tail_it_is_said_how_much_is_beyond_chance(small_store: Path) -> None:
    with Store(small_store) as store:
        run = store.select()[0]
        layer = main_layer(run)
        assert layer is not None
        found = Escape.of(run, layer)
        n_tail, xmin = int(layer["spectrum/n_tail"][-1]), float(layer["spectrum/xmin"][-1])
        beyond = int((found.eigenvalues[-1] > max(xmin, found.edge[-1])).sum())
        said = tail_beyond_in_words(found, layer)
        assert said == f"Fitted to {n_tail} eigenvalues, of which {beyond} reach beyond chance (λ₊)."
        assert tail_beyond_in_words(replace(found, edge=np.full_like(found.edge, nan)), layer) == ""
