"""Randomised smoothing, against scipy's intervals and tests and against a linear network's exact radius."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.measures.attacks.test_gradient import (
    SIZE,
    a_cnn,
    a_linear_network,
    greyish,
    in_pixels,
    linear_network,
    some_pixels,
)
from weightreel.analysis.measures.attacks.smoothing import (
    ABSTAIN,
    SELECTION,
    certify,
    certify_images,
    lower_bound,
    noisy_copies,
    predict,
    votes,
)
from weightreel.analysis.networks.pixels import Network

ALPHA = 0.001


@pytest.mark.parametrize(("successes", "n"), [(0, 50), (1, 50), (37, 50), (50, 50), (993, 1000), (99_950, 100_000)])
@pytest.mark.parametrize("failure_probability", [0.001, 0.05])
def test_lower_bound_is_clopper_and_pearson(successes: int, n: int, failure_probability: float) -> None:
    exact = stats.binomtest(successes, n, alternative="greater").proportion_ci(1 - failure_probability, "exact")
    assert lower_bound(successes, n, failure_probability) == pytest.approx(exact.low, rel=1e-9, abs=1e-15)


def test_the_largest_radius_that_n_votes_can_certify() -> None:
    """Where all n agree, the bound is failure_probability^(1/n)."""
    chosen, radius = certify(np.array([0, 10, 0]), np.array([0, 1000, 0]), 0.25, 1000, ALPHA)
    assert chosen == 1
    assert radius == pytest.approx(0.25 * stats.norm.ppf(ALPHA ** (1 / 1000)))


def test_a_certificate_needs_more_than_half_of_the_votes() -> None:
    just = next(k for k in range(501, 1001) if stats.beta.ppf(ALPHA, k, 1001 - k) > 0.5)
    assert certify(np.array([9, 1]), np.array([just, 1000 - just]), 0.5, 1000, ALPHA)[0] == 0
    chosen, radius = certify(np.array([9, 1]), np.array([just - 1, 1001 - just]), 0.5, 1000, ALPHA)
    assert chosen == ABSTAIN
    assert math.isnan(radius)


def test_the_class_is_selected_by_other_votes_than_bound_it() -> None:
    assert certify(np.array([4, 6]), np.array([990, 10]), 0.5, 1000, ALPHA)[0] == ABSTAIN
    assert certify(np.array([6, 4]), np.array([990, 10]), 0.5, 1000, ALPHA)[0] == 0


@pytest.mark.parametrize("counts", [(60, 40), (75, 25), (66, 34), (40, 20, 40), (80, 0, 20), (3, 0, 0), (12, 0, 0)])
def test_predict_is_a_two_sided_binomial_test_of_the_first_two(counts: tuple[int, ...]) -> None:
    first, second = sorted(counts, reverse=True)[:2]
    for failure_probability in (0.001, 0.01, 0.05):
        sure = stats.binomtest(first, first + second, 0.5).pvalue <= failure_probability
        expected = int(np.argmax(counts)) if sure else ABSTAIN
        assert predict(np.array(counts), sum(counts), failure_probability) == expected


def test_nothing_competes_and_is_no_class() -> None:
    assert predict(np.array([30, 0]), 30, ALPHA) == 0
    assert predict(np.array([30, 0]), 55, ALPHA) == ABSTAIN  # 25 for "nothing": too even
    assert predict(np.array([30, 0]), 1000, ALPHA) == ABSTAIN  # "nothing" is the smoothed answer
    assert certify(np.array([5, 0]), np.array([450, 0]), 0.25, 1000, ALPHA)[0] == ABSTAIN


def test_certificates_of_a_linear_network_are_below_its_exact_radius_and_approach_it() -> None:
    network, sigma = a_linear_network(), 0.25
    pixels = np.round(greyish(12, spread=0.4) * 255).astype(np.uint8)
    weight, bias = in_pixels(network)
    margin = (pixels[:, None] / 255 * weight).sum((2, 3, 4)) + bias
    labels = margin.argmax(1)
    exact = np.abs(margin[:, 0] - margin[:, 1]) / np.sqrt(((weight[0] - weight[1]) ** 2).sum())
    shares = []
    for n in (100, 1000, 30_000):
        found = certify_images(network, pixels, np.arange(12), sigma, 100, n, ALPHA, seed=0)
        certified = found.certified_class != ABSTAIN
        assert np.array_equal(found.certified_class[certified], labels[certified])
        predicted = found.prediction != ABSTAIN  # a two-sided test, so a class may be certified and not predicted
        assert np.array_equal(found.prediction[predicted], labels[predicted])
        assert np.isnan(found.radius[~certified]).all()
        assert (found.radius[certified] <= exact[certified]).all()
        shares.append(np.nan_to_num(found.radius).sum() / exact.sum())
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] < 1
    # A linear network's share of votes is known too: the noise has its sigma in pixels, whatever normalises them.
    share = found.votes[np.arange(12), labels] / 30_000
    assert share == pytest.approx(stats.norm.cdf(exact / sigma), abs=4 * 0.5 / math.sqrt(30_000))


class Sevens(Network):
    """Answers seven images at a time."""

    @property
    def batch(self) -> int:
        return 7


def test_votes_depend_on_seed_image_and_stage_and_not_on_batches() -> None:
    network, image = a_cnn(), some_pixels(1)[0]
    sevens = Sevens(network.model, network.normalise, network.classes)

    def counted(by: Network = network, n: int = 200, seed: int = 0, number: int = 3, **stage: int) -> list[int]:
        return votes(by, image, 0.5, n, seed, number, **stage).tolist()

    assert sum(counted()) == 200
    assert counted() == counted()
    assert counted(sevens) == counted()
    assert all(a <= b for a, b in zip(counted(n=100), counted(n=200), strict=True))
    others = [counted(seed=1), counted(number=4), counted(stage=SELECTION)]
    assert all(other != counted() for other in others)


def test_noise_is_not_clipped() -> None:
    """A black image's noise goes below black: the votes for darker stay at a half."""
    weight = np.zeros((2, SIZE, SIZE, 3), np.float32)
    weight[0, 0, 0, 0] = 1
    network = linear_network(weight, np.zeros(2, np.float32))
    counts = votes(network, np.zeros((SIZE, SIZE, 3), np.uint8), 0.25, 2000, 0, 0)
    assert counts / 2000 == pytest.approx([0.5, 0.5], abs=0.05)


def test_votes_for_nothing_are_for_no_class() -> None:
    network = a_linear_network(3, classes=2)
    found = certify_images(network, some_pixels(4), np.arange(4), 1.0, 50, 200, ALPHA, seed=0)
    assert found.selection.shape == found.votes.shape == (4, 2)
    assert (found.votes.sum(1) < 200).any()
    assert (found.votes.sum(1) <= 200).all()


def test_copies_to_be_looked_at() -> None:
    network, image = a_linear_network(), some_pixels(1)[0]
    copies, answers = noisy_copies(network, image, number=5, sigma=0.1, n=400, seed=0)
    assert copies.shape == (400, SIZE, SIZE, 3)
    assert copies.dtype == answers.dtype == np.uint8
    inner = (image > 100) & (image < 155)
    assert copies[:, inner].std(0).mean() / 255 == pytest.approx(0.1, rel=0.05)
    assert copies[:, inner].mean(0) == pytest.approx(image[inner], abs=6)
    assert set(answers) <= {0, 1}
