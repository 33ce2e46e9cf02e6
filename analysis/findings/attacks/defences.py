"""All defences of a store beside each other: what attacks leave of each, and what is certified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.attacks.noise import late_rates, successes, uniform_of
from weightreel.analysis.findings.attacks.perturbation import attack_in_words, radius_in_words
from weightreel.analysis.findings.attacks.robustness import attacks_by_family, robust_accuracy
from weightreel.analysis.findings.attacks.worst_case import common_radius, worst_case_of
from weightreel.analysis.findings.statistics import Rate, counted, rate_of
from weightreel.analysis.findings.time import clock_of_records
from weightreel.analysis.findings.words.language import phrase
from weightreel.analysis.findings.words.names import title_of
from weightreel.analysis.findings.words.numbers import listed, plain
from weightreel.analysis.store.nodes import Certificate, Run
from weightreel.analysis.store.reader import Store

Array = NDArray[Any]

PREFERRED_SIGMA = 0.25
"""At which defences are compared, where networks were certified there."""
RADII = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Radii at which certified accuracy is listed, as multiples of sigma."""
COLUMNS = ("clean", "noise", "attacked", "certified")
"""What is known of a defence, by the names of its rates."""


def certified_accuracy(certificate: Certificate, radii: Iterable[float]) -> list[Rate]:
    """Share of images whose smoothed answer is right and certified to each L2 radius; abstaining counts as wrong."""
    right = certificate["certified_class"] == certificate["label"]
    radius = np.nan_to_num(certificate["radius"], nan=-1.0)
    return [rate_of(right & (radius >= at)) for at in radii]


def abstention_rate(certificate: Certificate) -> Rate:
    """Share of images on which the vote abstains."""
    return rate_of(certificate["certified_class"] < 0)


@dataclass(frozen=True)
class Defence:
    """One network beside others, its seeds together; None where it was not measured.

    Attributes:
        title: its name for people.
        model: as in runs' names.
        seeds: that were counted.
        clean: accuracy on the test images.
        noise: success rate of uniform noise; lower is better.
        attacked: robust accuracy in the worst case, where all networks have one, or else under the strongest attack
            that all were put to.
        certified: certified accuracy.
        noise_range: lowest and highest rate of noise success over the last epochs of all its seeds.
        clock: of those epochs, as `phrase` takes it.
        clean_is: what is measured there, in short.
        noise_is: which noise counts as a success.
        attacked_is: which attack it was, and its radius.
        certified_is: which noise and which radius.
    """

    title: str
    model: str
    seeds: tuple[int, ...]
    clean: Rate | None
    noise: Rate | None
    attacked: Rate | None
    certified: Rate | None
    noise_range: tuple[float, float] | None = None
    clock: str = "epoch"
    clean_is: str = ""
    noise_is: str = ""
    attacked_is: str = ""
    certified_is: str = ""


def defences(store: Store) -> list[Defence]:
    """Every network of a store whose training is over, in order, by the same attack and the same certificate."""
    runs = [run for run in store.runs.values() if run.complete]
    attack, certificate, worst = _common_attack(runs), _common_certificate(runs), common_radius(runs)
    rows = []
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        answered = [(run, noise) for run in own if (noise := uniform_of(run)) is not None]
        late = [rate for run, noise in answered for rate in late_rates(run, noise).tolist()]
        attacked = [run.attacks[attack] for run in own if attack in run.attacks]
        left, under = [robust_accuracy(found) for found in attacked], attack_in_words(attacked[0]) if attacked else ""
        if worst is not None:
            left = [case.rate(worst) for run in own if (case := worst_case_of(run)) is not None]
            under = phrase("worst case, {radius}", radius=radius_in_words("linf", worst))
        certified = [run.certificates[certificate] for run in own if certificate in run.certificates]
        sigma = certified[0].sigma if certified else 0.0
        rows.append(
            Defence(
                title_of(own[0]),
                model,
                tuple(run.seed for run in own),
                _pooled([_test_rate(store, run) for run in own if run.has("test/accuracy")]),
                _pooled([rate_of(successes(noise)) for _, noise in answered]),
                _pooled(left),
                _pooled([certified_accuracy(found, [sigma])[0] for found in certified]),
                noise_range=(min(late), max(late)) if late else None,
                clock=clock_of_records(runs),
                clean_is=phrase("test accuracy"),
                noise_is=phrase("confidence ≥ {threshold}", threshold=plain(answered[0][1].threshold))
                if answered
                else "",
                attacked_is=under,
                certified_is=phrase("σ = {sigma}, radius ≥ {radius}", sigma=plain(sigma), radius=plain(sigma))
                if certified
                else "",
            )
        )
    return rows


def left_out_in_words(runs: Iterable[Run]) -> str:
    """Which networks are not beside the others because their training is not over; empty where all are."""
    names = [run.name for run in runs if not run.complete]
    if not names:
        return ""
    return phrase("Not beside the others, since their training is not over: {runs}.", runs=listed(names))


def _common_attack(runs: list[Run]) -> str:
    """The L∞ attack of most steps that most networks were put to, at the middle of its radii; empty if none."""
    counts: dict[str, int] = {}
    steps: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    for run in runs:
        for family, attacks in attacks_by_family(run).items():
            if attacks[0].parameters["norm"] == "linf":
                counts[family] = counts.get(family, 0) + 1
                steps[family] = int(attacks[0].parameters["steps"])
                names[family] = [attack.name for attack in attacks]
    if not counts:
        return ""
    # One radius alone is the attack whose way is kept for the films: no family to choose a middle from.
    best = max(counts, key=lambda family: (counts[family], len(names[family]) > 1, steps[family]))
    return names[best][len(names[best]) // 2]


def _common_certificate(runs: list[Run]) -> str:
    """The certificate that most networks have, by preference of PREFERRED_SIGMA; empty if none."""
    counts: dict[str, tuple[int, float]] = {}
    for run in runs:
        for name, certificate in run.certificates.items():
            counts[name] = (counts.get(name, (0, 0.0))[0] + 1, -abs(certificate.sigma - PREFERRED_SIGMA))
    return max(counts, key=lambda name: counts[name], default="")


def _test_rate(store: Store, run: Run) -> Rate:
    images = int(store.dataset.attributes["n_test"])
    return counted(round(float(run["test/accuracy"]) * images), images)


def _pooled(rates: list[Rate]) -> Rate | None:
    """Several rates as one."""
    return counted(sum(rate.successes for rate in rates), sum(rate.trials for rate in rates)) if rates else None
