"""Facts that tables, stills and films told otherwise of the same store: each has one function now."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import bin_of, calibration, of_images
from weightreel.analysis.findings.attacks.gradients import distances_of, fooling_of, fooling_reached
from weightreel.analysis.findings.attacks.noise import (
    late_rates,
    late_since,
    outcomes,
    rates_of,
    success_by_class,
    successes,
)
from weightreel.analysis.findings.attacks.perturbation import attack_in_words, most_instructive, ways
from weightreel.analysis.findings.attacks.swing import NoiseLocation, nearest_of
from weightreel.analysis.findings.statistics import Rate, counted, is_shown, percentages
from weightreel.analysis.findings.time import LAST_EPOCHS, last_epochs
from weightreel.analysis.findings.words.numbers import (
    interval,
    interval_in_percent,
    lowest_to_highest,
    percent,
    points,
    signed,
)
from weightreel.analysis.stills.perturbation import path
from weightreel.analysis.stills.swing import noise_histories, noise_places, reliability, thresholds
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.store.writer import write
from weightreel.analysis.tables.attacks import attack_tables


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("twins") / "s.h5"
    return synthetic_store(path, epochs=7, n_layers=2, trials=200, history_trials=80, sample=4)


@pytest.mark.parametrize(
    ("epochs", "late"),
    [
        ([0], [0]),
        ([0, 1], [1]),
        (range(8), range(1, 8)),
        (range(11), range(1, 11)),
        (range(30), range(20, 30)),
        ([5, 6, 7], [5, 6, 7]),
        ([0, 10, 20, 40], [10, 20, 40]),
    ],
    ids=["untrained", "one", "few", "just so many", "many", "checkpoints of a trained network", "steps"],
)
def test_the_last_epochs_are_a_run_s_own_without_the_untrained_network(epochs: list[int], late: list[int]) -> None:
    known = np.array(list(epochs))
    assert known[last_epochs(known)].tolist() == list(late)


def test_tables_and_shading_mean_the_same_last_epochs(whole: Path) -> None:
    with Store(whole) as store:
        run = store.select()[0]
        attack = run.attack("uniform-noise")
        rates = rates_of(attack)
        assert rates[0] not in rates[1:], "an example that says something"
        assert late_rates(run, attack).tolist() == rates[1:].tolist()
        kinds = next(table for table in attack_tables(store) if str(table.title).startswith("Noise of every kind"))
        assert kinds.column(1)[0].endswith(lowest_to_highest(rates[1:]))
        assert late_since([run]) is None, "all trained epochs are late"
        assert not noise_histories([run]).axes[0].patches


def test_shading_begins_at_the_first_late_epoch(tmp_path: Path) -> None:
    epochs = LAST_EPOCHS + 5
    path = synthetic_store(
        tmp_path / "s.h5", epochs=epochs, n_layers=2, models=("cnn",), trials=20, history_trials=10, sample=4
    )
    with Store(path) as store:
        runs = store.select()
        since = late_since(runs)
        assert since == runs[0].epochs[-LAST_EPOCHS] == epochs - LAST_EPOCHS
        shade = noise_histories(runs).axes[0].patches[0]
        assert (shade.get_x(), shade.get_x() + shade.get_width()) == (since, runs[0].epochs[-1])


def test_p_at_the_level_is_shown_by_every_test() -> None:
    assert is_shown(0.05)
    assert not is_shown(0.050001)
    assert not is_shown(float("nan"))
    assert is_shown(np.array([0.05, 0.06, np.nan])).tolist() == [True, False, False]


def test_rates_have_one_form_in_columns_and_one_in_words() -> None:
    rate = counted(703, 10_000)
    assert interval(rate, 2) == "7.03 [6.55, 7.55]"
    assert interval_in_percent(rate, 2) == "7.03 % [6.55, 7.55]"
    assert interval_in_percent(counted(0, 300), 2) == "0 % [0.00, 1.26]"
    assert interval(Rate(0, 0, float("nan"), 0.0, 1.0)) == "– [0.0, 100.0]"
    assert (percent(1.0), points(1.0), percent(0.123), points(float("nan"))) == ("100 %", "100.0", "12.3 %", "–")
    assert (signed(-0.2), signed(0.81)) == ("−0.20", "+0.81")
    assert (lowest_to_highest([0.2, 0.004]), lowest_to_highest([])) == ("0.4 – 20.0", "–")
    value, low, high = percentages([rate, counted(1, 2)])
    assert value.tolist() == pytest.approx([7.03, 50])
    assert (low < value).all()
    assert (value < high).all()
    assert all(part.shape == (0,) for part in percentages([]))


def test_noise_and_images_stand_in_the_same_bins_of_confidence() -> None:
    edges = np.linspace(0, 1, 11)
    confidence = np.array([0.0, 0.1, 0.1000001, 0.9, 0.95, 1.0])
    assert bin_of(confidence, edges).tolist() == [0, 0, 1, 8, 9, 9], "an edge belongs to the bin below it"
    found = calibration(np.zeros(6, int), np.zeros(6, int), confidence, 10)
    assert found.images.tolist() == np.bincount(bin_of(confidence, edges), minlength=10).tolist()


@pytest.fixture(scope="module")
def careful(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store, whose CNN may say that there is nothing, and says it to half of the noise and to some images."""
    with Store(whole) as store:
        contents = store.contents()
    noise = "/runs/cnn-s0/attacks/uniform-noise"
    contents.describe("/runs/cnn-s0", defence=json.dumps({"nothing": 0.2}))
    contents.datasets[f"{noise}/prediction"][::2] = 10
    contents.datasets[f"{noise}/confidence"][:] = 0.98
    contents.datasets["/runs/cnn-s0/test/prediction"][:50] = 10
    contents.datasets["/runs/cnn-s0/test/confidence"][:] = 0.98
    contents.drop(f"{noise}/gallery")
    path = tmp_path_factory.mktemp("careful") / "s.h5"
    write(path, contents)
    return path


