"""Tables of what a store holds of spectra: alpha by both readings, random baselines, norms, phases by both rules."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich import box
from rich.markup import escape
from rich.table import Table

from weightreel.analysis.findings.alpha import AUTHORS_READING, REPORT_READING
from weightreel.analysis.findings.folding import folding, folding_in_words
from weightreel.analysis.findings.report import of_report, reported_alpha
from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, Phase, eigenvalue_count

STATUS_WORDS = {
    FitStatus.OK: "ok",
    FitStatus.FAILED: "failed",
    FitStatus.FEW_EIGENVALUES: f"K < {MIN_EIGENVALUES}",
    FitStatus.NOT_MEASURED: "not yet",
}

RULES = {"validation": "losses", "spectral": "spectra"}
"""Rules of phases, by their name in the store, and what each looks at."""

PLAUSIBLE = 0.1
"""p below which Clauset, Shalizi and Newman (2009) rule a power law out."""


def new_table(title: str, *columns: str) -> Table:
    """A table whose first column is words and the rest numbers."""
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(column, justify="right" if index else "left", overflow="fold")
    return table


def spectral_tables(runs: list[Run]) -> Iterator[Table]:
    """Phases of all runs, then for each run what is stored of alpha, of the random baseline and of norms."""
    if judged := [run for run in runs if run.has("phase/spectral")]:
        yield _phases_table(judged)
    for run in runs:
        layers = list(run.layers.values())
        if fitted := [layer for layer in layers if layer.has("spectrum/alpha")]:
            yield _alpha_table(run, fitted)
            yield _readings_table(run, fitted)
        if normed := [layer for layer in layers if layer.has("spectrum/sigma/reshaped")]:
            yield _norms_table(run, normed)


def spectral_caveats(runs: list[Run]) -> Iterator[str]:
    """What the tables of spectra rest on, in sentences."""
    layers = [layer for run in runs for layer in run.layers.values() if layer.has("spectrum/status")]
    last = {FitStatus(int(layer["spectrum/status"][-1])) for layer in layers}
    if FitStatus.FEW_EIGENVALUES in last:
        yield f"Fits of fewer than {MIN_EIGENVALUES} eigenvalues (K < {MIN_EIGENVALUES}) are shown, not to be trusted."
    if FitStatus.FAILED in last:
        yield "Where a fit failed there is no alpha to read; it stands for neither reading."
    if any(layer.top is not None for layer in layers):
        yield (
            "Of large layers (K: so many of all) a randomised method found the largest eigenvalues alone; their fits "
            "see no more, and nothing is known of their bulk."
        )
    if FitStatus.NOT_MEASURED in last:
        yield f"Spectra of the last {runs[0].clock} are not measured yet in some layers."
    if any(layer.has("spectrum/p_value") for layer in layers):
        yield (
            f"p: share of resamples as far from their own power law; below {PLAUSIBLE:g} it speaks against the law, "
            "above it does not prove it, least of all for few eigenvalues."
        )
    if any(layer.has("spectrum/random/js_distance") for layer in layers):
        yield "Distance to random: Jensen–Shannon (√nat, at most 0.83) to the eigenvalues with the entries shuffled."
    for run in runs:
        found = folding(run)
        if found is not None:
            yield folding_in_words(found)
    for run in runs:
        if rule := run.attributes.get("stopped_by"):
            epochs = f"epoch {run.epochs[-1]} of {run.attributes['epochs_planned']}"
            yield f"{run.name} was stopped by the rule on {RULES.get(rule, rule)} at {epochs}."
    if any(run.has("stop/validation/epoch") for run in runs):
        records = records_in_words(runs)
        yield (
            f"Cost of a stop: best validation accuracy of all {records} minus the one at the stop, known only "
            "afterwards."
        )


def phase_words(run: Run, rule: str) -> str:
    """The phase at the last epoch by a rule, in words."""
    key = f"phase/{rule}"
    return Phase(int(run[key][-1])).name.lower().replace("_", "-") if run.has(key) else "–"


def _phases_table(runs: list[Run]) -> Table:
    """Phases at the last epoch and stops by both rules, and how well the rules agree."""
    table = new_table(
        "Phases by losses and by spectra alone; where either would stop: validation %, cost in points",
        "run", "by losses", "by spectra", "agree %", "κ", "stop by losses", "stop by spectra",
    )  # fmt: skip
    for run in runs:
        attributes = run.attributes_of("phase/spectral")
        agreement, kappa = (float(attributes.get(name, np.nan)) for name in ("agreement", "kappa"))
        table.add_row(
            escape(run.name),
            *(phase_words(run, rule) for rule in RULES),
            _number(100 * agreement, 0),
            _number(kappa, 2),
            *(_stop(run, rule) for rule in RULES),
        )
    return table


def _stop(run: Run, rule: str) -> str:
    if not run.has(f"stop/{rule}/epoch"):
        return "–"
    epoch, accuracy, cost = (float(run[f"stop/{rule}/{key}"]) for key in ("epoch", "accuracy", "cost"))
    return "never" if epoch < 0 else f"{run.epochs[int(epoch)]}: {100 * accuracy:.1f}, {100 * cost:.1f}"


def _alpha_table(run: Run, layers: list[Layer]) -> Table:
    """Alpha of every layer at the last epoch, and at the initialisation for comparison."""
    beside_report = run.model == "cnn" and of_report(run)
    table = new_table(
        f"Alpha of {escape(run.name)} at {run.clock} {run.epochs[-1]} (K eigenvalues, fit of the tail)",
        "layer", "id", "K", "alpha ± error", f"{run.clock} {run.epochs[0]}", "D", "tail", "p", "fit",
        *(["report"] if beside_report else []),
    )  # fmt: skip
    for layer in layers:
        cells = _alpha_cells(layer)
        if beside_report:
            reported = reported_alpha(run, layer)
            cells.append("" if reported is None else f"{reported:.2f}")
        table.add_row(*cells)
    return table


def _alpha_cells(layer: Layer) -> list[str]:
    alpha, error = (layer[f"spectrum/{key}"] for key in ("alpha", "alpha_error"))
    fitted = bool(np.isfinite(alpha[-1]))
    return [
        escape(layer.name),
        str(layer.layer_id),
        _count(layer),
        f"{alpha[-1]:.2f} ± {error[-1]:.2f}" if fitted else "–",
        _number(alpha[0], 2),
        _number(layer["spectrum/ks_distance"][-1], 3),
        f"{layer['spectrum/n_tail'][-1]:,}" if fitted else "–",
        _number(float(layer["spectrum/p_value"]), 2) if layer.has("spectrum/p_value") else "–",
        STATUS_WORDS[FitStatus(int(layer["spectrum/status"][-1]))],
    ]


def _count(layer: Layer) -> str:
    """Eigenvalues, and how many of them are known where not all are."""
    count = f"{eigenvalue_count(layer.shape):,}"
    return count if layer.top is None else f"{layer.top:,} of {count}"


def _readings_table(run: Run, layers: list[Layer]) -> Table:
    """What alpha is taken for by both readings, and how far from random the spectrum is, at the last epoch."""
    table = new_table(
        f"Alpha of {escape(run.name)} as two readings take it, and its distance to random at {run.clock} "
        f"{run.epochs[-1]}",
        "layer", "report", "authors", "spikes", "λ₊/λ_max", f"distance ({run.clock} {run.epochs[0]})", "traps",
    )  # fmt: skip
    for layer in layers:
        alpha = float(layer["spectrum/alpha"][-1])
        table.add_row(
            escape(layer.name),
            *(
                "–" if np.isnan(alpha) else reading.of(alpha) or "neither"
                for reading in (REPORT_READING, AUTHORS_READING)
            ),
            *_random_cells(layer),
        )
    return table


def _random_cells(layer: Layer) -> list[str]:
    """Spikes, soft rank, distance to random and traps; – where they are not stored or not measured."""
    bulk, random = "spectrum/marchenko_pastur", "spectrum/random"
    cells = ["–"] * 4
    if layer.has(f"{bulk}/sigma") and np.isfinite(layer[f"{bulk}/sigma"][-1]):
        cells[:2] = [f"{layer[f'{bulk}/n_spikes'][-1]:,}", _number(layer[f"{bulk}/soft_rank"][-1], 2)]
    if layer.has(f"{random}/js_distance") and np.isfinite(distance := layer[f"{random}/js_distance"])[-1]:
        cells[2:] = [f"{distance[-1]:.3f} ({_number(distance[0], 3)})", f"{layer[f'{random}/n_traps'][-1]:,}"]
    return cells


def _norms_table(run: Run, layers: list[Layer]) -> Table:
    """Largest singular values at the last epoch, as trained and with the BatchNorm that follows folded in, if any."""
    readings = ("slices", "reshaped", "operator")
    folds = any(layer.has("spectrum/sigma/folded") for layer in layers)
    table = new_table(
        f"Largest singular values σ of {escape(run.name)} at {run.clock} {run.epochs[-1]}"
        + (", without and with BatchNorm" if folds else ""),
        "layer", *readings, *(("folded: slices", "reshaped", "operator") if folds else ()),
    )  # fmt: skip
    for layer in layers:
        keys = [f"spectrum/sigma/{part}{kind}" for part in ("", "folded/")[: 1 + folds] for kind in readings]
        table.add_row(escape(layer.name), *(_number(layer[key][-1], 2) if layer.has(key) else "–" for key in keys))
    return table


def _number(value: float, digits: int) -> str:
    return "–" if np.isnan(value) else f"{value:.{digits}f}"
