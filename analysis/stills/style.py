"""How stills look: one colour a concept, the light theme of the films."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import (
    FormatStrFormatter,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    ScalarFormatter,
)

from weightreel.analysis.findings.time import clocks_in_words, epochs_of, is_logarithmic
from weightreel.analysis.findings.words.digits import PLAIN, digits
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.numbers import count
from weightreel.analysis.palette import LIGHT, MODELS
from weightreel.analysis.plain_text import cut
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import Phase

INK, MUTED = LIGHT.TEXT, LIGHT.MUTED
WEIGHTS, BIASES = LIGHT.WEIGHTS, LIGHT.BIASES
ESD, TAIL, RANDOM = LIGHT.ESD, LIGHT.TAIL, LIGHT.RANDOM
OTHER = RANDOM

NETWORKS = {model: str(getattr(LIGHT, concept)) for model, concept in MODELS.items()}
"""By model. Other networks share OTHER, and are told apart by name."""

PHASES = {phase: str(getattr(LIGHT, phase.name)) for phase in Phase}

TITLE_AN_INCH = 12
"""Characters of a title that surely fit into an inch of a figure's width; longer ones are wrapped."""
LONGEST = 40
"""Characters of a word, or of a tick's label, that stills have room for."""
_LONG = re.compile(rf"\S{{{LONGEST + 1},}}")

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


def colours_of(runs: Sequence[Run]) -> dict[str, Any]:
    """A colour for each run by name: the report's two networks have theirs, others are told apart from them."""
    others = [run.model for run in runs if run.model not in NETWORKS]
    models = list(dict.fromkeys(others))
    scale = {m: mpl.colormaps["viridis"](0.05 + 0.75 * i / max(len(models) - 1, 1)) for i, m in enumerate(models)}
    return {run.name: NETWORKS.get(run.model) or scale[run.model] for run in runs}


def by_depth(count: int) -> Sequence[Any]:
    """A colour for each of `count` layers, from the first to the last."""
    return [mpl.colormaps["viridis"](0.85 * rank / max(count - 1, 1)) for rank in range(count)]


def epoch_axis(axes: Axes, runs: list[Run]) -> None:
    """Whole epochs, or what else the clocks count, from the initialisation to the last of all runs.

    Where records lie far apart at the end and close at the beginning, the axis is logarithmic from the first step on.
    """
    epochs = epochs_of(runs)
    axes.set_xlabel(clocks_in_words(runs))
    last = max(int(epochs[-1]), 1)
    if is_logarithmic(epochs):
        axes.set_xscale("symlog", linthresh=1)
        axes.set_xlim(0, last)
        ticks = [0, *(10**k for k in range(len(str(last))))]
        axes.set_xticks(ticks, [count(tick) for tick in ticks])
        axes.xaxis.set_minor_formatter(NullFormatter())
        return
    axes.set_xlim(0, last)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def literal(figure: Figure) -> Figure:
    """The figure, in which a name between dollars is no formula, and one that is very long is cut.

    Powers of ten on logarithmic axes stay formulas.
    """
    numbers: set[int] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            numbers |= {id(label) for label in (*axis.get_ticklabels(which="both"), axis.get_offset_text())}
            if type(formatter := axis.get_major_formatter()) is FuncFormatter:  # of labels that a figure gave
                axis.set_major_formatter(_Literal(formatter.func))
            elif isinstance(formatter, ScalarFormatter | FormatStrFormatter) and digits() is not PLAIN:
                axis.set_major_formatter(_Spoken(formatter))
    for text in figure.findobj(Text):
        if id(text) not in numbers:
            text.set_parse_math(False)
            text.set_text(_LONG.sub(lambda word: cut(word[0], LONGEST), text.get_text()))
    return figure


class _Literal(FuncFormatter):
    """Labels of ticks without formulas, cut where they are long."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return cut(super().__call__(x, pos), LONGEST).replace("$", r"\$")


class _Spoken(Formatter):
    """Numbers of ticks as another formatter writes them, in the digits of the language."""

    def __init__(self, inner: Formatter) -> None:
        self._inner, self._digits = inner, digits()

    def set_axis(self, axis: Any) -> None:
        """Stand on an axis."""
        super().set_axis(axis)
        self._inner.set_axis(axis)

    def set_locs(self, locs: Any) -> None:
        """Know all ticks, which are written alike."""
        self._inner.set_locs(locs)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._digits.written(self._inner(x, pos))

    def get_offset(self) -> str:
        """What all numbers are multiples of, or differ from."""
        return self._digits.written(self._inner.get_offset())


def plain_numbers(axis: Axis) -> None:
    """Numbers at 1, 2 and 5 of every decade of a logarithmic axis: powers of ten alone leave a short one without."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter(NullFormatter())


def heading(figure: Figure, title: str, below: str = "") -> None:
    """A bold title, and a line in muted ink at the foot."""
    figure.suptitle(title, fontweight="bold", fontsize=12.5, wrap=len(title) > TITLE_AN_INCH * figure.get_figwidth())
    if below:
        figure.supxlabel(below, fontsize=9.5, color=MUTED)


def foot(figure: Figure, handles: Sequence[Any], below: str = "", columns: int = 0) -> None:
    """A legend at the foot, in `columns` columns or one line, under a line in muted ink."""
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=columns or len(handles), title=below)
    legend.get_title().set(color=MUTED, fontsize=9.5, linespacing=1.4, multialignment="center")


def legend_of(figure: Figure) -> list[Any]:
    """A handle for each label in a figure, whatever the axes it stands in."""
    found: dict[str, Any] = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    return list(found.values())


def run_at_end(run: Run) -> str:
    """A run's name and where its clock stands at the last record: `cnn-s0, epoch 50`; and that it is not over."""
    said = {"run": run.name, "clock": run.clock, "time": run.epochs[-1]}
    if run.complete:
        return phrase("{run}, {clock} {time}", **said)
    return phrase("{run}, {clock} {time}, not over", **said)
