"""Tables of what a store holds, with the course report's figures beside where it has them. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.console import Console

from weightreel.analysis.findings.attacks.noise import (
    UNIFORM,
    favourites,
    late_rates,
    latest_answers,
    success_by_class,
    successes,
)
from weightreel.analysis.findings.phases import phase_in_words
from weightreel.analysis.findings.report import REPORTED_EPOCHS, report_caveat, reported_of
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.time import LAST_EPOCHS, clock_of_records, clocks_in_words
from weightreel.analysis.findings.training import (
    best_validation,
    history,
    last_test,
    metric_history,
    of_recipes,
    runs_in_words,
    seeds_caveat,
)
from weightreel.analysis.findings.words.gaps import every_gap_in_words
from weightreel.analysis.findings.words.language import phrase, translated
from weightreel.analysis.findings.words.names import dataset_in_words, names_of
from weightreel.analysis.findings.words.numbers import beside, count, interval, plain, points
from weightreel.analysis.findings.words.provenance import evaluated_in_words
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.tables.attacks import attack_caveats, attack_tables
from weightreel.analysis.tables.grid import Grid, fitting, print_grid
from weightreel.analysis.tables.spectra import spectral_caveats, spectral_tables


def show(store: Store, console: Console) -> None:
    """Print the data set, the runs, phases, alpha and norms of every layer, and the answers to noise.

    Works for a training that still goes on: what is not measured yet is left out or shown as –.

    Raises:
        WeightreelError: the store is damaged.
    """

    def say(sentence: str, style: str = "") -> None:
        console.print(fitting(sentence, console.width), style=style, highlight=False)

    say(translated(str(store.recipe.get("title") or store.path)), "bold")
    say(phrase("{data}, results {digest}", data=dataset_in_words(store), digest=store.digest[:12]))
    runs = list(store.runs.values())
    if not runs:
        say(phrase("Nothing of any run is recorded yet."))
        return
    print_grid(console, _runs_table(runs))
    for table in spectral_tables(runs):
        print_grid(console, table)
    if any(UNIFORM in run.noise_attacks for run in runs):
        print_grid(console, _noise_table(runs, store.classes))
    for table in attack_tables(store):
        print_grid(console, table)
    for sentence in filter(None, (evaluated_in_words(store), *caveats(runs))):
        say(f"• {sentence}", "italic")


def caveats(runs: list[Run]) -> Iterator[str]:
    """What the tables rest on, in sentences."""
    yield from runs_in_words(runs)
    yield from every_gap_in_words(runs)
    yield from spectral_caveats(runs)
    yield from attack_caveats(runs)
    if any(run.attacks for run in runs):
        yield phrase(
            "Intervals are Wilson's at 95 % and cover the trials only, neither {clocks} nor seeds.",
            clock=clock_of_records(runs),
        )
    yield from filter(None, (seeds_caveat(runs), report_caveat(runs)))


def _runs_table(runs: list[Run]) -> Grid:
    """A run a row; the columns of which no run has anything are left out where other code measured it."""
    clocks = clocks_in_words(runs)
    losses = {
        phrase("train loss"): [_four_digits(history(run, "train", "loss")) for run in runs],
        phrase("validation loss"): [_four_digits(history(run, "validation", "loss")) for run in runs],
    }
    accuracies = {
        phrase("train %"): [points(history(run, "train", "accuracy")[-1], 2) for run in runs],
        phrase("validation %"): [points(history(run, "validation", "accuracy")[-1], 2) for run in runs],
        phrase("best % ({at})", at=clocks): [_best(run) for run in runs],
        phrase("test %"): [points(last_test(run, "accuracy"), 2) for run in runs],
    }
    judged = {phrase("phase"): [phase_in_words(run, "validation") for run in runs]}
    known = accuracies | judged
    if not of_recipes(runs):
        names = dict.fromkeys(name for run in runs for name in run.metrics)
        metrics = {name: [_four_digits(metric_history(run, name)) for run in runs] for name in names}
        every = losses | accuracies | judged | metrics
        known = {header: column for header, column in every.items() if set(column) != {"–"}}
    title = phrase("Accuracy") if known.keys() & accuracies.keys() else phrase("Runs")
    table = Grid(title, phrase("run"), clocks, *known)
    for run, *row in zip(runs, *known.values(), strict=True):
        table.add_row(run.name, _progress(run), *row)
    for name, report in reported_of(runs):
        shares = {
            phrase("train %"): report.train,
            phrase("validation %"): report.validation,
            phrase("test %"): report.test,
        }
        row = [points(shares[header], 2) if header in shares else "–" for header in known]
        table.add_row(name, f"{REPORTED_EPOCHS}/{REPORTED_EPOCHS}", *row, dim=True)
    return table


def _progress(run: Run) -> str:
    planned = run.attributes.get("epochs_planned")
    reached = f"{run.epochs[-1]}" if planned is None else f"{run.epochs[-1]}/{planned}"
    return reached if run.complete else phrase("{reached}, not over", reached=reached)


def _four_digits(values: np.ndarray) -> str:
    """The last number, with four digits."""
    return "–" if np.isnan(values[-1]) else plain(values[-1], 4)


def _best(run: Run) -> str:
    best = best_validation(run)
    return "–" if best is None else f"{points(best[0], 2)} ({best[1]})"


def _noise_table(runs: list[Run], classes: list[str]) -> Grid:
    attacks = [(run, run.noise_attacks[UNIFORM]) for run in runs if UNIFORM in run.noise_attacks]
    thresholds = beside([plain(threshold) for threshold in sorted({attack.threshold for _, attack in attacks})])
    clock = clock_of_records(runs)
    table = Grid(
        phrase(
            "Uniform noise answered with confidence ≥ {thresholds}; lowest / median / highest of the last {n} {clocks}",
            thresholds=thresholds,
            n=LAST_EPOCHS,
            clock=clock,
        ),
        phrase("run"),
        phrase("successes"),
        phrase("rate % [95 %]"),
        phrase("last {clocks} %", clock=clock),
        phrase("answered as"),
    )
    for run, attack in attacks:
        if latest_answers(attack) is None:
            continue
        rate = rate_of(successes(attack))
        table.add_row(
            run.name,
            f"{count(rate.successes)}/{count(rate.trials)}",
            interval(rate, 2),
            _history(run, attack),
            favourites(success_by_class(attack), names_of(classes)) or "–",
        )
    for name, report in reported_of(runs):
        rate = report.noise_rate
        table.add_row(
            name,
            f"{count(rate.successes)}/{count(rate.trials)}",
            interval(rate, 2),
            "–",
            phrase(report.noise_classes),
            dim=True,
        )
    return table


def _history(run: Run, attack: Attack) -> str:
    rates = late_rates(run, attack)
    if not len(rates):
        return "–"
    return " / ".join(points(x, 2) for x in (rates.min(), np.median(rates), rates.max()))
