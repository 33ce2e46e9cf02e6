"""Tables of what a store holds of attacks: noise of every kind, gradients, certificates, defences, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.markup import escape
from rich.table import Table

from weightreel.analysis.findings.confidence import calibration_of, success_curve
from weightreel.analysis.findings.defences import (
    Defence,
    certified_accuracy,
    clean_accuracy,
    defences,
    families,
    in_words,
    robust_accuracy,
)
from weightreel.analysis.findings.histories import LAST_EPOCHS, late_rates, verdict
from weightreel.analysis.findings.noise import UNIFORM, latest_answers, successes
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.tables.spectra import new_table

SHOWN_THRESHOLDS = (0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
RADII = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Radii at which certified accuracy is printed, as multiples of sigma."""
RUNS_BESIDE = 3
"""Runs in the columns of one table: more do not fit into a hundred characters."""


def attack_tables(store: Store) -> Iterator[Table]:
    """Noise by kind and by threshold, robust and certified accuracy, calibration; what is not there is left out."""
    runs = list(store.runs.values())
    if any(len(run.noise_attacks) > 1 for run in runs):
        yield _kinds_table(runs)
    if any(success_curve(run.noise_attacks[UNIFORM]) for run in runs if UNIFORM in run.noise_attacks):
        yield _thresholds_table(runs)
    attacked = [run for run in runs if families(run)]
    for start in range(0, len(attacked), RUNS_BESIDE):
        yield _robust_table(attacked[start : start + RUNS_BESIDE])
    if any(run.certificates for run in runs):
        yield _certified_table(runs)
    if any(run.defence for run in runs):
        yield _defences_table(store)


def attack_caveats(runs: list[Run]) -> Iterator[str]:
    """Whether the report's claim holds, and what the other tables rest on."""
    found = verdict(runs)
    if found is not None:
        yield from found.sentences
    if any(families(run) for run in runs):
        yield "Robust accuracy is over all attacked images, and an upper bound: a stronger attack finds more."
    if any(run.certificates for run in runs):
        yield "A certificate is of the smoothed network; abstaining counts as wrong."


def _kinds_table(runs: list[Run]) -> Table:
    names = list(dict.fromkeys(name for run in runs for name in run.noise_attacks))
    limit = next(a.threshold for run in runs for a in run.noise_attacks.values())
    records = records_in_words(runs)
    table = new_table(
        f"Noise of every kind answered with confidence ≥ {limit:g}, %: last {records[:-1]} [95 %], "
        f"lowest – highest of the last {LAST_EPOCHS} {records}",
        "run", *(name.replace("-", " ") for name in names),
    )  # fmt: skip
    for run in runs:
        table.add_row(escape(run.name), *(_kind_cell(run, name) for name in names))
    return table


def _kind_cell(run: Run, name: str) -> str:
    if name not in run.noise_attacks or not len(hits := successes(run.noise_attacks[name])):
        return "–"
    attack = run.noise_attacks[name]
    rates = late_rates(run, attack)
    span = f"\n{_percent(rates.min())} – {_percent(rates.max())}" if len(rates) else ""
    return _stacked(interval(rate_of(hits))) + span


def _thresholds_table(runs: list[Run]) -> Table:
    table = new_table(
        "Uniform noise answered at each confidence or above, %; mean confidence in noise and in test images, %; "
        "expected calibration error (ECE) on the test images, %",
        "run", *(f"≥ {threshold:g}" for threshold in SHOWN_THRESHOLDS), "noise", "test", "ECE",
    )  # fmt: skip
    for run in runs:
        if UNIFORM not in run.noise_attacks or not (
            rates := success_curve(run.noise_attacks[UNIFORM], SHOWN_THRESHOLDS)
        ):
            continue
        answers = latest_answers(run.noise_attacks[UNIFORM])
        noise = float("nan") if answers is None else float(answers[1].mean())
        images = float(run["test/confidence"].mean()) if run.has("test/confidence") else float("nan")
        found = calibration_of(run)
        error = float("nan") if found is None else found.error
        table.add_row(escape(run.name), *(_percent(x) for x in (*(rate.value for rate in rates), noise, images, error)))
    return table


