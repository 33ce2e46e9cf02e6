"""A run as a table of pandas: what stands in it is what the store holds, named and described."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.export.csv import tables
from weightreel.analysis.findings.phases import name_of_phase
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus, Phase
from weightreel.analysis.store.writer import Contents, write

VERSIONS = sorted((Path(__file__).parent / "versions").glob("*.h5"))
LAYER = "head.0"


def of_layer(frame: pandas.DataFrame, layer: str | None) -> pandas.DataFrame:
    """The rows of a layer; of the network for None."""
    return frame[frame["layer"].isna()] if layer is None else frame[frame["layer"] == layer]


@pytest.fixture
def written(contents: Contents, tmp_path: Path) -> Callable[..., pandas.DataFrame]:
    """The table of the small store's run after something was changed."""

    def make(datasets: dict[str, Any]) -> pandas.DataFrame:
        contents.datasets |= {f"/runs/cnn-s0/{path}": value for path, value in datasets.items()}
        write(tmp_path / "s.h5", contents)
        with Store(tmp_path / "s.h5") as store:
            return store.run("cnn-s0").to_frame()

    return make


def test_a_row_is_a_record_of_the_network_or_of_a_layer(pristine: Path) -> None:
    with Store(pristine) as store:
        run = store.run("cnn-s0")
        frame = run.to_frame()
        assert frame.columns[:5].tolist() == ["run", "model", "seed", "layer", "epoch"]
        assert frame.groupby(["layer", "epoch"], dropna=False, observed=True).size().eq(1).all()
        assert len(frame) == 6 * (1 + len(run.layers))
        assert frame["layer"].cat.categories.tolist() == [*run.layers]
        for layer, node, prefix in ((None, run, "parameters/"), (LAYER, run.layer(LAYER), "")):
            rows = of_layer(frame, layer)
            assert np.array_equal(rows["epoch"], run.epochs)
            assert np.array_equal(rows["weight/std"], node[f"{prefix}weight/std"])
            assert np.array_equal(rows["weight/quantiles/0.5"], node[f"{prefix}weight/quantiles"][:, 4])
        assert np.array_equal(of_layer(frame, LAYER)["spectrum/alpha"], run.layer(LAYER)["spectrum/alpha"])
        assert np.array_equal(of_layer(frame, None)["train/loss"], run["train/loss"])
        assert of_layer(frame, LAYER)["train/loss"].isna().all()
        assert of_layer(frame, None)["spectrum/alpha"].isna().all()


def test_each_column_is_described(pristine: Path) -> None:
    with Store(pristine) as store:
        frame = store.run("cnn-s0").to_frame()
    assert frame.attrs["clock"] == "epoch"
    described = set(frame.columns) - {"run", "model", "seed", "layer"}
    assert frame.attrs["units"].keys() == frame.attrs["long_name"].keys() == described
    assert frame.attrs["units"]["train/loss"] == "nat"
    assert frame.attrs["long_name"]["weight/quantiles/0.5"].startswith("0.5 quantiles of")


def test_words_are_those_of_the_csv(pristine: Path) -> None:
    with Store(pristine) as store:
        frame = store.run("cnn-s0").to_frame()
        spectra = next(table for table in tables(store, [store.run("cnn-s0")]) if table.name == "spectra")
        rows = [dict(zip(spectra.columns, row, strict=True)) for row in spectra.rows]
    for column in ("status", "n_tail", "marchenko_pastur/n_spikes"):
        said = [row[column.replace("/", "_")] for row in rows if row["layer"] == LAYER]
        found = of_layer(frame, LAYER)[f"spectrum/{column}"]
        assert [None if pandas.isna(value) else value for value in found] == said
    assert {*frame["phase/validation"].cat.categories} == set(map(name_of_phase, Phase))


def test_what_was_not_measured_is_missing(written: Callable[..., pandas.DataFrame], pristine: Path) -> None:
    with Store(pristine) as store:
        layer = store.run("cnn-s0").layer(LAYER)
        status, tail = layer["spectrum/status"].copy(), layer["spectrum/n_tail"].copy()
    status[2], tail[2] = FitStatus.NOT_MEASURED, 0
    rows = of_layer(
        written({f"layers/{LAYER}/spectrum/{key}": value for key, value in (("status", status), ("n_tail", tail))}),
        LAYER,
    )
    assert rows["spectrum/status"].iloc[2] == "not measured"
    assert np.flatnonzero(rows["spectrum/n_tail"].isna()).tolist() == [2]


def test_numbers_of_ones_own_keep_their_names(written: Callable[..., pandas.DataFrame]) -> None:
    values = np.arange(6, dtype="f4")
    names = {
        "grad%2Fx": "grad/x",
        "seconds": "metrics/seconds",
        "epoch": "metrics/epoch",
        "spectrum%2Falpha": "metrics/spectrum/alpha",
    }
    frame = written({f"metrics/{segment}": values + i for i, segment in enumerate(names)})
    for i, column in enumerate(names.values()):
        assert np.array_equal(of_layer(frame, None)[column], values + i)
        assert of_layer(frame, LAYER)[column].isna().all()
    assert not np.array_equal(of_layer(frame, None)["seconds"], values + 1)


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_stores_of_every_version_are_tables(path: Path) -> None:
    with Store(path) as store:
        frames = [run.to_frame() for run in store.runs.values()]
        for run, frame in zip(store.runs.values(), frames, strict=True):
            assert np.array_equal(of_layer(frame, None)[run.clock], run.epochs)
        assert len(pandas.concat(frames)) == sum(map(len, frames))


def test_without_pandas_it_says_what_to_install(pristine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with Store(pristine) as store, pytest.raises(WeightreelError, match=r"weightreel\[data\]"):
        store.run("cnn-s0").to_frame()
