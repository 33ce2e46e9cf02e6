"""The film of spectral normalisation: ellipses and marks where the numbers say, and claims that the store supports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.edited import edited
from tests.made.store import synthetic_store
from weightreel.analysis.findings.folding import range_in_words
from weightreel.analysis.findings.norms import (
    Sigmas,
    folded_in_words,
    held_in_words,
    layers_in_words,
    most_stretching,
    networks,
    operators_in_words,
    stretch_in_words,
)
from weightreel.analysis.palette import theme
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.spectra.sigma_by_layer import Lane, SigmaByLayer, range_of

EPOCHS = np.arange(3.0)


def test_marks_stand_at_the_logarithm_of_the_norm() -> None:
    reshaped, operator = np.array([[1.0, 2.0]] * 3), np.array([[4.0, np.nan]] * 3)
    lane = Lane(EPOCHS, reshaped, operator, theme().TEXT)
    chart = SigmaByLayer(["a", "b"], [lane], (5, 2), (0.5, 8.0), "as trained").at(1.0)
    squares = chart.reshaped[0].points.reshape(2, -1, 3).mean(1)
    for centre, value in zip(squares, (1.0, 2.0), strict=True):
        assert centre[0] == pytest.approx(chart.plane.point(np.log10(value), 0)[0], abs=1e-6)
    diamonds = chart.operator[0].points
    diamonds = diamonds[np.isfinite(diamonds[:, 0])]
    assert np.mean([diamonds[:, 0].min(), diamonds[:, 0].max()]) == pytest.approx(
        chart.plane.point(np.log10(4.0), 0)[0], abs=1e-6
    )
    low, high = range_of([lane])
    assert low <= 1.0 < 4.0 <= high


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_store(tmp_path_factory.mktemp("sigma") / "s.h5", epochs=4)


def test_networks_are_the_first_plain_and_the_first_normalised(store: Path) -> None:
    with Store(store) as opened:
        runs = list(opened.runs.values())
        found = networks(runs)
        assert [sigmas.normalised for sigmas in found] == [False, True]
        assert found[0].names == found[1].names
        assert [s.normalised for s in networks(runs[:1])] == [False]
        assert networks([]) == []
        layer = most_stretching(found)
        last = {name: runs[0].layer(name)["spectrum/sigma/reshaped"][-1] for name in found[0].names}
        assert layer == max(last, key=lambda name: last[name])


def test_claims_quote_the_store(store: Path) -> None:
    with Store(store) as opened:
        found = networks(list(opened.runs.values()))
        name = most_stretching(found)
        values = found[0].pick([name]).trained.reshaped[:, 0]
        said = stretch_in_words(name, found)
        assert name in said
        assert f"{values[-1]:.2f}" in said
        operators = found[0].trained.operator[-1]
        assert range_in_words(operators) in operators_in_words(found)
        after = found[0].pick([name]).folded.reshaped[-1, 0]
        assert f"{after:.3g}" in folded_in_words(name, found)


def changed(store: Path, target: Path, **groups: float) -> Path:
    """A copy whose normalised run has other singular values of every convolution, by group."""
    with edited(store, target) as file:
        for name in file["runs/spectral-cnn-s0/layers"]:
            layer = f"runs/spectral-cnn-s0/layers/{name}"
            for group, value in groups.items():
                for key in ("leading", "reshaped", "operator"):
                    path = f"{layer}/spectrum/{group}/{key}"
                    if path in file:
                        file[path][...] = value * np.ones_like(file[path][()])
    return target


def normalised(path: Path) -> tuple[str, str, str, str]:
    with Store(path) as opened:
        found = networks(list(opened.runs.values()))
        name = most_stretching(found)
        return (
            held_in_words(name, found),
            folded_in_words(name, found),
            layers_in_words(found),
            operators_in_words(found),
        )


def test_what_batchnorm_undoes_is_said_to_be_undone(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "undone.h5", **{"sigma": 1.0, "sigma/folded": 3.0})
    held, folded, layers, operators = normalised(path)
    assert "holds σ₁" in held
    assert "more than 10 % above the 1" in folded
    assert "folding raises 8 of the 8 norms that are set (1.00) by more than 10 %" in layers
    assert "is not one there" not in operators  # the operators are at 1 too


def test_what_batchnorm_leaves_is_not(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "kept.h5", **{"sigma": 1.0, "sigma/folded": 0.9})
    _, folded, layers, _ = normalised(path)
    assert "no more than 10 % above the 1" in folded
    assert "8 of 8" not in layers


def test_a_normalisation_that_does_not_hold_is_not_said_to(store: Path, tmp_path: Path) -> None:
    held, folded, _, _ = normalised(changed(store, tmp_path / "off.h5", sigma=1.4))
    assert "does not hold" in held
    assert "above the 1" not in folded


def test_nothing_is_said_of_what_is_not_measured(store: Path, tmp_path: Path) -> None:
    path = changed(store, tmp_path / "nan.h5", **{"sigma": np.nan, "sigma/folded": np.nan})
    with Store(path) as opened:
        assert Sigmas.of(opened.run("spectral-cnn-s0")) is None
        assert [sigmas.normalised for sigmas in networks(list(opened.runs.values()))] == [False]
    assert range_in_words(np.array([np.nan])) == ""
    assert range_in_words(np.array([1.001, 1.002])) == "1.00"
