"""Stills of noise success: every threshold, every kind, whole histories, and why they swing."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.made.store import synthetic_store
from weightreel.analysis.stills.swing import noise_histories
from weightreel.analysis.store.reader import Store


def test_seeds_are_thin_and_their_mean_is_bold(tmp_path: Path) -> None:
    path = synthetic_store(
        tmp_path / "seeds.h5", epochs=3, n_layers=2, seeds=(0, 1, 2), trials=20, history_trials=10, sample=4
    )
    with Store(path) as found:
        axes = noise_histories(list(found.runs.values())).axes[0]
    lines = axes.get_lines()
    thin = [np.asarray(one.get_ydata()) for one in lines if one.get_linewidth() < 1]
    bold = [one for one in lines if one.get_linewidth() > 2]
    assert (len(thin), len(bold)) == (6, 2)
    assert np.allclose(bold[0].get_ydata(), np.mean(thin[:3], 0))
