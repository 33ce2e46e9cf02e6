"""Every number that a training's code handed over has a chart, in pages, with its name as it was given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn

from weightreel import Recorder, Store
from weightreel.analysis.stills.own_numbers import COLUMNS, ROWS, metric_figures

N = COLUMNS * ROWS + 2


def test_charts_hold_what_was_handed_over(tmp_path: Path) -> None:
    handed = np.random.default_rng(0).normal(size=(3, N))
    torch.manual_seed(0)
    with Recorder(tmp_path / "run.h5", nn.Sequential(nn.Linear(60, 60)), spectra=False) as rec:
        for row in handed:
            rec.epoch(**{f"m{i:02d}_$x$": value for i, value in enumerate(row)})
    with Store(tmp_path / "run.h5") as store:
        pages = dict(metric_figures(list(store.runs.values())))
    assert list(pages) == ["metrics-1", "metrics-2"]
    charts = [axes for figure in pages.values() for axes in figure.axes]
    assert [axes.get_title() for axes in charts] == [f"m{i:02d}_$x$" for i in range(N)]
    for axes, column in zip(charts, handed.T, strict=True):
        assert axes.lines[0].get_xdata().tolist() == [1, 2, 3]
        np.testing.assert_allclose(axes.lines[0].get_ydata(), column, rtol=1e-6)


def test_a_run_without_any_has_no_page(small_store: Path) -> None:
    with Store(small_store) as store:
        assert list(metric_figures(list(store.runs.values()))) == []
