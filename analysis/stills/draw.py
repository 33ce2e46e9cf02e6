"""Stills of a store, with Matplotlib: what the films move, for papers and pages. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.files import FileNames, replacing
from weightreel.analysis.findings.confusion import has_confusion
from weightreel.analysis.findings.parameters import CENTRE, Distribution, central_bins
from weightreel.analysis.findings.phases import is_judged
from weightreel.analysis.findings.time import clocks_in_words, evenly_spaced
from weightreel.analysis.findings.training import (
    history,
    measured,
    measured_parts,
    name_of_part,
    name_of_quantity,
    of_recipes,
)
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import layer_named
from weightreel.analysis.findings.words.numbers import count, fixed, percent
from weightreel.analysis.stills.certificates import certificate_figures
from weightreel.analysis.stills.intervals import interval_figures
from weightreel.analysis.stills.noise import noise_figures
from weightreel.analysis.stills.norms import norm_figures
from weightreel.analysis.stills.own_numbers import metric_figures
from weightreel.analysis.stills.perturbation import attack_figures
from weightreel.analysis.stills.phases import phases
from weightreel.analysis.stills.report import confusion, report_figures
from weightreel.analysis.stills.spectra import spectral_figures
from weightreel.analysis.stills.style import (
    BIASES,
    MUTED,
    STYLE,
    WEIGHTS,
    Named,
    colours_of,
    epoch_axis,
    heading,
    literal,
)
from weightreel.analysis.stills.swing import swing_figures
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.reader import Store

DASHES = {"validation": "-", "train": "--"}
"""How curves of each part of the data are drawn."""
RIDGES = 11
"""Epochs that a ridgeline shows, first and last included."""


def figures(store: Store, folder: str | Path) -> list[Path]:
    """Draw everything that the store can show, as PNG and SVG.

    Args:
        store: an open store. What it does not hold (yet) is left out.
        folder: made where it is not there; pictures of the same name are replaced.

    Returns:
        The files, in the order of the story.

    Raises:
        WeightreelError: the store is damaged, or the folder cannot be written.
    """
    folder = Path(folder)
    written, names = [], FileNames()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context(STYLE):
            for name, figure in _all(store):
                stem = names.new(re.sub(r"[^\w.-]", "-", name))
                literal(figure)
                for suffix in ("png", "svg"):
                    path = folder / f"{stem}.{suffix}"
                    # Without a date the same store gives the same bytes.
                    with replacing(path) as temporary:
                        about = {"Date": None} if suffix == "svg" else None
                        figure.savefig(temporary, format=suffix, metadata=about)
                    written.append(path)
                    figure.set_layout_engine("none")  # keep the places that the first file has settled
    except OSError as error:
        raise WeightreelError(
            f"figures cannot be written to {folder} ({error.strerror}); name another --out."
        ) from error
    return written


def _all(store: Store) -> Named:
    runs = list(store.runs.values())
    if not runs:
        return
    if measured(runs):
        yield "training-curves", training_curves(runs)
    yield from metric_figures(runs)
    for run in runs:
        if has_confusion(run):
            yield f"confusion-{run.name}", confusion(run, store.classes)
        for parameter, colour in (("weight", WEIGHTS), ("bias", BIASES)):
            if Distribution.of(run, parameter) is not None:
                yield f"{parameter}-distribution-{run.name}", ridgeline(run, parameter, colour)
    chosen = store.select()
    if judged := [run for run in chosen if is_judged(run)]:
        yield "phases", phases(judged)
    yield from spectral_figures(runs)
    yield from interval_figures(runs)
    yield from norm_figures(chosen)
    yield from noise_figures(store)
    yield from swing_figures(store)
    yield from attack_figures(store)
    yield from certificate_figures(store)
    yield from report_figures(store)


def training_curves(runs: list[Run]) -> Figure:
    """Losses and accuracies of all runs, those of them that are known, training dashed and validation solid.

    Raises:
        WeightreelError: none is.
    """
    quantities = measured(runs)
    if not quantities:
        raise WeightreelError(f"{runs[0].path} holds neither losses nor accuracies, so there is no curve of them.")
    recipes = of_recipes(runs)
    figure = Figure((5.2 * len(quantities) - 0.4, 4.2))
    for axes, key in zip(figure.subplots(1, len(quantities), squeeze=False)[0], quantities, strict=True):
        colours = colours_of(runs)
        for run in runs:
            for part in measured_parts(run, key):
                values = history(run, part, key) * (100 if key == "accuracy" else 1)
                name = f"{run.name}, {name_of_part(part)}"
                axes.plot(run.epochs, values, DASHES[part], color=colours[run.name], label=name, alpha=0.9)
        epoch_axis(axes, runs)
        axes.set_ylabel(name_of_quantity(key, unit=recipes))
        if key == "accuracy":
            axes.set_ylim(0, 100)
        else:
            axes.set_ylim(bottom=0)
    entries = {
        label: line for axes in figure.axes for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if len(figure.axes[-1].lines) == len(entries):
        figure.axes[-1].legend(loc="lower right" if quantities[-1] == "accuracy" else "best")
    else:
        figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncols=2)
    heading(figure, _title_of_curves(quantities, recipes))
    return figure


def _title_of_curves(quantities: Sequence[str], recipes: bool) -> str:
    """What curves show, and how it was measured."""
    if len(quantities) == 2:
        what = phrase("Loss and accuracy")
    else:
        what = phrase("Loss") if quantities[0] == "loss" else phrase("Accuracy")
    if recipes:
        return phrase("{what}, in evaluation mode", what=what)
    return phrase("{what}, as the training's own code measured", what=what)


def ridgeline(run: Run, parameter: str, colour: str, layer: Layer | None = None) -> Figure:
    """Distribution of the weights or biases of all convolutions and linear layers, or of one layer; time upwards.

    One ridge an epoch, each with its own height, so that shapes can be compared; the number at its right is its
    standard deviation.

    Raises:
        WeightreelError: the store holds no histogram of them.
    """
    found = Distribution.known(run if layer is None else layer, parameter)
    edges, counts = found.edges, found.counts.astype(float)  # (B + 1,), (E, B)
    chosen = evenly_spaced(len(counts), RIDGES)
    centres = (edges[1:] + edges[:-1]) / 2
    first, stop = central_bins(counts[chosen])
    figure = Figure((8, 6))
    axes = figure.subplots()
    for rank, index in enumerate(chosen):
        ridge = rank + 1.6 * counts[index] / max(counts[index].max(), 1)
        order = 2 * (len(chosen) - rank)  # earlier ridges stand in front
        axes.fill_between(centres, rank, ridge, color=colour, zorder=order, step="mid", linewidth=0)
        axes.step(centres, ridge, color="white", linewidth=0.8, zorder=order, where="mid")
        spread = f"σ {fixed(found.std[index], 4)}"
        axes.text(1.01, rank, spread, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9, color=MUTED)
    axes.set_yticks(range(len(chosen)), [str(run.epochs[index]) for index in chosen])
    name = phrase("weight") if parameter == "weight" else phrase("bias")
    axes.set(xlim=(edges[first], edges[stop]), xlabel=name, ylabel=clocks_in_words([run]))
    axes.grid(visible=False, axis="y")
    where = phrase("all convolution and linear layers") if layer is None else layer_named(layer.name)
    values = {"run": run.name, "layers": where, "n": count(found.n_entries), "centre": percent(CENTRE)}
    if parameter == "weight":
        title = phrase("{run}: weights of {layers}", **values)
        heading(figure, title, phrase("{n} weights; the central {centre}", **values))
    else:
        title = phrase("{run}: biases of {layers}", **values)
        heading(figure, title, phrase("{n} biases; the central {centre}", **values))
    return figure
