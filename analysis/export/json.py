"""What the page needs of a store, as one JSON object; docs/site.md describes it."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from PIL import Image

from weightreel.analysis.findings.attacks.noise import Gallery, gallery_of, success_by_class, success_history, successes
from weightreel.analysis.findings.parameters import central_bins
from weightreel.analysis.findings.phases import is_judged, name_of_phase, phases_of
from weightreel.analysis.findings.spectra import Spectrum
from weightreel.analysis.findings.spectral.alpha import AUTHORS_READING, REPORT_READING
from weightreel.analysis.findings.spectral.randomness import bin_counts, density_of_one
from weightreel.analysis.findings.statistics import Rate, rate_of
from weightreel.analysis.findings.time import evenly_spaced, is_logarithmic
from weightreel.analysis.plain_text import visible
from weightreel.analysis.store.nodes import Attack, Layer, Node, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count

Array = NDArray[Any]
Json = dict[str, Any]

FORMAT = "weightreel-page"
FORMAT_VERSION = 1
MOST_FRAMES = 101
"""Epochs whose distributions are kept, the first and the last included."""
MOST_BINS = 96
"""Bins of a parameter's histogram; the store's are merged as many at a time as that takes."""
DENSITY_DIGITS = 4
"""Significant digits of densities, which are drawn and not read."""


def page_data(store: Store, runs: Sequence[Run]) -> Json:
    """What the page shows of `runs`.

    Numbers that were not measured, and what belongs to a failed fit, are NaN or None, which `as_json` writes as null;
    the fit's `status` says why. Histories are arrays of float32, of which it writes the digits that tell one from the
    next.
    """
    described = store.dataset.attributes
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "store": {
            "name": visible(store.file_path.name),
            "digest": store.digest,
            "title": str(store.recipe.get("title", "")),
            **{key: str(store.attributes[key]) for key in ("schema_version", "created", "licence")},
        },
        "dataset": {key: described[key] for key in ("name", "digest", "n_train", "n_validation", "n_test")},
        "classes": store.classes,
        "readings": [
            {
                "source": reading.source,
                "bands": [{"low": _finite(b.low), "high": _finite(b.high), "words": b.words} for b in reading.bands],
            }
            for reading in (REPORT_READING, AUTHORS_READING)
        ],
        "min_eigenvalues": MIN_EIGENVALUES,
        "runs": [_run(run) for run in runs],
    }


def as_json(data: object) -> str:
    """Compact JSON of objects, lists, numbers and arrays; a number that is not finite is null."""
    return orjson.dumps(data, default=_of_numpy, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _of_numpy(value: object) -> object:
    """What orjson does not write of NumPy: scalars of whole numbers and strings of attributes."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is nothing that JSON can hold")


def plain(values: Array) -> Array:
    """An array as JSON is written of it: whole numbers as they are, others as float32; of any shape."""
    return np.ascontiguousarray(values, np.int64 if values.dtype.kind in "iub" else np.float32)


def status_words(codes: Array) -> list[str]:
    """ok, failed, few eigenvalues or not measured, one an epoch."""
    return [FitStatus(int(code)).name.lower().replace("_", " ") for code in codes]


def rate_json(rate: Rate) -> Json:
    """A rate with its interval; null where there was no trial."""
    return {
        "successes": rate.successes,
        "trials": rate.trials,
        "value": _finite(rate.value),
        "low": rate.low,
        "high": rate.high,
    }


def frames_of(run: Run) -> NDArray[np.intp]:
    """Places among a run's epochs at which distributions are kept, ascending; the first and the last among them."""
    return evenly_spaced(len(run.epochs), MOST_FRAMES)


def _run(run: Run) -> Json:
    frames = frames_of(run)
    found: Json = {
        **{key: run.attributes[key] for key in ("title", "model", "seed", "n_parameters", "device")},
        "name": run.name,
        "complete": run.complete,
        "clock": run.clock,
        "logarithmic": is_logarithmic(run.epochs),
        "source": run.attributes.get("source"),
        "epoch": plain(run.epochs),
        "frames": plain(frames),
        "phase": _phases(run),
        **{
            split: {key: plain(run[f"{split}/{key}"]) for key in ("loss", "accuracy") if run.has(f"{split}/{key}")}
            for split in ("train", "validation")
        },
        "metrics": {visible(name): plain(run.metric(name)) for name in run.metrics},
        "parameters": _parameters(run, "parameters/", frames),
        "layers": [_layer(run, layer, frames) for layer in run.layers.values()],
        "noise": [_noise(attack) for attack in run.noise_attacks.values()],
    }
    if run.has("test/accuracy"):
        found["test"] = {key: plain(run[f"test/{key}"].reshape(1))[0] for key in ("loss", "accuracy")}
    return found


def _phases(run: Run) -> list[str] | None:
    """In words, one an epoch; none where losses are not known."""
    if not is_judged(run, "validation"):
        return None
    return [name_of_phase(int(code)) for code in phases_of(run, "validation")]


def _layer(run: Run, layer: Layer, frames: Array) -> Json:
    found: Json = {
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "parameters": _parameters(layer, "", frames),
    }
    if layer.has("spectrum/alpha"):
        found["spectrum"] = _spectrum(run, layer, frames)
    return found


def _parameters(node: Node, prefix: str, frames: Array) -> Json:
    return {
        parameter: _distribution(node, f"{prefix}{parameter}", frames)
        for parameter in ("weight", "bias")
        if node.has(f"{prefix}{parameter}/counts")
    }


