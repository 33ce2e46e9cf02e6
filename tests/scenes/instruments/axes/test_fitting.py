"""Names of any length have room, and stay apart."""

from __future__ import annotations

import pytest

from weightreel.analysis.palette import theme
from weightreel.scenes.instruments.axes.curves import legend_of
from weightreel.scenes.instruments.axes.fitting import cut_until, label_within, labels_within
from weightreel.scenes.instruments.axes.plane import Plane
from weightreel.scenes.instruments.spectra.sigma_by_layer import key_of_marks
from weightreel.scenes.kit.theme import SAFE_RIGHT

LENGTHS = (3, 22, 32, 113)


def titles(length: int, n: int) -> list[str]:
    """So many titles of a length, which differ in their last character."""
    whole = (
        "Bounded in every layer, then hardened by noise and by ten steps of gradient ascent on a half of every batch"
    )
    return [(whole + "x" * 20)[: length - 2] + f" {i}" for i in range(n)]


def test_names_that_fit_stay_whole() -> None:
    assert cut_until(["one", "another"], lambda names: sum(map(len, names)) <= 10) == ["one", "another"]
    assert cut_until([], lambda names: False) == []


def test_names_are_as_long_as_there_is_room() -> None:
    cut = cut_until(titles(32, 2), lambda names: max(map(len, names)) <= 17)
    assert {len(name) for name in cut} <= {16, 17}  # no space stands before what is left out


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("width", [0.4, 2.0, 4.0])
def test_labels_are_no_wider_than_their_room(length: int, width: float) -> None:
    names = labels_within([(title, theme().TEXT) for title in titles(length, 3)], width)
    assert all(name.width <= width for name in names)
    assert len({name.said for name in names}) == 3
    assert label_within(titles(length, 1)[0], width).width <= width


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("length", LENGTHS)
def test_keys_hold_titles_of_any_length(length: int, n: int) -> None:
    entries = [(title, theme().TEXT) for title in titles(length, n)]
    assert legend_of(entries).width <= 2 * SAFE_RIGHT
    assert legend_of(entries, 6.0).width <= 6.0
    plane = Plane((0, 1), (0, 1), (5.0, 2.0))
    assert plane.key(entries).width <= 5.0
    if n < 5:
        assert key_of_marks(entries, 10.0).width <= 10.0 + 1e-6
