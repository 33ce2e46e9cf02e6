"""Attacks of the stores that `tests.made.store` makes up: noise, gradients, fooling images, saliency, certificates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import exp, lgamma, log
from statistics import NormalDist
from typing import Any

import numpy as np

from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.store.writer import Contents

Array = np.ndarray[Any, Any]

THRESHOLD = 0.9
NOISE_KINDS = ("uniform-noise", "gaussian-noise", "rademacher-noise", "smooth-noise", "shuffled-pixels")
EPSILONS = (1, 2, 4, 8)
RADII_L2 = (0.25, 0.5, 1.0)
ATTACKS = ("without attack", "gradient attacks", "apgd-ce", "fab-t", "apgd-t", "square")
SIGMAS = (0.12, 0.25, 0.5)
N_SELECTION, N_ESTIMATION, FAILURE = 100, 1000, 0.001
PATH_STEPS = 10
FOOLING_STEPS = 40
PREVIEWS, GALLERY, COPIES = 8, 16, 8
SIDE = 32


@dataclass(frozen=True)
class Subject:
    """The run that is attacked."""

    root: str
    epochs: int
    n_classes: int
    accuracy: float
    batchnorms: tuple[str, ...]
    robust: float = 0.0
    """Share of the accuracy that strong attacks leave."""


def add_attacks(
    store: Contents, run: Subject, rng: np.random.Generator, trials: int, history_trials: int, success: float, *,
    final: bool = True, images: int = 200, certified: int = 50,
) -> None:  # fmt: skip
    """Every kind of attack on one run.

    Args:
        success: about the share of uniform noise answered with at least 0.9 confidence at the end.
        final: whether the training is over; if not there is only noise.
    """
    for order, name in enumerate(NOISE_KINDS):
        _noise(store, run, name, rng, trials, history_trials, success * (1 - 0.2 * order), order)
    _place(store, run, rng)
    if not final:
        return
    sample = np.sort(rng.choice(1000, images, replace=False))
    label = rng.integers(0, run.n_classes, images)
    clean = _answers(rng, label, run.accuracy, run.n_classes)
    clean_confidence = rng.uniform(0.5, 1, images)
    needed = _needed(rng, images, run.robust)  # L-infinity epsilon (in 1/255) at which each image falls
    order = len(NOISE_KINDS)
    for family, strength, steps in (("fgsm-linf", 0.5, 1), ("pgd10-linf", 0.9, 10), ("pgd40-linf", 1.0, 40)):
        for epsilon in EPSILONS:
            falls = needed <= epsilon * strength
            about = {"family": family, "norm": "linf", "epsilon": epsilon / 255, "steps": steps,
                     "step_size": 2.5 * epsilon / 255 / steps}  # fmt: skip
            _gradient(store, run, f"{family}-{epsilon}", about, order,
                      sample, label, clean, clean_confidence, falls, np.full(images, epsilon / 255), rng)  # fmt: skip
            order += 1
    for radius in RADII_L2:
        about = {"family": "pgd40-l2", "norm": "l2", "epsilon": radius, "steps": 40, "step_size": radius / 16}
        _gradient(store, run, f"pgd40-l2-{radius:g}", about, order,
                  sample, label, clean, clean_confidence, needed <= 8 * radius, np.full(images, radius),
                  rng)  # fmt: skip
        order += 1
    about = {"family": "deepfool-l2", "norm": "l2", "steps": 50}
    _gradient(store, run, "deepfool-l2", about, order,
              sample, label, clean, clean_confidence, np.ones(images, bool), needed / 8, rng)  # fmt: skip
    _worst_case(store, run, order + 2, sample, label, clean, clean_confidence, needed)
    _masking(store, run, sample, label, clean, needed)
    n_examples = len(store.datasets["/dataset/examples/pixels"])
    if n_examples:
        _path(store, run, f"pgd10-linf-{EPSILONS[-1]}", rng, min(6, n_examples))
        _saliency(store, run, rng, min(6, n_examples))
    _fooling(store, run, rng, order + 1)
    for place, sigma in enumerate(SIGMAS):
        _certificate(store, run, rng, sigma, place, certified)


def _answers(rng: np.random.Generator, label: Array, accuracy: float, n_classes: int) -> Array:
    wrong = rng.random(len(label)) >= accuracy
    return np.where(wrong, (label + 1) % n_classes, label)


def _needed(rng: np.random.Generator, n: int, robust: float) -> Array:
    return rng.exponential(1.0 + 20 * robust, n) + 0.05


def _whole(rng: np.random.Generator, prediction: Array, confidence: Array, n_classes: int) -> Array:
    """Probabilities (n, C) with this answer and confidence."""
    n = len(prediction)
    rest = rng.dirichlet(np.ones(n_classes), n)
    rest[np.arange(n), prediction] = 0
    rest *= ((1 - confidence) / np.maximum(rest.sum(1), 1e-9))[:, None]
    rest[np.arange(n), prediction] = confidence
    return rest


def _pictures(rng: np.random.Generator, n: int, name: str) -> Array:
    if name == "smooth-noise":
        coarse = rng.integers(0, 255, (n, 4, 4, 3))
        return coarse.repeat(SIDE // 4, 1).repeat(SIDE // 4, 2)
    if name == "rademacher-noise":
        return 255 * rng.integers(0, 2, (n, SIDE, SIDE, 3))
    return rng.integers(0, 255, (n, SIDE, SIDE, 3))


def _noise(
    store: Contents, run: Subject, name: str, rng: np.random.Generator, trials: int, history_trials: int,
    success: float, order: int,
) -> None:  # fmt: skip
    """Noise answered with growing, wavering confidence, mostly as two classes."""
    at, n_classes = f"{run.root}/attacks/{name}", run.n_classes
    pixels = _pictures(rng, max(PREVIEWS, GALLERY), name)
    level = success * (1 - np.exp(-np.arange(run.epochs) / 6)) * rng.uniform(0.2, 1.0, run.epochs)
    level[-1] = success
    favourite = rng.choice(n_classes, 3, replace=n_classes < 3)

    def answers(share: float, n: int) -> tuple[Array, Array]:
        confident = rng.random(n) < share
        confidence = np.where(confident, rng.uniform(0.9, 1, n), rng.uniform(1 / n_classes, 0.9, n))
        return rng.choice(favourite, n, p=[0.6, 0.3, 0.1]), confidence

    per_epoch = [answers(share, history_trials) for share in level]
    prediction, confidence = answers(success, trials)
    prediction[:history_trials], confidence[:history_trials] = (x[:trials] for x in per_epoch[-1])
    best = [i for i in np.argsort(-confidence)[:GALLERY] if confidence[i] >= THRESHOLD]
    store.add(
        at,
        {
            "prediction": prediction,
            "confidence": confidence,
            "gallery/pixels": pixels[: len(best)],
            "gallery/trial": np.array(best, int),
            "gallery/probabilities": _whole(rng, prediction[best], confidence[best], n_classes),
            "preview/pixels": pixels[:PREVIEWS],
            "preview/probabilities": np.stack(
                [_whole(rng, p[:PREVIEWS], c[:PREVIEWS], n_classes) for p, c in per_epoch]
            ),
            "history/prediction": np.stack([p for p, _ in per_epoch]),
            "history/confidence": np.stack([c for _, c in per_epoch]),
        },
    )
    _describe(store, at, AttackKind.NOISE, order, f"made up: {name}",
              {"trials": trials, "history": history_trials}, THRESHOLD)  # fmt: skip


def _describe(
    store: Contents, at: str, kind: AttackKind, order: int, method: str, parameters: dict[str, Any],
    threshold: float | None = None,
) -> None:  # fmt: skip
    store.describe(
        at, kind=kind.value, order=order, method=method, parameters=json.dumps(parameters, sort_keys=True), seed=0
    )
    if threshold is not None:
        store.describe(at, threshold=threshold)


def _place(store: Contents, run: Subject, rng: np.random.Generator) -> None:
    at, t = f"{run.root}/attacks/uniform-noise/place", np.arange(run.epochs)
    growth = 1 - np.exp(-t / 10)
    norms = len(run.batchnorms)
    store.add(
        at,
        {
            "logit_scale": 0.05 + 6 * growth * rng.uniform(0.5, 1, run.epochs),
            "image_logit_scale": 0.05 + 4 * growth,
            "distance": 1 + growth[:, None] * rng.uniform(4, 12, (run.epochs, run.n_classes)),
            "spread": 1 + growth[:, None] * np.linspace(3, 5, run.n_classes),
            "batchnorm_shift": np.abs(rng.normal(1, 0.3, (run.epochs, norms))),
            "batchnorm_ratio": rng.uniform(0.5, 2, (run.epochs, norms)),
        },
    )
    store.describe(at, batchnorms=json.dumps(list(run.batchnorms)))


def _gradient(
    store: Contents, run: Subject, name: str, about: dict[str, Any], order: int, sample: Array, label: Array,
    clean: Array, clean_confidence: Array, falls: Array, distance: Array, rng: np.random.Generator,
) -> None:  # fmt: skip
    at = f"{run.root}/attacks/{name}"
    right = clean == label
    fell = right & falls
    prediction = np.where(fell, (label + 1 + label % max(run.n_classes - 2, 1)) % run.n_classes, clean)
    prediction = np.where(fell & (prediction == label), (label + 1) % run.n_classes, prediction)
    store.add(
        at,
        {
            "image": sample,
            "label": label,
            "clean/prediction": clean,
            "clean/confidence": clean_confidence,
            "prediction": prediction,
            "confidence": np.where(fell, rng.uniform(0.4, 1, len(label)), clean_confidence),
            "distance": np.where(right, distance, 0),
        },
    )
    kind = AttackKind.MINIMUM_NORM if "epsilon" not in about else AttackKind.GRADIENT
    _describe(store, at, kind, order, f"made up: {name}", about)


def _worst_case(
    store: Contents, run: Subject, order: int, sample: Array, label: Array, clean: Array, clean_confidence: Array,
    needed: Array,
) -> None:  # fmt: skip
    """Images fall at the first radius that is four thirds of what PGD needs: PGD alone says too much."""
    at, tried = f"{run.root}/attacks/worst-case", np.array(EPSILONS) / 255
    reached = needed[:, None] * 0.75 <= np.array(EPSILONS)
    fell, wrong = reached.any(1), clean != label
    radius = np.where(wrong, 0.0, np.where(fell, tried[reached.argmax(1)], np.nan))
    by_pgd = needed <= np.nan_to_num(255 * radius)
    store.add(
        at,
        {
            "image": sample,
            "label": label,
            "clean/prediction": clean,
            "clean/confidence": clean_confidence,
            "prediction": np.where(wrong, clean, np.where(fell, (label + 1) % run.n_classes, label)),
            "distance": radius,
            "fallen/radius": radius,
            "fallen/by": np.where(wrong, 0, np.where(~fell, -1, np.where(by_pgd, 1, 2 + np.arange(len(label)) % 4))),
            "nearest/distance": np.full(len(label), np.nan),
            "nearest/prediction": label,
        },
    )
    about = {"norm": "linf", "epsilons": tried.tolist(), "steps": 50, "restarts": 1, "targets": 9, "queries": 500}
    _describe(store, at, AttackKind.WORST_CASE, order, "made up: worst case", about)
    store.describe(at, attacks=json.dumps(ATTACKS))


def _masking(store: Contents, run: Subject, sample: Array, label: Array, clean: Array, needed: Array) -> None:
    """Every fourth gradient vanishes, and there the loss does not rise along PGD."""
    at, n, right = f"{run.root}/masking", len(label), clean == label
    hidden = np.arange(n) % 4 == 0
    other = (label + 1) % run.n_classes

    def answers(fell: Array) -> Array:
        return np.where(right & fell, other, clean)

    store.add(
        at,
        {
            "image": sample,
            "label": label,
            "clean": clean,
            "slope/loss": np.where(hidden, 1e-9, 2.0),
            "slope/margin": np.full(n, 5.0),
            "loss": np.where(hidden, 0.0, 1.0)[:, None] * np.linspace(0.1, 3, PATH_STEPS + 1),
            "single_step": answers(needed <= 2),
            "many_steps": answers((needed <= 4) & ~hidden),
            "black_box": answers(needed <= 1),
            "unbounded/pgd": answers(~hidden),
            "unbounded/apgd": answers(np.ones(n, bool)),
        },
    )
    about = {"epsilon": EPSILONS[2] / 255, "norm": "linf", "steps": PATH_STEPS, "queries": 200}
    store.describe(at, parameters=json.dumps(about, sort_keys=True), seed=0)


def _path(store: Contents, run: Subject, name: str, rng: np.random.Generator, n: int) -> None:
    """Perturbations that grow to epsilon, and answers that move from the label to the next class."""
    at, scale = f"{run.root}/attacks/{name}/path", EPSILONS[-1] / 255 / 127
    direction = rng.choice([-1, 1], (n, 1, SIDE, SIDE, 3))
    progress = np.arange(PATH_STEPS + 1) / PATH_STEPS
    label = store.datasets["/dataset/examples/label"][:n]
    probabilities = np.full((n, PATH_STEPS + 1, run.n_classes), 0.02)
    for i, true in enumerate(label):
        probabilities[i, :, true] += 0.9 * (1 - progress)
        probabilities[i, :, (true + 1) % run.n_classes] += 0.9 * progress
    store.add(
        at,
        {
            "example": np.arange(n),
            "perturbation": np.round(127 * direction * progress[None, :, None, None, None]),
            "probabilities": probabilities / probabilities.sum(-1, keepdims=True),
        },
    )
    store.describe(f"{at}/perturbation", scale=scale)


def _saliency(store: Contents, run: Subject, rng: np.random.Generator, n: int) -> None:
    kept = np.unique(np.linspace(0, run.epochs - 1, 6).round().astype(int))
    store.add(
        f"{run.root}/saliency",
        {
            "epoch": kept,
            "example": np.arange(n),
            "gradient": np.clip(rng.normal(0, 30, (len(kept), n, SIDE, SIDE, 3)), -127, 127).round(),
            "scale": np.full((len(kept), n), 1e-3),
        },
    )


def _fooling(store: Contents, run: Subject, rng: np.random.Generator, order: int) -> None:
    at, n = f"{run.root}/attacks/fooling", run.n_classes
    start = rng.integers(0, 256, (n, SIDE, SIDE, 3))
    steps = rng.integers(5, FOOLING_STEPS, n)
    way = np.minimum(np.arange(FOOLING_STEPS + 1)[None] / steps[:, None], 1) * 0.99 + 0.001
    store.add(
        at,
        {
            "target": np.arange(n),
            "start": start,
            "pixels": np.clip(start + rng.integers(-40, 40, start.shape), 0, 255),
            "prediction": np.arange(n),
            "confidence": way[:, -1],
            "steps": steps,
            "path/confidence": way,
        },
    )
    _describe(store, at, AttackKind.FOOLING, order, "made up: fooling", {"steps": FOOLING_STEPS}, 0.99)


@cache
def lower_bound(successes: int, n: int, failure: float) -> float:
    """Clopper–Pearson's one-sided lower bound, by bisection of the binomial tail."""
    if successes == 0:
        return 0.0
    terms = [(k, lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)) for k in range(successes, n + 1)]
    low, high = 0.0, 1.0
    for _ in range(60):
        p = (low + high) / 2
        tail = sum(exp(c + k * log(p) + (n - k) * log(1 - p)) for k, c in terms)
        low, high = (p, high) if tail < failure else (low, p)
    return low


