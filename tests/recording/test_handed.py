"""Numbers of any type, and what is none."""

from __future__ import annotations

import math
import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch

from weightreel.analysis.recording.handed import Numbers, number_of
from weightreel.analysis.recording.warnings import Warnings


@pytest.mark.parametrize(
    "value",
    [
        2, 2.0, True + True, Decimal(2), Fraction(2), np.float16(2), np.int64(2), np.array(2), np.array([[2.0]]), "2",
        torch.tensor(2), torch.tensor([2.0]), torch.tensor(2.0, requires_grad=True), torch.tensor(2.0).bfloat16(),
        torch.ones(1, 1, requires_grad=True) * 2,
    ],
    ids=repr,
)  # fmt: skip
def test_numbers(value: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert number_of(value) == 2


@pytest.mark.parametrize(
    "value",
    ["low", 1j, np.complex64(1), torch.ones(2), np.ones(2), 10**400, [1], object(), torch.ones(1, device="meta")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_none_is_told_once_and_the_rest_is_kept(value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = Numbers(Warnings())
    for _ in range(2):
        numbers.take({"odd": value, "loss": 1, "nothing": None})
        assert numbers.taken() == {"train/loss": 1}
    assert capsys.readouterr().err.count("is no number") == 1


def test_not_finite_is_a_number() -> None:
    assert math.isnan(number_of(math.nan)) and number_of(torch.tensor(math.inf)) == math.inf


def test_two_names_of_one_quantity(capsys: pytest.CaptureFixture[str]) -> None:
    numbers = Numbers(Warnings())
    for _ in range(2):
        numbers.take({"loss": 1, "train_loss": 2, "grad/x": 3})
        assert numbers.taken() == {"train/loss": 1, "metrics/train_loss": 2, "metrics/grad%2Fx": 3}
    assert capsys.readouterr().err.count("loss stands there") == 1
