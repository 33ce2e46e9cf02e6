"""Tables of what a store holds of spectra: alpha by both readings, random baselines, norms, phases by both rules."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from weightreel.analysis.findings.folding import folding, folding_in_words
from weightreel.analysis.findings.norms import KINDS, normed_layers, sigma_of
from weightreel.analysis.findings.phases import (
    RULES,
    Stop,
    agreement_of,
    is_judged,
    phase_in_words,
    stopped_in_words,
    stops_of,
)
from weightreel.analysis.findings.report import of_report, reported_alpha
from weightreel.analysis.findings.spectra import fitted_layers
from weightreel.analysis.findings.spectral import alpha_caveats, bulk
from weightreel.analysis.findings.spectral.alpha import REPORT_READING, Fit
from weightreel.analysis.findings.spectral.intervals import alpha_in_words, mark_of
from weightreel.analysis.findings.spectral.randomness import Randomness
from weightreel.analysis.findings.summary import Summary, summary_in_words
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named
from weightreel.analysis.findings.words.numbers import beside, count, fixed, points
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count
from weightreel.analysis.tables.grid import Grid

KIND_NAMES = {"slices": noted("slices"), "reshaped": noted("reshaped"), "operator": noted("operator")}
"""Kinds of singular values as heads of columns."""


def spectral_tables(runs: list[Run]) -> Iterator[Grid]:
    """Phases of all runs, then for each run what is stored of alpha, of the random baseline and of norms."""
    if judged := [run for run in runs if is_judged(run)]:
        yield _phases_table(judged)
    if summaries := [(run, found) for run in runs if (found := Summary.of(run)) is not None]:
        yield _summary_table(summaries)
    for run in runs:
        if fitted := fitted_layers(run):
            yield _alpha_table(run, fitted)
            yield _readings_table(run, fitted)
        if normed := normed_layers(run):
            yield _norms_table(run, normed)


def spectral_caveats(runs: list[Run]) -> Iterator[str]:
    """What the tables of spectra rest on, in sentences."""
    yield from alpha_caveats.caveats(runs)
    yield from bulk.caveats(runs)
    for run in runs:
        found = folding(run)
        if found is not None:
            yield folding_in_words(found)
        summary = Summary.of(run)
        if summary is not None and (said := summary_in_words(summary)):
            yield f"{run.name}: {said}"
    yield from stopped_in_words(runs)


def _phases_table(runs: list[Run]) -> Grid:
    """Phases at the last epoch and stops by both rules, and how well the rules agree."""
    table = Grid(
        phrase("Phases by losses, and by spectra and training loss; stops of either: validation %, cost in points"),
        phrase("run"),
        phrase("by losses"),
        phrase("by spectra"),
        phrase("agree %"),
        "κ",
        phrase("stop by losses"),
        phrase("stop by spectra"),
    )
    for run in runs:
        agreement, kappa = agreement_of(run)
        stops = {stop.rule: _stop(stop) for stop in stops_of(run)}
        table.add_row(
            run.name,
            *(phase_in_words(run, rule) for rule in RULES),
            fixed(100 * agreement, 0),
            fixed(kappa, 2),
            *(stops.get(rule, "–") for rule in RULES),
        )
    return table


def _summary_table(summaries: list[tuple[Run, Summary]]) -> Grid:
    """A network a row: means of its layers' measures."""
    heads = {
        "alpha": "α",
        "alpha_weighted": "α̂",
        "log_norm": "log ‖W‖²_F",
        "log_spectral_norm": "log λ_max",
        "log_alpha_norm": "log Σ λ^α",
        "stable_rank": phrase("stable rank"),
        "mp_softrank": "λ₊/λ_max",
    }
    known = [name for name in heads if any(np.isfinite(found.means[name]) for _, found in summaries)]
    table = Grid(
        phrase("Means over the layers at the last record"),
        phrase("run"),
        phrase("layers"),
        *(heads[name] for name in known),
    )
    for run, found in summaries:
        table.add_row(run.name, str(found.n_layers), *(fixed(found.means[name], 2) for name in known))
    return table


def _stop(stop: Stop) -> str:
    if stop.epoch is None:
        return phrase("never")
    return f"{stop.epoch}: {beside([points(stop.accuracy), points(stop.cost)])}"


