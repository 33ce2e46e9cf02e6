"""Stills of gradient attacks, fooling images and input gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from weightreel.analysis.findings.defences import (
    clean_accuracy,
    families,
    in_words,
    robust_accuracy,
    robust_accuracy_at,
)
from weightreel.analysis.stills.style import INK, MUTED, Named, colours_of, heading
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

DASHES = ("-", "--", "-.", ":", (0, (1, 1)), (0, (5, 1, 1, 1)))
MOST_EXAMPLES = 6
STEPS_SHOWN = 5


def attack_figures(store: Store) -> Named:
    """Robust accuracy of all networks, and for each what an attack does to the examples, and what fools it."""
    runs = list(store.runs.values())
    attacked = [run for run in runs if families(run)]
    for norm in ("linf", "l2"):
        if any(_of_norm(run, norm) for run in attacked):
            yield f"robust-accuracy-{norm}", robust_accuracies(attacked, norm)
    for run in store.select():
        with_path = [a for a in run.attacks_of(AttackKind.GRADIENT).values() if a.has("path/perturbation")]
        for attack in with_path[:1]:
            yield f"Gradient_perturbations-{run.name}", perturbations(store, run, attack)
            yield f"attack-path-{run.name}", path(store, run, attack)
        if run.has("saliency/epoch"):
            yield f"input-gradients-{run.name}", saliency(store, run)
        for fooling in run.attacks_of(AttackKind.FOOLING).values():
            yield f"fooling-images-{run.name}", fooling_images(run, fooling, store.classes)


def _of_norm(run: Run, norm: str) -> dict[str, list[Attack]]:
    return {
        family: attacks
        for family, attacks in families(run).items()
        if attacks[0].parameters.get("norm") == norm and attacks[0].kind == AttackKind.GRADIENT
    }


def robust_accuracies(runs: list[Run], norm: str) -> Figure:
    """Robust accuracy against the radius, a colour a network and a dash an attack, with Wilson's 95 % interval.

    For L2, the minimum-norm attack gives a curve over all radii.
    """
    figure = Figure((10.5, 5.2))
    axes = figure.subplots()
    factor = 255 if norm == "linf" else 1
    colours = colours_of(runs)
    images = 0
    for run in runs:
        for dashes, (family, attacks) in zip(DASHES, _of_norm(run, norm).items(), strict=False):
            rates = [clean_accuracy(attacks[0]), *(robust_accuracy(attack) for attack in attacks)]
            radii = [0.0, *(factor * attack.parameters["epsilon"] for attack in attacks)]
            images = rates[0].trials
            low, value, high = (100 * np.array([getattr(r, k) for r in rates]) for k in ("low", "value", "high"))
            axes.fill_between(radii, low, high, color=colours[run.name], alpha=0.12, linewidth=0)
            axes.plot(radii, value, linestyle=dashes, marker="o", markersize=4, color=colours[run.name],
                      label=f"{run.name}, {family}")  # fmt: skip
        for attack in run.attacks_of(AttackKind.MINIMUM_NORM).values():
            if attack.parameters.get("norm") == norm:
                most = max((a.parameters["epsilon"] for f in _of_norm(run, norm).values() for a in f), default=1.0)
                every = np.linspace(0, most, 60)
                value = 100 * np.array([r.value for r in robust_accuracy_at(attack, every)])
                axes.plot(every * factor, value, linestyle=":", linewidth=1.2, color=colours[run.name],
                          label=f"{run.name}, {attack.name}")  # fmt: skip
    axes.set(ylim=(-2, 102), ylabel="robust accuracy (%)")
    axes.set_xlim(left=0)
    axes.set_xlabel("ε in 1/255 of the pixel range (L∞)" if norm == "linf" else "L2 radius, pixels in [0, 1]")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    heading(figure, "Still right under attack", f"{images} test images; shaded: Wilson's 95 % interval")
    return figure


def perturbations(store: Store, run: Run, attack: Attack) -> Figure:
    """The report's gradient picture: image, gradient, perturbation, and the image that is answered otherwise."""
    pixels, perturbation, probabilities = _path_of(store, attack)
    n = min(len(pixels), MOST_EXAMPLES)
    figure = Figure((9.6, 2.05 * n + 0.7))
    grid = figure.subplots(n, 4, squeeze=False)
    gradients = _last_gradients(run, attack)
    for row, image, moved, answers in zip(grid, pixels, perturbation, probabilities, strict=False):
        for axes in row:
            axes.set_axis_off()
        _show(row[0], image, _answer(store, answers[0]))
        if gradients is not None:
            _show(row[1], _signed(gradients[row[0].get_subplotspec().rowspan.start]), "input gradient")
        _show(row[2], _signed(moved[-1]), f"perturbation × {0.5 / max(np.abs(moved[-1]).max(), 1e-9):.0f}")
        _show(row[3], np.clip(image + moved[-1], 0, 1), _answer(store, answers[-1]))
    heading(figure, f"{run.title}: images, and what an attack makes of them",
            f"{in_words(attack)}, {run.clock} {run.epochs[-1]}")  # fmt: skip
    return figure


