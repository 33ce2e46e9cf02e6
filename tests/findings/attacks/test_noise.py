"""The noise film's thresholds, kinds of noise and histories: what they draw, and the sentences that numbers choose."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    kinds_in_words,
    of_images,
    passing_in_words,
    separation_in_words,
    share_above,
)
from weightreel.analysis.findings.attacks.noise import (
    STEPS,
    Stream,
    answers_of,
    attack_of,
    favourites,
    kinds_of,
    name_of_kind,
    outcomes,
    rates_by_kind,
    whole_answers,
)
from weightreel.analysis.findings.attacks.swing import NoiseLocation, moves_with, nearest_of
from weightreel.analysis.findings.statistics import separation
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.scenes.instruments.answers.threshold_curves import ThresholdCurves, nines
from weightreel.scenes.instruments.axes.curves import Series

THRESHOLDS = np.array([0.5, 0.9, 0.99])


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("noise") / "s.h5"
    return synthetic_store(path, epochs=12, n_layers=2, trials=300, history_trials=100, n_classes=3)


def test_only_noise_is_shown_as_noise(store: Path) -> None:
    with Store(store) as opened:
        run = opened.select()[0]
        assert len(run.attacks) > len(kinds_of(run)) == 5
        assert attack_of(run).name == "uniform-noise"
        assert [name_of_kind(kind) for kind in kinds_of(run)] == [
            "uniform", "Gaussian", "±1", "smooth", "shuffled pixels",
        ]  # fmt: skip


def test_saying_that_there_is_nothing_is_never_a_success(store: Path, tmp_path: Path) -> None:
    with Store(store) as opened:
        contents, name = opened.contents(), opened.select()[0].name
    at = f"/runs/{name}"
    attack = f"{at}/attacks/uniform-noise"
    contents.describe(at, defence=json.dumps({"nothing": 1}))
    contents.datasets[f"{attack}/prediction"] = np.full(300, 3)
    contents.datasets[f"{attack}/confidence"] = np.full(300, 0.99, np.float32)
    contents.datasets[f"{at}/test/prediction"][:5] = 3
    write(tmp_path / "nothing.h5", contents)
    with Store(tmp_path / "nothing.h5") as opened:
        run = opened.runs[name]
        prediction, sure = outcomes(run.noise_attacks["uniform-noise"])
        assert (prediction == 3).all()
        assert not sure.any()
        assert Answered.of(run, run.noise_attacks["uniform-noise"]).rate.successes == 0
        assert (of_images(run)[:5] == 0).all()
        assert (of_images(run)[5:] > 0).all()
        assert answers_of(run, opened.classes)[-1] == "nothing"
        np.testing.assert_allclose(whole_answers(run, np.array([[0.1, 0.2, 0.3]])), [[0.1, 0.2, 0.3, 0.4]])
        other = next(other for other in opened.runs.values() if other.name != name)
        assert answers_of(other, opened.classes) == opened.classes


def test_rates_of_every_kind_come_from_the_history_and_at_the_end_from_all_trials(store: Path) -> None:
    with Store(store) as opened:
        runs = opened.select()
        epochs = np.arange(14.0)  # two more than these runs have
        found = rates_by_kind(runs, ["uniform-noise", "smooth-noise", "unknown"], epochs)
        assert found.shape == (3, 14, 3, 2)
        attack = runs[1].noise_attacks["smooth-noise"]
        assert found[0, 4, 1, 1] == (attack["history/confidence"][4] >= attack.threshold).mean()
        assert found[0, 11, 1, 1] == (attack["confidence"] >= attack.threshold).mean()
        np.testing.assert_array_equal(found[:, 13], found[:, 11])
        assert np.isnan(found[:, :, 2]).all()
        assert (found[1, :, :2] <= found[0, :, :2]).all()
        assert (found[0, :, :2] <= found[2, :, :2]).all()


def test_shares_above_thresholds_count_the_threshold_itself() -> None:
    np.testing.assert_allclose(share_above(np.array([0.2, 0.9, 0.95, 1.0]), THRESHOLDS), [0.75, 0.75, 0.25])


def curves() -> ThresholdCurves:
    return ThresholdCurves(THRESHOLDS, [Series("", np.array([1.0, 0.5, 0.25]), "#FFFFFF")], (6, 3), "share, %")


def test_a_threshold_curve_grows_to_where_the_clock_stands() -> None:
    drawn = curves().shift(RIGHT)
    assert not drawn.at(float(nines(0.5))).lines[0].points.size or drawn.lines[0].width == pytest.approx(0)
    drawn.at(float(nines(0.9)))
    np.testing.assert_allclose(drawn.lines[0].points[-1], drawn.plane.point(1.0, 50), atol=1e-9)
    drawn.at(99)
    np.testing.assert_allclose(drawn.lines[0].points[-1], drawn.plane.point(2.0, 25), atol=1e-9)
    middle = (drawn.plane.point(1.0, 0) + drawn.plane.point(2.0, 0)) / 2
    np.testing.assert_allclose(drawn.plane.point(1.5, 0), middle)
    np.testing.assert_allclose(nines(np.array([0.9, 0.99, 0.999])), [1, 2, 3])


def test_images_are_told_from_noise_by_pairs() -> None:
    assert separation(np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])) == 1
    assert separation(np.array([0.1]), np.array([0.2, 0.3])) == 0
    assert separation(np.array([0.5]), np.array([0.5])) == 0.5
    rng = np.random.default_rng(3)
    images, noise = rng.integers(0, 9, 40), rng.integers(0, 9, 30)
    pairs = (images[:, None] > noise).mean() + (images[:, None] == noise).mean() / 2
    assert separation(images, noise) == pytest.approx(pairs)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.97, "in 97 of 100 pairs: it tells them apart"),
        (0.7, "The CNN is surer of a real picture than of noise in 70 of 100 pairs, not more."),
        (0.5, "confidence tells nothing"),
        (0.2, "The CNN is surer of noise than of real pictures"),
    ],
)
def test_what_is_said_of_the_separation(share: float, said: str) -> None:
    assert said in separation_in_words("CNN", share)


def test_what_is_said_of_thresholds_and_kinds() -> None:
    assert passing_in_words(0.9, np.array([0.9, 0.8]), np.array([0.5])) == (
        "A confidence of at least 90 % lets 50.0 % of the real pictures pass, and 0 % of the noise."
    )
    kinds = [("uniform", 0.1), ("smooth", 0.4), ("±1", 0.0)]
    assert kinds_in_words("CNN", kinds) == "CNN: most often sure of smooth noise (40.0 %), least often of ±1 (0 %)."
    assert "none of these kinds" in kinds_in_words("CNN", [("uniform", 0.0), ("smooth", 0.0)])
    assert "equally often" in kinds_in_words("CNN", [("uniform", 0.2), ("smooth", 0.2)])


def test_the_nearest_class_is_measured_in_its_own_spread() -> None:
    distance, spread = np.array([[4.0, 6.0], [9.0, 8.0]]), np.array([[2.0, 1.0], [1.0, 4.0]])
    np.testing.assert_allclose(nearest_of(distance, spread), [2, 2])
    assert np.isnan(nearest_of(distance, np.zeros((2, 2)))).all()


def test_what_moves_together_does_so_in_its_changes_not_in_its_trend() -> None:
    rng = np.random.default_rng(0)
    steps, others = rng.normal(size=(2, 60))
    trend = np.arange(60) * 5.0
    assert moves_with(trend + steps, trend + 3 * steps) == pytest.approx(1)
    assert moves_with(steps, -steps) == pytest.approx(-1)
    assert abs(moves_with(trend + steps, trend + others)) < 0.4
    assert np.isnan(moves_with(steps, np.ones(60)))
    assert np.isnan(moves_with(steps[:5], steps[:5]))


def test_a_store_without_the_place_of_noise_has_none_to_show(store: Path, tmp_path: Path) -> None:
    with Store(store) as opened:
        run = opened.select()[0]
        place = NoiseLocation.of(run, attack_of(run))
        assert place.rate.shape == place.nearest.shape == place.shift.shape == (12,)
        assert set(place.told()) <= {
            "how far noise lies from the nearest class", "how far noise is from what its layers are used to",
        }  # fmt: skip
        contents, at = opened.contents(), f"{run.path}/attacks/uniform-noise/place"
        contents.drop(f"{at}/logit_scale")
    write(tmp_path / "old.h5", contents)
    with Store(tmp_path / "old.h5") as opened:
        assert NoiseLocation.of(opened.select()[0], attack_of(opened.select()[0])) is None


def test_a_stream_ends_on_the_counts_of_all_trials() -> None:
    rng = np.random.default_rng(1)
    prediction, confidence = rng.integers(0, 3, 1000), rng.random(1000)
    stream = Stream.of(prediction, confidence, 0.9, 3)
    assert (stream.trials[0], stream.trials[-1], len(stream.trials)) == (0, 1000, STEPS)
    assert stream.successes[-1] == (confidence >= 0.9).sum() == stream.taken[-1].sum()
    np.testing.assert_array_equal(stream.answers.sum(1), stream.trials)
    half = stream.trials[STEPS // 2]
    assert stream.successes[STEPS // 2] == (confidence[:half] >= 0.9).sum()
    assert np.isnan(stream.rate[0])
    assert stream.rate[-1] == pytest.approx((confidence >= 0.9).mean())
    assert len(Stream.of(prediction[:1], confidence[:1], 0.9, 3).trials) == 2


def test_the_classes_that_noise_is_taken_for() -> None:
    assert favourites(np.array([0, 97, 3]), ["a", "b", "c"]) == "b 97.0 %, c 3.0 %"
    assert favourites(np.zeros(3, int), ["a", "b", "c"]) == ""
