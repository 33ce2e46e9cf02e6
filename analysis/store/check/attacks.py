"""Count again what a store says of attacks: noise, gradients, fooling images, and the test images themselves."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from weightreel.analysis.store.check.base import ROUNDING, Found, Sizes, below, settings
from weightreel.analysis.store.check.tree import Dataset, Group
from weightreel.analysis.store.schema.fields import AttackKind

Array = NDArray[Any]

SLACK = 2e-6
"""Rounding of a float32 image that was perturbed, pixels in [0,1]."""
OTHER_DEVICE, OTHERWISE = 0.05, 0.05
"""A confidence measured in another batch or on another device may differ by so much, in at most this share of trials:
large logits make the softmax steep."""


def recount_attacks(run: Group, sizes: Sizes) -> Found:
    """What does not add up in the attacks, the test images and the input gradients of a run."""
    yield from _test_images(run, sizes)
    labels: dict[int, tuple[int, str]] = {}
    for attack in run.get("attacks", {}).values():
        kind = attack.attrs.get("kind", AttackKind.NOISE.value)
        if kind not in set(AttackKind):
            yield attack.name, f"has the kind {kind!r}, which is none of {', '.join(AttackKind)}"
            continue
        yield from _answers(attack, sizes)
        about = settings(attack, "parameters")
        if about is None:
            yield attack.name, "has an attribute 'parameters' that is no JSON object"
        elif kind in (AttackKind.GRADIENT, AttackKind.MINIMUM_NORM):
            yield from _on_images(attack, kind, about, sizes)
            yield from _labels(attack, labels)
        elif kind == AttackKind.WORST_CASE:
            yield from _worst_case(attack, about, sizes)
            yield from _labels(attack, labels)
        elif "threshold" not in attack.attrs:
            yield attack.name, "lacks its attribute 'threshold'"
        elif kind == AttackKind.FOOLING:
            yield from _fooling(attack, sizes)
        else:
            yield from _noise(attack, sizes, complete=run.attrs["state"] == "complete")
    if "saliency/epoch" in run:
        yield from _saliency(run, sizes)
    if "masking" in run:
        yield from _masking(run["masking"], sizes)


def _test_images(run: Group, sizes: Sizes) -> Found:
    """Accuracy and confusion matrix of the test images are those of their answers."""
    if any(f"test/{key}" not in run for key in ("label", "prediction", "confidence")):
        return
    label, prediction = run["test/label"][()], run["test/prediction"][()]
    if len(label) != sizes.test:
        yield f"{run.name}/test/label", f"holds {len(label)} images; the data set has {sizes.test}"
        return
    faults = [
        *below(run["test/label"], sizes.classes, "classes"),
        *below(run["test/prediction"], sizes.answers, "answers"),
    ]
    yield from faults
    yield from _confident(run["test/confidence"], sizes)
    if faults:
        return
    if "test/accuracy" in run and not np.isclose(np.mean(label == prediction), run["test/accuracy"][()], atol=ROUNDING):
        yield f"{run.name}/test/accuracy", "is not the share of test/prediction that is test/label"
    if "test/confusion" in run:
        counts = np.zeros((sizes.classes, sizes.answers), np.int64)
        np.add.at(counts, (label, prediction), 1)
        if not np.array_equal(counts[:, : sizes.classes], run["test/confusion"][()]):
            yield f"{run.name}/test/confusion", "does not count test/label and test/prediction"


def _answers(attack: Group, sizes: Sizes) -> Found:
    """Classes and probabilities, in any kind of attack."""
    what = "answers" if sizes.says_nothing else "classes"
    for key in ("prediction", "history/prediction", "clean/prediction"):
        if key in attack:
            yield from below(attack[key], sizes.answers, what)
    for key in ("label", "target"):
        if key in attack:
            yield from below(attack[key], sizes.classes, "classes")
    for key in ("confidence", "history/confidence", "clean/confidence"):
        if key in attack:
            yield from _confident(attack[key], sizes)
    for key in ("gallery/probabilities", "preview/probabilities", "path/probabilities"):
        if key in attack:
            sums = attack[key][()].sum(-1)
            sums = sums[np.isfinite(sums)]  # a network that diverged answers NaN
            if np.any(sums > 1 + 10 * ROUNDING) or (not sizes.says_nothing and np.any(sums < 1 - 10 * ROUNDING)):
                yield f"{attack.name}/{key}", "sum to more than 1" if sizes.says_nothing else "does not sum to 1"


def _confident(dataset: Dataset, sizes: Sizes) -> Found:
    """The largest of so many shares."""
    values = dataset[()]
    values = values[np.isfinite(values)]
    n = sizes.answers
    if np.any((values < 1 / n - ROUNDING) | (values > 1 + ROUNDING)):
        yield dataset.name, f"leaves [1/{n}, 1], where the largest of {n} shares lies"


def _noise(attack: Group, sizes: Sizes, *, complete: bool) -> Found:
    """Trials, those repeated at every epoch, and the pictures kept agree with each other."""
    if "gallery/trial" in attack and "confidence" in attack:
        yield from _gallery(attack, sizes)
    history = "history/confidence" in attack and "history/prediction" in attack
    if history and "preview/probabilities" in attack:
        yield from _preview(attack, sizes)
    if history and complete and "confidence" in attack:
        last, first = attack["history/confidence"][-1], attack["confidence"][()]
        n = min(len(last), len(first))
        if np.mean(np.abs(last[:n] - first[:n]) > OTHER_DEVICE) > OTHERWISE:
            yield f"{attack.name}/history/confidence", "ends otherwise than the first of all trials"
    for key, place in attack.get("place", {}).items():
        if np.any(place[()] < 0):
            yield f"{attack.name}/place/{key}", "holds a value below 0"


def _gallery(attack: Group, sizes: Sizes) -> Found:
    """Each picture is one of the most confident successes, and its answer the one that was counted."""
    confidence, prediction = attack["confidence"][()], attack["prediction"][()]
    trial = attack["gallery/trial"][()]
    if np.any(trial >= len(confidence)):
        yield f"{attack.name}/gallery/trial", f"names trials beyond {len(confidence)}"
        return
    success = (confidence >= attack.attrs["threshold"]) & (prediction < sizes.classes)
    if not success[trial].all():
        yield f"{attack.name}/gallery/trial", "names trials that are no success"
        return
    rest = np.delete(np.where(success, confidence, 0), trial)
    if len(trial) and rest.max(initial=0) > confidence[trial].min():
        yield f"{attack.name}/gallery/trial", "leaves out a success that is more confident"
    if "gallery/probabilities" in attack and len(trial):
        given = attack["gallery/probabilities"][()][np.arange(len(trial)), prediction[trial]]
        if not np.allclose(given, confidence[trial], atol=ROUNDING * 10):
            yield f"{attack.name}/gallery/probabilities", "differs from the confidence of its trial"


def _preview(attack: Group, sizes: Sizes) -> Found:
    """Whole answers to the first trials give the confidences that were counted."""
    whole, prediction = attack["preview/probabilities"][()], attack["history/prediction"][()].astype(int)
    n = min(whole.shape[1], prediction.shape[1])
    if len(whole) != len(prediction) or np.any(prediction >= sizes.answers):
        return  # said elsewhere
    named = prediction[:, :n] < sizes.classes
    given = np.take_along_axis(whole[:, :n], np.where(named, prediction[:, :n], 0)[..., None], -1)[..., 0]
    counted = attack["history/confidence"][:, :n]
    if not np.allclose(given[named], counted[named], atol=ROUNDING * 10, equal_nan=True):
        yield f"{attack.name}/preview/probabilities", "differs from the confidence of its trial"


def _on_images(attack: Group, kind: str, about: dict[str, Any], sizes: Sizes) -> Found:
    """Perturbations lie in their ball, and an image that was wrong already is left alone."""
    yield from _numbers(attack, sizes)
    epsilon = float(about.get("epsilon", np.inf))  # a minimum-norm attack has none
    if kind == AttackKind.GRADIENT and np.isinf(epsilon):
        yield attack.name, "names no radius 'epsilon' in its parameters"
        return
    if all(key in attack for key in ("label", "prediction", "clean/prediction", "distance")):
        label, prediction, clean = (attack[key][()] for key in ("label", "prediction", "clean/prediction"))
        distance, wrong = attack["distance"][()], clean != label
        missing = np.isnan(distance)
        if np.any(distance < 0):
            yield f"{attack.name}/distance", "holds a norm below 0"
        if kind == AttackKind.GRADIENT and (missing.any() or np.any(distance > epsilon * (1 + ROUNDING) + SLACK)):
            yield f"{attack.name}/distance", f"leaves the ball of radius {epsilon:g}"
        if np.any(prediction[wrong] != clean[wrong]) or np.any(distance[wrong] != 0):
            yield f"{attack.name}/prediction", "changes where the answer was wrong without attack"
        if kind == AttackKind.MINIMUM_NORM and np.any((prediction == label) != missing):
            yield f"{attack.name}/distance", "is NaN elsewhere than where no wrong answer was found"
    if "path/perturbation" in attack:
        yield from _path(attack, epsilon, sizes)


def _worst_case(attack: Group, about: dict[str, Any], sizes: Sizes) -> Found:
    """An image fell once, at a radius that was tried and within it, by an attack that was tried."""
    yield from _numbers(attack, sizes)
    keys = ("label", "prediction", "clean/prediction", "distance", "fallen/radius", "fallen/by")
    if any(key not in attack for key in keys):
        return
    label, prediction, clean, distance, radius, by = (attack[key][()] for key in keys)
    names, epsilons = json.loads(attack.attrs.get("attacks", "[]")), np.array([0.0, *about.get("epsilons", [])])
    stands, wrong = np.isnan(radius), clean != label
    if np.any(by >= len(names)) or np.any((by == -1) != stands) or np.any((by == 0) != wrong):
        yield f"{attack.name}/fallen/by", "names no attack, or one where the image stands, or none where it fell"
    if np.any(~np.isclose(radius[~stands, None], epsilons, rtol=0, atol=1e-9).any(1)):
        yield f"{attack.name}/fallen/radius", "names a radius that was not tried"
    if np.any((radius == 0) != wrong):
        yield f"{attack.name}/fallen/radius", "is 0 elsewhere than where the answer was wrong without attack"
    if np.any((prediction == label) != stands):
        yield f"{attack.name}/prediction", "is not a wrong answer exactly where the image fell"
    if np.any(distance[~stands] > radius[~stands] * (1 + ROUNDING) + SLACK) or np.any(np.isnan(distance) != stands):
        yield f"{attack.name}/distance", "leaves the ball of the radius at which the image fell"


def _masking(group: Group, sizes: Sizes) -> Found:
    """Images are test images, answers are answers, slopes are sizes, and what was wrong already is left alone."""
    yield from _numbers(group, sizes)
    if settings(group, "parameters") is None:
        yield group.name, "has an attribute 'parameters' that is no JSON object"
    for key in ("slope/loss", "slope/margin", "loss"):
        if key in group and np.any(group[key][()] < 0):
            yield f"{group.name}/{key}", "holds a value below 0"
    if "label" in group:
        yield from below(group["label"], sizes.classes, "classes")
    for key in ("clean", "single_step", "many_steps", "black_box", "unbounded/pgd", "unbounded/apgd"):
        if key in group:
            yield from below(group[key], sizes.answers, "answers")
            if "clean" in group and "label" in group:
                wrong = group["clean"][()] != group["label"][()]
                if np.any((group[key][()] != group["clean"][()])[wrong]):
                    yield f"{group.name}/{key}", "changes where the answer was wrong without attack"


def _numbers(group: Group, sizes: Sizes) -> Found:
    """Each image is a test image, and there once."""
    if "image" in group:
        yield from below(group["image"], sizes.test, "test images")
        if len(np.unique(image := group["image"][()])) != len(image):
            yield f"{group.name}/image", "names an image twice"


def _labels(attack: Group, labels: dict[int, tuple[int, str]]) -> Found:
    """An image has one class in all attacks of a run, those seen before in `labels`."""
    if "image" not in attack or "label" not in attack:
        return
    for image, label in zip(attack["image"][()].tolist(), attack["label"][()].tolist(), strict=True):
        known, where = labels.setdefault(image, (label, attack.name))
        if known != label:
            yield f"{attack.name}/label", f"calls image {image} {label}; {where} calls it {known}"
            return


def _path(attack: Group, epsilon: float, sizes: Sizes) -> Found:
    """An attack's way begins at the clean image and stays in the ball."""
    if "path/example" in attack:
        yield from below(attack["path/example"], sizes.examples, "examples")
    name = f"{attack.name}/path/perturbation"
    steps, scale = attack["path/perturbation"][()], attack["path/perturbation"].attrs.get("scale")
    if scale is None:
        yield name, "lacks its attribute 'scale'"
        return
    if np.any(steps[:, 0] != 0):
        yield name, "does not begin at the clean image"
    if np.abs(steps.astype(int)).max(initial=0) * scale > epsilon * (1 + ROUNDING):  # no value can in L2 either
        yield name, f"leaves the ball of radius {epsilon:g}"


