"""Stills: every kind is drawn, in both formats, and shows the numbers of the store."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from analysis.figures import alphas, confusion, esd_layers, figures, ridgeline, spectra, training_curves
from analysis.figures_noise import class_bias, gallery, noise_success
from analysis.store import Store, WeightreelError, success_by_class
from analysis.style import WEIGHTS
from tests.synthetic import synthetic_store


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five epochs of a narrow network."""
    where = tmp_path_factory.mktemp("figures") / "store.h5"
    return synthetic_store(where, epochs=5, n_layers=2, models=("cnn",), trials=60, history_trials=20, sample=4)


def words(figure: Figure) -> str:
    """Every text of a figure."""
    return "\n".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_all_of_a_store_as_png_and_svg(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        written = figures(store, tmp_path / "new" / "folder")
    assert {file.name for file in written if file.suffix == ".png"} == {
        f"{name}.png"
        for name in (
            "training-curves", "confusion-cnn-s0", "weight-distribution-cnn-s0", "bias-distribution-cnn-s0",
            "esd-cnn-s0", "alpha", "noise-success", "noise-classes", "noise-gallery-cnn-s0",
        )
    }  # fmt: skip
    for file in written:
        if file.suffix == ".png":
            pixels = imread(file)
            assert min(pixels.shape[:2]) > 300
            assert pixels[..., :3].std() > 0.05, f"{file.name} is blank"
            assert file.with_suffix(".svg") in written
        else:
            assert file.read_text(encoding="utf-8").rstrip().endswith("</svg>")


def test_a_training_at_epoch_zero_is_drawn(tmp_path: Path) -> None:
    start = synthetic_store(tmp_path / "start.h5", epochs=1, n_layers=2, models=("cnn",), complete=False, sample=4)
    with Store(start) as store:
        names = {file.stem for file in figures(store, tmp_path)}
    assert "esd-cnn-s0" in names
    assert not any(name.startswith("noise") for name in names)


def test_curves_are_the_store_s(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        loss, accuracy = training_curves([run]).axes
        drawn = {line.get_label(): line.get_ydata() for line in accuracy.lines}
        assert drawn["cnn-s0, validation"] == pytest.approx(100 * run["validation/accuracy"])
        assert drawn["cnn-s0, training"] == pytest.approx(100 * run["train/accuracy"])
        assert loss.lines[0].get_ydata() == pytest.approx(run["validation/loss"])


def test_confusion_is_by_rows(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        counts = run["test/confusion"]
        figure = confusion(run, store.classes)
        shown = np.asarray(figure.axes[0].images[0].get_array())
        assert shown == pytest.approx(100 * counts / counts.sum(1, keepdims=True))
        assert f"{counts.sum():,} test images" in words(figure)


def test_ridges_begin_with_the_initialisation(path: Path) -> None:
    with Store(path) as store:
        axes = ridgeline(store.run("cnn-s0"), "weight", WEIGHTS).axes[0]
        assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "1", "2", "3", "4"]


def test_the_tail_is_the_fit_of_the_store(path: Path) -> None:
    """On log–log axes the fitted tail is a line of slope -alpha from xmin to xmax."""
    with Store(path) as store:
        run = store.run("cnn-s0")
        layer = next(layer for layer in esd_layers(run) if layer.kind == "linear")
        axes = spectra(run, [layer]).axes[1]
        x, y = next(line.get_data() for line in axes.lines if line.get_label() == "fitted tail")
        assert np.polyfit(np.log(x), np.log(y), 1)[0] == pytest.approx(-layer["spectrum/alpha"][-1], rel=1e-4)
        assert (x[0], x[-1]) == pytest.approx((layer["spectrum/xmin"][-1], layer["spectrum/xmax"][-1]), rel=1e-5)
        assert f"α = {layer['spectrum/alpha'][-1]:.2f}" in words(axes.figure)


def test_layers_by_their_number_of_eigenvalues(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        axes = alphas([run]).axes[0]
        lines = {line.get_label(): line for line in axes.lines}
        drawn = lines["head.0 (10)"]
        assert drawn.get_ydata() == pytest.approx(run.layer("head.0")["spectrum/alpha"], nan_ok=True)
        assert drawn.get_linestyle() == ":", "fewer than 50 eigenvalues"


def test_noise_figures_count_the_trials(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        attack = run.attack("uniform-noise")
        history = 100 * (attack["history/confidence"] >= 0.9).mean(1)
        assert noise_success([(run, attack)]).axes[0].lines[0].get_ydata() == pytest.approx(history)
        heights = [bar.get_height() for bar in class_bias([(run, attack)], store.classes).axes[0].patches]
        counts = success_by_class(attack["prediction"], attack["confidence"], 0.9, 10)
        assert heights == pytest.approx(100 * counts / 60)
        pictures = gallery(run, attack, store.classes)
        assert sum(len(axes.images) for axes in pictures.axes) == len(attack["gallery/trial"])
        assert f"{100 * attack['gallery/probabilities'][0].max():.2f} %" in words(pictures)


def test_a_folder_that_cannot_be_made_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with Store(path) as store, pytest.raises(WeightreelError, match=r"figures cannot be written to .*file.*--out"):
        figures(store, tmp_path / "file" / "figures")
