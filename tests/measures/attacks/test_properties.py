"""Attacks, for any image, radius and votes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from tests.measures.attacks.test_gradient import SIZE, a_cnn
from weightreel.analysis.measures.attacks.gradient import parse, perturbed
from weightreel.analysis.measures.attacks.smoothing import ABSTAIN, certify, lower_bound, predict
from weightreel.analysis.networks.pixels import images_of

NETWORK = a_cnn()

pixels = npst.arrays(np.uint8, st.tuples(st.integers(1, 3), st.just(SIZE), st.just(SIZE), st.just(3)))
seeds = st.integers(0, 2**63)


@given(pixels, st.sampled_from(["fgsm", "pgd1", "pgd4", "pgd4-l2"]), st.floats(0, 3), seeds)
@settings(deadline=None, max_examples=60)
def test_a_perturbation_stays_in_its_ball_and_the_image_among_images(
    images: np.ndarray, name: str, epsilon: float, seed: int
) -> None:
    labels, attack = NETWORK.whole(images).argmax(1), parse(name)
    found, reported = perturbed(NETWORK, images, labels, attack, epsilon, seed, np.arange(len(images)))
    moved = (images_of(found).astype(np.float64) - images / 255).reshape(len(images), -1)
    norm = np.abs(moved).max(1) if attack.norm == "linf" else np.linalg.norm(moved, axis=1)
    assert (norm <= epsilon + 2e-6).all()
    assert reported == pytest.approx(norm, abs=2e-6)
    assert found.min() >= 0
    assert found.max() <= 1


@given(pixels)
@settings(deadline=None, max_examples=15)
def test_the_nearest_wrong_answer_is_an_image(images: np.ndarray) -> None:
    labels = NETWORK.whole(images).argmax(1)
    found, distance = perturbed(NETWORK, images, labels, parse("deepfool"), None, 0, np.arange(len(images)))
    assert found.min() >= 0
    assert found.max() <= 1
    moved = (images_of(found).astype(np.float64) - images / 255).reshape(len(images), -1)
    assert distance == pytest.approx(np.linalg.norm(moved, axis=1), abs=2e-6)


@st.composite
def votes_of(draw: st.DrawFn) -> tuple[np.ndarray, int]:
    """Votes for up to four classes, and how many copies voted: some for nothing."""
    counts = draw(st.lists(st.integers(0, 2000), min_size=1, max_size=4))
    return np.array(counts), max(1, sum(counts) + draw(st.integers(0, 2000)))


failure_probabilities = st.floats(1e-6, 0.4)


@given(st.integers(1, 200_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), failure_probabilities)
@settings(max_examples=50)
def test_the_lower_bound_leaves_what_it_promises(trials: tuple[int, int], failure_probability: float) -> None:
    """At the bound, so many successes or more come with the failure probability: that defines it."""
    successes, n = trials
    bound = lower_bound(successes, n, failure_probability)
    assert 0 <= bound <= successes / n
    if successes:
        assert stats.binom.sf(successes - 1, n, bound) == pytest.approx(failure_probability, rel=1e-6)


@given(votes_of(), failure_probabilities)
@settings(deadline=None)
def test_predict_abstains_where_a_binomial_test_does(given_votes: tuple[np.ndarray, int], failure: float) -> None:
    counts, n = given_votes
    everyone = np.append(counts, n - counts.sum())
    second, first = np.sort(everyone)[-2:]
    sure = stats.binomtest(int(first), int(first + second), 0.5).pvalue <= failure
    chosen = int(everyone.argmax())
    assert predict(counts, n, failure) == (chosen if sure and chosen < len(counts) else ABSTAIN)


@given(votes_of(), votes_of(), st.floats(0.01, 2), failure_probabilities)
def test_a_radius_is_that_of_a_proportion_below_the_votes(
    first: tuple[np.ndarray, int], second: tuple[np.ndarray, int], sigma: float, failure: float
) -> None:
    counts, n = second
    selection = np.resize(first[0], len(counts))
    chosen, radius = certify(selection, counts, sigma, n, failure)
    if chosen == ABSTAIN:
        assert np.isnan(radius)
        assert lower_bound(int(counts[selection.argmax()]), n, failure) <= 0.5
    else:
        assert chosen == selection.argmax()
        assert 0 < radius <= sigma * stats.norm.ppf(counts[chosen] / n)
        assert certify(selection, counts, 2 * sigma, n, failure)[1] == pytest.approx(2 * radius)
