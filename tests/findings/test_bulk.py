"""Eigenvalues beside a random matrix's: which leave the bulk and when, and whether their tail is a power law."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from weightreel.analysis.findings.bulk import (
    Reaches,
    bulk_doubts_in_words,
    largest_in_words,
    layers_out_in_words,
    tail_in_words,
)


@pytest.mark.parametrize(
    ("history", "said"),
    [([1.0, 5.0], "grows from 1.00 to 5.00"), ([5.0, 1.0], "shrinks"), ([2.0, 2.0], "stays at 2.00"), ([3.0], "is 3")],
)
def test_what_is_said_of_the_largest_eigenvalue(history: list[float], said: str) -> None:
    assert said in largest_in_words(np.array(history), np.arange(len(history)))


def test_what_is_said_of_the_tail() -> None:
    epochs = np.array([0, 1])
    assert tail_in_words(np.array([17.2, 4.05]), epochs) == (
        "The fitted α ends at 4.05; the first, 17.2, is above 8, spurious to WeightWatcher's authors."
    )
    assert tail_in_words(np.array([7.2, 4.05]), epochs) == "The fitted α falls from 7.20 to 4.05."
    assert "rises" in tail_in_words(np.array([2.0, 3.0]), epochs)
    for alpha in ([2.0, 2.0], [nan, 2.0], [2.0, nan]):
        assert tail_in_words(np.array(alpha), epochs) == ""
    assert tail_in_words(np.array([2.0]), epochs[:1]) == ""


def test_what_is_said_of_all_layers() -> None:
    values = np.array([[0.9, 0.8, 1.2], [1.1, 0.9, nan]])
    reaches = Reaches(np.array([0, 7]), ("a", "b", "c"), values, ("tiny",))
    assert (
        layers_out_in_words(reaches)
        == "Largest eigenvalue outside the random bulk: 1 of 3 layers at epoch 0, 1 at epoch 7."
    )
    doubts = bulk_doubts_in_words(reaches)
    assert doubts == "Left out, with fewer than 50 eigenvalues: tiny. No bulk found: c."
    one = Reaches(np.array([0]), ("a",), np.array([[1.5]]), ())
    assert layers_out_in_words(one) == "Largest eigenvalue outside the random bulk: 1 of 1 layer at epoch 0."
    assert bulk_doubts_in_words(one) == ""
    assert reaches.only(2).names == ("a", "c")
