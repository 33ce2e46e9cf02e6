"""Exports: their numbers are the store's, and a fit that failed is never shown as a number."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.made.names import PAYLOADS, store_named
from tests.made.store import synthetic_store
from weightreel.analysis.export.csv import plain
from weightreel.analysis.export.json import as_json
from weightreel.analysis.findings.attacks.defences import certified_accuracy
from weightreel.analysis.findings.attacks.noise import success_history, successes
from weightreel.analysis.findings.attacks.robustness import robust_accuracy
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.plain_text import of_csv_cell
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.store.writer import write
from weightreel.cli import main

SPECTRUM = "spectrum"


def export(store: Path, to: str, out: Path, *more: str) -> None:
    assert main(["export", str(store), "--to", to, "--out", str(out), *more]) == 0


def read_json(store: Path, out: Path, *more: str) -> dict[str, Any]:
    export(store, "json", out, *more)
    found: dict[str, Any] = json.loads((out / f"{store.stem}.json").read_text("utf-8"))
    return found


def read_csv(out: Path, name: str, **wanted: str) -> list[dict[str, str]]:
    with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[key] == value for key, value in wanted.items())]


def column(rows: list[dict[str, str]], name: str) -> np.ndarray[Any, Any]:
    """Cells as float32; empty ones as NaN."""
    return np.array([row[name] or "nan" for row in rows], np.float32)


@pytest.fixture(scope="module")
def damaged_fits(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small store; of one layer's fits the first failed, the second is not measured."""
    path = tmp_path_factory.mktemp("export") / "failed.h5"
    with Store(small_store) as store:
        contents = store.contents()
        run = next(iter(store.runs.values()))
        layer = next(layer for layer in run.layers.values() if layer.has(SPECTRUM))
        for epoch, status in enumerate((FitStatus.FAILED, FitStatus.NOT_MEASURED)):
            for group, keys in ((SPECTRUM, ("alpha", "alpha_error", "xmin", "xmax", "ks_distance")),
                                (f"{SPECTRUM}/marchenko_pastur", ("sigma", "lambda_plus"))):  # fmt: skip
                contents.datasets[f"{layer.path}/{group}/status"][epoch] = status
                for key in keys:
                    contents.datasets[f"{layer.path}/{group}/{key}"][epoch] = np.nan
            contents.datasets[f"{layer.path}/{SPECTRUM}/n_tail"][epoch] = 0
            contents.datasets[f"{layer.path}/{SPECTRUM}/marchenko_pastur/n_spikes"][epoch] = 0
    write(path, contents)
    return path


@pytest.fixture(scope="module")
def tables(small_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("csv")
    export(small_store, "csv", out)
    return out


def test_json_holds_the_store_s_histories(small_store: Path, tmp_path: Path) -> None:
    data = read_json(small_store, tmp_path)
    with Store(small_store) as store:
        assert data["store"]["digest"] == store.digest
        assert [run["name"] for run in data["runs"]] == list(store.runs)
        for found, run in zip(data["runs"], store.runs.values(), strict=True):
            assert found["epoch"] == run.epochs.tolist()
            for split in ("train", "validation"):
                for key in ("loss", "accuracy"):
                    assert np.array_equal(np.float32(found[split][key]), run[f"{split}/{key}"])
            for got, layer in zip(found["layers"], run.layers.values(), strict=True):
                assert (got["name"], tuple(got["shape"])) == (layer.name, layer.shape)
                if layer.has("spectrum/alpha"):
                    assert np.array_equal(np.float32(got["spectrum"]["alpha"]), layer["spectrum/alpha"])
                    assert got["spectrum"]["n_tail"] == layer["spectrum/n_tail"].tolist()


def test_json_s_esd_counts_eigenvalues(small_store: Path, tmp_path: Path) -> None:
    data = read_json(small_store, tmp_path)
    with Store(small_store) as store:
        run = next(iter(store.runs.values()))
        layer = next(layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues"))
        got = next(found for found in data["runs"][0]["layers"] if found["name"] == layer.name)["spectrum"]
        edges = np.float32(got["esd"]["edges"])
        for place, counts in zip(data["runs"][0]["frames"], got["esd"]["counts"], strict=True):
            eigenvalues = layer["spectrum/eigenvalues"][place]
            assert counts == np.histogram(eigenvalues, edges)[0].tolist()
            assert 0.9 * len(eigenvalues) < sum(counts) <= len(eigenvalues) == got["n_eigenvalues"]


def test_json_s_noise_is_the_store_s(small_store: Path, tmp_path: Path) -> None:
    data = read_json(small_store, tmp_path)
    with Store(small_store) as store:
        for found, run in zip(data["runs"], store.runs.values(), strict=True):
            assert [noise["name"] for noise in found["noise"]] == list(run.noise_attacks)
            for got, attack in zip(found["noise"], run.noise_attacks.values(), strict=True):
                history = success_history(attack)
                assert got["history"]["value"] == [rate.value for rate in history]
                assert got["history"]["low"] == [rate.low for rate in history]
                assert (
                    got["final"]["successes"] == rate_of(successes(attack)).successes == sum(got["final"]["by_class"])
                )


def test_json_s_gallery_is_lossless(small_store: Path, tmp_path: Path) -> None:
    data = read_json(small_store, tmp_path)
    with Store(small_store) as store:
        attack = next(iter(next(iter(store.runs.values())).noise_attacks.values()))
        gallery = data["runs"][0]["noise"][0]["gallery"]
        assert len(gallery) == len(attack["gallery/pixels"]) > 0
        for got, pixels, answer in zip(gallery, attack["gallery/pixels"], attack["gallery/probabilities"], strict=True):
            encoded = got["picture"].removeprefix("data:image/png;base64,")
            assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded)))), pixels)
            assert (got["class"], np.float32(got["confidence"])) == (answer.argmax(), answer.max())


