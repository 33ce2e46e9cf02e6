"""Tables of what a store holds, with the course report's figures beside where it has them. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analysis.show_attacks import attack_caveats, attack_tables
from analysis.show_spectra import (
    REPORTED_CONV1_ALPHA,
    REPORTED_FC31_ALPHA,
    new_table,
    phase_words,
    spectral_caveats,
    spectral_tables,
)
from analysis.store import (
    Attack,
    Rate,
    Run,
    Store,
    counted,
    latest_answers,
    rate_of,
    success_by_class,
    successes,
)
from analysis.store.compare import LAST_EPOCHS, UNIFORM
from analysis.store.robustness import late_rates
from analysis.store.schema import eigenvalue_count

__all__ = [
    "LAST_EPOCHS",
    "REPORT",
    "REPORTED_CONV1_ALPHA",
    "REPORTED_FC31_ALPHA",
    "Reported",
    "caveats",
    "eigenvalue_count",
    "show",
]


@dataclass(frozen=True)
class Reported:
    """What the course report says of one network; shares in [0, 1]."""

    train: float
    validation: float
    test: float
    noise_successes: int
    noise_trials: int
    noise_classes: str


REPORT = {
    "cnn": Reported(0.9653, 0.8866, 0.8834, 703, 10_000, "frog 49.8%, cat 44.2%, ship 6.5%"),
    "spectral-cnn": Reported(0.9386, 0.8807, 0.8796, 165, 10_000, "mainly deer and frog"),
}
"""The report's tables, by model."""


def show(store: Store, console: Console) -> None:
    """Print the data set, the runs, phases, alpha and norms of every layer, and the answers to noise.

    Works for a training that still goes on: what is not measured yet is left out or shown as –.

    Raises:
        WeightreelError: the store is damaged.
    """
    data = store.dataset.attributes
    console.print(f"[bold]{escape(str(store.recipe.get('title', store.path)))}[/]")
    console.print(
        f"{escape(str(data['name']))}: {data['n_train']:,} training, {data['n_validation']:,} validation, "
        f"{data['n_test']:,} test images, {len(store.classes)} classes; data {data['digest'][:12]}, "
        f"store {store.digest[:12]}"
    )
    runs = list(store.runs.values())
    if not runs:
        console.print("No run has finished epoch 0 yet.")
        return
    console.print(_runs_table(runs))
    for table in spectral_tables(runs):
        console.print(table)
    if any(UNIFORM in run.noise_attacks for run in runs):
        console.print(_noise_table(runs, store.classes))
    for table in attack_tables(store):
        console.print(table)
    for sentence in caveats(runs):
        console.print(f"• {sentence}", style="italic", highlight=False)


def caveats(runs: list[Run]) -> Iterator[str]:
    """What the tables rest on, in sentences."""
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        seeds = ", ".join(str(run.seed) for run in own)
        epochs = sorted({int(run.epochs[-1]) for run in own})
        at = f"epoch {epochs[0]}" if len(epochs) == 1 else f"epochs {epochs[0]}–{epochs[-1]}"
        yield f"{own[0].title}: {len(own)} {'seed' if len(own) == 1 else 'seeds'} ({seeds}), measured at {at}." + (
            "" if all(run.complete for run in own) else " Training still goes on."
        )
    yield from spectral_caveats(runs)
    yield from attack_caveats(runs)
    if any(run.attacks for run in runs):
        yield "Intervals are Wilson's at 95 % and cover the trials only, neither epochs nor seeds."
    seeds_by_model = Counter(run.model for run in runs)
    if len(seeds_by_model) > 1 and min(seeds_by_model.values()) == 1:
        yield "With one seed of a network, a difference between networks may be a difference between seeds."
    if any(run.model in REPORT for run in runs):
        yield "The report's figures are of one run a network, on all of CIFAR-10; their intervals are computed here."


def _reports(runs: list[Run]) -> list[tuple[str, Reported]]:
    """Titles and reported figures of the networks in the store that the report has."""
    return [(title, REPORT[model]) for model, title in {r.model: r.title for r in runs}.items() if model in REPORT]


def _runs_table(runs: list[Run]) -> Table:
    table = new_table("Accuracy", "run", "epoch", "train %", "validation %", "best % (epoch)", "test %", "phase")
    for run in runs:
        validation = run["validation/accuracy"]
        best = "–" if np.isnan(validation).all() else f"{_percent(np.nanmax(validation))} ({np.nanargmax(validation)})"
        table.add_row(
            escape(run.name),
            f"{run.epochs[-1]}/{run.attributes['epochs_planned']}",
            _percent(run["train/accuracy"][-1]),
            _percent(validation[-1]),
            best,
            _percent(float(run["test/accuracy"])) if run.has("test/accuracy") else "–",
            phase_words(run, "validation"),
        )
    for title, report in _reports(runs):
        train, held_out, test = (_percent(share) for share in (report.train, report.validation, report.test))
        table.add_row(f"{escape(title)} in the report", "50/50", train, held_out, "–", test, "–", style="dim")
    return table


def _noise_table(runs: list[Run], classes: list[str]) -> Table:
    attacks = [(run, run.noise_attacks[UNIFORM]) for run in runs if UNIFORM in run.noise_attacks]
    thresholds = ", ".join(f"{threshold:g}" for threshold in sorted({attack.threshold for _, attack in attacks}))
    table = new_table(
        f"Uniform noise answered with confidence ≥ {thresholds}; "
        f"lowest / median / highest of the last {LAST_EPOCHS} epochs",
        "run", "successes", "rate % [95 %]", "last epochs %", "answered as",
    )  # fmt: skip
    for run, attack in attacks:
        latest = latest_answers(attack)
        if latest is None:
            continue
        prediction, confidence = latest
        rate = rate_of(successes(attack))
        counts = success_by_class(prediction, confidence, attack.threshold, len(classes))
        top = [i for i in np.argsort(-counts, kind="stable")[:3] if counts[i]]
        table.add_row(
            escape(run.name),
            f"{rate.successes:,}/{rate.trials:,}",
            _interval(rate),
            _history(attack),
            ", ".join(f"{escape(classes[i])} {counts[i] / rate.successes:.1%}" for i in top) or "–",
        )
    for title, report in _reports(runs):
        rate = counted(report.noise_successes, report.noise_trials)
        table.add_row(
            f"{escape(title)} in the report",
            f"{rate.successes:,}/{rate.trials:,}",
            _interval(rate),
            "–",
            report.noise_classes,
            style="dim",
        )
    return table


def _interval(rate: Rate) -> str:
    return f"{_percent(rate.value)} [{_percent(rate.low)}, {_percent(rate.high)}]"


def _history(attack: Attack) -> str:
    rates = late_rates(attack)
    if not len(rates):
        return "–"
    return " / ".join(_percent(x) for x in (rates.min(), np.median(rates), rates.max()))


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.2f}"
