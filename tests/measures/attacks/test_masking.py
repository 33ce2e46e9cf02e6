"""Signs of hidden gradients: there in a network that is sure, absent in the same network when it is not."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from tests.made.recipe import tiny_recipe
from tests.measures.attacks.test_worst_case import SIDE, Seen, a_small_network, measured, network_of, targets_of
from weightreel.analysis.measures.attacks.masking import slopes
from weightreel.analysis.measures.attacks.probe import Record
from weightreel.analysis.recipe.recipe import Recipe


def recipe_of(n: int) -> Recipe:
    gradient = {"attacks": [], "images": n, "epsilons": [2, 8, 16], "examples": 0}
    return tiny_recipe(gradient=gradient, masking={"images": n, "steps": 8, "queries": 30}, worst_case={"images": 0})


def found_of(scale: float) -> Record:
    model = a_small_network(0)
    targets = targets_of(network_of(model, 5), 80, 5)
    return measured(network_of(Seen(model, scale), 5), recipe_of(80), targets, ("masking",))


def shares(found: Record) -> tuple[float, float]:
    right = found["masking/clean"] == found["masking/label"]
    vanishing = found["masking/slope/loss"] <= 1e-6 * found["masking/slope/margin"]
    flat = found["masking/loss"][:, -1] <= found["masking/loss"][:, 0]
    return float(vanishing[right].mean()), float(flat[right].mean())


def test_a_sure_network_hides_its_gradients_and_a_calm_one_does_not() -> None:
    calm, sure = found_of(1.0), found_of(10_000.0)
    assert shares(calm) == (0.0, 0.0)
    vanishing, flat = shares(sure)
    assert vanishing > 0.5
    assert flat > 0.2
    label = sure["masking/label"]
    assert np.mean(sure["masking/many_steps"] == label) > np.mean(calm["masking/many_steps"] == label) + 0.1


def test_without_a_bound_auto_pgd_leaves_nothing_of_either() -> None:
    for scale in (1.0, 10_000.0):
        found = found_of(scale)
        assert not np.any(found["masking/unbounded/apgd"] == found["masking/label"])


def test_attacks_are_held_against_each_other_at_the_middle_radius_and_wrong_answers_are_left_alone() -> None:
    found = found_of(1.0)
    wrong = found["masking/clean"] != found["masking/label"]
    assert wrong.any()
    for key in ("single_step", "many_steps", "black_box", "unbounded/pgd", "unbounded/apgd"):
        assert np.array_equal(found[f"masking/{key}"][wrong], found["masking/clean"][wrong])


def test_slopes_are_those_of_finite_differences() -> None:
    """In float64, where differences can be taken; the larger slope of the two sides of a kink is no slope."""
    torch.manual_seed(0)
    network = network_of(nn.Sequential(nn.Flatten(), nn.Linear(3 * SIDE * SIDE, 4)), 4)
    x = torch.rand(2, 3, SIDE, SIDE)
    labels = torch.tensor([1, 3])
    loss, margin = slopes(network, x, labels)
    weight = network.model[1].weight.detach()  # type: ignore[index]
    std = torch.tensor([0.2, 0.25, 0.3]).repeat_interleave(SIDE * SIDE)
    with torch.no_grad():
        logits = network.logits(x)
    for i, label in enumerate(labels):
        rival = int(logits[i].scatter(0, label[None], -torch.inf).argmax())
        expected = ((weight[label] - weight[rival]) / std).abs().max()
        assert float(margin[i]) == pytest.approx(float(expected), rel=1e-5)
        share = logits[i].softmax(0) - torch.nn.functional.one_hot(label, 4)
        assert float(loss[i]) == pytest.approx(float(((share @ weight) / std).abs().max()), rel=1e-5)
