"""Stills of attacks, certificates and defences show the numbers of the store; some have the report's names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import calibration_of
from weightreel.analysis.findings.attacks.defences import certified_accuracy
from weightreel.analysis.findings.attacks.noise import success_by_class, successes
from weightreel.analysis.findings.attacks.robustness import (
    Attacked,
    attacks_by_family,
    clean_accuracy,
    families,
    robust_accuracy,
)
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.confusion import last_shares
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.stills.certificates import certificate_figures, certified
from weightreel.analysis.stills.perturbation import attack_figures, robust_accuracies
from weightreel.analysis.stills.report import adversarial_examples, confusions_beside, curve, report_figures
from weightreel.analysis.stills.swing import noise_histories, noise_places, reliability, swing_figures, thresholds
from weightreel.analysis.store.reader import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The report's networks and two defences, six epochs."""
    path = tmp_path_factory.mktemp("figures") / "store.h5"
    models = ("cnn", "spectral-cnn", "gaussian-cnn", "pgd-cnn")
    return Store(synthetic_store(path, epochs=6, n_layers=2, models=models, trials=100, history_trials=40, sample=4))


def line(axes: Axes, label: str) -> np.ndarray:
    """The values of a labelled line."""
    return np.asarray(next(found for found in axes.get_lines() if found.get_label() == label).get_ydata(), float)


def words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_the_report_s_files_have_the_report_s_names(store: Store) -> None:
    names = {name for name, _ in report_figures(store)}
    assert names >= {
        "CNN_accuracy", "CNN_loss", "CNN_Spectral_accuracy", "CNN_Spectral_loss", "Part1_loss_accuracy_plot",
        "Part1_confusion_matrix", "Part2_cnn_confusion_matrix", "Part2_cnn_spectral_confusion_matrix",
    }  # fmt: skip


def test_curves_are_in_percent(store: Store) -> None:
    run = store.run("cnn-s0")
    axes = curve(run, "accuracy").axes[0]
    assert np.allclose(axes.get_lines()[0].get_ydata(), 100 * run["validation/accuracy"])
    assert np.allclose(axes.get_lines()[1].get_ydata(), 100 * run["train/accuracy"])


def test_the_difference_of_confusion_matrices_is_drawn(store: Store) -> None:
    first, second = store.run("cnn-s0"), store.run("spectral-cnn-s0")
    figure = confusions_beside(first, second, store.classes)
    images = [axes.get_images()[0].get_array() for axes in figure.axes if axes.get_images()]
    assert np.allclose(images[2], 100 * (last_shares(second, "test") - last_shares(first, "test")))
    assert len(figure.axes[2].patches) == 3  # the largest are outlined


def test_adversarial_examples_count_successes_by_class(store: Store) -> None:
    run = store.run("cnn-s0")
    attack = run.attack("uniform-noise")
    figure = adversarial_examples(run, attack, store.classes)
    heights = [bar.get_height() for bar in figure.subfigs[1].axes[0].patches]
    counted = success_by_class(attack)
    assert heights == counted.tolist()
    assert f"{counted.sum():,} of 100" in words(figure)


def test_thresholds_are_counted(store: Store) -> None:
    run = store.run("cnn-s0")
    axes = thresholds([run]).axes[0]
    drawn = line(axes, "cnn-s0, uniform noise")
    at = np.asarray(axes.get_lines()[0].get_xdata())
    where = int(np.argmin(np.abs(at - 0.9)))
    assert drawn[where] == pytest.approx(100 * rate_of(successes(run.attack("uniform-noise"), at[where])).value)
    assert drawn[0] >= drawn[-1]


def test_histories_end_in_the_verdict(store: Store) -> None:
    runs = list(store.runs.values())
    found = verdict(runs)
    assert found is not None
    text = words(noise_histories(runs))
    assert all(sentence in text for sentence in found.sentences)


def test_the_place_of_noise_has_a_column_for_each_network(store: Store) -> None:
    runs = store.select()
    figure = noise_places(runs)
    assert len(figure.axes) == 8
    scale = next(axes for axes in figure.axes if "logits" in axes.get_ylabel())
    assert np.allclose(line(scale, "noise"), runs[0].attack("uniform-noise")["place/logit_scale"])


def test_calibration_error_is_told(store: Store) -> None:
    run = store.run("cnn-s0")
    found = calibration_of(run)
    assert found is not None
    assert f"calibration error {100 * found.error:.1f} %" in words(reliability([run]))


def test_robust_accuracy_begins_at_the_clean_one(store: Store) -> None:
    run = store.run("pgd-cnn-s0")
    drawn = line(robust_accuracies([Attacked(run, families(run))], "linf").axes[0], "pgd-cnn-s0, PGD-40")
    attacks = attacks_by_family(run)["pgd40-linf"]
    expected = [clean_accuracy(attacks[0]).value, *(robust_accuracy(attack).value for attack in attacks)]
    assert np.allclose(drawn, 100 * np.array(expected))


def test_certified_accuracy_is_a_falling_step(store: Store) -> None:
    run = store.run("gaussian-cnn-s0")
    figure = certified([run])
    certificates = list(run.certificates.values())
    assert [axes.get_title() for axes in figure.axes] == [f"noise σ = {c.sigma:g}" for c in certificates]
    drawn = line(figure.axes[0], "gaussian-cnn-s0")
    assert drawn[0] == pytest.approx(100 * certified_accuracy(certificates[0], [0.0])[0].value)
    assert (np.diff(drawn) <= 1e-9).all()


def test_defences_stand_beside_each_other(store: Store) -> None:
    figures = dict(certificate_figures(store))
    text = words(figures["defences"])
    for run in store.runs.values():
        assert run.title in text
    assert "worst case, ε = 4/255" in text


def test_what_a_store_lacks_is_left_out(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "bare.h5", epochs=2, n_layers=2, models=("cnn",), attacks=False, sample=4)
    with Store(path) as bare:
        assert [name for name, _ in swing_figures(bare)] == ["calibration"]  # the test images were answered
        assert not list(attack_figures(bare))
        assert not [name for name, _ in certificate_figures(bare)]
