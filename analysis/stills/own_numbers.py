"""Stills of the further numbers that a training's own code handed over: one chart a number, a curve a run."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from weightreel.analysis.findings.own_numbers import has_number, known_records, names_of_numbers
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.stills.style import Named, colours_of, epoch_axis, heading
from weightreel.analysis.store.nodes import Run

COLUMNS, ROWS = 3, 4
"""Charts side by side, and rows of them on a page."""


def metric_figures(runs: Sequence[Run]) -> Named:
    """The numbers at `metrics/` of all runs, in pages of twelve; nothing where no run has any."""
    names = names_of_numbers(runs)
    pages = [names[first : first + COLUMNS * ROWS] for first in range(0, len(names), COLUMNS * ROWS)]
    for number, page in enumerate(pages, 1):
        yield "metrics" if len(pages) == 1 else f"metrics-{number}", metric_page(runs, page)


def metric_page(runs: Sequence[Run], names: Sequence[str]) -> Figure:
    """Each number over the records, a chart each; records without a value are bridged, single ones are dots."""
    columns = min(len(names), COLUMNS)
    rows = -(-len(names) // columns)
    figure = Figure((4.4 * columns + 0.4, 2.8 * rows + 0.8))
    charts = figure.subplots(rows, columns, squeeze=False).ravel()
    colours = colours_of(list(runs))
    for axes, name in zip(charts, names, strict=False):
        having = [run for run in runs if has_number(run, name)]
        for run in having:
            clock, values = known_records(run, name)
            style = "-" if len(values) > 1 else "o"
            axes.plot(clock, values, style, color=colours[run.name], label=run.name)
        axes.set_title(name, parse_math=False)
        epoch_axis(axes, having)
    for axes in charts[len(names) :]:
        axes.remove()
    if len(runs) > 1:
        entries = {
            text: line for axes in figure.axes for line, text in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=4)
    heading(figure, phrase("Further numbers, as the training's own code measured"))
    return figure
