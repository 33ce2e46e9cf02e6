"""Copies that share what never changes are as good as those that do not."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
from manim import RIGHT, Mobject, VGroup, VMobject

from weightreel.scenes.kit.letters.copies import PlainCopies
from weightreel.scenes.kit.type import Letters, Numerals, formula, words


class Plain(PlainCopies, VMobject):
    """With values of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.points = np.arange(12.0).reshape(4, 3)
        self.same = self.points
        self.names = {"list": [1, [2]], "array": np.ones(2)}
        self.objects = np.array([{"a": 1}, None], dtype=object)
        self.me = self
        self.other = VMobject()
        self.add(self.other)


@pytest.mark.parametrize("make", [lambda: words("Two words"), lambda: formula("a^2"), lambda: Numerals("0.12")])
def test_a_copy_has_what_a_deep_copy_has(make: Callable[[], Letters | Numerals]) -> None:
    original = make()
    original.add_updater(lambda m: m.shift(RIGHT))
    ours = original.copy()
    theirs = Mobject.__deepcopy__(original, {})
    for one, other, first in zip(ours.get_family(), theirs.get_family(), original.get_family(), strict=True):
        assert vars(one).keys() == vars(other).keys()
        assert one is not first
        for name, value in vars(first).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(vars(one)[name], value)
                assert not np.shares_memory(vars(one)[name], value)
            elif isinstance(value, list | dict):
                assert vars(one)[name] is not value
    assert ours.updaters == original.updaters
    ours.shift(RIGHT)
    assert original.get_x() == pytest.approx(theirs.get_x())


def test_what_is_one_stays_one_and_what_can_be_changed_is_copied() -> None:
    original = Plain()
    made = copy.deepcopy(VGroup(original, original.other))
    found, other = made.submobjects
    assert found.points is found.same
    assert found.me is found
    assert found.other is other is found.submobjects[0]
    found.names["list"][1].append(3)
    found.objects[0]["a"] = 2
    assert original.names["list"] == [1, [2]]
    assert original.objects[0] == {"a": 1}
