"""Whether two networks differ: permutation tests against SciPy, and what the verdict says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.store import Contents, Store, verdict, write
from analysis.store.compare import (
    correlation_time,
    mcnemar,
    paired_test,
    reduction_interval,
    sign_flip_test,
    within_run_test,
)
from tests.synthetic import synthetic_store

differences = st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=1, max_size=9)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 30))
def test_mcnemar_is_the_binomial_test(only_first: int, only_second: int, both: int) -> None:
    first = np.repeat([True, False, True], [only_first, only_second, both])
    second = np.repeat([False, True, True], [only_first, only_second, both])
    n = only_first + only_second
    expected = stats.binomtest(only_first, n, 0.5).pvalue if n else 1.0
    assert mcnemar(first, second) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [4, 6, 8])
def test_sign_flips_are_scipy_s_permutations(n: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(0, 1, n), rng.normal(0.5, 1, n)
    found = stats.permutation_test(
        (a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True
    )
    assert sign_flip_test(a - b) == pytest.approx(found.pvalue)


@given(differences)
def test_p_does_not_depend_on_which_network_is_first(values: list[float]) -> None:
    p = sign_flip_test(np.array(values))
    assert p == sign_flip_test(-np.array(values))
    assert 2 / 2 ** len(values) <= p <= 1


def test_under_the_null_p_is_no_smaller_than_it_says() -> None:
    rng = np.random.default_rng(0)
    p = np.array([sign_flip_test(rng.normal(0, 1, 8)) for _ in range(600)])
    for level in (0.05, 0.2, 0.5):
        assert stats.binomtest(int((p <= level).sum()), len(p), level, alternative="greater").pvalue > 1e-3


def test_many_seeds_are_drawn_and_repeat() -> None:
    values = np.random.default_rng(1).normal(0.3, 1, 20)
    p = sign_flip_test(values)
    assert p == sign_flip_test(values)
    exact = stats.permutation_test(
        (values,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(2)
    ).pvalue
    assert p == pytest.approx(exact, abs=0.02)


def test_correlation_time() -> None:
    rng = np.random.default_rng(3)
    assert correlation_time(np.tile([1.0, -1.0], 5)) == 1
    assert correlation_time(np.full(10, 0.4)) == 1
    walk = rng.normal(0, 1, 4000)
    for i in range(1, len(walk)):
        walk[i] += 0.8 * walk[i - 1]
    assert 7 <= correlation_time(walk) <= 14  # (1 + 0.8) / (1 - 0.8) = 9


def test_epochs_that_move_together_count_once() -> None:
    slow = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert within_run_test(slow) > sign_flip_test(slow)


@given(st.floats(0.01, 1), st.floats(0, 1))
def test_the_reduction_of_equal_seeds_has_no_width(rate: float, share: float) -> None:
    value, low, high = reduction_interval(np.full(5, rate), np.full(5, rate * share))
    assert (value, low, high) == pytest.approx((1 - share,) * 3, abs=1e-9)


def test_a_reduction_from_nothing_is_nan() -> None:
    assert all(math.isnan(part) for part in reduction_interval(np.zeros(4), np.full(4, 0.1)))


def a_store(path: Path, cnn: list[float], spectral: list[float], epochs: int = 12, trials: int = 200) -> Path:
    """Pairs of runs whose success rates are these at every epoch."""
    n = len(cnn)
    synthetic_store(
        path, epochs=epochs, n_layers=2, seeds=tuple(range(n)), trials=trials, history_trials=trials, sample=4
    )
    with Store(path) as store:
        contents: Contents = store.contents()
    for model, rates in (("cnn", cnn), ("spectral-cnn", spectral)):
        for seed, rate in enumerate(rates):
            hits = np.where(np.arange(trials) < round(rate * trials), 0.95, 0.5).astype(np.float32)
            root = f"/runs/{model}-s{seed}/attacks/uniform-noise"
            contents.datasets[f"{root}/history/confidence"] = np.tile(hits, (epochs, 1))
            contents.datasets[f"{root}/confidence"] = hits
    write(path, contents)
    return path


@pytest.mark.parametrize(
    ("cnn", "spectral", "outcome", "words"),
    [
        ([0.5], [0.1], "too few seeds", "cannot be told from 1 seed"),
        ([0.5, 0.6, 0.4], [0.1, 0.1, 0.1], "too few seeds", "cannot be told from 3 seeds"),
        ([0.5, 0.6, 0.4, 0.5, 0.7, 0.5], [0.12, 0.13, 0.1, 0.15, 0.12, 0.14], "holds", "claim holds here"),
        ([0.5, 0.6, 0.4, 0.5, 0.7, 0.5], [0.4, 0.5, 0.35, 0.45, 0.5, 0.45], "lower", "not by the report's 76 %"),
        ([0.1] * 6, [0.5, 0.4, 0.6, 0.5, 0.7, 0.4], "higher", "opposite"),
        ([0.1, 0.5, 0.3, 0.9, 0.2, 0.4], [0.5, 0.1, 0.4, 0.3, 0.3, 0.5], "not shown", "not shown"),
    ],
)
def test_verdicts(cnn: list[float], spectral: list[float], outcome: str, words: str, tmp_path: Path) -> None:
    with Store(a_store(tmp_path / "s.h5", cnn, spectral)) as store:
        found = verdict(list(store.runs.values()))
    assert found is not None
    assert found.outcome == outcome
    assert words in found.sentences[0]
    assert found.mean == pytest.approx((np.mean(cnn), np.mean(spectral)), abs=1e-6)
    assert found.smallest_p == 2 / 2 ** len(cnn)
    assert math.isnan(found.p_epochs) == (len(cnn) > 1)


def test_without_a_pair_there_is_no_verdict(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "one.h5", epochs=3, n_layers=2, models=("cnn",), trials=20, history_trials=10)
    with Store(path) as store:
        assert verdict(list(store.runs.values())) is None


def test_nothing_is_never_a_success(tmp_path: Path) -> None:
    path = a_store(tmp_path / "s.h5", [0.5], [0.5], epochs=2)
    with Store(path) as store:
        contents = store.contents()
    root = "/runs/spectral-cnn-s0"
    contents.describe(root, defence=json.dumps({"nothing": 0.2}))
    for key in ("prediction", "history/prediction"):
        at = f"{root}/attacks/uniform-noise/{key}"
        contents.datasets[at] = np.full_like(contents.datasets[at], 10)
    write(path, contents)
    with Store(path) as store:
        found = verdict(list(store.runs.values()))
        assert found is not None
        assert found.mean == (0.5, 0.0)
        assert paired_test(*store.runs.values()) < 1e-20
