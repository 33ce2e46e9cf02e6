"""The report's table beside a store's, as Markdown: what README shows. Needs no torch."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.defences import defences
from weightreel.analysis.findings.histories import LAST_EPOCHS, late_rates, verdict
from weightreel.analysis.findings.noise import UNIFORM, successes
from weightreel.analysis.findings.report import (
    FC_LAYER_ID,
    REPORT,
    REPORTED_CONV1_ALPHA,
    REPORTED_FC31_ALPHA,
    conv1,
    fc31,
    of_report,
)
from weightreel.analysis.findings.statistics import Rate, counted, rate_of
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus, eigenvalue_count
from weightreel.analysis.tables.attacks import defence_cells, defence_header


def comparison(store: Store) -> str:
    """A Markdown table: a row a quantity, for each of the report's networks the report's figure and the store's.

    The runs are the lowest seed of each model.

    Raises:
        WeightreelError: the store holds none of the report's networks.
    """
    runs = [run for run in store.select() if of_report(run)]
    if not runs:
        raise WeightreelError(f"{store.path} holds none of the report's networks ({', '.join(REPORT)}).")
    header = ["", *(title for run in runs for title in _titles(run))]
    columns = [column for run in runs for column in (_report_column(run), _store_column(run))]
    names = [
        "train accuracy",
        "validation accuracy",
        "test accuracy",
        "noise answered with confidence ≥ 90 %",
        f"the same, lowest to highest of the last {LAST_EPOCHS} epochs",
        "alpha, Conv1",
        f"alpha, FC layer {FC_LAYER_ID}",
    ]
    return _table(header, [[n, *cells] for n, *cells in zip(names, *columns, strict=True)])


def defences_markdown(store: Store) -> str:
    """A Markdown table of defences: a row a network, with Wilson's 95 % intervals, in percent.

    Raises:
        WeightreelError: no training of the store is over, or none was tested or attacked.
    """
    rows = defences(store)
    if not rows:
        raise WeightreelError(f"no training in {store.path} is over yet; wait for the first.")
    header, cells = defence_header(rows), [defence_cells(row) for row in rows]
    known = [0, *(i for i in range(1, len(header)) if any(row[i] != "–" for row in cells))]
    if len(known) == 1:
        raise WeightreelError(f"{store.path} holds no answers of a network, neither to a test nor to an attack.")
    return _table([header[i] for i in known], [[row[i] for i in known] for row in cells])


def seeds_markdown(store: Store) -> str:
    """Whether the report's claim holds over the store's seeds: rates by seed as Markdown, and the verdict below.

    Raises:
        WeightreelError: the store holds no pair of the report's networks under noise.
    """
    found = verdict(list(store.runs.values()))
    if found is None:
        raise WeightreelError(f"{store.path} holds no pair of the report's networks whose noise was repeated.")
    of = found.histories
    header = [f"noise success, last {of.last.shape[2]} epochs, %", *(f"seed {seed}" for seed in of.seeds), "all"]
    rows = []
    for title, late, mean in zip(of.titles, of.last, found.mean, strict=True):
        rows.append([f"{title}, mean", *(f"{100 * rate:.1f}" for rate in late.mean(1)), f"{100 * mean:.1f}"])
        rows.append([f"{title}, lowest – highest", *(_span(of_seed) for of_seed in late), _span(late)])
    return _table(header, rows) + "\n\n" + "\n".join(f"- {sentence}" for sentence in found.sentences)


def _span(rates: NDArray[Any]) -> str:
    return f"{100 * rates.min():.1f} – {100 * rates.max():.1f}"


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titles(run: Run) -> tuple[str, str]:
    return f"{run.title}, report", f"{run.title}, seed {run.seed}, epoch {run.epochs[-1]}"


def _report_column(run: Run) -> list[str]:
    report = REPORT[run.model]
    rate = _interval(counted(report.noise_successes, report.noise_trials))
    alphas = [f"{REPORTED_CONV1_ALPHA}", f"{REPORTED_FC31_ALPHA}"] if run.model == "cnn" else ["–", "–"]
    return [_percent(report.train), _percent(report.validation), _percent(report.test), rate, "–", *alphas]


def _store_column(run: Run) -> list[str]:
    test = _percent(float(run["test/accuracy"])) if run.has("test/accuracy") else "–"
    accuracies = [_percent(float(run[f"{split}/accuracy"][-1])) for split in ("train", "validation")]
    layers = list(run.layers.values())
    return [*accuracies, test, *_noise(run), _alpha(conv1(layers)), _alpha(fc31(layers))]


def _noise(run: Run) -> tuple[str, str]:
    attack = run.noise_attacks.get(UNIFORM)
    if attack is None or not len(hits := successes(attack)):
        return "–", "–"
    history = late_rates(run, attack)
    spread = f"{_percent(history.min())} to {_percent(history.max())}" if len(history) else "–"
    return _interval(rate_of(hits)), spread


def _alpha(layer: Layer | None) -> str:
    if layer is None or not layer.has("spectrum/alpha"):
        return "–"
    if layer["spectrum/status"][-1] == FitStatus.FAILED:
        return "fit failed"
    few = layer["spectrum/status"][-1] == FitStatus.FEW_EIGENVALUES
    warning = f", of only {eigenvalue_count(layer.shape)} eigenvalues" if few else ""
    return f"{layer['spectrum/alpha'][-1]:.2f} ± {layer['spectrum/alpha_error'][-1]:.2f}{warning}"


def _interval(rate: Rate) -> str:
    return f"{_percent(rate.value)} [{_percent(rate.low)}, {_percent(rate.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
