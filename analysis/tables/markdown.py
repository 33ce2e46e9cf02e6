"""The report's table beside a store's, as Markdown: what docs/report.md shows. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.defences import defences, left_out_in_words
from weightreel.analysis.findings.attacks.histories import standstill_in_words
from weightreel.analysis.findings.attacks.masking import maskings_in_words
from weightreel.analysis.findings.attacks.noise import late_rates, successes, uniform_of
from weightreel.analysis.findings.attacks.verdict import verdict
from weightreel.analysis.findings.attacks.worst_case import contrasts_in_words, kind_of_bound_in_words
from weightreel.analysis.findings.report import (
    FC_LAYER_ID,
    REPORT,
    REPORTED_CONV1_ALPHA,
    REPORTED_FC31_ALPHA,
    conv1,
    fc31,
    of_report,
)
from weightreel.analysis.findings.spectra import fitted_layers
from weightreel.analysis.findings.spectral.alpha import Fit, warning
from weightreel.analysis.findings.statistics import rate_of
from weightreel.analysis.findings.summary import Summary
from weightreel.analysis.findings.time import LAST_EPOCHS, clock_of_records, unfinished_in_words
from weightreel.analysis.findings.training import last_accuracy
from weightreel.analysis.findings.words.language import noted, phrase
from weightreel.analysis.findings.words.names import named, title_of
from weightreel.analysis.findings.words.numbers import (
    fixed,
    interval_in_percent,
    lowest_to_highest,
    percent,
    plain,
    points,
)
from weightreel.analysis.findings.words.provenance import evaluated_in_words
from weightreel.analysis.plain_text import markdown
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import eigenvalue_count
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
        phrase("train accuracy"),
        phrase("validation accuracy"),
        phrase("test accuracy"),
        phrase("noise answered with confidence ≥ 90 %"),
        phrase("the same, lowest – highest of the last {n} {clocks}", n=LAST_EPOCHS, clock=clock_of_records(runs)),
        phrase("alpha, Conv1"),
        phrase("alpha, FC layer {number}", number=FC_LAYER_ID),
        phrase("alpha, mean of the layers"),
    ]
    table = _table(header, [[n, *cells] for n, *cells in zip(names, *columns, strict=True)])
    basis = filter(None, (evaluated_in_words(store), standstill_in_words(runs)))
    return _with_sentences(table, [*basis, *unfinished_in_words(runs)])


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
    table = _table([header[i] for i in known], [[row[i] for i in known] for row in cells])
    runs = list(store.runs.values())
    said = [left_out_in_words(runs), kind_of_bound_in_words(runs), *contrasts_in_words(runs)]
    return _with_sentences(table, filter(None, [*said, *maskings_in_words(runs)]))


def seeds_markdown(store: Store) -> str:
    """Whether the report's claim holds over the store's seeds: rates by seed as Markdown, and the verdict below.

    Raises:
        WeightreelError: the store holds no pair of the report's networks under noise.
    """
    found = verdict(list(store.runs.values()))
    if found is None:
        raise WeightreelError(f"{store.path} holds no pair of the report's networks whose noise was repeated.")
    pairs = found.histories
    header = [
        phrase("noise success, last {n} {clocks}, %", n=pairs.last.shape[2], clock=pairs.clock),
        *(phrase("seed {seed}", seed=seed) for seed in pairs.seeds),
        phrase("all"),
    ]
    rows = []
    for title, late, mean in zip(map(named, pairs.titles), pairs.last, found.mean, strict=True):
        rows.append([phrase("{title}, mean", title=title), *map(points, late.mean(1)), points(mean)])
        ranges = [lowest_to_highest(rates) for rates in (*late, late.ravel())]
        rows.append([phrase("{title}, lowest – highest", title=title), *ranges])
    return _with_sentences(_table(header, rows), found.sentences)


def _table(header: list[str], rows: list[list[str]]) -> str:
    cells = [list(map(markdown, row)) for row in (header, *rows)]
    lines = [cells[0], ["---", *["---:"] * (len(header) - 1)], *cells[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _with_sentences(table: str, sentences: Iterable[str]) -> str:
    listed = "\n".join(f"- {markdown(sentence)}" for sentence in sentences)
    return f"{table}\n\n{listed}" if listed else table


def _titles(run: Run) -> tuple[str, str]:
    title = title_of(run)
    measured = noted("{title}, seed {seed}, {clock} {epoch}")
    if not run.complete:
        measured = noted("{title}, seed {seed}, {clock} {epoch}, not over")
    return (
        phrase("{title}, report", title=title),
        phrase(measured, title=title, seed=run.seed, epoch=run.epochs[-1], clock=run.clock),
    )


def _report_column(run: Run) -> list[str]:
    report = REPORT[run.model]
    accuracies = (percent(share, 2) for share in (report.train, report.validation, report.test))
    rate = interval_in_percent(report.noise_rate, 2)
    alphas = [plain(REPORTED_CONV1_ALPHA), plain(REPORTED_FC31_ALPHA)] if run.model == "cnn" else ["–", "–"]
    return [*accuracies, rate, "–", *alphas, "–"]


def _store_column(run: Run) -> list[str]:
    accuracies = (percent(last_accuracy(run, part), 2) for part in ("train", "validation", "test"))
    layers, fitted = list(run.layers.values()), {layer.name for layer in fitted_layers(run)}
    alphas = (
        "–" if layer is None or layer.name not in fitted else _alpha(layer) for layer in (conv1(layers), fc31(layers))
    )
    summary = Summary.of(run)
    mean = "–" if summary is None or not isfinite(summary.means["alpha"]) else fixed(summary.means["alpha"])
    return [*accuracies, *_noise(run), *alphas, mean]


def _noise(run: Run) -> tuple[str, str]:
    attack = uniform_of(run)
    if attack is None:
        return "–", "–"
    late = late_rates(run, attack)
    return interval_in_percent(rate_of(successes(attack)), 2), f"{lowest_to_highest(late, 2)} %" if len(late) else "–"


def _alpha(layer: Layer) -> str:
    fit = Fit.of(layer)
    doubt = warning(fit.status, eigenvalue_count(layer.shape))
    return ", ".join(filter(None, (str(fit), doubt)))
