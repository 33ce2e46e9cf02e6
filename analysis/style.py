"""How stills look: one colour a concept, the light theme of the films (after Okabe and Ito 2008)."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.store import Run

INK = "#16191D"
MUTED = "#565D66"
WEIGHTS = "#00659E"
BIASES = "#8F5F00"
ESD = "#009E73"
TAIL = "#A1447A"
OTHER = "#6A6A6A"

NETWORKS = {"cnn": "#B84A00", "spectral-cnn": "#3F51C7"}
"""By model. Other networks share OTHER, and are told apart by name."""

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