def _fooling(attack: Group, sizes: Sizes) -> Found:
    """An ascent ends where the confidence in its target was reached, or at its last step."""
    if any(key not in attack for key in ("target", "prediction", "confidence", "steps", "path/confidence")):
        return
    target, prediction, confidence, steps = (attack[key][()] for key in ("target", "prediction", "confidence", "steps"))
    way = attack["path/confidence"][()]  # (T, steps + 1)
    if len(np.unique(target)) != len(target):
        yield f"{attack.name}/target", "names a class twice"
    if np.any(steps >= way.shape[1]):
        yield f"{attack.name}/steps", f"counts more steps than the {way.shape[1] - 1} that are kept"
        return
    number, end = np.arange(way.shape[1]), way[np.arange(len(way)), steps]
    if np.any((number > steps[:, None]) & (way != end[:, None])):
        yield f"{attack.name}/path/confidence", "changes after the last step"
    if np.any((number < steps[:, None]) & (way >= attack.attrs["threshold"])):
        yield f"{attack.name}/path/confidence", "reaches the threshold before the last step"
    hit = prediction == target
    if not np.allclose(end[hit], confidence[hit], atol=10 * ROUNDING, equal_nan=True) or np.any(
        end[~hit] > confidence[~hit] + 10 * ROUNDING
    ):
        yield f"{attack.name}/confidence", "is not the end of path/confidence"


def _saliency(run: Group, sizes: Sizes) -> Found:
    """Input gradients are of epochs and examples that there are."""
    yield from below(run["saliency/epoch"], len(run["epoch"]), "epochs")
    if np.any(np.diff(run["saliency/epoch"][()].astype(int)) <= 0):
        yield f"{run.name}/saliency/epoch", "does not ascend"
    if "saliency/example" in run:
        yield from below(run["saliency/example"], sizes.examples, "examples")
    if "saliency/scale" in run and np.any(run["saliency/scale"][()] < 0):
        yield f"{run.name}/saliency/scale", "holds a unit below 0"
