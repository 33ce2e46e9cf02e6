"""One histogram a layer, all on one clock."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scenes.instruments.test_axes import panel
from weightreel.scenes.instruments.axes.small_multiples import (
    MOST_PANELS,
    Panel,
    SmallMultiples,
    evenly,
    grid_of,
)


def test_small_multiples_refuse_more_panels_than_can_be_read() -> None:
    counts = np.ones((2, 20))
    with pytest.raises(ValueError, match="25"):
        SmallMultiples(np.arange(2), [panel("a", counts)] * (MOST_PANELS + 1), (12, 6))
    with pytest.raises(ValueError, match="0"):
        SmallMultiples(np.arange(2), [], (12, 6))


@pytest.mark.parametrize("n", range(1, MOST_PANELS + 1))
def test_panels_fit_their_grid_and_their_size(n: int) -> None:
    columns, rows = grid_of(n)
    assert (columns - 1) * rows < n <= columns * rows or rows * columns - n < rows


def test_layers_are_chosen_evenly_with_both_ends() -> None:
    names = [str(i) for i in range(200)]
    chosen = evenly(names)
    assert len(chosen) == MOST_PANELS
    assert (chosen[0], chosen[-1]) == ("0", "199")
    assert evenly(names[:5]) == names[:5]


def test_networks_share_one_axis_and_layers_do_not() -> None:
    epochs, rng = np.arange(3), np.random.default_rng(0)

    def panel(spread: float, end: int) -> Panel:
        values = rng.normal(0, spread, (end, 500))
        edges = np.linspace(values.min(), values.max(), 41)
        counts = np.stack([np.histogram(row, edges)[0] for row in values])
        quantiles = np.quantile(values, [0.05, 0.5, 0.95], 1).T
        return Panel(
            "x", edges, counts, values.std(1), quantiles, values.min(1), values.max(1), "#ffffff", epochs[:end]
        )

    panels = [panel(1.0, 3), panel(0.1, 2)]
    shared = SmallMultiples(epochs, panels, (10, 3), common=True)
    assert shared.histograms[0].plane.x_range == shared.histograms[1].plane.x_range
    apart = SmallMultiples(epochs, panels, (10, 3))
    assert apart.histograms[0].plane.x_range != apart.histograms[1].plane.x_range
    shared.at(2)  # the second one has ended
    number = shared.readings[1].numerals
    assert number.said == f"std {panels[1].std[-1]:.4f}"[: len(number.said)]
