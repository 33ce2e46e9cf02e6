"""The noise film's pictures and bars, its stream of trials, and the sentences that its numbers choose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from manim import RIGHT, FadeIn, FadeOut

from tests.made.store import synthetic_store
from weightreel.analysis.findings.attacks.confidence import (
    Answered,
    basis_in_words,
    comparison_in_words,
    result_in_words,
)
from weightreel.analysis.findings.attacks.noise import (
    STEPS,
    Stream,
    attack_of,
    favourites,
    latest_answers,
    success_history,
)
from weightreel.analysis.findings.attacks.swing import moral_in_words, swing_in_words
from weightreel.analysis.findings.statistics import Rate, wilson
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write
from weightreel.scenes.instruments.answers.image_grid import ImageGrid, mosaic
from weightreel.scenes.instruments.axes.bars import Bars
from weightreel.scenes.instruments.axes.intervals import Intervals
from weightreel.scenes.instruments.axes.polygons import rectangles
from weightreel.scenes.kit.clock import EpochClock

PIXELS = np.random.default_rng(0).integers(1, 255, (5, 4, 6, 3), np.uint8)


def of(successes: int, model: str = "cnn", seed: int = 0, epoch: int = 50, trials: int = 1000) -> Answered:
    title = {"cnn": "CNN", "spectral-cnn": "Spectral CNN"}.get(model, model)
    return Answered(title, model, seed, epoch, Rate(successes, trials, successes / trials, *wilson(successes, trials)))


def test_a_mosaic_holds_every_pixel_once() -> None:
    whole, owner = mosaic(PIXELS, 3, 2)
    assert whole.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 4)
    for i, picture in enumerate(PIXELS):
        np.testing.assert_array_equal(whole[owner == i][:, :3].reshape(picture.shape), picture)
    assert (whole[owner == -1] == 0).all()
    assert mosaic(PIXELS[:1], 3, 2)[0].shape == (4, 6, 4)


def test_pictures_arrive_one_after_the_other_without_flicker() -> None:
    grid = ImageGrid(PIXELS, 3, 2.0)
    alpha = [[grid.at(t).pixel_array[grid.owner == i, 3].mean() for i in range(5)] for t in (0.0, 1.5, 5.0, 9.0)]
    np.testing.assert_allclose(alpha, [[0] * 5, [255, 128, 0, 0, 0], [255] * 5, [255] * 5])
    assert (grid.pixel_array[grid.owner == -1, 3] == 0).all()
    assert grid.height == pytest.approx(2)


def test_pictures_can_be_faded_and_follow_a_clock() -> None:
    grid = ImageGrid(PIXELS, 3, 2.0).at(5)
    kept = grid.pixel_array.copy()
    for animation, at_end in ((FadeOut(grid), 0), (FadeIn(grid), kept)):
        animation.begin()
        animation.interpolate(1)
        np.testing.assert_array_equal(grid.pixel_array[..., 3], np.broadcast_to(at_end, kept.shape)[..., 3])
        animation.finish()
        grid.pixel_array = kept.copy()
    clock = EpochClock(grid.epochs)
    grid.attach(clock)
    assert (grid.pixel_array[..., 3] == 0).all()
    clock.set_value(5)
    grid.update()
    assert (grid.pixel_array[grid.owner >= 0, 3] == 255).all()


def test_rectangles_without_area_are_left_out() -> None:
    points = rectangles(np.zeros(3), np.array([1.0, 0, 2]), np.arange(3.0), np.arange(3.0) + 1)
    assert points.shape == (32, 3)
    np.testing.assert_allclose(points[16:].max(0), [2, 3, 0])
    assert rectangles(np.zeros(1), np.zeros(1), np.zeros(1), np.ones(1)).shape == (0, 3)


def bars(values: np.ndarray, whole: np.ndarray | None = None) -> Bars:
    names = ["airplane", "frog", "a class with a long name"]
    return Bars(
        np.arange(len(values)), names, values, (6, 3), most=10, colour="#FFFFFF", whole=whole,
        written=lambda v: f"{v:.1f}",
    )  # fmt: skip


def test_bars_are_as_long_as_their_values_and_write_them() -> None:
    drawn = bars(np.array([[0.0, 0, 0], [10, 5, 0]])).at(0.5)
    ends = drawn.bars.points.reshape(-1, 16, 3)[:, :, 0].max(1) - drawn.base.points[0, 0]
    np.testing.assert_allclose(ends, drawn.width_of_bars * np.array([0.5, 0.25]))
    assert [n.text for n in drawn.numbers] == ["5.0", "2.5", "0.0"]
    assert np.isfinite(bars(np.full((1, 3), 1e9)).at(0).get_all_points()).all()


def test_bars_draw_where_they_were_moved_to_and_stay_within_their_size() -> None:
    history = np.array([[0.0, 0, 0], [10, 5, 1]])
    there, here = bars(history, whole=history * 2), bars(history, whole=history * 2)
    there.shift(2 * RIGHT)
    np.testing.assert_allclose(there.at(1).get_all_points(), here.at(1).get_all_points() + 2 * RIGHT, atol=1e-9)
    assert here.width <= 6 + 1e-9


def test_intervals_stand_where_their_rates_do() -> None:
    rows = [("CNN", "#FF0000", of(70).rate), ("Spectral CNN", "#00FF00", of(0, "spectral-cnn").rate)]
    drawn = Intervals(rows, 6, "success rate, %")
    bar, whisker = drawn[1], drawn[2]
    scale = np.linalg.norm(drawn.plane.across) / drawn.plane.x_range[1]
    assert bar.width == pytest.approx(7.0 * scale)
    assert whisker.width == pytest.approx(100 * (rows[0][2].high - rows[0][2].low) * scale, rel=0.05)
    nothing = Intervals([("CNN", "#FF0000", of(0, trials=1).rate)], 6, "")
    assert np.isfinite(nothing.get_all_points()).all()


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


def test_an_attack_while_the_training_goes_on_is_read_from_its_history(tmp_path: Path) -> None:
    with Store(synthetic_store(tmp_path / "s.h5", epochs=4, n_layers=2, trials=300, history_trials=100)) as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        assert Answered.of(run, attack).rate.trials == len(latest_answers(attack)[0]) == 300
        assert [rate.trials for rate in success_history(attack)] == [100] * 4
        contents = store.contents()
        for name in ("prediction", "confidence"):
            contents.drop(f"{attack.path}/{name}")

    write(tmp_path / "young.h5", contents)
    with Store(tmp_path / "young.h5") as store:
        run = store.select()[0]
        attack = attack_of(run)
        assert attack is not None
        of_history = success_history(attack)[-1]
        assert Answered.of(run, attack).rate == of_history
        assert of_history.trials == 100
    with Store(synthetic_store(tmp_path / "none.h5", epochs=2, n_layers=2, attacks=False)) as store:
        assert attack_of(store.select()[0]) is None


def test_the_result_names_count_and_threshold() -> None:
    assert "703 of 10,000" in result_in_words(of(703, trials=10_000), 0.9)
    assert "7.03" in result_in_words(of(703, trials=10_000), 0.9)
    assert "none of 1,000" in result_in_words(of(0), 0.9)
    assert "≥ 0.9" in result_in_words(of(0), 0.9)


@pytest.mark.parametrize(
    ("plain", "spectral", "said", "unsaid"),
    [
        (703, 165, "is lower with spectral normalisation: 16.50 % with it, 70.30 % without.", "overlap"),
        (165, 703, "is not lower with spectral normalisation", "overlap"),
        (70, 72, "is not lower with spectral normalisation", "without."),
        (70, 68, "the intervals overlap", "not lower"),
        (70, 70, "is not lower with spectral normalisation: 7.00 % in both.", "without"),
        (0, 0, "neither rate is below the other", "lower with"),
        (0, 5, "is not lower", "is lower"),
    ],
    ids=["lower", "higher", "overlapping higher", "overlapping lower", "equal", "none in both", "none without"],
)
def test_the_verdict_says_what_the_store_shows(plain: int, spectral: int, said: str, unsaid: str) -> None:
    verdict_ = comparison_in_words([of(plain), of(spectral, "spectral-cnn")])
    assert said in verdict_
    assert unsaid not in verdict_


def test_the_verdict_without_attack_with_one_network_with_others_and_with_pairs_of_seeds() -> None:
    assert comparison_in_words([]) == "This store holds no noise attack."
    assert "nothing to compare" in comparison_in_words([of(5), of(7, seed=1)])
    assert "with the resnet: 0.10 % against 0.50 %" in comparison_in_words([of(5), of(1, "resnet")])
    several = [of(5), of(7, seed=1), of(3, "spectral-cnn"), of(9, "spectral-cnn", seed=1)]
    assert "in 1 of 2 pairs of seeds" in comparison_in_words(several)


def test_the_basis_names_seeds_epochs_and_trials_and_draws_no_conclusion_from_one_seed() -> None:
    one = basis_in_words([of(5), of(3, "spectral-cnn")])
    assert "1,000 trials only" in one
    assert "One seed and one epoch (50)" in one
    assert "no conclusion" in one
    two = basis_in_words([of(5), of(5, seed=1)])
    assert "2 seeds" in two
    assert "no conclusion" not in two
    assert basis_in_words([]) == ""


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ([0.9, *[0.0] * 9, 0.55], "swings between 0 % and 55.00 % over the last 10 epochs (1–10)"),
        ([0.5, 0.01, 0.02], "stays between 1.00 % and 2.00 % over the last 2 epochs (1–2)"),
        ([0.3, 0.0, 0.0], "0 % at each of the last 2 epochs (1–2)"),
        ([0.3], "30.00 % at epoch 0, the only one so far"),
        ([0.3, 0.2], "20.00 % at epoch 1, the only one so far"),
    ],
    ids=["wild", "calm without the untrained network", "still", "untrained", "one epoch"],
)
def test_the_swing_of_a_rate(rate: list[float], said: str) -> None:
    assert said in swing_in_words("CNN", np.arange(len(rate)), np.array(rate))


def test_the_moral_follows_the_widest_swing() -> None:
    assert "moves by 55 percentage points" in moral_in_words([0.01, 0.55])
    assert "at most 1.0 percentage points" in moral_in_words([0.01])
    assert moral_in_words([]) == ""
