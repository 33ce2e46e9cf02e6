"""Count certificates of randomised smoothing again from their votes, without SciPy."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.check.base import Found, Sizes, below
from weightreel.analysis.store.check.tree import Group

Array = NDArray[Any]

ABSTAIN = -1
TAIL_ROUNDING = 0.01
"""Relative rounding of a tail probability behind a radius in float32."""
CONSERVATIVE = 0.1
"""Who approximates the test of PREDICT may abstain down to this share of the failure probability."""


def recount_certificates(run: Group, sizes: Sizes) -> Found:
    """What does not add up in the certificates of a run."""
    for certificate in run.get("certificates", {}).values():
        sigma, failure = (float(certificate.attrs[key]) for key in ("sigma", "failure_probability"))
        if not (sigma > 0 and 0 < failure < 0.5):
            yield certificate.name, f"has sigma {sigma:g} and failure probability {failure:g}"
            continue
        faults = list(_images(certificate, sizes))
        faults += (fault for stage in ("selection", "estimation") for fault in _votes(certificate, stage, sizes))
        yield from faults
        kept = ("selection", "votes", "certified_class", "radius")
        if not faults and all(key in certificate for key in kept):
            yield from _certified(certificate, sigma, failure)
        if not faults and "votes" in certificate and "prediction" in certificate:
            yield from _predicted(certificate, failure)


def _images(certificate: Group, sizes: Sizes) -> Found:
    """Numbers of images and classes."""
    for key, limit, what in (
        ("image", sizes.test, "test images"),
        ("label", sizes.classes, "classes"),
        ("certified_class", sizes.classes, "classes"),
        ("prediction", sizes.classes, "classes"),
        ("clean", sizes.answers, "answers"),
        ("sample/prediction", sizes.answers, "answers"),
    ):
        if key in certificate:
            yield from below(certificate[key], limit, what)
    for key in ("certified_class", "prediction"):
        if key in certificate and np.any(certificate[key][()] < ABSTAIN):
            yield f"{certificate.name}/{key}", f"holds a class below {ABSTAIN}, which abstains"
    if "sample" in certificate and "label" in certificate:
        of = int(certificate["sample"].attrs.get("of", 0))
        if not 0 <= of < len(certificate["label"]):
            yield f"{certificate.name}/sample", f"is of image {of}; there are {len(certificate['label'])}"


def _votes(certificate: Group, stage: str, sizes: Sizes) -> Found:
    """Every noisy copy has one vote; those for "nothing" are no class's."""
    key = "selection" if stage == "selection" else "votes"
    if key not in certificate:
        return
    n, sums = int(certificate.attrs[f"n_{stage}"]), certificate[key][()].astype(np.int64).sum(1)
    if np.any(sums > n) or (not sizes.says_nothing and np.any(sums < n)):
        wrong = sums[np.argmax((sums > n) | (sums < n))]
        yield f"{certificate.name}/{key}", f"counts {wrong} votes, not {n}"


def _certified(certificate: Group, sigma: float, failure: float) -> Found:
    """CERTIFY: the class most selected, and Clopper and Pearson's bound of its share.

    The bound p of k votes in n solves P(Bin(n, p) ≥ k) = failure probability, and radius = sigma · Φ⁻¹(p), so that the
    radius can be put to the test without an inverse.
    """
    selection, votes = certificate["selection"][()], certificate["votes"][()].astype(int)
    chosen, radius = certificate["certified_class"][()].astype(int), certificate["radius"][()].astype(float)
    n, name = int(certificate.attrs["n_estimation"]), certificate.name
    abstains = chosen == ABSTAIN
    if np.any(np.isnan(radius) != abstains):
        yield f"{name}/radius", "is NaN elsewhere than where certified_class abstains"
        return
    rows = np.arange(len(chosen))
    if np.any(selection[rows, chosen][~abstains] < selection.max(1)[~abstains]):
        yield f"{name}/certified_class", "is not the class most selected"
        return
    successes = votes[rows, np.where(abstains, selection.argmax(1), chosen)]
    if np.any(np.array([tail(k, n, 0.5) < failure for k in successes], bool) == abstains):
        yield f"{name}/certified_class", "abstains elsewhere than where the votes are too even"
        return
    for row in np.flatnonzero(~abstains):
        found = tail(int(successes[row]), n, NormalDist().cdf(radius[row] / sigma))
        if abs(found - failure) > TAIL_ROUNDING * failure:
            yield f"{name}/radius", f"does not follow from votes: {radius[row]:.4f} at place {row}"
            return


def _predicted(certificate: Group, failure: float) -> Found:
    """PREDICT: the class of most votes, where a fair coin would hardly give so many more than to the next."""
    votes, n = certificate["votes"][()].astype(int), int(certificate.attrs["n_estimation"])
    answers = np.column_stack([votes, n - votes.sum(1)])  # the last are votes for no class
    second, first = np.sort(answers, 1)[:, -2:].T
    p = np.array([min(1.0, 2 * tail(int(a), int(a + b), 0.5)) for a, b in zip(first, second, strict=True)])
    prediction = certificate["prediction"][()]
    abstains, name = prediction == ABSTAIN, f"{certificate.name}/prediction"
    top = answers.argmax(1)
    if np.any(prediction[~abstains] != top[~abstains]):
        yield name, "is not the class of most votes"
    elif np.any(p[~abstains] > failure * (1 + TAIL_ROUNDING)):
        yield name, "does not abstain where the votes are too even"
    elif np.any(abstains & (top < votes.shape[1]) & (p < CONSERVATIVE * failure)):
        yield name, "abstains where the votes are clear"


def tail(successes: int, n: int, p: float) -> float:
    """P(Bin(n, p) ≥ successes)."""
    if successes <= 0 or p >= 1:
        return 1.0
    if p <= 0:
        return 0.0
    k = np.arange(successes, n + 1)
    # log of the ratio of each binomial probability to the one before it, from that at `successes` on
    ratios = np.log((n - k[:-1]) / (k[:-1] + 1)) + math.log(p) - math.log1p(-p)
    start = math.lgamma(n + 1) - math.lgamma(successes + 1) - math.lgamma(n - successes + 1)
    start += successes * math.log(p) + (n - successes) * math.log1p(-p)
    return min(1.0, math.fsum(np.exp(start + np.concatenate([[0.0], np.cumsum(ratios)]))))
