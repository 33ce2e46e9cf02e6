"""Single weights of a layer as coloured squares, which keep their identity wherever they fly."""

from __future__ import annotations

from typing import Self

import numpy as np
from manim import ManimColor, VMobject, interpolate_color

from weightreel.analysis.findings.time import evenly_spaced
from weightreel.analysis.palette import theme
from weightreel.scenes.kit.clock import Clocked
from weightreel.scenes.kit.grammar.grains import Grains, cells
from weightreel.scenes.kit.grammar.zones import Zone

LEVELS = 4
"""Steps of colour on either side of zero."""
MOST = 512
"""Weights that are drawn, evenly spaced, where more are known."""
FILLED = 0.9
"""Share of its cell's side that a square fills."""
FULL = 0.98
"""Share of the weights that lie below the size which has the full colour."""


class WeightPatch(Clocked, Grains):
    """Weights as squares in the colour of their sign, the paler the nearer to zero, with the values of the last record.

    One scale holds for all records. Between records colours are held.

    Args:
        epochs: (E,).
        sample: the same weights at every record, (E, S).
        zone: which they fill, as squares, in rows.

    Example (kept as tests/golden/frames/weight-patch.png):
        WeightPatch(run.epochs, followed_entries(layer), film.zones.stage).at(12)
    """

    def __init__(self, epochs: np.ndarray, sample: np.ndarray, zone: Zone) -> None:
        self.epochs = np.asarray(epochs, float)
        sample = np.asarray(sample, float)[:, evenly_spaced(sample.shape[1], MOST)]
        self.rows, self.columns = rows_of(sample.shape[1], zone.width / zone.height)
        self.n = self.rows * self.columns
        sample = np.nan_to_num(sample[:, : self.n])
        scale = float(np.quantile(np.abs(sample), FULL)) or 1.0
        self.levels = np.clip(np.round(sample / scale * LEVELS), -LEVELS, LEVELS).astype(int) + LEVELS  # (E, n)
        places, side = self.laid_out(zone)
        Grains.__init__(self, places, side, [theme().TEXT] * self.n)
        self.remove(*self.paths)
        self.paths = [VMobject(stroke_width=0, fill_color=colour, fill_opacity=1) for colour in colours()]
        self.add(*self.paths)
        self.at(float(self.epochs[-1]))

    def laid_out(self, zone: Zone) -> tuple[np.ndarray, float]:
        """Where the squares stand in the middle of a zone, (n, 2), and their side."""
        cell = min(zone.width / self.columns, zone.height / self.rows)
        x, y = zone.centre[:2]
        wide, high = cell * self.columns / 2, cell * self.rows / 2
        return cells(Zone(x - wide, y - high, x + wide, y + high), self.rows, self.columns), FILLED * cell

    def at(self, t: float) -> Self:
        index = int(np.clip(np.searchsorted(self.epochs, t + 1e-9) - 1, 0, len(self.epochs) - 1))
        now = self.levels[index]
        self.members = [np.flatnonzero(now == level) for level in range(2 * LEVELS + 1)]
        self.put(self.places, self.sides)
        return self


def rows_of(n: int, aspect: float) -> tuple[int, int]:
    """Rows and columns of at most `n` squares that fill a zone of this width over height, leaving out few."""
    rows = max(round(float(np.sqrt(n / aspect))), 1)
    tried = range(max(rows - 1, 1), min(rows + 2, n) + 1)
    best = max(tried, key=lambda r: (r * (n // r), -abs(np.log(n / r / r / aspect))))
    return best, n // best


def colours() -> list[str]:
    """From full below zero over pale to full above it, 2 LEVELS + 1 of them."""
    middle = ManimColor(theme().GRID)
    shares = np.arange(1, LEVELS + 1) / LEVELS
    below = [interpolate_color(middle, ManimColor(theme().BIASES), float(share)) for share in shares[::-1]]
    above = [interpolate_color(middle, ManimColor(theme().WEIGHTS), float(share)) for share in shares]
    return [colour.to_hex() for colour in (*below, middle, *above)]
