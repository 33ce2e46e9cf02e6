"""Tables of what a store holds, with the course report's figures beside where it has them. Needs no torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from weightreel.analysis.findings.histories import LAST_EPOCHS, late_rates
from weightreel.analysis.findings.noise import UNIFORM, favourites, latest_answers, success_by_class, successes
from weightreel.analysis.findings.report import REPORT, REPORTED_EPOCHS, Reported, of_report
from weightreel.analysis.findings.statistics import counted, rate_of
from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.findings.words.names import names_of
from weightreel.analysis.findings.words.numbers import interval, points
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.attacks import attack_caveats, attack_tables
from weightreel.analysis.tables.spectra import (
    new_table,
    phase_words,
    spectral_caveats,
    spectral_tables,
)


def show(store: Store, console: Console) -> None:
    """Print the data set, the runs, phases, alpha and norms of every layer, and the answers to noise.

    Works for a training that still goes on: what is not measured yet is left out or shown as –.

    Raises:
        WeightreelError: the store is damaged.
    """
    console.print(f"[bold]{escape(str(store.recipe.get('title') or store.path))}[/]")
    console.print(f"{escape(_data(store))}, store {store.digest[:12]}")
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
        console.print(f"• {escape(sentence)}", style="italic", highlight=False)


def _data(store: Store) -> str:
    """The data set, as far as it is known."""
    about = store.dataset.attributes
    if not about["n_train"]:
        return str(about["name"])
    return (
        f"{about['name']}: {about['n_train']:,} training, {about['n_validation']:,} validation, "
        f"{about['n_test']:,} test images, {len(store.classes)} classes; data {about['digest'][:12]}"
    )


def caveats(runs: list[Run]) -> Iterator[str]:
    """What the tables rest on, in sentences."""
    sources: dict[str, list[str]] = {}
    for run in runs:
        if "source" in run.attributes:
            sources.setdefault(str(run.attributes["source"]), []).append(run.name)
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        seeds = ", ".join(str(run.seed) for run in own)
        epochs, clock = sorted({int(run.epochs[-1]) for run in own}), own[0].clock
        at = f"{clock} {epochs[0]}" if len(epochs) == 1 else f"{clock}s {epochs[0]}–{epochs[-1]}"
        yield f"{own[0].title}: {len(own)} {'seed' if len(own) == 1 else 'seeds'} ({seeds}), measured at {at}." + (
            "" if all(run.complete for run in own) else " Training still goes on."
        )
    for source, of in sources.items():
        yield f"{', '.join(of)}: {source}; shown is what its code handed over."
    for run in runs:
        if run.skipped:
            yield f"{run.name}, not recorded: " + ", ".join(f"{n} ({why})" for n, why in run.skipped.items()) + "."
    yield from spectral_caveats(runs)
    yield from attack_caveats(runs)
    if any(run.attacks for run in runs):
        records = records_in_words(runs)
        yield f"Intervals are Wilson's at 95 % and cover the trials only, neither {records} nor seeds."
    seeds_by_model = Counter(run.model for run in runs)
    if len(seeds_by_model) > 1 and min(seeds_by_model.values()) == 1:
        yield "With one seed of a network, a difference between networks may be a difference between seeds."
    if any(map(of_report, runs)):
        yield "The report's figures are of one run a network, on all of CIFAR-10; their intervals are computed here."


def _reports(runs: list[Run]) -> list[tuple[str, Reported]]:
    """Titles and reported figures of the networks in the store that the report has."""
    titles = {run.model: run.title for run in runs if of_report(run)}
    return [(title, REPORT[model]) for model, title in titles.items()]


def _runs_table(runs: list[Run]) -> Table:
    """A run a row; the columns of which no run has anything are left out where other code measured it."""
    clocks = list(dict.fromkeys(run.clock for run in runs))
    cells = {"/".join(clocks): [_progress(run) for run in runs]}
    known = {header: [cell(run) for run in runs] for header, cell in MEASURED.items()}
    if any("source" in run.attributes for run in runs):
        extra = dict.fromkeys(key for run in runs for key in run.metrics)
        known |= {key: [_last(run, f"metrics/{key}") for run in runs] for key in extra}
        known = {header: column for header, column in known.items() if set(column) != {"–"}}
    else:
        known = {header: column for header, column in known.items() if "loss" not in header}
    cells |= {header.replace("epoch", "/".join(clocks)): column for header, column in known.items()}
    title = "Accuracy" if any("%" in header for header in known) else "Runs"
    table = new_table(title, "run", *cells)
    for run, *row in zip(runs, *cells.values(), strict=True):
        table.add_row(escape(run.name), *row)
    for name, report in _reports(runs):
        of = {"train %": report.train, "validation %": report.validation, "test %": report.test}
        row = [
            f"{REPORTED_EPOCHS}/{REPORTED_EPOCHS}",
            *(points(of[header], 2) if header in of else "–" for header in known),
        ]
        table.add_row(f"{escape(name)} in the report", *row, style="dim")
    return table


def _progress(run: Run) -> str:
    planned = run.attributes.get("epochs_planned")
    return f"{run.epochs[-1]}" if planned is None else f"{run.epochs[-1]}/{planned}"


def _last(run: Run, key: str, factor: float = 1) -> str:
    """The last number at `key`: four digits of it, or two decimals of a percentage."""
    if not run.has(key) or np.isnan(value := float(np.ravel(run[key])[-1])):
        return "–"
    return f"{value:.4g}" if factor == 1 else f"{factor * value:.2f}"


def _best(run: Run) -> str:
    if not run.has("validation/accuracy") or np.isnan(validation := run["validation/accuracy"]).all():
        return "–"
    return f"{points(np.nanmax(validation), 2)} ({run.epochs[np.nanargmax(validation)]})"


MEASURED: dict[str, Callable[[Run], str]] = {
    "train loss": lambda run: _last(run, "train/loss"),
    "validation loss": lambda run: _last(run, "validation/loss"),
    "train %": lambda run: _last(run, "train/accuracy", 100),
    "validation %": lambda run: _last(run, "validation/accuracy", 100),
    "best % (epoch)": _best,
    "test %": lambda run: _last(run, "test/accuracy", 100),
    "phase": lambda run: phase_words(run, "validation"),
}
"""Columns of what was measured, and a run's cell in each."""


