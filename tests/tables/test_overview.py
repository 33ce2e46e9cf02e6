"""Tables say what the store holds, at any stage of a training, without torch."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.noise import latest_answers, success_history, successes
from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING
from weightreel.analysis.findings.spectral.alpha import REPORT_READING as REPORT_READS
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.time import LAST_EPOCHS
from weightreel.analysis.findings.words.numbers import significant
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus
from weightreel.analysis.store.writer import Contents, write
from weightreel.analysis.tables.overview import show

ENDS = ("interval/alpha_low", "interval/alpha_high")


def told(path: Path, width: int = 140) -> str:
    out = io.StringIO()
    with Store(path) as store:
        show(store, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def row(text: str, start: str, nth: int = 0) -> str:
    """The nth line that begins with a word."""
    return [line for line in text.splitlines() if re.match(rf"\s*{re.escape(start)}\s", line)][nth]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's CNN and its spectral twin, a dozen epochs."""
    path = tmp_path_factory.mktemp("show") / "whole.h5"
    return synthetic_store(path, epochs=12, trials=500, history_trials=100, sample=4, success=0.4)


@pytest.fixture
def contents(whole: Path) -> Contents:
    with Store(whole) as store:
        return store.contents()


def test_accuracies_stand_beside_the_report_s(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        run = store.run("cnn-s0")
        validation = run["validation/accuracy"]
        for value in (run["train/accuracy"][-1], validation[-1], float(run["test/accuracy"])):
            assert f"{100 * value:.2f}" in row(text, "cnn-s0")
        assert f"{100 * validation.max():.2f} ({validation.argmax()})" in row(text, "cnn-s0")
    assert "11/11" in row(text, "cnn-s0")
    assert "96.53" in row(text, "CNN in the report")
    assert "88.34" in row(text, "CNN in the report")
    assert "87.96" in row(text, "Spectral CNN in the report")
    assert "5,000 training, 1,000 validation, 10,000 test images" in text


def test_alpha_of_a_layer(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        layer = store.run("cnn-s0").layer("classifier.0")
        alpha, low, high = (layer[f"spectrum/{key}"][-1] for key in ("alpha", *ENDS))
        line = row(text, "classifier.0")
        assert f"{alpha:.2f} [{low:.2f}, {high:.2f}]" in line
        assert "±" not in line
        assert f"{layer['spectrum/ks_distance'][-1]:.3f}" in line
        assert "1,024" in line
    assert "2.74" in line  # the report's "FC Layer 31"
    assert "4.71" in row(text, "features.0")
    assert "K < 50" in row(text, "features.0")
    assert "4.71" not in row(text, "features.0", 3), "the report measured one network"


def test_without_intervals_alpha_has_no_bar_and_that_is_said(contents: Contents, tmp_path: Path) -> None:
    contents.datasets = {key: value for key, value in contents.datasets.items() if "/interval/" not in key}
    write(tmp_path / "none.h5", contents)
    text = told(tmp_path / "none.h5")
    assert "Intervals of alpha are not measured in this store" in " ".join(text.split())
    assert "±" not in row(text, "classifier.0")
    assert "[" not in row(text, "classifier.0")


def test_an_interval_whose_xmin_stands_nowhere_is_marked(contents: Contents, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/layers/classifier.0/spectrum/interval/stability"][-1] = 0.1
    write(tmp_path / "loose.h5", contents)
    text = told(tmp_path / "loose.h5")
    assert "unstable" in row(text, "classifier.0")
    assert "unstable" not in row(text, "classifier.3")
    said = " ".join(text.split())
    assert "fewer than 25 % of the resamples" in said
    assert "cnn-s0: the tail has half to twice the fit's eigenvalues in 10 % (classifier.0) to 90 % of the" in said


def test_how_many_layers_begin_in_the_authors_range_is_told(contents: Contents, tmp_path: Path) -> None:
    for key, values in contents.datasets.items():
        if key.endswith("/spectrum/alpha"):
            values[:] = np.where(np.isfinite(values), 3, np.nan)
    write(tmp_path / "alike.h5", contents)
    said = " ".join(told(tmp_path / "alike.h5").split())
    assert "“well trained”, at their first record already" in said
    assert "to lie in it does not mean to be trained" in said


def test_a_failed_fit_is_named_and_has_no_number(contents: Contents, tmp_path: Path) -> None:
    spectrum = "/runs/cnn-s0/layers/features.3/spectrum"
    for key in ("alpha", "alpha_error", "ks_distance", "xmin", "xmax"):
        contents.datasets[f"{spectrum}/{key}"][-1] = np.nan
    contents.datasets[f"{spectrum}/status"][-1] = 1
    write(tmp_path / "failed.h5", contents)
    line = row(told(tmp_path / "failed.h5"), "features.3")
    assert "failed" in line
    assert "nan" not in line


def test_alpha_has_both_readings_and_its_goodness(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        for layer in store.run("cnn-s0").layers.values():
            if not layer.has("spectrum/alpha"):
                continue
            alpha, p = float(layer["spectrum/alpha"][-1]), float(layer["spectrum/p_value"])
            judged = layer["spectrum/status"][-1] == FitStatus.OK
            assert f" {significant(p, 2)} " in row(text, layer.name)
            cells = re.split(r"  +", row(text, layer.name, 1).strip())
            authors = AUTHORS_READING.of(alpha) if judged else ""
            assert cells[1:3] == [REPORT_READS.of(alpha) or "neither", authors or "no verdict"]
    assert "up to 0.1 it speaks against the law, above it does not prove it" in " ".join(text.split())
    assert "fewer than 50 eigenvalues" in text


def test_the_distance_to_random(whole: Path) -> None:
    with Store(whole) as store:
        layer = store.run("cnn-s0").layer("features.7")
        bulk, random = (f"spectrum/{group}" for group in ("marchenko_pastur", "random"))
        distance = layer[f"{random}/js_distance"]
        wanted = [
            str(layer[f"{bulk}/n_spikes"][-1]),
            f"{layer[f'{bulk}/soft_rank'][-1]:.2f}",
            f"{distance[-1]:.3f} ({distance[0]:.3f})",
            str(layer[f"{random}/n_traps"][-1]),
        ]
    assert re.split(r"  +", row(told(whole), "features.7", 1).strip())[3:] == wanted


def test_norms_without_and_with_batchnorm(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        run = store.run("spectral-cnn-s0")
        layer = run.layer("features.7")
        keys = [f"{part}{kind}" for part in ("", "folded/") for kind in ("slices", "reshaped", "operator")]
        wanted = [f"{layer[f'spectrum/sigma/{key}'][-1]:.2f}" for key in keys]
        linear = f"{run.layer('classifier.0')['spectrum/sigma/operator'][-1]:.2f}"
    assert re.split(r"  +", row(text, "features.7", 5).strip())[1:] == wanted
    assert re.split(r"  +", row(text, "classifier.0", 5).strip())[1:] == [linear] * 3 + ["–"] * 3
    words = " ".join(text.split())
    assert "spectral-cnn-s0: σ of 8 convolutions 1.00 as trained" in words
    assert "folding raises 8 of the 8 norms that are set (1.00) by more than 10 %." in words
    assert "(no spectral normalisation)" in words


def test_phases_by_both_rules_and_their_stops(contents: Contents, tmp_path: Path) -> None:
    contents.datasets["/runs/cnn-s0/stop/spectral/epoch"] = np.int32(7)
    contents.datasets["/runs/cnn-s0/stop/spectral/accuracy"] = np.float32(0.5)
    contents.datasets["/runs/cnn-s0/stop/spectral/cost"] = np.float32(0.025)
    contents.describe("/runs/cnn-s0/phase/spectral", agreement=0.75, kappa=np.nan)
    contents.describe("/runs/cnn-s0", stopped_by="spectral", epochs_planned=50)
    write(tmp_path / "stops.h5", contents)
    cells = re.split(r"  +", row(told(tmp_path / "stops.h5"), "cnn-s0", 1).strip())
    assert cells == ["cnn-s0", "generalising", "generalising", "75", "–", "never", "7: 50.0, 2.5"]
    assert "cnn-s0 was stopped by the rule on spectra at epoch 11 of 50." in told(tmp_path / "stops.h5")


def test_a_store_of_version_1_0(contents: Contents, tmp_path: Path) -> None:
    for spectrum in [p for p in contents.attributes if p.endswith("/spectrum")]:
        for key in ("random", "marchenko_pastur", "p_value", "sigma/folded", "sigma/leading"):
            contents.drop(f"{spectrum}/{key}")
    for run in ("cnn-s0", "spectral-cnn-s0"):
        contents.drop(f"/runs/{run}/phase/spectral")
        contents.drop(f"/runs/{run}/stop")
    write(tmp_path / "old.h5", contents)
    text = told(tmp_path / "old.h5")
    assert "stop by" not in text
    assert "Distance to random" not in text
    assert re.split(r"  +", row(text, "features.7", 1).strip())[3:] == ["–"] * 4


def test_an_epoch_whose_spectra_are_not_measured_yet(contents: Contents, tmp_path: Path) -> None:
    for key, value in contents.datasets.items():
        if "/features.7/spectrum/" in key and value.ndim and len(value) == 12:
            missing = FitStatus.NOT_MEASURED if key.endswith("/status") else 0
            value[-1] = np.nan if value.dtype.kind == "f" else missing
    write(tmp_path / "ahead.h5", contents)
    text = told(tmp_path / "ahead.h5")
    assert "not yet" in row(text, "features.7")
    assert re.split(r"  +", row(text, "features.7", 1).strip())[1:] == ["–"] * 6
    assert "Spectra of the last epoch are not measured yet in some layers." in text
    assert "nan" not in text


def test_tables_fit_into_a_hundred_columns(whole: Path) -> None:
    """No cell of a layer or of a phase is broken into lines."""
    with Store(whole) as store:
        names = [layer.name for layer in store.run("cnn-s0").layers.values() if layer.has("spectrum/alpha")]
    text = told(whole, 100)
    table = text[text.index("Phases by losses") : text.index("Uniform noise answered")].splitlines()
    rows = [line for line in table if line.strip() and not set(line) <= {" ", "─"}]
    starts = ("Phases", "Means", "Alpha", "Largest", " layer", " run", " cnn-s0", " spectral-cnn-s0")
    assert [line for line in rows if not line.startswith((*starts, *(f" {name} " for name in names)))] == []


def test_noise_has_intervals_history_and_classes(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        attack = store.run("cnn-s0").attack("uniform-noise")
        rate = rate_of(successes(attack))
        rates = [100 * r.value for r in success_history(attack)[-LAST_EPOCHS:]]
        line = row(text, "cnn-s0", 3)
        assert f"{rate.successes}/500" in line
        assert f"{100 * rate.value:.2f} [{100 * rate.low:.2f}, {100 * rate.high:.2f}]" in line
        assert f"{min(rates):.2f} / {np.median(rates):.2f} / {max(rates):.2f}" in line
        top = np.bincount(attack["prediction"][attack["confidence"] >= 0.9]).argmax()
        assert store.classes[top] in line
    assert "703/10,000" in row(text, "CNN in the report", 1)
    assert "1.65 [1.42, 1.92]" in row(text, "Spectral CNN in the report", 1)


def test_it_says_what_the_tables_rest_on(whole: Path, tmp_path: Path) -> None:
    text = told(whole, 200)
    assert "CNN: 1 seed (0), measured at epoch 11." in text
    assert "cover the trials only" in text
    assert "may be a difference between seeds" in text
    several = synthetic_store(
        tmp_path / "seeds.h5", epochs=3, n_layers=2, seeds=(0, 1), sample=4, trials=20, history_trials=5
    )
    text = told(several, 200)
    assert "CNN: 2 seeds (0, 1), measured at epoch 2." in text
    assert "may be a difference between seeds" not in text


def test_a_training_that_goes_on(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "on.h5", epochs=1, n_layers=2, complete=False, sample=4)
    text = told(path)
    assert "0/50" in row(text, "cnn-s0")
    assert "0/50, not over" in text
    assert "cnn-s0 is not over: epoch 0 of 50 is its last so far." in text
    assert "oise answered" not in text


def test_the_first_trials_stand_in_until_all_are_made(contents: Contents, tmp_path: Path) -> None:
    noise = "/runs/cnn-s0/attacks/uniform-noise"
    for key in ("prediction", "confidence", "gallery"):
        contents.drop(f"{noise}/{key}")
    write(tmp_path / "history.h5", contents)
    with Store(tmp_path / "history.h5") as store:
        answers = latest_answers(store.run("cnn-s0").attack("uniform-noise"))
        assert answers is not None
        assert np.array_equal(answers[1], contents.datasets[f"{noise}/history/confidence"][-1])
    assert "/100" in row(told(tmp_path / "history.h5"), "cnn-s0", 3)


def test_without_spectra_and_attacks(contents: Contents, tmp_path: Path) -> None:
    for path in [p for p in contents.attributes if p.endswith("/spectrum")]:
        contents.drop(path)
    for run in ("cnn-s0", "spectral-cnn-s0"):
        contents.drop(f"/runs/{run}/attacks")
    write(tmp_path / "bare.h5", contents)
    text = told(tmp_path / "bare.h5")
    assert "Alpha" not in text
    assert "oise answered" not in text
    assert "cnn-s0" in text


def test_without_a_run(contents: Contents, tmp_path: Path) -> None:
    contents.drop("/runs")
    write(tmp_path / "none.h5", contents)
    assert "Nothing of any run is recorded yet." in told(tmp_path / "none.h5")


def test_names_are_no_markup(contents: Contents, tmp_path: Path) -> None:
    contents.describe("/dataset", name="[red]data[/red]")
    write(tmp_path / "names.h5", contents)
    assert "[red]data[/red]" in told(tmp_path / "names.h5")


def test_torch_is_not_needed(whole: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from rich.console import Console\n"
        "from weightreel.analysis.store.reader import Store\n"
        "from weightreel.analysis.tables.overview import show\n"
        "from weightreel.analysis.store.check.faults import check\n"
        "import weightreel.analysis.stills.draw\n"
        f"show(Store({str(whole)!r}), Console()); check({str(whole)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cnn-s0" in done.stdout
