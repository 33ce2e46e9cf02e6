"""Numbers in words and digits."""

from __future__ import annotations

import numpy as np
import pytest

from weightreel.analysis.findings.words.numbers import (
    compact,
    direction,
    from_to,
    listed,
    listed_briefly,
    million,
    p_in_words,
    percent,
    significant,
    with_power,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.01234, "0.0123"),
        (12345.6, "12,346"),
        (0.0, "0.00"),
        (-1.5, "−1.50"),
        (2.1e-5, "2.1e−05"),
        (np.nan, "–"),
        (np.inf, "–"),
    ],
)
def test_significant(value: float, text: str) -> None:
    assert significant(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.63e-6, "1.6 × 10⁻⁶"), (-5.4e-12, "−5.4 × 10⁻¹²"), (0.036, "0.036"), (0.0, "0.0"), (np.nan, "–")],
)
def test_small_numbers_by_their_power_of_ten(value: float, text: str) -> None:
    assert with_power(value) == text


@pytest.mark.parametrize(
    ("p", "least", "text"),
    [(0.036, 1e-300, "= 0.036"), (0.0, 1e-300, "< 1.0 × 10⁻³⁰⁰"), (0.0, 0.004, "< 0.004"), (0.004, 0.004, "= 0.0040")],
)
def test_a_p_below_what_can_be_told_is_told_as_below(p: float, least: float, text: str) -> None:
    assert p_in_words(p, least) == text
    assert p_in_words(float("nan"), least) == "–"


def test_words_for_numbers() -> None:
    assert percent(0.1234) == "12.3 %"
    assert million(8_650_000) == "8.7 million"
    assert million(5258) == "5,258"
    assert compact([-0.5, -0.0, 0.5]) == ["−0.5", "0.0", "0.5"]
    assert compact([0, 20_000]) == ["0", "20k"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([]) == ""
    assert [direction(1, b) for b in (1.5, 0.5, 1.001)] == ["rises", "falls", "stays"]
    assert from_to("it", 1.0, 2.0) == "it rises from 1.00 to 2.00"


def test_many_names_are_cut_short() -> None:
    assert listed_briefly(["a", "b"]) == "a and b"
    assert listed_briefly(list("abcdefg")) == "a, b, c, d and 3 more"
