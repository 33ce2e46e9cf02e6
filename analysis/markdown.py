"""The report's table beside a store's, as Markdown: what README shows. Needs no torch."""

from __future__ import annotations

import numpy as np

from analysis.show import (
    LAST_EPOCHS,
    REPORT,
    REPORTED_CONV1_ALPHA,
    REPORTED_FC31_ALPHA,
    eigenvalue_count,
)
from analysis.show_attacks import defence_cells, defence_header
from analysis.store import (
    FitStatus,
    Layer,
    Run,
    Store,
    WeightreelError,
    latest_answers,
    rate_of,
    success_history,
    successes,
    verdict,
    wilson,
)
from analysis.store.robustness import UNIFORM, defences

FC_LAYER_ID = 31
"""WeightWatcher's number of the first Linear layer, in the report and here."""


def comparison(store: Store) -> str:
    """A Markdown table: a row a quantity, for each of the report's networks the report's figure and the store's.

    The runs are the lowest seed of each model.

    Raises:
        WeightreelError: the store holds none of the report's networks.
    """
    runs = [run for run in store.select() if run.model in REPORT]
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
        WeightreelError: no training of the store is over.
    """
    rows = defences(store)
    if not rows:
        raise WeightreelError(f"no training in {store.path} is over yet; wait for the first.")
    return _table(defence_header(store), [defence_cells(row) for row in rows])


def seeds_markdown(store: Store) -> str:
    """Whether the report's claim holds over the store's seeds: mean rates by seed as Markdown, and the verdict below.

    Raises:
        WeightreelError: the store holds no pair of the report's networks under noise.
    """
    found = verdict(list(store.runs.values()))
    if found is None:
        raise WeightreelError(f"{store.path} holds no pair of the report's networks whose noise was repeated.")
    header = ["mean rate over the last epochs, %", *(f"seed {seed}" for seed in found.histories.seeds), "all"]
    rows = [
        [title, *(f"{100 * rate:.1f}" for rate in rates), f"{100 * mean:.1f}"]
        for title, rates, mean in zip(found.histories.titles, found.histories.by_seed, found.mean, strict=True)
    ]
    return _table(header, rows) + "\n\n" + "\n".join(f"- {sentence}" for sentence in found.sentences)


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titles(run: Run) -> tuple[str, str]:
    return f"{run.title}, report", f"{run.title}, seed {run.seed}, epoch {run.epochs[-1]}"


def _report_column(run: Run) -> list[str]:
    report = REPORT[run.model]
    low, high = wilson(report.noise_successes, report.noise_trials)
    rate = f"{_percent(report.noise_successes / report.noise_trials)} [{_percent(low)}, {_percent(high)}]"
    alphas = [f"{REPORTED_CONV1_ALPHA}", f"{REPORTED_FC31_ALPHA}"] if run.model == "cnn" else ["–", "–"]
    return [_percent(report.train), _percent(report.validation), _percent(report.test), rate, "–", *alphas]


def _store_column(run: Run) -> list[str]:
    test = _percent(float(run["test/accuracy"])) if run.has("test/accuracy") else "–"
    accuracies = [_percent(float(run[f"{split}/accuracy"][-1])) for split in ("train", "validation")]
    layers = list(run.layers.values())
    conv1 = next((layer for layer in layers if layer.kind == "conv2d"), None)
    fc31 = next((layer for layer in layers if layer.layer_id == FC_LAYER_ID and layer.kind == "linear"), None)
    return [*accuracies, test, *_noise(run), _alpha(conv1), _alpha(fc31)]


def _noise(run: Run) -> tuple[str, str]:
    attack = run.noise_attacks.get(UNIFORM)
    latest = None if attack is None else latest_answers(attack)
    if attack is None or latest is None:
        return "–", "–"
    rate = rate_of(successes(attack))
    history = np.array([rate.value for rate in success_history(attack)[-LAST_EPOCHS:]])
    spread = f"{_percent(history.min())} to {_percent(history.max())}" if len(history) else "–"
    return f"{_percent(rate.value)} [{_percent(rate.low)}, {_percent(rate.high)}]", spread


def _alpha(layer: Layer | None) -> str:
    if layer is None or not layer.has("spectrum/alpha"):
        return "–"
    if layer["spectrum/status"][-1] == FitStatus.FAILED:
        return "fit failed"
    few = layer["spectrum/status"][-1] == FitStatus.FEW_EIGENVALUES
    warning = f", of only {eigenvalue_count(layer.shape)} eigenvalues" if few else ""
    return f"{layer['spectrum/alpha'][-1]:.2f} ± {layer['spectrum/alpha_error'][-1]:.2f}{warning}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
