"""Fooling images: what is reported of them is what the network answers to the pixels that are kept."""

from __future__ import annotations

import numpy as np
import pytest

from tests.measures.attacks.test_gradient import CLASSES, SIZE, a_cnn, a_linear_network, in_pixels, linear_network
from weightreel.analysis.measures.attacks.fooling import STEP, Fooling, fooling_images, parameters
from weightreel.analysis.networks.pixels import Network


def fooled(network: Network, targets: tuple[int, ...], steps: int = 60, confidence: float = 0.9) -> Fooling:
    return fooling_images(network, targets, SIZE, confidence, steps, seed=4)


def sharp_cnn() -> Network:
    """Surer of its answers, so that some targets are reached soon and some late."""
    network = a_cnn()
    network.model.classifier[-1].weight.data.mul_(4)  # type: ignore[index, union-attr]
    return network


def test_what_is_reported_is_the_answer_to_the_pixels_that_are_kept() -> None:
    network, targets = sharp_cnn(), tuple(range(CLASSES))
    found = fooled(network, targets)
    probabilities = network.answer(found.pixels)
    assert found.pixels.dtype == found.start.dtype == np.uint8
    assert np.array_equal(found.prediction, probabilities.argmax(1))
    assert found.confidence == pytest.approx(probabilities.max(1), abs=1e-5)
    assert found.path.shape == (CLASSES, 61)
    assert found.path[:, 0] == pytest.approx(np.diag(network.answer(found.start)), abs=1e-5)
    assert found.path[:, -1] == pytest.approx(np.diag(probabilities), abs=1e-5)


def test_an_ascent_ends_as_soon_as_the_confidence_is_there() -> None:
    found = fooled(sharp_cnn(), tuple(range(CLASSES)))
    reached = found.path[:, -1] >= 0.9
    assert reached.sum() >= 2
    assert len(set(found.steps[reached].tolist())) > 1
    for steps, path in zip(found.steps, found.path, strict=True):
        assert (path[:steps] < 0.9).all()
        assert (path[steps:] == path[steps]).all()
    assert (found.steps[~reached] == 60).all()
    assert np.array_equal(found.prediction[reached], np.flatnonzero(reached))


def test_a_start_that_is_sure_already_is_left_alone() -> None:
    weight = np.zeros((2, SIZE, SIZE, 3), np.float32)
    found = fooled(linear_network(weight, np.array([5, 0], np.float32)), (0, 1), steps=3)
    assert found.steps.tolist() == [0, 3]
    assert np.array_equal(found.start, found.pixels)  # the other has no gradient to follow
    assert found.prediction.tolist() == [0, 0]


def test_one_step_on_a_linear_network() -> None:
    network = a_linear_network()
    found = fooled(network, (1,), steps=1, confidence=1 - 1e-9)
    weight, _ = in_pixels(network)
    way = (weight[1] - weight[0]) / np.sqrt(((weight[1] - weight[0]) ** 2).sum())
    expected = np.clip(found.start[0] / 255 + STEP * way, 0, 1) * 255
    assert found.steps.tolist() == [1]
    assert np.abs(found.pixels[0] - expected).max() <= 0.501
    assert parameters(1)["step_size"] == STEP


def test_a_target_does_not_depend_on_the_others() -> None:
    network = sharp_cnn()
    alone, among = fooled(network, (2,)), fooled(network, (0, 2, 3))
    assert np.array_equal(alone.start[0], among.start[1])
    assert alone.path[0] == pytest.approx(among.path[1], abs=1e-3)
    assert not np.array_equal(among.start[0], among.start[1])
    again = fooled(network, (2,))
    assert np.array_equal(alone.pixels, again.pixels)
    other = fooling_images(network, (2,), SIZE, 0.9, 5, seed=5)
    assert not np.array_equal(alone.start, other.start)


def test_the_target_may_be_any_answer_of_a_network_with_nothing() -> None:
    network = a_linear_network(3, classes=2)
    found = fooled(network, (0, 1), steps=100, confidence=0.99)
    assert found.prediction.tolist() == [0, 1]
    assert (found.confidence >= 0.99).all()