def _alpha_table(run: Run, layers: list[Layer]) -> Grid:
    """Alpha of every layer at the last epoch, and at the initialisation for comparison."""
    beside_report = run.model == "cnn" and of_report(run)
    table = Grid(
        phrase(
            "Alpha of {run} at {clock} {time} (K eigenvalues, fit of the tail)",
            **_at_last(run),
        ),
        phrase("layer"),
        phrase("id"),
        "K",
        phrase("alpha [95 %]"),
        _first(run),
        "D",
        phrase("tail"),
        "p",
        phrase("fit"),
        *([phrase("report")] if beside_report else []),
    )
    for layer in layers:
        cells = _alpha_cells(layer)
        if beside_report:
            reported = reported_alpha(run, layer)
            cells.append("" if reported is None else fixed(reported))
        table.add_row(*cells)
    return table


def _at_last(run: Run) -> dict[str, object]:
    """Values of sentences that say of which run, and at which of its records."""
    return {"run": run.name, "clock": run.clock, "time": run.epochs[-1]}


def _first(run: Run) -> str:
    """Where a run's clock stood at the first record: `epoch 0`."""
    return phrase("{clock} {time}", clock=run.clock, time=run.epochs[0])


def _alpha_cells(layer: Layer) -> list[str]:
    fit = Fit.of(layer)
    fitted = bool(np.isfinite(fit.alpha))
    return [
        layer.name,
        str(layer.layer_id),
        _count(layer),
        alpha_in_words(fit.alpha, fit.interval) if fitted else "–",
        fixed(Fit.of(layer, 0).alpha, 2),
        fixed(fit.ks_distance, 3),
        count(fit.n_tail) if fitted else "–",
        bulk.goodness_cell(layer),
        phrase("unstable") if fit.status == FitStatus.OK and mark_of(fit.interval) else _status(fit.status),
    ]


def _status(status: FitStatus) -> str:
    """A fit's status in a cell."""
    return {
        FitStatus.OK: phrase("ok"),
        FitStatus.FAILED: phrase("failed"),
        FitStatus.FEW_EIGENVALUES: f"K < {MIN_EIGENVALUES}",
        FitStatus.NOT_MEASURED: phrase("not yet"),
    }[status]


def _count(layer: Layer) -> str:
    """Eigenvalues, and how many of them are known where not all are."""
    total = count(eigenvalue_count(layer.shape))
    return total if layer.top is None else phrase("{n} of {total}", n=count(layer.top), total=total)


def _readings_table(run: Run, layers: list[Layer]) -> Grid:
    """What alpha is taken for by both readings, and how far from random the spectrum is, at the last epoch."""
    table = Grid(
        phrase(
            "Alpha of {run} as two readings take it, and its distance to random at {clock} {time}",
            **_at_last(run),
        ),
        phrase("layer"),
        phrase("report"),
        phrase("authors"),
        phrase("spikes"),
        "λ₊/λ_max",
        phrase("distance ({first})", first=_first(run)),
        phrase("traps"),
    )
    for layer in layers:
        fit = Fit.of(layer)
        report = named(REPORT_READING.of(fit.alpha)) or phrase("neither")
        readings = ["–", "–"] if np.isnan(fit.alpha) else [report, named(fit.authors) or phrase("no verdict")]
        table.add_row(layer.name, *readings, *_random_cells(Randomness.of(layer)))
    return table


def _random_cells(random: Randomness) -> list[str]:
    """Spikes, soft rank, distance to random and traps."""
    distance = f"{fixed(random.distance, 3)} ({fixed(random.first_distance, 3)})"
    return [
        count(random.n_spikes),
        fixed(random.soft_rank, 2),
        "–" if np.isnan(random.distance) else distance,
        count(random.n_traps) if random.n_traps % 1 == 0 else fixed(random.n_traps, 1),
    ]


def _norms_table(run: Run, layers: list[Layer]) -> Grid:
    """Largest singular values at the last epoch, as trained and with the BatchNorm that follows folded in, if any."""
    folds = any(sigma_of(layer, kind, folded=True) is not None for layer in layers for kind in KINDS)
    values = _at_last(run)
    heads = [named(KIND_NAMES[kind]) for kind in KINDS]
    table = Grid(
        phrase("Largest singular values σ of {run} at {clock} {time}, without and with BatchNorm", **values)
        if folds
        else phrase("Largest singular values σ of {run} at {clock} {time}", **values),
        phrase("layer"),
        *heads,
        *((phrase("folded: {kind}", kind=heads[0]), *heads[1:]) if folds else ()),
    )
    for layer in layers:
        found = [sigma_of(layer, kind, folded=part) for part in (False, True)[: 1 + folds] for kind in KINDS]
        table.add_row(layer.name, *("–" if sigma is None else fixed(sigma[-1], 2) for sigma in found))
    return table