def test_failed_fits_keep_their_status_and_no_number(damaged_fits: Path, tmp_path: Path) -> None:
    data = read_json(damaged_fits, tmp_path)
    export(damaged_fits, "csv", tmp_path)
    spectrum = next(layer["spectrum"] for layer in data["runs"][0]["layers"] if "spectrum" in layer)
    assert spectrum["status"][:2] == ["failed", "not measured"]
    assert spectrum["bulk"]["status"][:2] == ["failed", "not measured"]
    for fit, keys in ((spectrum, ("alpha", "alpha_error", "xmin", "xmax", "ks_distance", "n_tail")),
                      (spectrum["bulk"], ("lambda_plus", "n_spikes"))):  # fmt: skip
        for key in keys:
            assert fit[key][:2] == [None, None]
            assert None not in fit[key][2:]
    rows = read_csv(tmp_path, "spectra")[:3]
    assert [row["status"] for row in rows[:2]] == ["failed", "not measured"]
    for row in rows[:2]:
        for key in ("alpha", "xmin", "n_tail", "marchenko_pastur_n_spikes", "marchenko_pastur_lambda_plus"):
            assert row[key] == ""
    assert rows[2]["alpha"] and rows[2]["n_tail"]


def test_csv_has_a_row_an_epoch(small_store: Path, tables: Path) -> None:
    with Store(small_store) as store:
        for run in store.runs.values():
            rows = read_csv(tables, "epochs", run=run.name)
            assert [int(row["epoch"]) for row in rows] == run.epochs.tolist()
            for key in ("validation/accuracy", "train/loss", "running_loss", "learning_rate"):
                assert np.array_equal(column(rows, key.replace("/", "_")), run[key], equal_nan=True)
            assert np.array_equal(
                column(read_csv(tables, "runs", run=run.name), "test_accuracy"), [run["test/accuracy"]]
            )


def test_csv_has_every_layer_s_statistics_and_spectra(small_store: Path, tables: Path) -> None:
    with Store(small_store) as store:
        for run in store.runs.values():
            whole = read_csv(tables, "parameters", run=run.name, layer="", parameter="weight")
            assert np.array_equal(column(whole, "std"), run["parameters/weight/std"])
            for layer in run.layers.values():
                rows = read_csv(tables, "parameters", run=run.name, layer=layer.name, parameter="bias")
                assert np.array_equal(column(rows, "kurtosis"), layer["bias/kurtosis"])
                spectra = read_csv(tables, "spectra", run=run.name, layer=layer.name)
                assert bool(spectra) == layer.has(SPECTRUM)
                for key in (
                    ("alpha", "xmin", "n_tail", "stable_rank", "marchenko_pastur/lambda_plus") if spectra else ()
                ):
                    assert np.array_equal(
                        column(spectra, key.replace("/", "_")), layer[f"spectrum/{key}"].astype(np.float32)
                    )


def test_csv_has_attacks_and_certificates(small_store: Path, tables: Path) -> None:
    with Store(small_store) as store:
        run = next(iter(store.runs.values()))
        for name, attack in run.noise_attacks.items():
            rows = read_csv(tables, "noise", run=run.name, attack=name)
            assert [int(row["successes"]) for row in rows] == [rate.successes for rate in success_history(attack)]
        measured = read_csv(tables, "attacks", run=run.name, measure="robust_accuracy")
        assert measured
        for row in measured:
            rate = robust_accuracy(run.attacks[row["attack"]])
            assert (int(row["successes"]), float(row["low"])) == (rate.successes, rate.low)
        certificate = next(iter(run.certificates.values()))
        rows = read_csv(tables, "certificates", run=run.name, sigma=str(certificate.sigma))
        radii = [float(row["radius"]) for row in rows]
        assert [float(row["rate"]) for row in rows] == [rate.value for rate in certified_accuracy(certificate, radii)]


