"""How stills look: one colour a concept, the light theme of the films (after Okabe and Ito 2008)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.store import Phase, Run

INK = "#16191D"
MUTED = "#565D66"
WEIGHTS = "#00659E"
BIASES = "#8F5F00"
ESD = "#007355"
TAIL = "#756A00"
RANDOM = "#6A6A6A"
OTHER = "#6A6A6A"

NETWORKS = {"cnn": "#B84A00", "spectral-cnn": "#3F51C7"}
"""By model. Other networks share OTHER, and are told apart by name."""

PHASES = {Phase.UNDER_FITTING: "#566880", Phase.GENERALISING: "#1E7A52", Phase.OVER_FITTING: "#A5483B"}

Named = Iterator[tuple[str, Figure]]
"""Figures by the name of their file."""

STYLE: Any = {
    "font.size": 11,
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "axes.grid": True,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#DDE0E4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "lines.linewidth": 1.7,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "savefig.dpi": 150,
    "svg.hashsalt": "weightreel",
    "svg.fonttype": "path",
}
"""Matplotlib's settings."""


def colour_of(run: Run) -> str:
    """The colour of a run's network."""
    return NETWORKS.get(run.model, OTHER)


def by_depth(count: int) -> Sequence[Any]:
    """A colour for each of `count` layers, from the first to the last."""
    return [mpl.colormaps["viridis"](0.9 * rank / max(count - 1, 1)) for rank in range(count)]


def epoch_axis(axes: Axes, runs: list[Run]) -> None:
    """Whole epochs from the initialisation to the last of all runs."""
    axes.set_xlabel("epoch")
    axes.set_xlim(0, max(int(run.epochs[-1]) for run in runs) or 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def heading(figure: Figure, title: str, below: str = "") -> None:
    """A bold title, and a line in muted ink at the foot."""
    figure.suptitle(title, fontweight="bold", fontsize=12.5)
    if below:
        figure.supxlabel(below, fontsize=9.5, color=MUTED)
