"""The shuffled baseline: what shuffling keeps, and WeightWatcher's own shuffles beside it."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
import pytest
import torch
from scipy.stats import entropy, ks_2samp
from torch import nn

from weightreel.analysis.maths import spectrum as spectra
from weightreel.analysis.maths.spectrum import layer_spectrum, random_seed, shuffled_spectrum, weightwatcher_scale


def correlated(out: int, fan: int) -> np.ndarray:
    """A matrix with a tail: noise and a few strong directions."""
    rng = np.random.default_rng(out)
    return rng.normal(size=(out, fan)) + 3 * rng.normal(size=(out, 4)) @ rng.normal(size=(4, fan)) / 2


def shuffled(weight: np.ndarray, seed: int = 0) -> spectra.Shuffled:
    eigenvalues = np.asarray(layer_spectrum(weight, "conv2d").eigenvalues, float)
    return shuffled_spectrum(weight, eigenvalues, (seed,))


@pytest.mark.parametrize("shape", [(120, 200), (110, 130, 3, 2), (30, 50)])
def test_entries_stay_and_correlations_go(shape: tuple[int, ...]) -> None:
    weight = correlated(shape[0], int(np.prod(shape[1:]))).reshape(shape)
    found = shuffled(weight)
    replicas = 5 if min(shape[:2]) < 100 else 1
    assert len(found.eigenvalues) == min(shape[:2]) * np.prod(shape[2:]) * replicas
    assert found.eigenvalues.sum(dtype=float) == pytest.approx(replicas * (weight**2).sum(), rel=1e-5)
    assert found.lambda_max < 0.5 * layer_spectrum(weight, "conv2d").lambda_max
    assert found.js_distance > 0.1
    assert found.n_traps == 0


def test_the_seed_decides() -> None:
    weight = correlated(40, 60)
    one, same, other = shuffled(weight, 1), shuffled(weight, 1), shuffled(weight, 2)
    assert np.array_equal(one.eigenvalues, same.eigenvalues)
    assert not np.array_equal(one.eigenvalues, other.eigenvalues)
    assert random_seed(0, "a") != random_seed(0, "b")


def test_the_distance_is_weightwatcher_s() -> None:
    from weightwatcher.RMT_Util import jensen_shannon_distance

    weight = correlated(120, 150)
    eigenvalues = np.asarray(layer_spectrum(weight, "linear").eigenvalues, float)
    found = shuffled_spectrum(weight, eigenvalues, (0,))
    theirs = jensen_shannon_distance(eigenvalues, found.eigenvalues.astype(float))
    assert found.js_distance == pytest.approx(theirs, rel=1e-4)
    p, q = (values / values.sum() for values in (eigenvalues, found.eigenvalues.astype(float)))
    by_hand = np.sqrt((entropy(p, (p + q) / 2) + entropy(q, (p + q) / 2)) / 2)
    assert found.js_distance == pytest.approx(by_hand, rel=1e-4)


def test_lies_among_weightwatcher_s_own_shuffles() -> None:
    """Thirty of our draws must not be told from eight of theirs, in dense layers and convolutions.

    Theirs come from NumPy's global generator, which WeightWatcher does not seed.

    Draws of one law fail once in 25,000 times; apart by their whole range, they fail always (p = 4e-8).
    """
    import weightwatcher

    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    model = nn.Sequential(nn.Conv2d(60, 64, 3), nn.Linear(120, 150))
    with torch.no_grad():
        model[1].weight += torch.from_numpy(correlated(150, 120)).float() / 50
        model[0].weight[3, 5, 1, 1] = 1.0  # one great entry stays great wherever it goes: a correlation trap
    theirs = []
    for _ in range(8):
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs.append(weightwatcher.WeightWatcher(model=model).analyze(randomize=True))
    for place, kind in enumerate(("conv2d", "linear")):
        weight = model[place].weight.detach().numpy()
        eigenvalues = np.asarray(layer_spectrum(weight, kind).eigenvalues, float)
        found = [shuffled_spectrum(weight, eigenvalues, (seed,)) for seed in range(30)]
        for key, column, scale in (
            ("lambda_max", "max_rand_eval", weightwatcher_scale(kind)),
            ("js_distance", "rand_distance", 1.0),
        ):
            ours = [getattr(one, key) * scale for one in found]
            draws = [table[column].iloc[place] for table in theirs]
            assert ks_2samp(ours, draws).pvalue > 1e-5, (kind, column)
    found = shuffled(model[0].weight.detach().numpy())
    assert found.n_traps == 1  # the median of five shuffles, one in each


def test_a_block_stands_for_a_matrix_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    weight = correlated(400, 800)
    whole = shuffled(weight)
    monkeypatch.setattr(spectra, "LARGEST_SHUFFLE", 100_000)
    monkeypatch.setattr(spectra, "BLOCK", 40_000)
    block = shuffled(weight)
    assert min(spectra.block_of(400, 800)) == 141
    assert len(block.eigenvalues) == 141
    # The edge of 141 eigenvalues wavers by 141^(-2/3), about 4 %, and by which of the largest entries are drawn.
    assert block.lambda_max == pytest.approx(whole.lambda_max, rel=0.12)
    assert np.median(block.eigenvalues) == pytest.approx(np.median(whole.eigenvalues), rel=0.05)
    assert block.js_distance == pytest.approx(whole.js_distance, rel=0.05)
