"""A still of both rules of phases beside the losses and accuracies that they are about."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from weightreel.analysis.findings.phases import (
    RULES,
    agreement_in_words,
    is_judged,
    name_of_phase,
    phases_of,
    schedule_in_words,
    stop_in_words,
    stops_of,
)
from weightreel.analysis.findings.time import clock_of_records
from weightreel.analysis.findings.training import history, name_of_part, name_of_quantity, of_recipes
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.stills.style import INK, PHASES, colour_of, epoch_axis, foot, heading
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.schema.fields import Phase

STOP_DASHES = {"validation": "--", "spectral": ":"}
DASHES_IN_WORDS = {"--": noted("dashed"), ":": noted("dotted")}


def phases(runs: list[Run]) -> Figure:
    """Loss, accuracy and a ribbon of phases by each rule, a column for each run.

    Vertical lines stand where a rule would have stopped the training; what that costs is said above them.
    """
    figure = Figure((6.4 * len(runs) + 0.4, 7.2))
    grid = figure.subplots(3, len(runs), squeeze=False, sharex="col", sharey="row", height_ratios=(3, 3, 1.2))
    for (loss, accuracy, ribbons), run in zip(grid.T, runs, strict=True):
        for axes, key, factor in ((loss, "loss", 1), (accuracy, "accuracy", 100)):
            for part, dashes in (("validation", "-"), ("train", "--")):
                values = factor * history(run, part, key)
                if np.isfinite(values).any():
                    axes.plot(run.epochs, values, dashes, color=colour_of(run), label=name_of_part(part))
            _stops(axes, run)
        loss.set_title("\n".join([run.name, *stop_sentences(run)]), fontsize=10)
        _ribbons(ribbons, run)
        epoch_axis(ribbons, [run])
    recipes = of_recipes(runs)
    grid[0, 0].set(ylabel=name_of_quantity("loss", unit=recipes), ylim=(0, None))
    grid[1, 0].set(ylabel=name_of_quantity("accuracy"), ylim=(0, 100))
    grid[0, 0].legend(loc="upper right" if recipes else "best")
    seen = {int(code) for run in runs for rule in RULES if is_judged(run, rule) for code in phases_of(run, rule)}
    handles = [Patch(color=PHASES[phase], label=phrase(name_of_phase(phase))) for phase in Phase if phase in seen]
    heading(figure, phrase("Phases by a rule on losses, and by one on spectra and the training loss"))
    sentences = [sentence for sentence in (*map(agreement_in_words, runs), schedule_in_words(runs)) if sentence]
    if any(map(stops_of, runs)):
        sentences.append(
            phrase(
                "A stop is judged by the {clocks} up to it; the phases by losses with all {clocks} known",
                clock=clock_of_records(runs),
            )
        )
    foot(figure, handles, "\n".join(sentences))
    return figure


def stop_sentences(run: Run) -> list[str]:
    """Where each rule would have stopped a run, how that is drawn, and what it would have cost."""
    return [stop_in_words(run, stop, phrase(DASHES_IN_WORDS[STOP_DASHES[stop.rule]])) for stop in stops_of(run)]


def _stops(axes: Axes, run: Run) -> None:
    for stop in stops_of(run):
        if stop.epoch is not None:
            axes.axvline(stop.epoch, color=INK, linestyle=STOP_DASHES[stop.rule], linewidth=1.2, zorder=1)


def _ribbons(axes: Axes, run: Run) -> None:
    """A ribbon a rule: each record's phase from half-way to the one before it to half-way to the one after."""
    rules = [rule for rule in RULES if is_judged(run, rule)]
    for rank, rule in enumerate(rules):
        found = phases_of(run, rule).astype(int)
        starts = np.flatnonzero(np.diff(found, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(found)], strict=True):
            left, right = np.interp((start - 0.5, end - 0.5), range(len(found)), run.epochs)
            axes.barh(-rank, right - left, left=left, height=0.8, color=PHASES[Phase(int(found[start]))], linewidth=0)
    names = {"validation": phrase("by losses"), "spectral": phrase("by spectra")}
    axes.set_yticks([-rank for rank in range(len(rules))], [names[rule] for rule in rules])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)
