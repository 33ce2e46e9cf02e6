"""A store as tidy tables: a row a run, layer and epoch; a column a quantity, named as in the schema."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.export.json import status_words
from weightreel.analysis.findings.attacks.defences import RADII, certified_accuracy
from weightreel.analysis.findings.attacks.gradients import fooling_reached
from weightreel.analysis.findings.attacks.noise import success_history, successes
from weightreel.analysis.findings.attacks.robustness import clean_accuracy, robust_accuracy
from weightreel.analysis.findings.attacks.worst_case import worst_case_of
from weightreel.analysis.findings.phases import name_of_phase
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.store.nodes import Attack, Layer, Node, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FIELDS, AttackKind, FitStatus, eigenvalue_count
from weightreel.analysis.store.schema.spectra import SPECTRUM, SPECTRUM_FIELDS

Row = list[Any]

RUN_COLUMNS = ("run", "title", "model", "seed", "clock", "state", "n_parameters", "test_loss", "test_accuracy")
EPOCH_COLUMNS = (
    "step", "learning_rate", "seconds", "running_loss", "train/loss", "train/accuracy", "validation/loss",
    "validation/accuracy",
)  # fmt: skip
UNUSABLE = (FitStatus.FAILED, FitStatus.NOT_MEASURED)
RATE = ("successes", "trials", "rate", "low", "high")


@dataclass(frozen=True)
class Table:
    """One file: `name` without its ending, and rows of one length. A cell that holds nothing was not measured."""

    name: str
    columns: tuple[str, ...]
    rows: Iterable[Row]


def tables(store: Store, runs: Sequence[Run]) -> Iterator[Table]:
    """All tables of `runs`; one without a row has only its header, and is left out where other code trained a run."""
    recipes = not any("source" in run.attributes for run in runs)
    for table in _every(runs):
        rows = iter(table.rows)
        first = next(rows, None)
        if first is not None:
            yield replace(table, rows=chain([first], rows))
        elif recipes:
            yield replace(table, rows=())


def _every(runs: Sequence[Run]) -> Iterator[Table]:
    fields = [field.path.removeprefix(f"{SPECTRUM}/") for field in SPECTRUM_FIELDS if field.dims == ("epoch",)]
    layers = [(run, layer) for run in runs for layer in run.layers.values()]
    noises = [(run, attack) for run in runs for attack in run.noise_attacks.values()]
    attacks = [(run, attack) for run in runs for attack in run.attacks.values()]
    yield Table("runs", RUN_COLUMNS, map(_run, runs))
    yield Table(
        "epochs",
        ("run", "epoch", *map(_column, EPOCH_COLUMNS), "phase_validation", "phase_spectral"),
        chain.from_iterable(map(_epochs, runs)),
    )
    metrics = [(run, name) for run in runs for name in run.metrics]
    if metrics:
        yield Table("metrics", ("run", "epoch", "metric", "value"), chain.from_iterable(starmap(_metric, metrics)))
    yield Table(
        "parameters",
        ("run", "layer", "parameter", "epoch", *_statistics()),
        chain.from_iterable(map(_parameters, runs)),
    )
    yield Table(
        "spectra",
        ("run", "layer", "layer_id", "kind", "n_eigenvalues", "n_known", "epoch", *map(_column, fields)),
        (row for run, layer in layers for row in _spectra(run, layer, fields)),
    )
    yield Table("noise", ("run", "attack", "epoch", "threshold", *RATE), chain.from_iterable(starmap(_noise, noises)))
    yield Table(
        "attacks",
        ("run", "attack", "kind", "epoch", "measure", *RATE, "method"),
        chain.from_iterable(starmap(_attack, attacks)),
    )
    yield Table("certificates", ("run", "sigma", "radius", *RATE), chain.from_iterable(map(_certificates, runs)))


def _column(path: str) -> str:
    return path.replace("/", "_")


def _statistics() -> tuple[str, ...]:
    """Names of what the schema keeps of a parameter at every epoch, one number each."""
    root = "/runs/RUN/parameters/PARAMETER/"
    return tuple(f.path.removeprefix(root) for f in FIELDS if f.path.startswith(root) and f.dims == ("epoch",))


def plain(values: NDArray[Any]) -> Row:
    """An array (n,) as cells: whole numbers, or floats as short as float32 allows; None where not finite."""
    if values.dtype.kind in "iub":
        return [int(value) for value in values]
    # Not str(value): its digits follow NumPy's print options, which libraries set.
    return [
        float(np.format_float_scientific(value, unique=True)) if math.isfinite(value) else None
        for value in values.astype(np.float32)
    ]


def _cells(node: Node, key: str, count: int) -> Row:
    """One number an epoch; empty where the store has none."""
    return plain(node[key]) if node.has(key) else [None] * count


def _run(run: Run) -> Row:
    test = [plain(run[f"test/{key}"].reshape(1))[0] if run.has(f"test/{key}") else None for key in ("loss", "accuracy")]
    about = run.attributes
    return [run.name, run.title, run.model, run.seed, run.clock, about["state"], about["n_parameters"], *test]


def _epochs(run: Run) -> Iterator[Row]:
    count = len(run.epochs)
    columns = [_cells(run, key, count) for key in EPOCH_COLUMNS]
    for rule in ("validation", "spectral"):
        codes = _cells(run, f"phase/{rule}", count)
        columns.append([None if code is None else name_of_phase(code) for code in codes])
    for epoch, *values in zip(plain(run.epochs), *columns, strict=True):
        yield [run.name, epoch, *values]


def _metric(run: Run, name: str) -> Iterator[Row]:
    for epoch, value in zip(plain(run.epochs), plain(run.metric(name)), strict=True):
        yield [run.name, epoch, name, value]


def _parameters(run: Run) -> Iterator[Row]:
    """Rows of all convolution and linear layers together, whose `layer` is empty, then of each layer."""
    nodes: list[tuple[str, Node, str]] = [
        ("", run, "parameters/"),
        *((n, layer, "") for n, layer in run.layers.items()),
    ]
    for name, node, prefix in nodes:
        for parameter in ("weight", "bias"):
            if node.has(f"{prefix}{parameter}/mean"):
                columns = [_cells(node, f"{prefix}{parameter}/{key}", len(run.epochs)) for key in _statistics()]
                for epoch, *values in zip(plain(run.epochs), *columns, strict=True):
                    yield [run.name, name, parameter, epoch, *values]


def _spectra(run: Run, layer: Layer, keys: Sequence[str]) -> Iterator[Row]:
    """Spectrum and fits of a layer; what a failed fit counted is left empty, and its status says why."""
    if not layer.has("spectrum/status"):
        return
    columns = [_spectral_cells(layer, key, len(run.epochs)) for key in keys]
    count = eigenvalue_count(layer.shape)
    known = count if layer.top is None else layer.top
    about = [run.name, layer.name, layer.layer_id, layer.kind, count, known]
    for epoch, *values in zip(plain(run.epochs), *columns, strict=True):
        yield [*about, epoch, *values]


def _spectral_cells(layer: Layer, key: str, count: int) -> Row:
    if not layer.has(f"spectrum/{key}"):
        return [None] * count
    values = layer[f"spectrum/{key}"]
    if key.endswith("status"):
        return list(status_words(values))
    if values.dtype.kind != "u":
        return plain(values)
    own = f"spectrum/{key.rpartition('/')[0]}/status"  # the bulk has a status of its own
    codes = layer[own] if layer.has(own) else layer["spectrum/status"]
    usable = _usable(codes) if key.rpartition("/")[2] in ("n_tail", "n_spikes") else codes != FitStatus.NOT_MEASURED
    return [value if good else None for value, good in zip(plain(values), usable, strict=True)]


def _usable(codes: NDArray[Any]) -> NDArray[np.bool_]:
    return ~np.isin(codes, UNUSABLE)


def _rate(rate: Rate) -> Row:
    return [rate.successes, rate.trials, None if math.isnan(rate.value) else rate.value, rate.low, rate.high]


def _noise(run: Run, attack: Attack) -> Iterator[Row]:
    """The trials that are repeated at every epoch."""
    history = success_history(attack)
    for epoch, rate in zip(plain(run.epochs), history, strict=False):
        yield [run.name, attack.name, epoch, attack.threshold, *_rate(rate)]


def _attack(run: Run, attack: Attack) -> Iterator[Row]:
    """All trials, at the last epoch; what was not attacked yet has no row."""
    if not attack.has("prediction"):
        return
    measures = {}
    if attack.kind == AttackKind.NOISE:
        measures["success_rate"] = rate_of(successes(attack))
    elif attack.kind == AttackKind.FOOLING:
        measures["success_rate"] = rate_of(fooling_reached(attack))
    elif attack.kind == AttackKind.WORST_CASE:
        if (worst := worst_case_of(run)) is None:
            return
        measures["clean_accuracy"] = worst.clean
        for epsilon in worst.epsilons:
            measures[f"robust_accuracy, epsilon {255 * epsilon:g}/255"] = worst.rate(float(epsilon))
    else:
        measures["clean_accuracy"], measures["robust_accuracy"] = clean_accuracy(attack), robust_accuracy(attack)
    for measure, rate in measures.items():
        yield [run.name, attack.name, attack.kind.value, int(run.epochs[-1]), measure, *_rate(rate),
               attack.attributes["method"]]  # fmt: skip


def _certificates(run: Run) -> Iterator[Row]:
    for certificate in run.certificates.values():
        radii = [certificate.sigma * multiple for multiple in RADII]
        for radius, rate in zip(radii, certified_accuracy(certificate, radii), strict=True):
            yield [run.name, certificate.sigma, radius, *_rate(rate)]