def test_saying_that_there_is_nothing_is_sureness_of_no_class_anywhere(careful: Path) -> None:
    with Store(careful) as store:
        run = store.run("cnn-s0")
        attack = run.attack("uniform-noise")
        assert outcomes(attack)[1].tolist() == pytest.approx([0.0, 0.98] * 100)
        assert success_by_class(attack).sum() == successes(attack).sum() == 100
        images = of_images(run)
        assert images is not None
        share = float((images >= 0.9).mean())
        assert share == pytest.approx(1 - 50 / len(images))
        lines = {str(line.get_label()): np.asarray(line.get_ydata()) for line in thresholds([run]).axes[0].lines}
        assert lines["cnn-s0, test images"][0] == pytest.approx(100 * share), "as in the film"
        assert lines["cnn-s0, uniform noise"][0] == pytest.approx(50)
        table = next(t for t in attack_tables(store) if str(t.title).startswith("Uniform noise answered"))
        cells = [table.column(place)[0] for place in range(len(table.columns))]
        assert cells[-3:-1] == ["49.0", points(float(images.mean()))], "means of the same confidences"
        below = next(line for line in reliability([run]).axes[0].lines if "noise" in str(line.get_label()))
        assert np.asarray(below.get_ydata())[[0, -1]].tolist() == pytest.approx([-25, -25]), "half in each end's bin"


def test_the_nearest_class_is_the_nearest_in_the_still_too(whole: Path, tmp_path: Path) -> None:
    distance, spread = np.array([[2.0, 3.0]]), np.array([[1.0, 6.0]])
    assert nearest_of(distance, spread).tolist() == [2.0], "not the class whose spread is widest"
    with Store(whole) as store:
        run = store.select()[0]
        found = NoiseLocation.of(run, run.attack("uniform-noise"))
        assert found is not None
        drawn = noise_places([run]).axes[2].lines[0].get_ydata()
        np.testing.assert_allclose(drawn, found.nearest)
        assert found.shift.tolist() == pytest.approx(np.sqrt((found.layer_shifts**2).mean(1)).tolist())


def test_an_attack_s_way_is_shown_on_the_film_s_example(whole: Path) -> None:
    with Store(whole) as store:
        run = store.select()[0]
        kept = ways(run, store)
        way = most_instructive(kept)
        attack = next(a for a in run.attacks.values() if a.has("path/perturbation"))
        figure = path(run, attack, way)
        np.testing.assert_allclose(figure.subfigs[0].axes[0].images[0].get_array(), way.picture / 255)
        assert attack_in_words(attack) in figure.get_suptitle()


def test_distances_and_fooling_images_are_counted_once(whole: Path) -> None:
    with Store(whole) as store:
        run = store.select()[0]
        attack = run.attack("deepfool-l2")
        found = distances_of(attack)
        right = attack["clean/prediction"] == attack["label"]
        assert (found.images, len(found.found)) == (len(right), right.sum())
        assert [rate.trials for rate in found.robust_at([0.0, 99.0])] == [len(right)] * 2
        assert found.robust_at([0.0])[0].successes == right.sum()
        fooled = next(iter(run.attacks_of(AttackKind.FOOLING).values()))
        fooling = fooling_of(run, store.classes)
        assert fooling is not None
        assert fooling.reached.tolist() == fooling_reached(fooled).tolist()
        assert fooling.answers == tuple(store.classes[i] for i in fooled["prediction"])
