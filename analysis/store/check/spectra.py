"""Count again what a store says of a layer's spectrum: what holds of every matrix, however it was trained."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.check.base import ROUNDING, Found, below
from weightreel.analysis.store.check.tree import Dataset, Group
from weightreel.analysis.store.schema.fields import MIN_EIGENVALUES, FitStatus, eigenvalue_count, field_of

_JS_LIMIT = math.sqrt(math.log(2))
"""The largest Jensen–Shannon distance, in √nat."""


def recount_spectrum(layer: Group, shape: tuple[int, ...]) -> Found:
    """Everything in the group `spectrum` of a layer whose weight has this shape (out, in, *kernel)."""
    spectrum = layer["spectrum"]
    yield from _not_measured(spectrum)
    yield from _fit(spectrum, shape)
    if "interval/alpha_low" in spectrum:
        yield from _interval(spectrum)
    if "eigenvalues" in spectrum:
        yield from _eigenvalues(spectrum, shape)
    yield from _sigmas(layer, shape)
    for key in ("p_value", "truncated/p_value"):
        if key in spectrum:
            yield from _within(spectrum[key], 0, 1)
    if "p_value" in spectrum and np.isfinite(spectrum["p_value"][()]) and np.isnan(spectrum["alpha"][-1]):
        yield f"{spectrum.name}/p_value", "judges a fit that failed or was not made"
    if "random" in spectrum:
        yield from _random(spectrum, shape)
    if "marchenko_pastur/status" in spectrum:
        yield from _bulk(spectrum, shape)


def _not_measured(spectrum: Group) -> Found:
    """Epochs whose spectra are not measured yet hold no number."""
    for root, group in (("", spectrum), ("marchenko_pastur/", spectrum.get("marchenko_pastur", {}))):
        missing = group["status"][()] == FitStatus.NOT_MEASURED if "status" in group else np.zeros(0, bool)
        if not missing.any():
            continue
        for path, dataset in _histories(spectrum).items():
            if path.startswith(root) and np.isfinite(dataset[()][missing]).any():
                yield dataset.name, "holds numbers of epochs that the status calls not measured"


def _histories(spectrum: Group) -> dict[str, Dataset]:
    """Datasets of floats, epoch first, by path below the spectrum."""
    inside = len(spectrum.name) + 1
    return {
        dataset.name[inside:]: dataset
        for dataset in spectrum.datasets()
        if (field := field_of(dataset.name)) and field.dims[:1] == ("epoch",) and field.dtype.startswith("f")
    }


def _fit(spectrum: Group, shape: tuple[int, ...]) -> Found:
    """The fit of the tail against its status."""
    status, alpha, n_tail = (spectrum[key][()] for key in ("status", "alpha", "n_tail"))
    yield from below(spectrum["status"], len(FitStatus), "states of a fit")
    unfitted = (status == FitStatus.FAILED) | (status == FitStatus.NOT_MEASURED)
    if np.any(np.isnan(alpha) != unfitted) or np.any((n_tail == 0) != unfitted):
        yield f"{spectrum.name}/status", "disagrees with alpha and n_tail: where no fit was made they are NaN and 0"
    if np.any(alpha <= 1):
        yield f"{spectrum.name}/alpha", "holds exponents of 1 or below, which no density has"
    if eigenvalue_count(shape) < MIN_EIGENVALUES and np.any(status == FitStatus.OK):
        yield f"{spectrum.name}/status", f"calls a fit of {eigenvalue_count(shape)} eigenvalues ok"


def refuse_negative_errors(spectrum: Group) -> Found:
    """Errors of alpha below 0, which no error is."""
    if np.any(spectrum["alpha_error"][()] < 0):
        yield f"{spectrum.name}/alpha_error", "holds negative numbers; where there is no error it is NaN"


def _interval(spectrum: Group) -> Found:
    """Intervals of alpha: ordered, of fits that are there, within what there is to be found."""
    interval = spectrum["interval"]
    for quantity, least in (("alpha", 1), ("xmin", 0), ("n_tail", 2)):
        low, high = (interval[f"{quantity}_{end}"][()] for end in ("low", "high"))
        if np.any(np.isnan(low) != np.isnan(high)) or np.any(low > high):
            yield f"{interval.name}/{quantity}_high", "is not above the lower end"
        if np.any(low < least):
            yield f"{interval.name}/{quantity}_low", f"is below {least}"
    if np.any(np.isfinite(interval["alpha_low"][()]) & np.isnan(spectrum["alpha"][()])):
        yield f"{interval.name}/alpha_low", "is that of a fit that failed or was not made"
    yield from _within(interval["stability"], 0, 1)
    if "eigenvalues" in spectrum:
        largest, count = spectrum["eigenvalues"][()][:, -1], spectrum["eigenvalues"].shape[1]
        if np.any(interval["xmin_low"][()] > largest * (1 + ROUNDING)):
            yield f"{interval.name}/xmin_low", "is above the largest eigenvalue"
        if np.any(interval["n_tail_high"][()] > count):
            yield f"{interval.name}/n_tail_high", f"is above the {count} eigenvalues that there are"


def _eigenvalues(spectrum: Group, shape: tuple[int, ...]) -> Found:
    """The eigenvalues themselves; those of weights that are not finite are NaN."""
    eigenvalues = spectrum["eigenvalues"][()].astype(np.float64)  # (E, K)
    path = f"{spectrum.name}/eigenvalues"
    wanted = int(spectrum.attrs.get("top", eigenvalue_count(shape)))
    if eigenvalues.shape[1] != wanted or wanted > eigenvalue_count(shape):
        yield path, f"holds {eigenvalues.shape[1]} eigenvalues; the layer's shape gives {eigenvalue_count(shape)}"
        return
    finite = np.isfinite(eigenvalues).all(1)
    if np.any(np.diff(eigenvalues[finite], axis=1) < 0) or np.any(eigenvalues[finite] < 0):
        yield path, "does not ascend from 0 or above"
    if not _close(eigenvalues[:, -1], spectrum["lambda_max"][()]):
        yield f"{spectrum.name}/lambda_max", "is not the largest eigenvalue"
    whole = spectrum["frobenius_norm"][()] ** 2.0
    if wanted < eigenvalue_count(shape):
        if np.any(eigenvalues[finite].sum(1) > whole[finite] * (1 + 10 * ROUNDING)):
            yield f"{spectrum.name}/frobenius_norm", "is less than the largest eigenvalues' sum allows"
    elif not _close(eigenvalues.sum(1), whole, 10):
        yield f"{spectrum.name}/frobenius_norm", "is not the square root of the eigenvalues' sum"
    xmin, n_tail = spectrum["xmin"][()], spectrum["n_tail"][()]
    fitted = np.isfinite(xmin)
    reaching = (eigenvalues >= xmin[:, None]).sum(1)
    above = (eigenvalues > xmin[:, None]).sum(1)  # float32 may make eigenvalues beside xmin equal to it
    if np.any(((n_tail > reaching) | (n_tail <= above))[fitted]):
        yield f"{spectrum.name}/n_tail", "is not the number of eigenvalues from xmin on"


def _sigmas(layer: Group, shape: tuple[int, ...]) -> Found:
    """Largest singular values by the three readings, and their order.

    A slice is a part of the reshaped matrix. The convolution's transfer matrix at a frequency is the reshaped matrix
    times a column of k² phases, of norm k, so that operator ≤ k · reshaped; and the mean of its squares over the
    frequencies is the reshaped matrix's, so that reshaped ≤ operator, unless the kernel wraps around the feature map.
    """
    sigma = layer["spectrum/sigma"]
    if not _close(sigma["slices"][()] ** 2, layer["spectrum/lambda_max"][()]):
        yield f"{sigma.name}/slices", "is not the square root of lambda_max"
    area = math.prod(shape[2:])
    feature_map = np.atleast_1d(layer.attrs.get("feature_map", ()))
    fits = len(feature_map) == len(shape) - 2 and bool(np.all(feature_map >= shape[2:]))
    for group in (sigma, sigma["folded"]) if "folded" in sigma else (sigma,):
        if "leading" in group:
            leading = group["leading"][()]  # (E, leading)
            if np.any(np.diff(leading, axis=1) > 0):
                yield f"{group.name}/leading", "does not descend"
            if "reshaped" in group and not _close(leading[:, 0], group["reshaped"][()]):
                yield f"{group.name}/leading", "does not begin with sigma/reshaped"
        ordered = [
            ("slices", 1.0, "reshaped"),
            ("operator", math.sqrt(area), "reshaped"),
            *([("reshaped", 1.0, "operator")] if fits else []),
        ]
        for small, factor, large in ordered:
            if small in group and large in group:
                bound = factor * group[large][()]
                if np.any(group[small][()] > bound * (1 + ROUNDING)):
                    times = f"{factor:.3g} times " if factor != 1 else ""
                    yield f"{group.name}/{small}", f"is above {times}{large}, which it cannot be"


def _random(spectrum: Group, shape: tuple[int, ...]) -> Found:
    """The shuffled baseline: its density, the eigenvalues kept whole, and the distance to it."""
    random = spectrum["random"]
    if "edges" in random and "density" in random:
        edges, density = random["edges"][()].astype(np.float64), random["density"][()].astype(np.float64)
        if np.any(np.diff(edges) <= 0) or edges[0] <= 0:
            yield f"{random.name}/edges", "does not ascend from above 0"
        if np.any(density < 0) or np.any(density @ np.diff(edges) > 1 + ROUNDING * 10):
            yield f"{random.name}/density", "is no density: negative, or its integral is above 1"
    if "js_distance" in random:
        yield from _within(random["js_distance"], 0, _JS_LIMIT)
    if "eigenvalues" not in random or "epoch" not in random:
        return
    whole, epochs = random["eigenvalues"][()].astype(np.float64), random["epoch"][()]  # (W, K · replicas), (W,)
    side, replicas = (int(random.attrs.get(name, 0)) for name in ("side", "replicas"))
    wanted = side * replicas * math.prod(shape[2:])
    if wanted and whole.shape[1] != wanted:
        yield f"{random.name}/eigenvalues", f"holds {whole.shape[1]} eigenvalues; its side and replicas give {wanted}"
    if np.any(np.diff(whole, axis=1) < 0):
        yield f"{random.name}/eigenvalues", "does not ascend"
    if np.any(epochs >= len(spectrum["status"])):
        yield f"{random.name}/epoch", f"names epochs beyond {len(spectrum['status']) - 1}"
    elif "lambda_max" in random and not _close(whole[:, -1], random["lambda_max"][()][epochs]):
        yield f"{random.name}/lambda_max", "is not the largest of the shuffled eigenvalues"


def _bulk(spectrum: Group, shape: tuple[int, ...]) -> Found:
    """The Marchenko–Pastur bulk: edges from sigma and Q, spikes, soft rank."""
    bulk = spectrum["marchenko_pastur"]
    yield from below(bulk["status"], len(FitStatus), "states of a fit")
    status = bulk["status"][()]
    sigma, lower, upper, edge, soft_rank = (
        bulk[key][()].astype(np.float64) for key in ("sigma", "lambda_minus", "lambda_plus", "spike_edge", "soft_rank")
    )
    unfitted = (status == FitStatus.FAILED) | (status == FitStatus.NOT_MEASURED)
    if np.any(np.isnan(sigma) != unfitted):
        yield f"{bulk.name}/status", "disagrees with sigma, which is NaN where no bulk was found and nowhere else"
    if "Q" in bulk.attrs:
        q = float(bulk.attrs["Q"])
        for name, found, sign in (("lambda_minus", lower, -1), ("lambda_plus", upper, 1)):
            # Where Q is 1 the lower edge is 0, and rounding is measured by the upper one.
            if np.any(np.abs(found - (sigma * (1 + sign / math.sqrt(q))) ** 2) > ROUNDING * upper):
                yield f"{bulk.name}/{name}", "does not follow from sigma and Q"
    # The largest eigenvalue of a small random matrix stays below the law's edge nearly always.
    if np.any(edge < upper * (0.5 if bulk.attrs.get("edge") == "tracy-widom" else 1)):
        yield f"{bulk.name}/spike_edge", "is below lambda_plus, which it widens"
    if "slice_sigma" in bulk:
        slices = bulk["slice_sigma"][()].astype(np.float64)  # (E, S)
        known = np.isfinite(slices).all(1)
        if slices.shape[1] != math.prod(shape[2:]) or not _close(slices[known].max(1, initial=0), sigma[known]):
            yield f"{bulk.name}/slice_sigma", "is not one scale a slice, the largest of which is sigma"
    if not _close(soft_rank, upper / spectrum["lambda_max"][()]):
        yield f"{bulk.name}/soft_rank", "is not lambda_plus over lambda_max"
    if "eigenvalues" in spectrum:
        eigenvalues = spectrum["eigenvalues"][()]
        low, high = ((eigenvalues > edge[:, None] * (1 + sign * ROUNDING)).sum(1) for sign in (1, -1))
        n_spikes = bulk["n_spikes"][()]
        if np.any((n_spikes < low) | (n_spikes > high)):
            yield f"{bulk.name}/n_spikes", "is not the number of eigenvalues above spike_edge"


def _within(dataset: Dataset, low: float, high: float) -> Found:
    """Finite numbers outside an interval."""
    values = dataset[()]
    if np.any((values < low) | (values > high * (1 + ROUNDING))):
        yield dataset.name, f"leaves [{low:g}, {high:.3g}]"


def _close(one: NDArray[np.floating], other: NDArray[np.floating], times: float = 1) -> bool:
    """Whether two measurements of one thing agree, NaN with NaN."""
    return np.allclose(one, other, rtol=ROUNDING * times, equal_nan=True)
