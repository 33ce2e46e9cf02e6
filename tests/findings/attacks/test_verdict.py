"""What is said of two networks' histories: no more than their seeds and epochs bear."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.attacks.histories import Histories
from weightreel.analysis.findings.attacks.verdict import Outcome, Verdict, judged
from weightreel.analysis.findings.time import LAST_EPOCHS


def made(first: object, second: object, epochs: int = 20, paired: object = None) -> Verdict:
    """The verdict on histories that stand at one rate a seed from the second half on."""
    rates = np.stack([np.asarray(first, float), np.asarray(second, float)])  # (2, S)
    seeds = rates.shape[1]
    history = np.repeat(rates[..., None], epochs, 2) * (np.arange(epochs) >= epochs // 2)
    p = np.full(seeds, np.nan) if paired is None else np.asarray(paired)
    return judged(Histories(("CNN", "Spectral CNN"), tuple(range(seeds)), np.arange(epochs), history, 1000, p))


EIGHT = np.linspace(0.4, 0.6, 8)
CASES: list[tuple[object, object, Outcome, str]] = [
    (EIGHT, EIGHT * (0.24 + 0.05 * np.sin(np.arange(8))), "holds", "The report's claim holds here: the rate falls by"),
    (EIGHT, EIGHT * 0.9, "lower", "lower with Spectral CNN, by 10 % [10, 10], but not by the report's 76 %"),
    (EIGHT * 0.9, EIGHT, "higher", "The opposite of the report's claim"),
    (EIGHT, EIGHT[::-1], "not shown", "is not shown: chance alone"),
    (np.zeros(8), np.zeros(8), "not shown", "is not shown"),
    (EIGHT[:5], EIGHT[:5] * 0.24, "too few seeds", "cannot be told from 5 seeds"),
    ([0.9], [0.1], "too few seeds", "cannot be told from 1 seed."),
]


@pytest.mark.parametrize(
    ("first", "second", "outcome", "words"), CASES, ids=[f"{c[2]}-{i}" for i, c in enumerate(CASES)]
)
def test_verdicts(first: object, second: object, outcome: Outcome, words: str) -> None:
    found = made(first, second)
    assert found.outcome == outcome
    assert words in found.sentences[0]
    assert "nan" not in " ".join(found.sentences)
    assert found.summary == found.sentences[:3], "films say the beginning of it"


def test_a_reduction_that_holds_the_claim_is_not_enough_without_significance() -> None:
    """One seed in eight goes the other way, far enough: the interval is wide, and chance may explain it."""
    second = EIGHT * 0.2
    second[:3] = 0.9
    found = made(EIGHT, second)
    assert found.outcome == "not shown"
    assert found.p_seeds > 0.05


def test_numbers_behind_the_words() -> None:
    first, second = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    found = made(first, second, paired=[1e-9, 1e-9, 1e-9, 0.2, 1e-9, 1e-9])
    assert found.mean == pytest.approx((0.75, 0.2))
    assert found.seed_std == pytest.approx((first.std(ddof=1), second.std(ddof=1)))
    assert found.p_seeds == found.smallest_p == 2 / 64
    assert found.reduction[0] == pytest.approx(1 - 0.2 / 0.75)
    assert np.isnan(found.p_epochs)
    assert found.swing == (0, 0)
    assert found.widest == 1.0
    text = " ".join(found.sentences)
    assert "75.0 % (CNN) and 20.0 % (Spectral CNN)" in text
    assert "p = 0.031; the least that 6 seeds can give is 0.031" in text
    assert "lower in 5 and higher in 0 of the 6 pairs" in text


def test_one_seed_has_no_test_over_seeds() -> None:
    found = made([0.9], [0.1], paired=[1e-30])
    assert np.isnan(found.p_seeds)
    assert found.smallest_p == 1
    assert found.p_epochs == 0.5, "both stood still since the step: two blocks of a history that remembers"
    text = " ".join(found.sentences)
    assert "p = 0.5, which says nothing of other seeds" in text
    assert "p = 1e-30, which says nothing of other epochs or seeds" in text
    assert np.isnan(found.seed_std).all()
    assert np.isnan(found.reduction[1:]).all()


def test_swings_are_told_within_and_over_trainings() -> None:
    rng = np.random.default_rng(0)
    rates = rng.random((2, 2, 30))
    found = judged(Histories(("A", "B"), (0, 1), np.arange(30), rates, 100, np.ones(2)))
    assert found.swing == pytest.approx(np.ptp(rates[..., -LAST_EPOCHS:], axis=2).mean(1))
    assert found.widest == pytest.approx(np.ptp(rates, axis=2).max())
    assert found.histories.by_seed == pytest.approx(rates[..., -LAST_EPOCHS:].mean(2))
