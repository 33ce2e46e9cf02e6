"""A still of both rules of phases beside the losses and accuracies that they are about."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.stills.style import INK, PHASES, colour_of, epoch_axis, foot, heading
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import Phase
from weightreel.analysis.tables.spectra import RULES

STOP_DASHES = {"validation": "--", "spectral": ":"}


def phases(runs: list[Run]) -> Figure:
    """Loss, accuracy and a ribbon of phases by each rule, a column for each run.

    Vertical lines stand where a rule would have stopped the training; what that costs is said above them.
    """
    figure = Figure((6.4 * len(runs) + 0.4, 7.2))
    grid = figure.subplots(3, len(runs), squeeze=False, sharex="col", sharey="row", height_ratios=(3, 3, 1.2))
    for (loss, accuracy, ribbons), run in zip(grid.T, runs, strict=True):
        for axes, key, factor in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
            for part, dashes in (("validation", "-"), ("train", "--")):
                if not run.has(f"{part}/{key}"):
                    continue
                name = "training" if part == "train" else part
                axes.plot(run.epochs, factor * run[f"{part}/{key}"], dashes, color=colour_of(run), label=name)
            _stops(axes, run)
        loss.set_title("\n".join([run.name, *stop_sentences(run)]), fontsize=10)
        _ribbons(ribbons, run)
        epoch_axis(ribbons, [run])
    recipes = not any("source" in run.attributes for run in runs)
    grid[0, 0].set(ylabel="loss (nat)" if recipes else "loss", ylim=(0, None))
    grid[1, 0].set(ylabel="accuracy (%)", ylim=(0, 100))
    grid[0, 0].legend(loc="upper right" if recipes else "best")
    handles = [Patch(color=colour, label=_words(phase)) for phase, colour in PHASES.items()]
    heading(figure, "Phases by a rule on losses and by a rule on spectra alone")
    sentences = [sentence for run in runs if (sentence := agreement_sentence(run))]
    if any(run.has("stop/validation/epoch") for run in runs):
        known = records_in_words(runs)
        sentences.append(f"A stop is judged by the {known} up to it; the phases by losses with all {known} known")
    foot(figure, handles, "\n".join(sentences))
    return figure


def _words(phase: Phase) -> str:
    return phase.name.lower().replace("_", "-")


def _stops(axes: Axes, run: Run) -> None:
    for rule, dashes in STOP_DASHES.items():
        if run.has(f"stop/{rule}/epoch") and (epoch := int(run[f"stop/{rule}/epoch"])) >= 0:
            axes.axvline(run.epochs[epoch], color=INK, linestyle=dashes, linewidth=1.2, zorder=1)


def _ribbons(axes: Axes, run: Run) -> None:
    """A ribbon a rule: each record's phase from half-way to the one before it to half-way to the one after."""
    rules = [rule for rule in RULES if run.has(f"phase/{rule}")]
    for rank, rule in enumerate(rules):
        found = run[f"phase/{rule}"]
        starts = np.flatnonzero(np.diff(found, prepend=-1.0))
        for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
            left, right = np.interp((start - 0.5, end - 0.5), range(len(found)), run.epochs)
            axes.barh(-rank, right - left, left=left, height=0.8, color=PHASES[Phase(int(found[start]))], linewidth=0)
    axes.set_yticks([-rank for rank in range(len(rules))], [f"by {RULES[rule]}" for rule in rules])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def stop_sentences(run: Run) -> list[str]:
    """Where each rule would have stopped, and what it would have cost; nothing where that is not stored."""
    found = []
    for rule, looks_at in RULES.items():
        if not run.has(f"stop/{rule}/epoch"):
            continue
        epoch, accuracy, cost = (float(run[f"stop/{rule}/{key}"]) for key in ("epoch", "accuracy", "cost"))
        line = {"--": "dashed", ":": "dotted"}[STOP_DASHES[rule]]
        found.append(
            f"by {looks_at}: never stops"
            if epoch < 0
            else f"by {looks_at}: stops at {run.clock} {run.epochs[int(epoch)]} ({line}), validation {accuracy:.1%}, "
            f"{100 * cost:.1f} points below the best"
        )
    return found


def agreement_sentence(run: Run) -> str:
    """How well both rules agree; empty where that is not stored."""
    attributes = run.attributes_of("phase/spectral")
    if "agreement" not in attributes:
        return ""
    kappa = float(attributes.get("kappa", math.nan))
    beyond = "κ is not defined" if math.isnan(kappa) else f"κ = {kappa:.2f}"
    records = f"{attributes['agreement']:.0%} of the {records_in_words([run])}"
    return f"{run.name}: both rules name the same phase at {records}; {beyond}"