def _distribution(node: Node, key: str, frames: Array) -> Json:
    """Histogram of a parameter at the frames, its centre in wider bins, and its statistics at every epoch."""
    edges, counts = coarse_histogram(node[f"{key}/edges"], node[f"{key}/counts"][frames])
    return {
        "edges": plain(edges),
        "counts": plain(counts[:, 1:-1]),
        "below": plain(counts[:, 0]),
        "above": plain(counts[:, -1]),
        **{name: plain(node[f"{key}/{name}"]) for name in ("mean", "std", "minimum", "maximum")},
    }


def coarse_histogram(edges: Array, counts: Array) -> tuple[Array, Array]:
    """The central 99.8 % of histograms in at most MOST_BINS bins.

    Args:
        edges: of the bins (B + 1,).
        counts: of entries (E, B).

    Returns:
        edges (K + 1,), and counts (E, K + 2) whose first and last column are what lies below and above; every row
        keeps its sum.
    """
    first, stop = central_bins(counts)
    step = -(-(stop - first) // MOST_BINS)
    # Where bins do not go up in groups, the last group reaches further, as far as there are bins.
    stop = min(first + step * -(-(stop - first) // step), counts.shape[1])
    starts = np.arange(first, stop, step)
    inner = np.add.reduceat(counts[:, :stop].astype(np.int64), starts, axis=1)
    outer = [part.sum(1, dtype=np.int64)[:, None] for part in (counts[:, :first], counts[:, stop:])]
    return edges[[*starts, stop]], np.hstack([outer[0], inner, outer[1]])


def _spectrum(run: Run, layer: Layer, frames: Array) -> Json:
    """Fit, bulk and shuffled baseline at every epoch; the ESD at the frames, in equal steps of log λ."""
    node, status = "spectrum", layer["spectrum/status"]
    count, usable = eigenvalue_count(layer.shape), _usable(status)
    found: Json = {
        "n_eigenvalues": count,
        "n_known": count if layer.top is None else layer.top,
        "status": status_words(status),
        "n_tail": _where(usable, layer[f"{node}/n_tail"]),
        **{
            key: plain(np.where(usable, layer[f"{node}/{key}"], np.nan))
            for key in ("alpha", "alpha_error", "xmin", "xmax", "ks_distance")
        },
        **{key: plain(layer[f"{node}/{key}"]) for key in ("lambda_max", "stable_rank") if layer.has(f"{node}/{key}")},
    }
    if layer.has(f"{node}/interval/alpha_low"):
        found["interval"] = {
            key.removeprefix("alpha_"): plain(layer[f"{node}/interval/{key}"])
            for key in ("alpha_low", "alpha_high", "n_tail_low", "n_tail_high", "stability")
        }
    if layer.has(f"{node}/eigenvalues"):
        spectrum = Spectrum.of(run, layer)
        found["esd"] = {
            "edges": plain(10**spectrum.edges),
            "counts": plain(bin_counts(layer[f"{node}/eigenvalues"][frames], spectrum.edges)),
            "density_of_one": plain(density_of_one(spectrum.edges, count)),
        }
        found["tail"] = {key: plain(10**ends) for key, ends in zip(("at_xmin", "at_xmax"), spectrum.tail, strict=True)}
    if layer.has(f"{node}/marchenko_pastur/lambda_plus"):
        bulk = layer[f"{node}/marchenko_pastur/status"]
        found["bulk"] = {
            "status": status_words(bulk),
            "lambda_plus": plain(layer[f"{node}/marchenko_pastur/lambda_plus"]),
            "edge": plain(layer[f"{node}/marchenko_pastur/spike_edge"]),
            "n_spikes": _where(_usable(bulk), layer[f"{node}/marchenko_pastur/n_spikes"]),
        }
    if layer.has(f"{node}/random/density"):
        found["shuffled"] = {
            "edges": plain(layer[f"{node}/random/edges"]),
            "density": drawn(layer[f"{node}/random/density"][frames]),
        }
    return found


def _usable(status: Array) -> NDArray[np.bool_]:
    """Whether there is a fit, of enough eigenvalues or not, (E,)."""
    return np.asarray((status != FitStatus.FAILED) & (status != FitStatus.NOT_MEASURED))


def _noise(attack: Attack) -> Json:
    """Success of one kind of noise: by epoch over the repeated trials, at the last over all; the surest images."""
    history = success_history(attack)
    found: Json = {
        "name": attack.name,
        "method": str(attack.attributes["method"]),
        "threshold": attack.threshold,
        "history": {
            "trials": history[0].trials if history else 0,
            "successes": [rate.successes for rate in history],
            **{key: [_finite(getattr(rate, key)) for rate in history] for key in ("value", "low", "high")},
        },
    }
    if attack.has("confidence"):
        by_class = success_by_class(attack)
        found["final"] = {**rate_json(rate_of(successes(attack))), "by_class": by_class.tolist()}
    if attack.has("gallery/pixels"):
        found["gallery"] = _gallery(gallery_of(attack))
    return found


def _gallery(gallery: Gallery | None) -> list[Json]:
    if gallery is None:
        return []
    shown = zip(gallery.pixels, gallery.answers, plain(gallery.confidence), strict=True)
    return [{"class": int(c), "confidence": confidence, "picture": picture(p)} for p, c, confidence in shown]


def picture(pixels: Array) -> str:
    """An image (H, W, 3) of 8 bits as a PNG in a data URI."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _where(usable: Iterable[bool], counts: Array) -> list[int | None]:
    """Counts, null where the fit that counted them cannot be used."""
    return [int(count) if good else None for good, count in zip(usable, counts, strict=True)]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def drawn(values: Array) -> Array:
    """Numbers (…) with as many digits as drawing takes; NaN where they are not finite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        power = 10.0 ** (DENSITY_DIGITS - 1 - np.floor(np.log10(np.abs(values.astype(float)))))
        found = np.where(values == 0, 0.0, np.round(values * power) / power)
    return plain(np.where(np.isfinite(values), found, np.nan))
