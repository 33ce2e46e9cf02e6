"""Stills of a store, with Matplotlib: what the films move, for papers and pages. Needs no torch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter
from numpy.typing import NDArray

from analysis.errors import WeightreelError
from analysis.figures_noise import class_bias, gallery, noise_success
from analysis.show import eigenvalue_count
from analysis.store import FitStatus, Layer, Run, Store
from analysis.style import BIASES, ESD, MUTED, STYLE, TAIL, WEIGHTS, colour_of, epoch_axis, heading

RIDGES = 11
"""Epochs that a ridgeline shows, first and last included."""

SMALLEST_SHARE = 1e-4
"""Eigenvalues below this share of the largest are left out of the pictures, which show tails; densities count them."""

Named = Iterator[tuple[str, Figure]]
"""Figures by the name of their file."""


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
    yield "training-curves", training_curves(runs)
    for run in runs:
        yield f"confusion-{run.name}", confusion(run, store.classes)
        for parameter, colour in (("weight", WEIGHTS), ("bias", BIASES)):
            if run.has(f"parameters/{parameter}/counts"):
                yield f"{parameter}-distribution-{run.name}", ridgeline(run, parameter, colour)
        if layers := esd_layers(run):
            yield f"esd-{run.name}", spectra(run, layers)
    if any(layer.has("spectrum/alpha") for run in runs for layer in run.layers.values()):
        yield "alpha", alphas(runs)
    attacked = [(run, attack) for run in runs for attack in run.attacks.values()]
    if any(attack.has("history/confidence") for _, attack in attacked):
        yield "noise-success", noise_success(attacked)
    if attacked:
        yield "noise-classes", class_bias(attacked, store.classes)
    for run, attack in attacked:
        if attack.has("gallery/pixels") and len(attack["gallery/pixels"]):
            yield f"noise-gallery-{run.name}", gallery(run, attack, store.classes)


def training_curves(runs: list[Run]) -> Figure:
    """Loss and accuracy of all runs, training dashed and validation solid, both in evaluation mode."""
    figure = Figure((10, 4.2))
    for axes, key, label in zip(
        figure.subplots(1, 2), ("loss", "accuracy"), ("loss (nat)", "accuracy (%)"), strict=True
    ):
        for run in runs:
            for part, dashes in (("validation", "-"), ("train", "--")):
                values = run[f"{part}/{key}"] * (100 if key == "accuracy" else 1)
                name = f"{run.name}, {'training' if part == 'train' else part}"
                axes.plot(run.epochs, values, dashes, color=colour_of(run), label=name, alpha=0.9)
        epoch_axis(axes, runs)
        axes.set_ylabel(label)
    figure.axes[0].set_ylim(bottom=0)
    figure.axes[1].set_ylim(0, 100)
    figure.axes[1].legend(loc="lower right")
    heading(figure, "Loss and accuracy, in evaluation mode")
    return figure


def confusion(run: Run, classes: list[str]) -> Figure:
    """Confusion matrix: of the test once it is made, else of the validation images at the last epoch."""
    tested = run.has("test/confusion")
    counts = run["test/confusion"] if tested else run["validation/confusion"][-1]  # (true, predicted)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure((7.2, 6.4))
    axes = figure.subplots()
    image = axes.imshow(shares * 100, cmap="cividis", vmin=0, vmax=100)
    for (true, predicted), share in np.ndenumerate(shares):
        ink = "white" if share < 0.5 else "black"
        axes.text(predicted, true, f"{100 * share:.0f}", ha="center", va="center", color=ink, fontsize=9)
    axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="predicted class", ylabel="true class")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="share of the true class (%)")
    images = f"{counts.sum():,} {'test' if tested else 'validation'} images, epoch {run.epochs[-1]}"
    heading(figure, f"{run.name}: accuracy {np.trace(counts) / max(counts.sum(), 1):.1%}", images)
    return figure


def ridgeline(run: Run, parameter: str, colour: str) -> Figure:
    """Distribution of all weights or biases of convolutions and linear layers, one ridge an epoch, time upwards.

    Each ridge has its own height, so that shapes can be compared; the number at its right is its standard deviation.
    """
    node = f"parameters/{parameter}"
    edges, counts = run[f"{node}/edges"], run[f"{node}/counts"].astype(float)  # (B + 1,), (E, B)
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
        spread = f"σ {run[f'{node}/std'][index]:.4f}"
        axes.text(1.01, rank, spread, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9, color=MUTED)
    axes.set_yticks(range(len(chosen)), [str(run.epochs[index]) for index in chosen])
    axes.set(xlim=(low, high), xlabel=parameter, ylabel="epoch")
    axes.grid(visible=False, axis="y")
    plural = "weights" if parameter == "weight" else "biases"
    heading(figure, f"{run.name}: {plural} of all convolution and linear layers",
            f"{int(counts[0].sum()):,} {plural}; the central 99.8 %")  # fmt: skip
    return figure


def _central_range(counts: NDArray[Any], edges: NDArray[Any]) -> tuple[float, float]:
    """The range that holds the central 99.8 % of every histogram (E, B)."""
    cumulative = np.cumsum(counts, 1) / np.maximum(counts.sum(1, keepdims=True), 1)
    first = int(np.argmax(cumulative > 0.001, axis=1).min())
    last = int(np.argmax(cumulative >= 0.999, axis=1).max())
    return float(edges[first]), float(edges[last + 1])


def esd_layers(run: Run) -> list[Layer]:
    """Layers whose ESD is drawn: the first and the last convolution and the first linear layer, as far as stored."""
    stored = [layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues")]
    convolutions = [layer for layer in stored if layer.kind.startswith("conv")]
    linear = [layer for layer in stored if layer.kind == "linear"]
    return list({layer.name: layer for layer in (*convolutions[:1], *convolutions[-1:], *linear[:1])}.values())


def spectra(run: Run, layers: list[Layer]) -> Figure:
    """ESD of layers (rows) at the first and the last epoch (columns) with the fitted tail, on log–log axes."""
    figure = Figure((10, 3.1 * len(layers) + 0.6))
    grid = figure.subplots(len(layers), 2, squeeze=False, sharex="row", sharey="row")
    for row, layer in zip(grid, layers, strict=True):
        for axes, index in zip(row, (0, len(run.epochs) - 1), strict=True):
            _esd(axes, layer, index)
            axes.set_title(f"{layer.name} ({layer.kind}), epoch {run.epochs[index]}")
        row[0].set_ylabel("density (per unit of λ)")
        row[0].set_ylim(top=row[0].get_ylim()[1] * 8)  # room for the words
        low, high = row[0].get_xlim()
        if high / low < 30:  # powers of ten alone would leave an axis without numbers
            row[0].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            for axes in row:
                axes.xaxis.set_major_formatter(FormatStrFormatter("%g"))
    for axes in grid[-1]:
        axes.set_xlabel("eigenvalue λ of X = WᵀW, unscaled")
    grid[0, 0].legend(loc="upper left")
    heading(figure, f"{run.name}: empirical spectral density and its fitted tail",
            f"eigenvalues below {SMALLEST_SHARE:g} of the largest are not drawn")  # fmt: skip
    return figure


def _esd(axes: Axes, layer: Layer, index: int) -> None:
    """Density of eigenvalues in equal steps of log λ; the power law from xmin on, at its share of the eigenvalues."""
    eigenvalues = layer["spectrum/eigenvalues"][index].astype(float)
    total = len(eigenvalues)
    positive = eigenvalues[eigenvalues > eigenvalues[-1] * SMALLEST_SHARE]
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    if len(positive):
        bins = np.geomspace(positive[0] * 0.99, positive[-1] * 1.01, int(np.clip(len(positive) ** 0.5 * 2, 8, 60)) + 1)
        counts, _ = np.histogram(positive, bins)
        density = counts / np.diff(bins) / total
        axes.stairs(np.where(counts > 0, density, np.nan), bins, fill=True, color=ESD, alpha=0.75, label="eigenvalues")
    alpha, xmin, xmax = (float(layer[f"spectrum/{key}"][index]) for key in ("alpha", "xmin", "xmax"))
    status = FitStatus(int(layer["spectrum/status"][index]))
    if status == FitStatus.FAILED:
        axes.text(0.97, 0.94, f"fit failed, {total} eigenvalues", transform=axes.transAxes, ha="right", va="top")
        return
    tail = np.geomspace(xmin, xmax, 50)
    share = int(layer["spectrum/n_tail"][index]) / total
    axes.plot(
        tail, share * (alpha - 1) / xmin * (tail / xmin) ** -alpha, color=TAIL, linewidth=2.5, label="fitted tail"
    )
    axes.axvline(xmin, color=TAIL, linestyle=":", label="xmin")
    words = (
        f"α = {alpha:.2f} ± {layer['spectrum/alpha_error'][index]:.2f}\nD = {layer['spectrum/ks_distance'][index]:.3f}"
    )
    few = " (too few to trust)" if status == FitStatus.FEW_EIGENVALUES else ""
    words += f"\n{layer['spectrum/n_tail'][index]} of {total} eigenvalues{few}"
    axes.text(0.97, 0.94, words, transform=axes.transAxes, ha="right", va="top", fontsize=9,
              bbox={"facecolor": "white", "alpha": 0.8, "edgecolor": "none", "pad": 2})  # fmt: skip


def alphas(runs: list[Run]) -> Figure:
    """Alpha of every layer over the epochs, a panel for each run. Fits of too few eigenvalues are dotted."""
    runs = [run for run in runs if any(layer.has("spectrum/alpha") for layer in run.layers.values())]
    figure = Figure((5.2 * len(runs) + 2.2, 5.2))
    panels = figure.subplots(1, len(runs), squeeze=False, sharey=True)[0]
    palette: Callable[[float], Any] = mpl.colormaps["viridis"]
    for axes, run in zip(panels, runs, strict=True):
        layers = [layer for layer in run.layers.values() if layer.has("spectrum/alpha")]
        for rank, layer in enumerate(layers):
            few = bool(np.any(layer["spectrum/status"] == FitStatus.FEW_EIGENVALUES))
            dashes = ":" if few else "-" if layer.kind.startswith("conv") else "--"
            name = f"{layer.name} ({eigenvalue_count(layer.shape):,})"
            axes.plot(run.epochs, layer["spectrum/alpha"], dashes, color=palette(0.95 * rank / max(len(layers) - 1, 1)),
                      label=name)  # fmt: skip
        for bound in (2, 6):
            axes.axhline(bound, color=MUTED, linewidth=0.8, zorder=1)
        axes.set(yscale="log", title=run.name)
        axes.set_yticks([2, 3, 4, 6, 10, 20, 40], ["2", "3", "4", "6", "10", "20", "40"])
        axes.minorticks_off()
        epoch_axis(axes, [run])
    panels[0].set_ylabel("α of the fitted tail")
    panels[-1].legend(loc="center left", bbox_to_anchor=(1.01, 0.5), title="layer (eigenvalues)", fontsize=8)
    heading(figure, "Alpha of every layer over the epochs",
            "convolutions solid, linear dashed, dotted where fewer than 50 eigenvalues; "
            "WeightWatcher reads 2 to 6 as trained well")  # fmt: skip
    return figure
