"""Tables of what a store holds of attacks: noise of every kind, gradients, certificates, defences, and the verdict."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from weightreel.analysis.findings.attacks.confidence import calibration_of, of_images, success_curve
from weightreel.analysis.findings.attacks.defences import (
    RADII,
    Defence,
    abstention_rate,
    certified_accuracy,
    defences,
    left_out_in_words,
)
from weightreel.analysis.findings.attacks.gradients import distances_of
from weightreel.analysis.findings.attacks.masking import maskings_in_words
from weightreel.analysis.findings.attacks.noise import (
    kinds_of,
    late_rates,
    name_of_kind,
    outcomes,
    successes,
    uniform_of,
)
from weightreel.analysis.findings.attacks.perturbation import attack_in_words, radius_in_words
from weightreel.analysis.findings.attacks.robustness import attacks_by_family, families, robust_accuracy
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.attacks.worst_case import contrasts_in_words, kind_of_bound_in_words, worst_case_of
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.time import LAST_EPOCHS, clock_of_records
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.numbers import count, fixed, interval, lowest_to_highest, plain, points
from weightreel.analysis.store.nodes import Attack, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.tables.grid import Cell, Grid

SHOWN_THRESHOLDS = (0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
RUNS_BESIDE = 3
"""Runs in the columns of one table: more do not fit into a hundred characters."""


def attack_tables(store: Store) -> Iterator[Grid]:
    """Noise by kind and by threshold, robust and certified accuracy, calibration; what is not there is left out."""
    runs = list(store.runs.values())
    if any(len(run.noise_attacks) > 1 for run in runs):
        yield _kinds_table(runs)
    if sure := [(run, attack) for run in runs if (attack := uniform_of(run)) is not None]:
        yield _thresholds_table(sure)
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
    if any(run.defence for run in runs) and (left_out := left_out_in_words(runs)):
        yield left_out
    if bound := kind_of_bound_in_words(runs):
        yield bound
    yield from contrasts_in_words(runs)
    yield from maskings_in_words(runs)
    if any(run.certificates for run in runs):
        yield phrase("A certificate is of the smoothed network; abstaining counts as wrong.")


def _kinds_table(runs: list[Run]) -> Grid:
    names = list(dict.fromkeys(name for run in runs for name in run.noise_attacks))
    limit = next(attack.threshold for run in runs for attack in run.noise_attacks.values())
    title = phrase(
        "Noise of every kind answered with confidence ≥ {threshold}, %: last {clock} [95 %], lowest – highest of the "
        "last {n} {clocks}",
        threshold=plain(limit),
        n=LAST_EPOCHS,
        clock=clock_of_records(runs),
    )
    table = Grid(title, phrase("run"), *map(name_of_kind, names))
    for run in runs:
        table.add_row(run.name, *(_kind_cell(run, name) for name in names))
    return table


def _kind_cell(run: Run, name: str) -> Cell:
    attack = kinds_of(run).get(name)
    if attack is None:
        return "–"
    late = late_rates(run, attack)
    return (*_stacked(interval(rate_of(successes(attack)))), *([lowest_to_highest(late)] if len(late) else []))


def _thresholds_table(sure: list[tuple[Run, Attack]]) -> Grid:
    table = Grid(
        phrase(
            "Uniform noise answered at each confidence or above, %; mean confidence in noise and in test images, %; "
            "expected calibration error (ECE) on the test images, %"
        ),
        phrase("run"),
        *(f"≥ {plain(threshold)}" for threshold in SHOWN_THRESHOLDS),
        phrase("noise"),
        phrase("test"),
        phrase("ECE"),
    )
    for run, attack in sure:
        rates = [rate.value for rate in success_curve(attack, SHOWN_THRESHOLDS)]
        images, found = of_images(run), calibration_of(run)
        means = [float("nan") if each is None else float(each.mean()) for each in (outcomes(attack)[1], images)]
        error = float("nan") if found is None else found.error
        table.add_row(run.name, *map(points, (*rates, *means, error)))
    return table


def _robust_table(attacked: list[Run]) -> Grid:
    members = [attack for run in attacked for found in attacks_by_family(run).values() for attack in found]
    attacks = {attack_in_words(attack): attack.name for attack in members}
    worst = {run.name: found for run in attacked if (found := worst_case_of(run)) is not None}
    table = Grid(phrase("Robust accuracy, % [95 %]"), phrase("attack"), *(run.name for run in attacked))
    clean = [families(run)[0].rates[0] for run in attacked]
    table.add_row(phrase_n("none, {n} image", "none, {n} images", clean[0].trials), *(interval(rate) for rate in clean))
    for epsilon in sorted({round(float(e), 9) for found in worst.values() for e in found.epsilons}):
        row = phrase("worst case, {radius}", radius=radius_in_words("linf", epsilon))
        cases = (worst.get(run.name) for run in attacked)
        table.add_row(row, *(interval(case.rate(epsilon)) if case and case.has(epsilon) else "–" for case in cases))
    for words, name in attacks.items():
        cells = (interval(robust_accuracy(run.attacks[name])) if name in run.attacks else "–" for run in attacked)
        table.add_row(words, *cells)
    for name in dict.fromkeys(name for run in attacked for name in run.attacks_of(AttackKind.MINIMUM_NORM)):
        words = next(attack_in_words(run.attacks[name]) for run in attacked if name in run.attacks)
        table.add_row(
            phrase("{attack}, median L2 distance", attack=words), *(_median_distance(run, name) for run in attacked)
        )
    return table


def _median_distance(run: Run, name: str) -> str:
    if name not in run.attacks:
        return "–"
    found = distances_of(run.attacks[name])
    if np.isinf(found.median):
        return phrase("none found for half")
    return (
        "–"
        if np.isnan(found.median)
        else phrase("{distance} (of {n})", distance=fixed(found.median, 3), n=count(len(found.found)))
    )


def _certified_table(runs: list[Run]) -> Grid:
    table = Grid(
        phrase("Certified accuracy at L2 radius ≥ …, % [95 %]"),
        phrase("run, σ"),
        *(f"{plain(factor)} σ" for factor in RADII),
        phrase("abstains"),
    )
    for run in runs:
        for certificate in run.certificates.values():
            rates = certified_accuracy(certificate, [factor * certificate.sigma for factor in RADII])
            name = f"{run.name}, {plain(certificate.sigma)}"
            abstains = points(abstention_rate(certificate).value)
            table.add_row(name, *(_stacked(interval(rate)) for rate in rates), abstains)
    return table


def _defences_table(store: Store) -> Grid:
    rows = defences(store)
    table = Grid(phrase("Defences beside each other, % [95 %]"), *defence_header(rows))
    for row in rows:
        table.add_row(*map(_stacked, defence_cells(row)))
    return table


def defence_header(rows: list[Defence]) -> list[str]:
    """What the columns of the table of defences say."""
    noise, attack, certificate = (
        next((getattr(row, key) for row in rows if getattr(row, key)), "")
        for key in ("noise_is", "attacked_is", "certified_is")
    )
    return [
        phrase("network"),
        phrase("clean"),
        phrase("uniform noise, {which}", which=noise),
        phrase("noise, last {n} {clocks}", n=LAST_EPOCHS, clock=rows[0].clock),
        phrase("robust, {attack}", attack=attack),
        phrase("certified, {certificate}", certificate=certificate),
    ]


def defence_cells(row: Defence) -> list[str]:
    """One network's row of the table of defences."""
    seeds = len(row.seeds)
    name = row.title if seeds == 1 else phrase_n("{title}, {n} seed", "{title}, {n} seeds", seeds, title=row.title)
    clean, noise, attacked, certified = (
        "–" if rate is None else interval(rate) for rate in (row.clean, row.noise, row.attacked, row.certified)
    )
    return [name, clean, noise, lowest_to_highest(row.noise_range or ()), attacked, certified]


def _stacked(cell: str) -> tuple[str, ...]:
    """The interval below its rate: tables are wide."""
    rate, bracket, ends = cell.partition(" [")
    return (rate, f"[{ends}") if bracket else (cell,)
