"""Facts of spectra, training and norms that film, still, page and tables told otherwise: each has one function now."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad

from tests.made.store import synthetic_store
from weightreel.analysis.export.json import page_data
from weightreel.analysis.findings.confusion import images_in_words, last_confusion, last_shares, shares
from weightreel.analysis.findings.parameters import Distribution, central_bins
from weightreel.analysis.findings.phases import Stop, name_of_phase, stop_in_words, stops_of
from weightreel.analysis.findings.report import REPORTED_CONV1_ALPHA, REPORTED_FC31_ALPHA, reported_alpha
from weightreel.analysis.findings.spectra import Spectrum, fitted_layers, layers_with_spectra, main_layer, panel_layers
from weightreel.analysis.findings.spectral.alpha import Fit
from weightreel.analysis.findings.spectral.bulk import REJECTED, caveats, verdict_in_words
from weightreel.analysis.findings.spectral.randomness import LargeEigenvalues, few_eigenvalues
from weightreel.analysis.findings.training import best_validation, history, learning_in_words
from weightreel.analysis.stills.spectra import spectra
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import Phase, eigenvalue_count
from weightreel.analysis.store.writer import write
from weightreel.scenes.instruments.spectra.esd import EsdPlot


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthetic_store(tmp_path_factory.mktemp("twins") / "s.h5", epochs=5, n_layers=4, sample=4)


def test_film_still_and_page_draw_the_tail_at_one_height_whose_area_is_its_share(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        layer = max(fitted_layers(run), key=lambda found: eigenvalue_count(found.shape))
        spectrum, last = Spectrum.of(run, layer), len(run.epochs) - 1
        start, end = (10 ** ends[last] for ends in spectrum.tail)
        page = next(of for of in page_data(store, [run])["runs"][0]["layers"] if of["name"] == layer.name)["spectrum"]
        figure = spectra(run, [layer])
    alpha, xmin, share = spectrum.alpha[last], spectrum.xmin[last], spectrum.n_tail[last] / spectrum.n_all
    area, _ = quad(lambda x: start * (x / xmin) ** -alpha, xmin, np.inf)
    assert area == pytest.approx(share, rel=1e-4)
    drawn = next(line for line in figure.axes[1].lines if line.get_label() == "fitted tail").get_xydata()
    np.testing.assert_allclose(drawn, [[xmin, start], [spectrum.lambda_max[last], end]], rtol=1e-6)
    np.testing.assert_allclose([page["tail"]["at_xmin"][last], page["tail"]["at_xmax"][last]], [start, end], rtol=1e-5)
    plot = EsdPlot(spectrum, (6, 4), ((-9.0, 9.0), (-30.0, 30.0)))
    film = plot.tail(spectrum.fits[last])
    np.testing.assert_allclose(10**film, drawn, rtol=1e-6)


def test_film_still_and_page_count_eigenvalues_in_the_same_bins(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        layer = layers_with_spectra(run)[-1]
        spectrum = Spectrum.of(run, layer)
        page = next(of for of in page_data(store, [run])["runs"][0]["layers"] if of["name"] == layer.name)["spectrum"]
        figure = spectra(run, [layer])
    np.testing.assert_allclose(np.log10(page["esd"]["edges"]), spectrum.edges, atol=1e-6)
    density = np.array(page["esd"]["counts"]) * np.array(page["esd"]["density_of_one"])
    np.testing.assert_allclose(density, 10**spectrum.density, rtol=1e-6)
    stairs = figure.axes[0].patches[0].get_data()
    np.testing.assert_allclose(stairs.edges, 10**spectrum.edges)
    np.testing.assert_allclose(np.nan_to_num(stairs.values), 10 ** spectrum.density[0])


def test_the_main_layer_of_films_has_a_panel_among_the_stills(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        main, panels = main_layer(run), panel_layers(run)
    assert main is not None
    assert main.name in [layer.name for layer in panels]
    assert panels[0].kind.startswith("conv")


def test_a_layer_has_few_eigenvalues_by_number_or_by_what_its_fits_say(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        by_number = {name: few_eigenvalues(layer) for name, layer in run.layers.items() if layer in fitted_layers(run)}
        for name, few in by_number.items():
            if eigenvalue_count(run.layer(name).shape) < 50:
                assert few


def test_large_eigenvalues_are_counted_once_and_spikes_lie_above_the_edge(path: Path) -> None:
    with Store(path) as store:
        run = store.run("cnn-s0")
        layer = layers_with_spectra(run)[-1]
        found = LargeEigenvalues.of(run, layer, 40)
        eigenvalues = layer["spectrum/eigenvalues"]
    inside = ((eigenvalues >= found.edges[0]) & (eigenvalues <= found.edges[-1])).sum(1)
    assert found.counts.sum(1).tolist() == inside.tolist()
    assert found.edge is not None
    assert len(found.spikes) == len(found.spike_epochs)
    assert all(spike > found.edge[list(found.epochs).index(at)] for spike, at in
               zip(found.spikes, found.spike_epochs, strict=True))  # fmt: skip


def test_a_power_law_is_rejected_up_to_the_level_that_tables_name(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        contents, run = store.contents(), store.run("cnn-s0")
        name = next(layer.name for layer in run.layers.values() if layer.has("spectrum/p_value"))
        at = f"{run.path}/layers/{name}/spectrum/p_value"
    contents.datasets[at] = np.float32(REJECTED)
    write(tmp_path / "p.h5", contents)
    with Store(tmp_path / "p.h5") as store:
        layer = store.run("cnn-s0").layer(name)
        assert verdict_in_words(layer).startswith("A power law is rejected")
        assert any(f"up to {REJECTED:g} it speaks against" in sentence for sentence in caveats([store.run("cnn-s0")]))
        assert Fit.of(layer).p_value == pytest.approx(REJECTED)


def test_shares_of_a_class_are_of_all_its_images_also_of_those_answered_with_nothing(
    path: Path, tmp_path: Path
) -> None:
    with Store(path) as store:
        contents, run = store.contents(), store.run("cnn-s0").path
    label, counts = contents.datasets[f"{run}/test/label"], contents.datasets[f"{run}/test/confusion"]
    counts[2, 2] -= 7  # as if 7 images of a class were answered with nothing
    write(tmp_path / "nothing.h5", contents)
    with Store(tmp_path / "nothing.h5") as store:
        run = store.run("cnn-s0")
        drawn = last_shares(run, "test")
        assert drawn[2].sum() == pytest.approx(1 - 7 / np.count_nonzero(label == 2))
        assert images_in_words(run, "test").startswith(f"{len(label):,} test images")
        np.testing.assert_allclose(last_shares(run, "validation"), shares(last_confusion(run, "validation")))


def test_the_central_range_of_still_and_page_is_one(path: Path) -> None:
    counts = np.array([[1, 499, 499, 1], [0, 1000, 0, 0]])
    assert central_bins(counts) == (1, 3)
    with Store(path) as store:
        found = Distribution.of(store.run("cnn-s0"), "weight")
        page = page_data(store, [store.run("cnn-s0")])["runs"][0]["parameters"]["weight"]
    assert found is not None
    first, _ = central_bins(found.counts)
    assert page["edges"][0] == pytest.approx(found.edges[first])
    assert found.n_entries == sum(page["counts"][0]) + page["below"][0] + page["above"][0]


def test_the_report_s_figures_stand_beside_its_own_layers_alone(path: Path) -> None:
    with Store(path) as store:
        for run in store.runs.values():
            found = {layer.name: reported_alpha(run, layer) for layer in run.layers.values()}
            stated = sorted(alpha for alpha in found.values() if alpha is not None)
            known = [REPORTED_FC31_ALPHA, REPORTED_CONV1_ALPHA]
            assert set(stated) <= set(known if run.model == "cnn" else [])
            assert run.model != "cnn" or found[next(iter(found))] == REPORTED_CONV1_ALPHA


def test_phases_have_one_name_and_a_stop_one_sentence(path: Path) -> None:
    assert [name_of_phase(phase) for phase in Phase][:3] == ["under-fitting", "generalising", "over-fitting"]
    with Store(path) as store:
        run = store.run("cnn-s0")
        stops = stops_of(run)
        assert [stop.rule for stop in stops] == ["validation", "spectral"]
        for stop in stops:
            said = stop_in_words(run, stop, "dashed")
            assert ("never stops" in said) == (stop.epoch is None)
        stop = Stop("spectral", 3, 0.5, 0.021)
        assert stop_in_words(run, stop) == ("by spectra: stops at epoch 3, validation 50.0%, 2.1 points below the best")


def test_a_loss_that_is_unknown_at_the_end_is_told_by_what_is_known(path: Path, tmp_path: Path) -> None:
    with Store(path) as store:
        contents, at = store.contents(), store.run("cnn-s0").path
    contents.datasets[f"{at}/validation/loss"][-1] = np.nan
    write(tmp_path / "unknown.h5", contents)
    with Store(tmp_path / "unknown.h5") as store:
        run = store.run("cnn-s0")
        for titled in (False, True):
            assert "–" not in learning_in_words(run, titled=titled)
            assert "training loss" in learning_in_words(run, titled=titled)
        accuracy = history(run, "validation", "accuracy")
        assert best_validation(run) == (pytest.approx(accuracy.max()), int(run.epochs[accuracy.argmax()]))
