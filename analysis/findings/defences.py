"""Robust and certified accuracy, calibration and defences beside each other, from outcomes that a store keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.findings.histories import late_rates
from weightreel.analysis.findings.noise import UNIFORM, kinds_of, latest_answers, successes
from weightreel.analysis.findings.statistics import Rate, counted, rate_of
from weightreel.analysis.findings.time import records_in_words
from weightreel.analysis.store.nodes import Attack, Certificate, Run
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

PREFERRED_SIGMA = 0.25
"""At which defences are compared, where networks were certified there."""


def families(run: Run) -> dict[str, list[Attack]]:
    """Attacks within a radius, by family such as `pgd10-linf`, each by ascending radius."""
    found: dict[str, list[Attack]] = {}
    for attack in run.attacks_of(AttackKind.GRADIENT).values():
        if attack.has("prediction"):
            found.setdefault(str(attack.parameters["family"]), []).append(attack)
    for attacks in found.values():
        attacks.sort(key=lambda attack: float(attack.parameters["epsilon"]))
    return found


def clean_accuracy(attack: Attack) -> Rate:
    """Share of the attacked images that are answered rightly without attack."""
    return rate_of(attack["clean/prediction"] == attack["label"])


def robust_accuracy(attack: Attack) -> Rate:
    """Share of all attacked images that are still answered rightly."""
    label = attack["label"]
    return rate_of((attack["prediction"] == label) & (attack["clean/prediction"] == label))


def robust_accuracy_at(attack: Attack, radii: Iterable[float]) -> list[Rate]:
    """Share of images without a wrong answer within each radius, by a minimum-norm attack.

    An image for which the attack found nothing counts as robust: an upper bound, as with every attack.
    """
    right = attack["clean/prediction"] == attack["label"]
    distance = np.where(np.isnan(attack["distance"]), np.inf, attack["distance"])
    return [rate_of(right & (distance > radius)) for radius in radii]


def certified_accuracy(certificate: Certificate, radii: Iterable[float]) -> list[Rate]:
    """Share of images whose smoothed answer is right and certified to each L2 radius; abstaining counts as wrong."""
    right = certificate["certified_class"] == certificate["label"]
    radius = np.nan_to_num(certificate["radius"], nan=-1.0)
    return [rate_of(right & (radius >= at)) for at in radii]


@dataclass(frozen=True)
class Defence:
    """One network beside others, its seeds together; None where it was not measured.

    Attributes:
        title: its name for people.
        model: as in runs' names.
        seeds: that were counted.
        clean: accuracy on the test images.
        noise: success rate of uniform noise; lower is better.
        attacked: robust accuracy under the strongest attack that all networks were put to.
        certified: certified accuracy.
        noise_range: lowest and highest rate of noise success over the last epochs of all its seeds.
        records: what those epochs are called, where clocks count something else.
        clean_is: what the column says, in short; likewise the others.
    """

    title: str
    model: str
    seeds: tuple[int, ...]
    clean: Rate | None
    noise: Rate | None
    attacked: Rate | None
    certified: Rate | None
    noise_range: tuple[float, float] | None = None
    records: str = "epochs"
    clean_is: str = "test accuracy"
    noise_is: str = ""
    attacked_is: str = ""
    certified_is: str = ""


def defences(store: Store) -> list[Defence]:
    """Every network of a store whose training is over, in order, by the same attack and the same certificate."""
    runs = [run for run in store.runs.values() if run.complete]
    attack, certificate = _common_attack(runs), _common_certificate(runs)
    rows = []
    for model in dict.fromkeys(run.model for run in runs):
        own = [run for run in runs if run.model == model]
        noises = [run.noise_attacks[UNIFORM] for run in own if UNIFORM in run.noise_attacks]
        answered = [noise for noise in noises if latest_answers(noise) is not None]
        late = [rate for run in own if UNIFORM in kinds_of(run) for rate in late_rates(run, run.noise_attacks[UNIFORM])]
        attacked = [run.attacks[attack] for run in own if attack in run.attacks]
        certified = [run.certificates[certificate] for run in own if certificate in run.certificates]
        sigma = certified[0].sigma if certified else 0.0
        rows.append(
            Defence(
                own[0].title,
                model,
                tuple(run.seed for run in own),
                _pooled([_test_rate(store, run) for run in own if run.has("test/accuracy")]),
                _pooled([rate_of(successes(noise)) for noise in answered]),
                _pooled([robust_accuracy(found) for found in attacked]),
                _pooled([certified_accuracy(found, [sigma])[0] for found in certified]),
                noise_range=(float(min(late)), float(max(late))) if late else None,
                records=records_in_words(runs),
                noise_is=f"confidence ≥ {answered[0].threshold:g}" if answered else "",
                attacked_is=in_words(attacked[0]) if attacked else "",
                certified_is=f"σ = {sigma:g}, radius ≥ {sigma:g}" if certified else "",
            )
        )
    return rows


def in_words(attack: Attack) -> str:
    """A gradient attack in short: `PGD-10, ε = 8/255`, `PGD-40, L2 radius 0.5`."""
    about = attack.parameters
    family = str(about["family"]).rsplit("-", 1)[0]
    steps = f"PGD-{family.removeprefix('pgd')}" if family.startswith("pgd") else family.upper()
    name = {"deepfool": "DeepFool", "autoattack": "AutoAttack"}.get(family, steps)
    if "epsilon" not in about:
        return name
    if about["norm"] == "linf":
        return f"{name}, ε = {255 * about['epsilon']:g}/255"
    return f"{name}, L2 radius {about['epsilon']:g}"


def _common_attack(runs: list[Run]) -> str:
    """The L∞ attack of most steps that most networks were put to, at the middle of its radii; empty if none."""
    counts: dict[str, int] = {}
    steps: dict[str, int] = {}
    names: dict[str, list[str]] = {}
    for run in runs:
        for family, attacks in families(run).items():
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
