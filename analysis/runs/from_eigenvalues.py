"""Measure again what eigenvalues alone give: of a store whose weights are gone, or whose program was older.

Fits, the random bulk, ranks, the field's measures. What needs weights stays as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from rich.markup import escape
from rich.progress import Progress

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import stop_if_interrupted
from weightreel.analysis.kinds import LayerInfo
from weightreel.analysis.maths.field_measures import clip_xmax, field_measures, matrix_entropy, rank_loss
from weightreel.analysis.maths.marchenko_pastur import fit_bulk
from weightreel.analysis.maths.power_law import NO_FIT, PowerLaw, fit_power_law
from weightreel.analysis.maths.random_bulk import pooled_bulk
from weightreel.analysis.maths.spectrum import aspect_ratio, weightwatcher_scale
from weightreel.analysis.measures.intervals import measure_intervals
from weightreel.analysis.measures.parameters import path_of_layer
from weightreel.analysis.measures.spectra import interval_attributes, law_attributes
from weightreel.analysis.recipe.recipe import SpectraRecipe
from weightreel.analysis.recipe.toml import override
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.phases import add_phases, has_losses
from weightreel.analysis.runs.stack import stack_epochs
from weightreel.analysis.store.nodes import Layer, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import FitStatus, eigenvalue_count
from weightreel.analysis.store.writer import write

Array = NDArray[Any]
Found = dict[str, Any]
"""By path below a layer's `spectrum/`."""
Every = Callable[[Layer, Array, PowerLaw, SpectraRecipe], Found]
"""What is measured of a layer's eigenvalues at one epoch, (K,) float64 ascending, unscaled, with the tail fitted to
them as the store keeps it."""
Once = Callable[[Layer, Array, SpectraRecipe], Found]
"""What is measured of the eigenvalues of the last epoch alone."""


def remeasure_from_eigenvalues(path: Path, overrides: Iterable[str] = ()) -> list[str]:
    """Measure every run of a store again, as far as its eigenvalues go; the store becomes one of this version.

    Args:
        path: the store, of any version.
        overrides: settings of the spectra, such as `spectra.square_law=weightwatcher`. That law is otherwise `scaled`,
            whatever made the store; other settings are the store's.

    Returns:
        Names of the runs that hold no eigenvalues, and stay as they were.

    Raises:
        WeightreelError: no run holds eigenvalues, a setting is not one of `spectra`, the store is unreadable, or
            another process writes it.
    """
    files = ExperimentFiles(path)
    with files.writing(), Store(path) as store, Progress(*Progress.get_default_columns()) as progress:
        recipe = _settings(store, list(overrides))
        contents = store.contents()
        table = store.recipe
        if "spectra" in table:
            table["spectra"]["square_law"] = recipe.square_law
            contents.describe("/", recipe=json.dumps(table))
        without = []
        for run in store.runs.values():
            layers = [layer for layer in run.layers.values() if layer.has("spectrum/eigenvalues")]
            if not layers:
                without.append(run.name)
            bar = progress.add_task(escape(run.name), total=len(layers) or None, visible=bool(layers))
            for layer in layers:
                at = f"{layer.path}/spectrum"
                found, attributes = _layer(run, layer, recipe)
                contents.add(at, found)
                for group, values in attributes.items():
                    contents.describe(f"{at}/{group}".rstrip("/"), **values)
                progress.advance(bar)
                stop_if_interrupted()
            inside = f"{run.path}/"
            if has_losses({k.removeprefix(inside): v for k, v in contents.datasets.items() if k.startswith(inside)}):
                add_phases(contents, run.path)
        if len(without) == len(store.runs):
            raise WeightreelError(
                f"no run in {path} holds eigenvalues to measure from; measure its weights with `weightreel spectra` or "
                "`weightreel import`."
            )
        write(path, contents)
    return without


def _settings(store: Store, overrides: list[str]) -> SpectraRecipe:
    known = {key: value for key, value in store.recipe.get("spectra", {}).items() if key in SpectraRecipe.model_fields}
    table: dict[str, Any] = {"spectra": {**known, "square_law": "scaled"}}
    for text in overrides:
        if text.partition(".")[0] != "spectra":
            raise WeightreelError(f"--set {text!r}: this command can only change settings of spectra.")
        override(table, text)
    try:
        return SpectraRecipe.model_validate(table["spectra"])
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["spectra", *map(str, first["loc"])])
        raise WeightreelError(f"--set {key}: {first['msg']}; docs/spectra.md lists the settings.") from error


