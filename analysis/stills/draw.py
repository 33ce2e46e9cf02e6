"""Stills of a store, with Matplotlib: what the films move, for papers and pages. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.noise import UNIFORM
from weightreel.analysis.stills.certificates import certificate_figures
from weightreel.analysis.stills.noise import class_bias, gallery, noise_success
from weightreel.analysis.stills.norms import norm_figures
from weightreel.analysis.stills.perturbation import attack_figures
from weightreel.analysis.stills.phases import phases
from weightreel.analysis.stills.report import confusion, report_figures
from weightreel.analysis.stills.spectra import spectral_figures
from weightreel.analysis.stills.style import BIASES, MUTED, STYLE, WEIGHTS, Named, colours_of, epoch_axis, heading
from weightreel.analysis.stills.swing import swing_figures
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.reader import Store

CURVES = {"loss": "loss (nat)", "accuracy": "accuracy (%)"}
"""Quantities and the names of their axes."""
PARTS = {"validation": "-", "train": "--"}
"""Of the data, and how their curves are drawn."""
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
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context(STYLE):
            for name, figure in _all(store):
                stem = re.sub(r"[^\w.-]", "-", name)
                for suffix in ("png", "svg"):
                    path = folder / f"{stem}.{suffix}"
                    # Without a date the same store gives the same bytes.
                    figure.savefig(path, metadata={"Date": None} if suffix == "svg" else None)
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
    if _quantities(runs):
        yield "training-curves", training_curves(runs)
    for run in runs:
        if run.has("validation/confusion") or run.has("test/confusion"):
            yield f"confusion-{run.name}", confusion(run, store.classes)
        for parameter, colour in (("weight", WEIGHTS), ("bias", BIASES)):
            if run.has(f"parameters/{parameter}/counts"):
                yield f"{parameter}-distribution-{run.name}", ridgeline(run, parameter, colour)
    chosen = store.select()
    if judged := [run for run in chosen if run.has("phase/spectral")]:
        yield "phases", phases(judged)
    yield from spectral_figures(runs)
    yield from norm_figures(chosen)
    attacked = [(run, run.noise_attacks[UNIFORM]) for run in runs if UNIFORM in run.noise_attacks]
    if any(attack.has("history/confidence") for _, attack in attacked):
        yield "noise-success", noise_success(attacked)
    if attacked:
        yield "noise-classes", class_bias(attacked, store.classes)
    for run, attack in attacked:
        if attack.has("gallery/pixels") and len(attack["gallery/pixels"]):
            yield f"noise-gallery-{run.name}", gallery(run, attack, store.classes)
    yield from swing_figures(store)
    yield from attack_figures(store)
    yield from certificate_figures(store)
    yield from report_figures(store)


def _measured(run: Run, key: str) -> list[str]:
    """The parts of the data on which a run measured a loss or an accuracy."""
    return [part for part in PARTS if run.has(f"{part}/{key}") and bool(np.isfinite(run[f"{part}/{key}"]).any())]


def _quantities(runs: Sequence[Run]) -> list[str]:
    """Those of CURVES that any of the runs has measured."""
    return [key for key in CURVES if any(_measured(run, key) for run in runs)]


def training_curves(runs: list[Run]) -> Figure:
    """Losses and accuracies of all runs, those of them that are known, training dashed and validation solid.

    Raises:
        WeightreelError: none is.
    """
    quantities = _quantities(runs)
    if not quantities:
        raise WeightreelError(f"{runs[0].path} holds neither losses nor accuracies, so there is no curve of them.")
    recipes = not any("source" in run.attributes for run in runs)
    figure = Figure((5.2 * len(quantities) - 0.4, 4.2))
    for axes, key in zip(figure.subplots(1, len(quantities), squeeze=False)[0], quantities, strict=True):
        colours = colours_of(runs)
        for run in runs:
            for part in _measured(run, key):
                values = run[f"{part}/{key}"] * (100 if key == "accuracy" else 1)
                name = f"{run.name}, {'training' if part == 'train' else part}"
                axes.plot(run.epochs, values, PARTS[part], color=colours[run.name], label=name, alpha=0.9)
        epoch_axis(axes, runs)
        axes.set_ylabel(CURVES[key] if recipes else key if key == "loss" else CURVES[key])
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
    title = " and ".join(quantities).capitalize()
    heading(figure, f"{title}, in evaluation mode" if recipes else f"{title}, as the training's own code measured")
    return figure


def ridgeline(run: Run, parameter: str, colour: str, layer: Layer | None = None) -> Figure:
    """Distribution of the weights or biases of all convolutions and linear layers, or of one layer; time upwards.

    One ridge an epoch, each with its own height, so that shapes can be compared; the number at its right is its
    standard deviation.
    """
    of, node = (run, f"parameters/{parameter}") if layer is None else (layer, parameter)
    edges, counts = of[f"{node}/edges"], of[f"{node}/counts"].astype(float)  # (B + 1,), (E, B)
    chosen = np.unique(np.linspace(0, len(counts) - 1, RIDGES).round().astype(int))
    centres = (edges[1:] + edges[:-1]) / 2
    low, high = _central_range(counts[chosen], edges)
    figure = Figure((8, 6))
    axes = figure.subplots()
    for rank, index in enumerate(chosen):
        ridge = rank + 1.6 * counts[index] / max(counts[index].max(), 1)
        order = 2 * (len(chosen) - rank)  # earlier ridges stand in front
        axes.fill_between(centres, rank, ridge, color=colour, zorder=order, step="mid", linewidth=0)
        axes.step(centres, ridge, color="white", linewidth=0.8, zorder=order, where="mid")
        spread = f"σ {of[f'{node}/std'][index]:.4f}"
        axes.text(1.01, rank, spread, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9, color=MUTED)
    axes.set_yticks(range(len(chosen)), [str(run.epochs[index]) for index in chosen])
    axes.set(xlim=(low, high), xlabel=parameter, ylabel=run.clock)
    axes.grid(visible=False, axis="y")
    plural = "weights" if parameter == "weight" else "biases"
    where = "all convolution and linear layers" if layer is None else layer.name
    heading(figure, f"{run.name}: {plural} of {where}",
            f"{int(counts[0].sum()):,} {plural}; the central 99.8 %")  # fmt: skip
    return figure


def _central_range(counts: NDArray[Any], edges: NDArray[Any]) -> tuple[float, float]:
    """The range that holds the central 99.8 % of every histogram (E, B)."""
    cumulative = np.cumsum(counts, 1) / np.maximum(counts.sum(1, keepdims=True), 1)
    first = int(np.argmax(cumulative > 0.001, axis=1).min())
    last = int(np.argmax(cumulative >= 0.999, axis=1).max())
    return float(edges[first]), float(edges[last + 1])
