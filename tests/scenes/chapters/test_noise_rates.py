"""Rates of noise success over whole trainings: every seed at every epoch, what they say, and why they swing."""

from __future__ import annotations

import numpy as np

from weightreel.scenes.chapters.noise_rates import series_of


def test_rates_of_several_seeds_are_a_bundle_and_their_mean() -> None:
    rates = np.array([[0.0, 0.2, np.nan], [0.2, 0.4, np.nan]])
    thin, mean, alone = series_of({"cnn": rates, "other": rates[:1]}, {"cnn": "#FF0000", "other": "#00FF00"})
    assert thin.values.shape == (3, 2)
    np.testing.assert_allclose(mean.values, [10, 30, np.nan])
    np.testing.assert_allclose(alone.values, [0, 20, np.nan])