def path(store: Store, run: Run, attack: Attack) -> Figure:
    """The way of one image through the attack: picture and confidences at its steps."""
    pixels, perturbation, probabilities = _path_of(store, attack)
    flips = [i for i, a in enumerate(probabilities) if a[0].argmax() != a[-1].argmax()]
    chosen = flips[0] if flips else 0
    steps = len(perturbation[chosen])
    figure = Figure((10, 5.4))
    parts: Any = figure.subfigures(2, 1, height_ratios=(1, 1.6))
    above, below = parts
    shown = np.unique(np.linspace(0, steps - 1, STEPS_SHOWN).round().astype(int))
    for axes, step in zip(above.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        axes.set_axis_off()
        _show(axes, np.clip(pixels[chosen] + perturbation[chosen][step], 0, 1),
              f"step {step}\n{_answer(store, probabilities[chosen][step])}")  # fmt: skip
    axes = below.subplots()
    most = np.argsort(-probabilities[chosen].max(0))[:4]
    for place, number in enumerate(most):
        axes.plot(100 * probabilities[chosen][:, number], linestyle=DASHES[place], marker="o", markersize=4,
                  label=store.classes[number])  # fmt: skip
    axes.set(xlabel="step of the attack", ylabel="confidence (%)", ylim=(-2, 102), xlim=(0, steps - 1))
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    figure.suptitle(f"{run.title}: the way of an attack, {in_words(attack)}", fontweight="bold")
    return figure


def saliency(store: Store, run: Run) -> Figure:
    """What the loss of each example depends on, pixel by pixel, from epoch to epoch."""
    steps, scale, places = (run[f"saliency/{key}"] for key in ("gradient", "scale", "epoch"))
    epochs = run.epochs[places]
    examples = store.dataset["examples/pixels"][run["saliency/example"]] / 255
    n = min(len(examples), MOST_EXAMPLES)
    figure = Figure((1.55 * (len(epochs) + 1), 1.6 * n + 0.8))
    grid = figure.subplots(n, len(epochs) + 1, squeeze=False)
    for i, row in enumerate(grid):
        for axes in row:
            axes.set_axis_off()
        _show(row[0], examples[i], "image" if i == 0 else "")
        for place, axes in enumerate(row[1:]):
            gradient = steps[place, i] * scale[place, i]
            _show(axes, _strength(gradient), f"{run.clock} {epochs[place]}" if i == 0 else "")
    heading(figure, f"{run.title}: which pixels the loss depends on",
            "size of the loss's gradient by each pixel; every picture has its own scale")  # fmt: skip
    return figure


def fooling_images(run: Run, attack: Attack, classes: list[str]) -> Figure:
    """Noise, and what gradient ascent makes of it until the network is sure of a class."""
    n = len(attack["target"])
    columns = min(n, 10)
    rows = -(-n // columns)
    figure = Figure((1.5 * columns, 3.5 * rows + 0.8))
    grid = figure.subplots(2 * rows, columns, squeeze=False)
    for axes in grid.ravel():
        axes.set_axis_off()
    for i in range(n):
        row, column = divmod(i, columns)
        _show(grid[2 * row, column], attack["start"][i] / 255, "")
        answer = classes[min(int(attack["prediction"][i]), len(classes) - 1)]
        _show(grid[2 * row + 1, column], attack["pixels"][i] / 255,
              f"{answer}\n{100 * attack['confidence'][i]:.2f} %\n{attack['steps'][i]} steps")  # fmt: skip
    heading(figure, f"{run.title}: noise above, and below it what is taken for each class",
            f"gradient ascent to a confidence of {attack.threshold:g}, {run.clock} {run.epochs[-1]}")  # fmt: skip
    return figure


def _path_of(store: Store, attack: Attack) -> tuple[Array, Array, Array]:
    """Example images in [0,1], perturbations (n, steps, H, W, 3) and answers (n, steps, C)."""
    scale = attack.attributes_of("path/perturbation")["scale"]
    pixels = store.dataset["examples/pixels"][attack["path/example"]] / 255
    return pixels, attack["path/perturbation"] * scale, attack["path/probabilities"]


def _last_gradients(run: Run, attack: Attack) -> Array | None:
    """Input gradients of the path's examples at the last epoch kept."""
    if not run.has("saliency/gradient"):
        return None
    kept = {int(example): place for place, example in enumerate(run["saliency/example"])}
    if not all(int(example) in kept for example in attack["path/example"]):
        return None
    return np.stack([run["saliency/gradient"][-1, kept[int(example)]] for example in attack["path/example"]])


def _signed(values: Array) -> Array:
    """Signed values as a picture: grey is none, the strongest of all is black or white."""
    return 0.5 + 0.5 * values / max(float(np.abs(values).max()), 1e-12)


def _strength(gradient: Array) -> Array:
    """Size over the channels, the strongest pixel white."""
    size = np.abs(gradient).sum(-1)
    return np.asarray(size / max(float(size.max()), 1e-12))


def _answer(store: Store, probabilities: Array) -> str:
    return f"{store.classes[int(probabilities.argmax())]}, {100 * probabilities.max():.1f} %"


def _show(axes: Axes, picture: Array, text: str) -> None:
    axes.imshow(picture, interpolation="nearest", cmap="magma", vmin=0, vmax=1)
    axes.set_title(text, fontsize=9, color=MUTED if text.startswith(("epoch", "image", "input")) else INK)
