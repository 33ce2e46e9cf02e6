"""What is said of two networks' histories: no more than their seeds and epochs bear."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.attacks.histories import Histories
from weightreel.analysis.findings.attacks.verdict import Outcome, Verdict, judged
from weightreel.analysis.findings.statistics import Standing
from weightreel.analysis.findings.time import LAST_EPOCHS


def made(first: object, second: object, epochs: int = 20, paired: object = None) -> Verdict:
    """The verdict on histories that stand at one rate a seed from the second half on."""
    rates = np.stack([np.asarray(first, float), np.asarray(second, float)])  # (2, S)
    seeds = rates.shape[1]
    history = np.repeat(rates[..., None], epochs, 2) * (np.arange(epochs) >= epochs // 2)
    p = np.full(seeds, np.nan) if paired is None else np.asarray(paired)
    return judged(Histories(("CNN", "Spectral CNN"), tuple(range(seeds)), np.arange(epochs), history, 1000, p))


EIGHT = np.linspace(0.4, 0.6, 8)
NOISY = EIGHT * (0.24 + 0.05 * np.sin(np.arange(8)))
CASES: list[tuple[object, object, Standing, Outcome, str]] = [
    (
        EIGHT,
        NOISY,
        "compatible",
        "lower",
        "a fall of 76 %, is compatible with these 8 seeds, and no fall at all is not",
    ),
    (EIGHT, EIGHT * 0.9, "excluded", "lower", "is excluded by these 8 seeds: the fall is 10 % [10, 10]"),
    (EIGHT * 0.9, EIGHT, "excluded", "higher", "is excluded by these 8 seeds: the fall is −11 % [−11, −11], below 0"),
    (EIGHT, EIGHT[::-1], "excluded", "not shown", "is excluded by these 8 seeds: the fall is 0 %"),
    (np.zeros(8), np.zeros(8), "untested", "not shown", "has nothing to be lower than: CNN answers no noise so surely"),
    (EIGHT[:5], NOISY[:5], "compatible", "too few seeds", "is compatible with these 5 seeds"),
    ([0.9, 0.1, 0.8], [0.1, 0.3, 0.9], "undecided", "too few seeds", "is undecided: 3 seeds exclude neither it nor"),
    ([0.9, 0.0], [0.1, 0.3], "undecided", "too few seeds", "the fall is 56 %, and may be anything"),
    ([0.9], [0.1], "untested", "too few seeds", "cannot be told from 1 seed."),
]


@pytest.mark.parametrize(
    ("first", "second", "claim", "outcome", "words"), CASES, ids=[f"{c[2]}-{c[3]}-{i}" for i, c in enumerate(CASES)]
)
def test_verdicts(first: object, second: object, claim: Standing, outcome: Outcome, words: str) -> None:
    found = made(first, second)
    assert (found.claim, found.outcome) == (claim, outcome)
    assert words in found.sentences[0]
    assert not {"nan", "inf"} & set(" ".join(found.sentences).replace("%", " ").split())
    assert found.summary == found.sentences[: len(found.summary)], "films say the beginning of it"


def test_three_seeds_can_exclude_a_claim_that_they_cannot_tell_from_nothing() -> None:
    """Rates of 78 and 77 %: no test of three seeds shows a difference, and a fall of 76 % is out of the question."""
    found = made([0.87, 0.77, 0.71], [0.83, 0.74, 0.75])
    assert (found.claim, found.outcome) == ("excluded", "too few seeds")
    low, high = found.reduction[1:]
    assert -0.2 < low < 0 < high < 0.2


def test_one_seed_in_eight_that_goes_the_other_way_leaves_all_open() -> None:
    second = EIGHT * 0.2
    second[:3] = 0.9
    found = made(EIGHT, second)
    assert (found.claim, found.outcome) == ("undecided", "not shown")
    assert found.p_seeds > 0.05


def test_steady_rates_of_trainings_that_have_stopped_show_no_stability() -> None:
    rates = np.full((2, 2, 20), 0.5)
    for pace, said in ((1e-5, True), (0.3, False), (float("nan"), False)):
        found = Histories(("A", "B"), (0, 1), np.arange(20), rates, 100, np.ones(2), pace=pace)
        assert ("shows no stability: the learning rate is at most" in " ".join(judged(found).sentences)) == said


def test_numbers_behind_the_words() -> None:
    first, second = np.array([0.5, 0.6, 0.7, 0.8, 0.9, 1.0]), np.array([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])
    found = made(first, second, paired=[1e-9, 1e-9, 1e-9, 0.2, 1e-9, 1e-9])
    assert found.mean == pytest.approx((0.75, 0.2))
    assert found.seed_std == pytest.approx((first.std(ddof=1), second.std(ddof=1)))
    assert found.p_seeds == found.smallest_p == 2 / 64
    assert found.reduction[0] == pytest.approx(1 - 0.2 / 0.75)
    assert found.swing == (0, 0)
    assert found.widest == 1.0
    text = " ".join(found.sentences)
    assert "75.0 % (CNN) and 20.0 % (Spectral CNN)" in text
    assert "The rate is lower with Spectral CNN: exchanging whole seeds gives p = 0.031." in text
    assert "lower in 5 and higher in 0 of the 6 pairs" in text


def test_one_seed_has_no_test_over_seeds() -> None:
    found = made([0.9], [0.1], paired=[1e-30])
    assert np.isnan(found.p_seeds)
    assert found.smallest_p == 1
    text = " ".join(found.sentences)
    assert "exchanging" not in text
    assert "gives p = 1.0 × 10⁻³⁰, which says nothing of other epochs or seeds" in text
    assert "gives p < 1.0 × 10⁻³⁰⁰" in " ".join(made([0.9], [0.1], paired=[0.0]).sentences)
    assert np.isnan(found.seed_std).all()
    assert np.isnan(found.reduction[1:]).all()


def test_swings_are_told_within_and_over_trainings() -> None:
    rng = np.random.default_rng(0)
    rates = rng.random((2, 2, 30))
    found = judged(Histories(("A", "B"), (0, 1), np.arange(30), rates, 100, np.ones(2)))
    assert found.swing == pytest.approx(np.ptp(rates[..., -LAST_EPOCHS:], axis=2).mean(1))
    assert found.widest == pytest.approx(np.ptp(rates, axis=2).max())
    assert found.histories.by_seed == pytest.approx(rates[..., -LAST_EPOCHS:].mean(2))
