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

from analysis.show import LAST_EPOCHS, eigenvalue_count, show
from analysis.store import Contents, Store, latest_answers, success_history, success_rate, write
from tests.synthetic import synthetic_store


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
        alpha, error = layer["spectrum/alpha"][-1], layer["spectrum/alpha_error"][-1]
        line = row(text, "classifier.0")
        assert f"{alpha:.2f} ± {error:.2f}" in line
        assert f"{layer['spectrum/ks_distance'][-1]:.3f}" in line
        assert "1,024" in line
    assert "2.74" in line  # the report's "FC Layer 31"
    assert "4.71" in row(text, "features.0")
    assert "K < 50" in row(text, "features.0")
    assert "4.71" not in row(text, "features.0", 1), "the report measured one network"


def test_a_failed_fit_is_named_and_has_no_number(contents: Contents, tmp_path: Path) -> None:
    spectrum = "/runs/cnn-s0/layers/features.3/spectrum"
    for key in ("alpha", "alpha_error", "ks_distance", "xmin", "xmax"):
        contents.datasets[f"{spectrum}/{key}"][-1] = np.nan
    contents.datasets[f"{spectrum}/status"][-1] = 1
    write(tmp_path / "failed.h5", contents)
    line = row(told(tmp_path / "failed.h5"), "features.3")
    assert "failed" in line
    assert "nan" not in line


def test_noise_has_intervals_history_and_classes(whole: Path) -> None:
    text = told(whole)
    with Store(whole) as store:
        attack = store.run("cnn-s0").attack("uniform-noise")
        rate = success_rate(attack["confidence"], attack.threshold)
        rates = [100 * r.value for r in success_history(attack)[-LAST_EPOCHS:]]
        line = row(text, "cnn-s0", 1)
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
    assert "Training still goes on." in text
    assert "Noise" not in text


def test_the_first_trials_stand_in_until_all_are_made(contents: Contents, tmp_path: Path) -> None:
    noise = "/runs/cnn-s0/attacks/uniform-noise"
    for key in ("prediction", "confidence", "gallery"):
        contents.drop(f"{noise}/{key}")
    write(tmp_path / "history.h5", contents)
    with Store(tmp_path / "history.h5") as store:
        answers = latest_answers(store.run("cnn-s0").attack("uniform-noise"))
        assert answers is not None
        assert np.array_equal(answers[1], contents.datasets[f"{noise}/history/confidence"][-1])
    assert "/100" in row(told(tmp_path / "history.h5"), "cnn-s0", 1)


def test_without_spectra_and_attacks(contents: Contents, tmp_path: Path) -> None:
    for path in [p for p in contents.attributes if p.endswith("/spectrum")]:
        contents.drop(path)
    for run in ("cnn-s0", "spectral-cnn-s0"):
        contents.drop(f"/runs/{run}/attacks")
    write(tmp_path / "bare.h5", contents)
    text = told(tmp_path / "bare.h5")
    assert "Alpha" not in text
    assert "Noise" not in text
    assert "cnn-s0" in text


def test_without_a_run(contents: Contents, tmp_path: Path) -> None:
    contents.drop("/runs")
    write(tmp_path / "none.h5", contents)
    assert "No run has finished epoch 0 yet." in told(tmp_path / "none.h5")


def test_names_are_no_markup(contents: Contents, tmp_path: Path) -> None:
    contents.describe("/dataset", name="[red]data[/red]")
    write(tmp_path / "names.h5", contents)
    assert "[red]data[/red]" in told(tmp_path / "names.h5")


def test_counting_eigenvalues() -> None:
    assert eigenvalue_count((64, 3, 3, 3)) == 27
    assert eigenvalue_count((10, 256)) == 10


def test_torch_is_not_needed(whole: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from rich.console import Console\n"
        "from analysis.store import Store\n"
        "from analysis.show import show\n"
        "from analysis.store.check import check\n"
        "import analysis.figures\n"
        f"show(Store({str(whole)!r}), Console()); check({str(whole)!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cnn-s0" in done.stdout
