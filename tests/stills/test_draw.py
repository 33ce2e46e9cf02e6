"""Stills: every kind is drawn, in both formats, and shows the numbers of the store."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.image import imread

from tests.made.names import PAYLOADS, store_named
from tests.made.store import synthetic_store
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.noise import gallery_of, success_by_class
from weightreel.analysis.findings.spectra import panel_layers
from weightreel.analysis.findings.spectral.randomness import SquareBulks
from weightreel.analysis.stills.draw import figures, ridgeline, training_curves
from weightreel.analysis.stills.noise import class_bias, gallery, noise_success
from weightreel.analysis.stills.norms import norms_by_epoch, norms_by_layer
from weightreel.analysis.stills.phases import phases
from weightreel.analysis.stills.report import confusion
from weightreel.analysis.stills.spectra import alphas, rug, spectra
from weightreel.analysis.stills.square import marchenko_pastur_square
from weightreel.analysis.stills.style import PHASES, RANDOM, WEIGHTS
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus, Phase
from weightreel.analysis.store.writer import Contents, write


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five epochs of a narrow network."""
    where = tmp_path_factory.mktemp("figures") / "store.h5"
    return synthetic_store(where, epochs=5, n_layers=2, models=("cnn",), trials=60, history_trials=20, sample=4)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five epochs of a narrow CNN and its spectral twin, without noise."""
    where = tmp_path_factory.mktemp("figures") / "both.h5"
    return synthetic_store(where, epochs=25, n_layers=4, attacks=False, sample=4)


@pytest.fixture
def contents(both: Path) -> Contents:
    with Store(both) as store:
        return store.contents()


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
            "phases", "esd-cnn-s0", "eigenvalues-cnn-s0", "alpha", "alpha-intervals-cnn-s0", "spectral-norm-layers",
            "spectral-norm-epochs",
            "noise-success", "noise-classes", "noise-gallery-cnn-s0", "noise-thresholds", "noise-kinds",
            "noise-histories", "noise-place", "calibration", "robust-accuracy-linf", "robust-accuracy-l2",
            "Gradient_perturbations-cnn-s0", "attack-path-cnn-s0", "input-gradients-cnn-s0", "fooling-images-cnn-s0",
            "certified-accuracy", "CNN_accuracy", "CNN_loss", "Part1_loss_accuracy_plot",
            "Part2_cnn_confusion_matrix", "Adversarial_examples_CNN",
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
        layer = next(layer for layer in panel_layers(run) if layer.kind == "linear")
        axes = spectra(run, [layer]).axes[1]
        x, y = next(line.get_data() for line in axes.lines if line.get_label() == "fitted tail")
        assert np.polyfit(np.log(x), np.log(y), 1)[0] == pytest.approx(-layer["spectrum/alpha"][-1], rel=1e-4)
        assert (x[0], x[-1]) == pytest.approx((layer["spectrum/xmin"][-1], layer["spectrum/xmax"][-1]), rel=1e-5)
        assert f"α = {layer['spectrum/alpha'][-1]:.2f}" in words(axes.figure)


def test_the_random_baseline_is_the_store_s(both: Path) -> None:
    with Store(both) as store:
        run = store.run("cnn-s0")
        layer = run.layer("blocks.1.conv")
        axes = spectra(run, [layer]).axes[1]
        edge = next(line for line in axes.lines if line.get_color() == RANDOM)
        assert edge.get_xdata()[0] == pytest.approx(layer["spectrum/marchenko_pastur/spike_edge"][-1])
        outline = next(patch for patch in axes.patches if patch.get_label() == "entries shuffled")
        values, edges, _ = outline.get_data()
        density = layer["spectrum/random/density"][-1]
        first = int(np.flatnonzero(np.isclose(layer["spectrum/random/edges"], edges[0]))[0])
        shown = density[first : first + len(values)]
        assert values == pytest.approx(np.where(shown > 0, shown, np.nan), nan_ok=True)  # the axis is logarithmic
        spikes = layer["spectrum/marchenko_pastur/n_spikes"][-1]
        assert spikes > 0
        assert f"{spikes} of 144 eigenvalues above the bulk" in words(axes.figure)


def test_every_spike_is_a_dot_over_the_epochs(both: Path) -> None:
    with Store(both) as store:
        run = store.run("cnn-s0")
        layer = run.layer("blocks.1.conv")
        lines = {line.get_label(): line for line in rug(run, [layer]).axes[0].lines}
        epochs, counts = np.unique(lines["eigenvalues above the bulk"].get_xdata(), return_counts=True)
        spikes = layer["spectrum/marchenko_pastur/n_spikes"]
        assert dict(zip(epochs, counts, strict=True)) == {e: n for e, n in enumerate(spikes) if n}
        edge = lines["λ₊, edge of the random bulk"].get_ydata()
        assert edge == pytest.approx(layer["spectrum/marchenko_pastur/spike_edge"])


def test_both_readings_of_alpha_are_shaded(both: Path) -> None:
    with Store(both) as store:
        figure = alphas([store.run("cnn-s0")])
    shaded = [patch.get_extents().transformed(figure.axes[0].transData.inverted()) for patch in figure.axes[0].patches]
    assert [(band.y0, band.y1) for band in shaded] == [pytest.approx(ends) for ends in ((2, 6), (2, 3), (4, 5))]
    for said in ("2–6: “well trained” to WeightWatcher's authors", "2–3: “over-fitting” to the report"):
        assert said in words(figure)


def test_many_runs_stand_in_rows_of_two(both: Path) -> None:
    with Store(both) as store:
        cnn, spectral = store.select()
        figure = alphas([cnn, spectral, cnn])
    figure.draw_without_rendering()
    places = [axes.get_position() for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in figure.axes if axes.axison] == ["cnn-s0", "spectral-cnn-s0", "cnn-s0"]
    assert places[0].y0 == pytest.approx(places[1].y0)
    assert places[2].y1 < places[0].y0


def test_norms_of_every_layer_and_what_batchnorm_does_to_them(both: Path) -> None:
    with Store(both) as store:
        runs = store.select()
        figure = norms_by_layer(runs)
        drawn = sorted(line.get_ydata()[0] for line in figure.axes[1].lines if line.get_marker() == "o")
        layers = [layer for layer in runs[1].layers.values() if layer.has("spectrum/sigma/reshaped")]
        convolutions = [layer for layer in layers if layer.kind == "conv2d"]
        wanted = [layer["spectrum/sigma/reshaped"][-1] for layer in layers if layer.kind == "linear"]
        for part in ("", "folded/"):
            for kind in ("slices", "reshaped", "operator"):
                wanted += [layer[f"spectrum/sigma/{part}{kind}"][-1] for layer in convolutions]
        assert drawn == pytest.approx(sorted(wanted))
        assert "BatchNorm raises the norms of 2 of 2 normalised convolutions by more than 10 %" in words(figure)
        history = norms_by_epoch(runs).axes[3].lines[0].get_ydata()
        assert history == pytest.approx(convolutions[0]["spectrum/sigma/folded/reshaped"])


def test_a_normalisation_that_batchnorm_keeps(contents: Contents, tmp_path: Path) -> None:
    for layer in ("blocks.0.conv", "blocks.1.conv"):
        sigma = f"/runs/spectral-cnn-s0/layers/{layer}/spectrum/sigma"
        contents.datasets[f"{sigma}/folded/reshaped"][-1] = 0.7
    write(tmp_path / "kept.h5", contents)
    with Store(tmp_path / "kept.h5") as store:
        text = words(norms_by_layer(store.select()))
    assert "BatchNorm does not undo the normalisation" in text
    assert "0.70 with BatchNorm folded in: folding undoes none of the" in text


def test_phases_by_both_rules(both: Path) -> None:
    with Store(both) as store:
        run = store.run("cnn-s0")
        figure = phases([run])
        ribbons = figure.axes[2].patches
        over = [patch for patch in ribbons if patch.get_facecolor() == to_rgba(PHASES[Phase.OVER_FITTING])]
        starts = [int(np.argmax(run[f"phase/{rule}"] == Phase.OVER_FITTING)) for rule in ("validation", "spectral")]
        assert starts[0] != starts[1]
        assert [patch.get_x() + 0.5 for patch in over] == starts
        text = words(figure)
        for rule, name in (("validation", "losses"), ("spectral", "spectra")):
            epoch, accuracy, cost = (float(run[f"stop/{rule}/{key}"]) for key in ("epoch", "accuracy", "cost"))
            assert f"by {name}: stops at epoch {epoch:.0f}" in text
            assert f"validation {accuracy:.1%}, {100 * cost:.1f} points below the best" in text
        attributes = run.attributes_of("phase/spectral")
        assert f"at {attributes['agreement']:.0%} of the epochs; κ = {attributes['kappa']:.2f}" in text


def test_why_square_matrices_have_fewer_spikes_by_weightwatcher_s_law(both: Path) -> None:
    """Both laws as they were fitted: one ends at 2 whatever its sigma, the other at 2 sigma."""
    fit_bulk = pytest.importorskip("weightreel.analysis.maths.marchenko_pastur").fit_bulk
    with Store(both) as store:
        run = store.run("cnn-s0")
        figure = marchenko_pastur_square([run])
        assert figure is not None
        name = words(figure).split(" of cnn-s0")[0].rsplit("\n", 1)[-1]
        eigenvalues = run.layer(name)["spectrum/eigenvalues"][-1].astype(float)
    mean = eigenvalues.mean()
    side = 64 if name.startswith("head") else 16
    fixed = fit_bulk(eigenvalues / mean, 1.0, side)
    with Store(both) as store:
        moving = SquareBulks.of(store.run("cnn-s0"), store.run("cnn-s0").layer(name))
    assert moving is not None
    curves = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert [curve.get_xdata()[-1] for curve in curves] == pytest.approx([2, 2 * moving.sigma[1]])
    assert [curve.get_ydata()[0] for curve in curves] == pytest.approx(
        [2 / (np.pi * fixed.sigma**2), 2 / (np.pi * moving.sigma[1])]
    )
    assert f"{fixed.n_spikes} or {moving.n_spikes[1]} spikes of {len(eigenvalues)} eigenvalues" in words(figure)


def test_a_store_of_version_1_0_is_drawn_without_what_it_lacks(contents: Contents, tmp_path: Path) -> None:
    for spectrum in [p for p in contents.attributes if p.endswith("/spectrum")]:
        for key in ("random", "marchenko_pastur", "p_value", "sigma/folded", "sigma/leading"):
            contents.drop(f"{spectrum}/{key}")
    for run in ("cnn-s0", "spectral-cnn-s0"):
        contents.drop(f"/runs/{run}/phase/spectral")
        contents.drop(f"/runs/{run}/stop")
    write(tmp_path / "old.h5", contents)
    with Store(tmp_path / "old.h5") as store:
        names = {file.stem for file in figures(store, tmp_path)}
        run = store.run("cnn-s0")
        assert "above the bulk" not in words(spectra(run, panel_layers(run)))
    assert {"esd-cnn-s0", "eigenvalues-cnn-s0", "alpha", "spectral-norm-layers"} <= names
    assert "marchenko-pastur-square" in names
    assert "phases" not in names


def test_spectra_end_with_the_last_epoch_that_is_measured(contents: Contents, tmp_path: Path) -> None:
    for key, value in contents.datasets.items():
        if "/spectrum/" in key and value.ndim and len(value) == 25:
            missing = FitStatus.NOT_MEASURED if key.endswith("/status") else 0
            value[20:] = np.nan if value.dtype.kind == "f" else missing
    write(tmp_path / "ahead.h5", contents)
    with Store(tmp_path / "ahead.h5") as store:
        figures(store, tmp_path)
        run = store.run("cnn-s0")
        layers = panel_layers(run)
        assert f"{layers[0].name} (conv2d), epoch 19" in words(spectra(run, layers))
        assert rug(run, layers).axes[0].get_xlim() == (-0.5, 19.5)


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
        counts = success_by_class(attack)
        assert heights == pytest.approx(100 * counts / 60)
        found = gallery_of(attack)
        assert found is not None
        pictures = gallery(run, found, store.classes)
        assert sum(len(axes.images) for axes in pictures.axes) == len(attack["gallery/trial"])
        assert f"{100 * attack['gallery/probabilities'][0].max():.2f} %" in words(pictures)


def test_a_folder_that_cannot_be_made_is_named(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with Store(path) as store, pytest.raises(WeightreelError, match=r"figures cannot be written to .*file.*--out"):
        figures(store, tmp_path / "file" / "figures")


@pytest.mark.slow
def test_names_of_any_kind_give_files_of_their_own_that_are_whole(tmp_path: Path) -> None:
    path = store_named(tmp_path / "s.h5", PAYLOADS, n_classes=3)
    with Store(path) as store:
        files = figures(store, tmp_path / "figures")
        names = [run.name for run in store.runs.values()]
    assert len({str(file).casefold() for file in files}) == len(files)
    assert all(file.parent == tmp_path / "figures" for file in files)
    assert sum(file.name.startswith("confusion-") for file in files) == 2 * len(names)
    for file in files:
        if file.suffix == ".svg":
            tags = {element.tag.rpartition("}")[2] for element in ElementTree.parse(file).iter()}
            assert not tags & {"script", "image/svg", "foreignObject", "a"}