def test_png_is_what_figures_draws(tmp_path: Path) -> None:
    store = synthetic_store(tmp_path / "tiny.h5", epochs=2, n_layers=2, models=("cnn",), attacks=False)
    export(store, "png", tmp_path / "export")
    assert main(["figures", str(store), "--out", str(tmp_path / "figures")]) == 0
    names = {path.name for path in (tmp_path / "figures").iterdir()}
    assert "training-curves.png" in names
    assert {path.name for path in (tmp_path / "export").iterdir()} == names


def test_runs_can_be_chosen(small_store: Path, tmp_path: Path) -> None:
    data = read_json(small_store, tmp_path, "--runs", "spectral-cnn-s0")
    assert [run["name"] for run in data["runs"]] == ["spectral-cnn-s0"]


def test_a_training_that_goes_on_can_be_exported(tmp_path: Path) -> None:
    store = synthetic_store(tmp_path / "young.h5", epochs=3, n_layers=2, complete=False)
    data = read_json(store, tmp_path)
    assert not data["runs"][0]["complete"]
    assert "test" not in data["runs"][0]
    export(store, "csv", tmp_path)
    assert read_csv(tmp_path, "attacks") == []
    assert read_csv(tmp_path, "runs")[0]["test_accuracy"] == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{store}", "--to", "xlsx"], ["xlsx", "json, csv, png"]),
        (["{tmp}/missing.h5", "--to", "json"], ["missing.h5"]),
        (["{store}", "--to", "json", "--runs", "resnet-s0"], ["resnet-s0", "cnn-s0"]),
        (["{store}", "--to", "png", "--runs", "cnn-s0"], ["--runs", "png"]),
        (["{store}", "--to", "csv", "--out", "{store}/below"], ["--out"]),
    ],
)
def test_bad_input_is_one_sentence(
    small_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]
) -> None:
    filled = [argument.format(store=small_store, tmp=tmp_path) for argument in arguments]
    assert main(["export", *filled]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert all(word in error for word in words)


def test_digits_do_not_follow_numpy_s_print_options() -> None:
    value = np.array([1 / 3], np.float32)
    with np.printoptions(precision=3):
        assert np.float32(plain(value)[0]) == value[0]
        assert as_json(value) == "[0.33333334]"


def test_json_s_densities_are_those_of_all_eigenvalues(small_store: Path, tmp_path: Path) -> None:
    """The ESD has area 1 with what its bins do not hold; the fitted tail's is the tail's share, to infinity."""
    data = read_json(small_store, tmp_path)
    spectra = [layer["spectrum"] for layer in data["runs"][0]["layers"] if "esd" in layer.get("spectrum", {})]
    assert spectra
    for spectrum in spectra:
        widths = np.diff(np.float32(spectrum["esd"]["edges"]).astype(float))
        for counts in spectrum["esd"]["counts"]:
            density = np.multiply(counts, spectrum["esd"]["density_of_one"])
            assert np.dot(widths, density) == pytest.approx(sum(counts) / spectrum["n_eigenvalues"], rel=1e-3)
        for alpha, xmin, n_tail, start, end, largest in zip(
            *(spectrum[key] for key in ("alpha", "xmin", "n_tail")),
            *(spectrum["tail"][key] for key in ("at_xmin", "at_xmax")),
            spectrum["lambda_max"],
            strict=True,
        ):
            assert start * xmin / (alpha - 1) == pytest.approx(n_tail / spectrum["n_eigenvalues"], rel=1e-3)
            assert end == pytest.approx(start * (largest / xmin) ** -alpha, rel=2e-3)


def test_names_in_csv_and_json_are_text_that_reads_back(tmp_path: Path) -> None:
    path = store_named(tmp_path / "s.h5", PAYLOADS[5:] + PAYLOADS[:5])
    out = tmp_path / "out"
    for to in ("csv", "json"):
        assert main(["export", str(path), "--to", to, "--out", str(out)]) == 0
    with Store(path) as store:
        names, titles = list(store.runs), [run.title for run in store.runs.values()]
        layers = {layer for run in store.runs.values() for layer in run.layers}
    rows = read_csv(out, "runs")
    assert [of_csv_cell(row["run"]) for row in rows] == names
    assert [of_csv_cell(row["title"]) for row in rows] == titles
    assert {of_csv_cell(row["layer"]) for row in read_csv(out, "parameters")} == layers | {""}
    for file in out.glob("*.csv"):
        with file.open(encoding="utf-8", newline="") as opened:
            cells = [cell for row in csv.reader(opened) for cell in row]
        # A number may begin with a minus, and is one; nothing else begins as a formula does.
        assert all(float(cell) <= 0 for cell in cells if cell.strip()[:1] in "=+-@\t\r" and cell.strip())
    found = json.loads((out / "s.json").read_text("utf-8"))
    assert [run["name"] for run in found["runs"]] == names