def _certificate(
    store: Contents, run: Subject, rng: np.random.Generator, sigma: float, order: int, images: int
) -> None:
    at, n_classes = f"{run.root}/certificates/sigma-{sigma:g}", run.n_classes
    label = rng.integers(0, n_classes, images)
    top = _answers(rng, label, run.accuracy * (1 - sigma), n_classes)
    share = np.round(np.clip(rng.beta(3, 1 + 4 * sigma, images), 1 / n_classes + 0.01, 1), 2)
    selection, votes = (_votes(top, share, n, n_classes) for n in (N_SELECTION, N_ESTIMATION))
    chosen = selection.argmax(1)
    p = np.array([lower_bound(int(votes[i, c]), N_ESTIMATION, FAILURE) for i, c in enumerate(chosen)])
    certified = p > 0.5
    radius = [sigma * NormalDist().inv_cdf(q) if q > 0.5 else np.nan for q in p]
    ordered = np.sort(votes, 1)
    first, second = ordered[:, -1].astype(float), ordered[:, -2] if n_classes > 1 else np.zeros(images)
    clear = first - second > 4 * np.sqrt(first + second)  # well beyond a two-sided test at 0.001
    store.add(
        at,
        {
            "image": np.arange(images),
            "label": label,
            "selection": selection,
            "votes": votes,
            "certified_class": np.where(certified, chosen, -1),
            "radius": np.array(radius),
            "prediction": np.where(clear, votes.argmax(1), -1),
            "clean": _answers(rng, label, run.accuracy, n_classes),
            "sample/pixels": np.clip(128 + 255 * sigma * rng.normal(size=(COPIES, SIDE, SIDE, 3)), 0, 255).astype(int),
            "sample/prediction": _answers(rng, np.full(COPIES, label[0]), 0.7, n_classes),
        },
    )
    store.describe(
        at, sigma=sigma, failure_probability=FAILURE, n_selection=N_SELECTION, n_estimation=N_ESTIMATION, seed=0,
        order=order,
    )  # fmt: skip
    store.describe(f"{at}/sample", of=0)


def _votes(top: Array, share: Array, n: int, n_classes: int) -> Array:
    """Votes (images, C) for `top` in this share, the rest for the class after it."""
    votes = np.zeros((len(top), n_classes), int)
    rows = np.arange(len(top))
    votes[rows, top] = np.round(share * n)
    votes[rows, (top + 1) % n_classes] += n - votes[rows, top]
    return votes
