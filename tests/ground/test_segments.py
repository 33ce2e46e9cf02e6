"""Names of any kind stand for themselves, and no two have one segment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightreel.analysis.segments import LONGEST, name_of, segment_of


@pytest.mark.parametrize(
    ("name", "segment"),
    [("conv1", "conv1"), ("features.0", "features.0"), ("a/b", "a%2Fb"), ("50%", "50%25"), ("", "%"), (".", "%2E"),
     ("..", "%2E%2E"), ("x.npy", "x%2Enpy"), ("tête φ", "tête φ")],
)  # fmt: skip
def test_segments(name: str, segment: str) -> None:
    assert segment_of(name) == segment and name_of(segment) == name


@given(st.text(max_size=30))
def test_every_name_comes_back(name: str) -> None:
    segment = segment_of(name)
    assert name_of(segment) == name and segment not in ("", ".", "..") and not set(segment) & {"/", "\0"}


def test_long_names_are_told_apart_and_stay_what_they_are() -> None:
    one, other = segment_of("x" * 70_000 + "1"), segment_of("x" * 70_000 + "2")
    assert one != other and LONGEST < len(one) < LONGEST + 20
    assert segment_of(name_of(one)) == one


def test_half_a_letter() -> None:
    assert segment_of("\ud800") == "%ED%A0%80" and "\ud800" not in name_of("%ED%A0%80")