def _noise_table(runs: list[Run], classes: list[str]) -> Table:
    attacks = [(run, run.noise_attacks[UNIFORM]) for run in runs if UNIFORM in run.noise_attacks]
    thresholds = ", ".join(f"{threshold:g}" for threshold in sorted({attack.threshold for _, attack in attacks}))
    records = records_in_words(runs)
    table = new_table(
        f"Uniform noise answered with confidence ≥ {thresholds}; "
        f"lowest / median / highest of the last {LAST_EPOCHS} {records}",
        "run", "successes", "rate % [95 %]", f"last {records} %", "answered as",
    )  # fmt: skip
    for run, attack in attacks:
        if latest_answers(attack) is None:
            continue
        rate = rate_of(successes(attack))
        table.add_row(
            escape(run.name),
            f"{rate.successes:,}/{rate.trials:,}",
            interval(rate, 2),
            _history(run, attack),
            escape(favourites(success_by_class(attack), names_of(classes))) or "–",
        )
    for title, report in _reports(runs):
        rate = counted(report.noise_successes, report.noise_trials)
        table.add_row(
            f"{escape(title)} in the report",
            f"{rate.successes:,}/{rate.trials:,}",
            interval(rate, 2),
            "–",
            report.noise_classes,
            style="dim",
        )
    return table


def _history(run: Run, attack: Attack) -> str:
    rates = late_rates(run, attack)
    if not len(rates):
        return "–"
    return " / ".join(points(x, 2) for x in (rates.min(), np.median(rates), rates.max()))