def _layer(run: Run, layer: Layer, recipe: SpectraRecipe) -> tuple[dict[str, Array], dict[str, dict[str, Any]]]:
    """What a layer's eigenvalues give at its epochs and at the last, and attributes of groups below its spectrum."""
    eigenvalues = layer["spectrum/eigenvalues"].astype(np.float64)  # (E, K)
    status = layer["spectrum/status"]
    records = []
    for values, was in zip(eigenvalues, status, strict=True):
        record: dict[str, Array] = {}
        if was != FitStatus.NOT_MEASURED:
            tail = _tail(layer, values)
            for measure in EVERY:
                record |= {key: np.asarray(value) for key, value in measure(layer, values, tail, recipe).items()}
        records.append(record)
    stacked = {
        key.removeprefix("layers/_/spectrum/"): value
        for key, value in stack_epochs(
            [{f"layers/_/spectrum/{key}": value for key, value in record.items()} for record in records], bins=1
        ).items()
    }
    measured = [int(epoch) for epoch in np.flatnonzero(status != FitStatus.NOT_MEASURED)]
    intervals = _intervals(layer, eigenvalues, measured, recipe)
    stacked |= intervals
    if run.complete and status[-1] != FitStatus.NOT_MEASURED:
        for once in ONCE:
            stacked |= {key: np.asarray(value) for key, value in once(layer, eigenvalues[-1], recipe).items()}
    attributes: dict[str, dict[str, Any]] = {"": {"weightwatcher_scale": weightwatcher_scale(layer.kind)}}
    if intervals:
        attributes["interval"] = interval_attributes(recipe)
    if any(key.startswith("marchenko_pastur/") for key in stacked):
        own = {"slices": "one"} if _slices(layer) > 1 and recipe.square_law == "scaled" else {}
        law = {"Q": aspect_ratio(*layer.shape[:2]), **law_attributes(recipe.square_law), **own}
        attributes["marchenko_pastur"] = law
    return stacked, attributes


def _intervals(layer: Layer, eigenvalues: Array, measured: list[int], recipe: SpectraRecipe) -> dict[str, Array]:
    """Intervals of alpha at a few of the measured epochs, NaN at others; none where only the largest are known."""
    if layer.top is not None or not measured:
        return {}
    about = LayerInfo(layer.name, layer.layer_id, layer.kind, layer.shape)
    root = f"{path_of_layer(about)}/spectrum/"
    found = measure_intervals(
        [about], len(eigenvalues), measured, recipe, lambda epoch: {f"{root}eigenvalues": eigenvalues[epoch]}
    )
    return {key.removeprefix(root): value for key, value in found.items()}


def _slices(layer: Layer) -> int:
    return eigenvalue_count(layer.shape) // min(layer.shape[:2])


def _tail(layer: Layer, eigenvalues: Array) -> PowerLaw:
    """The power law, its bounds unscaled."""
    if not np.isfinite(eigenvalues).all():
        return NO_FIT
    scale = weightwatcher_scale(layer.kind)
    tail = fit_power_law(eigenvalues * scale)
    if layer.top is not None and tail.n_tail == len(eigenvalues):
        return NO_FIT
    return tail._replace(xmin=tail.xmin / scale, xmax=tail.xmax / scale)


def _fits(layer: Layer, eigenvalues: Array, tail: PowerLaw, recipe: SpectraRecipe) -> Found:
    """The power law."""
    return {**tail._asdict(), "status": int(tail.status)}


def _ranks(layer: Layer, eigenvalues: Array, tail: PowerLaw, recipe: SpectraRecipe) -> Found:
    """Norms, ranks, entropy and the field's measures; of the largest eigenvalues alone only what these tell."""
    largest, total = float(eigenvalues[-1]), float(eigenvalues.sum())
    found: Found = {"lambda_max": largest, "sigma/slices": np.sqrt(largest)}
    if layer.top is not None:
        return found
    found |= {
        "frobenius_norm": np.sqrt(total),
        "stable_rank": total / largest if largest > 0 else np.nan,
        "entropy": matrix_entropy(eigenvalues) if total > 0 else np.nan,
    }
    field = field_measures(eigenvalues, weightwatcher_scale(layer.kind), tail)
    found |= {f"field/{key}": value for key, value in field._asdict().items()}
    if _slices(layer) == 1:  # pooled eigenvalues do not tell which slice's largest they are to be measured by
        found["field/rank_loss"] = rank_loss(eigenvalues[None], max(layer.shape[:2])) if total > 0 else 0
    return found


def _bulk(layer: Layer, eigenvalues: Array, tail: PowerLaw, recipe: SpectraRecipe) -> Found:
    """The random bulk. One whose slices were measured from weights stays, where it is of the law that is asked for."""
    attributes = layer.attributes_of("spectrum/marchenko_pastur")
    measured = layer.has("spectrum/marchenko_pastur/slice_sigma") and attributes.get("slices") != "one"
    if layer.top is not None or (measured and attributes.get("square_law") == recipe.square_law):
        return {}
    longer, shorter = max(layer.shape[:2]), min(layer.shape[:2])
    slices = _slices(layer)
    found = pooled_bulk(eigenvalues, longer, shorter, slices)
    bulk, spikes = found.bulk, found.n_slice_spikes
    sigma = np.full(slices, bulk.sigma)
    if recipe.square_law == "weightwatcher":
        bulk = fit_bulk(eigenvalues, longer / shorter, longer)
        spikes, sigma = bulk.n_spikes, np.full(slices, np.nan)
    values = {**bulk._asdict(), "status": int(bulk.status), "n_slice_spikes": spikes, "slice_sigma": sigma}
    return {f"marchenko_pastur/{key}": value for key, value in values.items()}


def _clipped(layer: Layer, eigenvalues: Array, recipe: SpectraRecipe) -> Found:
    """Alpha with its fingers clipped."""
    if layer.top is not None or not np.isfinite(eigenvalues).all():
        return {}
    found = clip_xmax(eigenvalues * weightwatcher_scale(layer.kind))
    return {"clipped/alpha": found.alpha, "clipped/n_fingers": found.n_fingers}


EVERY: tuple[Every, ...] = (_fits, _ranks, _bulk)
ONCE: tuple[Once, ...] = (_clipped,)
"""What is measured, in this order; what needs eigenvalues alone is added here."""