def _robust_table(attacked: list[Run]) -> Table:
    every = [attack for run in attacked for family in families(run).values() for attack in family]
    attacks = {in_words(attack): attack.name for attack in every}
    table = new_table("Robust accuracy, % [95 %]", "attack", *(escape(run.name) for run in attacked))
    first = [next(iter(families(run).values()))[0] for run in attacked]
    table.add_row(f"none, {len(first[0]['label'])} images", *(interval(clean_accuracy(attack)) for attack in first))
    for words, name in attacks.items():
        cells = (interval(robust_accuracy(run.attacks[name])) if name in run.attacks else "–" for run in attacked)
        table.add_row(words, *cells)
    nearest = {name for run in attacked for name in run.attacks_of(AttackKind.MINIMUM_NORM)}
    for name in sorted(nearest):
        words = next(in_words(run.attacks[name]) for run in attacked if name in run.attacks)
        table.add_row(f"{words}, median L2 distance", *(_median_distance(run, name) for run in attacked))
    return table


def _median_distance(run: Run, name: str) -> str:
    """Of the images answered rightly; one for which the attack found nothing is farther than all others."""
    if name not in run.attacks:
        return "–"
    attack = run.attacks[name]
    distance = attack["distance"][attack["clean/prediction"] == attack["label"]]
    if not len(distance):
        return "–"
    median = np.median(np.nan_to_num(distance, nan=np.inf))
    return f"{median:.3f} (of {len(distance)})" if np.isfinite(median) else "none found for half"


def _certified_table(runs: list[Run]) -> Table:
    table = new_table(
        "Certified accuracy at L2 radius ≥ …, % [95 %]",
        "run, σ", *(f"{factor:g} σ" for factor in RADII), "abstains",
    )  # fmt: skip
    for run in runs:
        for certificate in run.certificates.values():
            rates = certified_accuracy(certificate, [factor * certificate.sigma for factor in RADII])
            abstains = rate_of(certificate["certified_class"] < 0)
            name = f"{escape(run.name)}, {certificate.sigma:g}"
            table.add_row(name, *(_stacked(interval(rate)) for rate in rates), _percent(abstains.value))
    return table


def _defences_table(store: Store) -> Table:
    rows = defences(store)
    table = new_table("Defences beside each other, % [95 %]", *defence_header(rows))
    for row in rows:
        table.add_row(*(escape(_stacked(cell)) for cell in defence_cells(row)))
    return table


def defence_header(rows: list[Defence]) -> list[str]:
    """What the columns of the table of defences say."""
    found = {
        key: next((getattr(row, key) for row in rows if getattr(row, key)), "")
        for key in ("noise_is", "attacked_is", "certified_is")
    }
    return [
        "network",
        "clean",
        f"uniform noise, {found['noise_is']}",
        f"noise, last {LAST_EPOCHS} {rows[0].records}",
        f"robust, {found['attacked_is']}",
        f"certified, {found['certified_is']}",
    ]


def defence_cells(row: Defence) -> list[str]:
    """One network's row of the table of defences."""
    seeds = f", {len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
    span = row.noise_range
    rates = [row.clean, row.noise, None, row.attacked, row.certified]
    cells = ["–" if rate is None else interval(rate) for rate in rates]
    cells[2] = "–" if span is None else f"{_percent(span[0])} – {_percent(span[1])}"
    return [f"{row.title}{seeds}", *cells]


def interval(rate: Rate) -> str:
    """A rate in percent with its Wilson interval: `7.03 [6.55, 7.55]`."""
    return f"{_percent(rate.value)} [{_percent(rate.low)}, {_percent(rate.high)}]"


def _stacked(cell: str) -> str:
    """The interval below its rate: tables are wide."""
    return cell.replace(" [", "\n[")


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.1f}"
