"""Losses, accuracies and phases of runs, as arrays on common epochs and in words."""

from __future__ import annotations

import numpy as np

from analysis.store import Run
from scenes.kit.theme import name_of_phase
from scenes.kit.wording import listed, percent, significant


def together(runs: list[Run]) -> np.ndarray:
    """Every epoch that any of the runs has recorded, ascending, (E,)."""
    return np.unique(np.concatenate([run.epochs for run in runs]))


def grouped(runs: list[Run]) -> list[list[Run]]:
    """The runs of each network, in the order in which networks first occur."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.title, []).append(run)
    return list(found.values())


def seeds_in_words(runs: list[Run]) -> str:
    """A network's name, and its seed or how many it has: `CNN, seed 0`, `CNN, 5 seeds`."""
    return f"{runs[0].title}, seed {runs[0].seed}" if len(runs) == 1 else f"{runs[0].title}, {len(runs)} seeds"


def on_epochs(run: Run, key: str, epochs: np.ndarray) -> np.ndarray:
    """The history at `key` on `epochs`, (E,); NaN where the run has not recorded one."""
    values = np.full(len(epochs), np.nan)
    values[np.searchsorted(epochs, run.epochs)] = run[key]
    return values


def learning_in_words(run: Run) -> str:
    """Where the validation loss was lowest, and where both losses are at the last epoch."""
    train, validation, epochs = run["train/loss"], run["validation/loss"], run.epochs
    last, now, training = epochs[-1], significant(validation[-1]), f"(training {significant(train[-1])})"
    if len(epochs) == 1:
        return f"Validation loss at epoch {last}: {now} {training}."
    best = int(np.nanargmin(validation))
    if best == len(epochs) - 1:
        return f"The validation loss is lowest at the last epoch, {last}: {now} {training}."
    lowest = f"Lowest validation loss {significant(validation[best])} at epoch {epochs[best]}"
    return f"{lowest}; at epoch {last} it is {now} {training}."


def accuracy_in_words(run: Run) -> str:
    """How many of the validation images are answered right at the first and at the last epoch."""
    accuracy, epochs = run["validation/accuracy"], run.epochs
    now = f"{percent(float(accuracy[-1]))} at epoch {epochs[-1]}"
    before = f"{percent(float(accuracy[0]))} at epoch {epochs[0]}, " if len(epochs) > 1 else ""
    return f"Validation images that the {run.title} answers right: {before}{now}."


def phases_in_words(run: Run) -> str:
    """Which phases the rule saw, and when; provisional while the training goes on."""
    parts = [
        f"{name} {start}–{end}" if end > start else f"{name} {start}"
        for name, start, end in phase_stretches(run.epochs, run["phase/validation"])
    ]
    return f"Epochs by the store's rule: {', '.join(parts)}{'' if run.complete else ', provisionally'}."


def phase_stretches(epochs: np.ndarray, phase: np.ndarray) -> list[tuple[str, int, int]]:
    """Name, first and last epoch of each stretch of one phase."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(phase.astype(int))) + 1])
    ends = np.append(starts[1:], len(phase)) - 1
    return [(name_of_phase(int(phase[a])), int(epochs[a]), int(epochs[b])) for a, b in zip(starts, ends, strict=True)]


def comparison_in_words(runs: list[Run]) -> tuple[str, str]:
    """Accuracies that the networks reach, from the lowest to the highest of a network's seeds; how many there are."""
    tested = all(run.has("test/accuracy") for run in runs)
    key = "test/accuracy" if tested else "validation/accuracy"
    networks = grouped(runs)
    reached = [f"{of[0].title} {_from_lowest([float(np.ravel(run[key])[-1]) for run in of])}" for of in networks]
    epochs = sorted({int(run.epochs[-1]) for run in runs})
    where = f"at epoch {epochs[0]}" if len(epochs) == 1 else "at each one's last epoch"
    counts = [f"{len(of)} of the {of[0].title}" for of in networks]
    if all(len(of) == 1 for of in networks):
        base = "One seed of each network: no conclusion between them."
    else:
        base = f"Seeds: {listed(counts)}."
    return f"{'Test' if tested else 'Validation'} accuracy {where}: {listed(reached)}.", base


def _from_lowest(shares: list[float]) -> str:
    low, high = percent(min(shares)), percent(max(shares))
    return low if low == high else f"{low} to {high}"
