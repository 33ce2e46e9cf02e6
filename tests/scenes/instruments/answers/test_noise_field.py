"""A field of answers: every square is what was answered at the epoch that the clock has reached."""

from __future__ import annotations

import numpy as np
import pytest
from manim import Group

from weightreel.scenes.instruments.answers.answer_readout import AnswerReadout
from weightreel.scenes.instruments.answers.noise_field import LEVELS, NoiseField, brightness, rings, shade
from weightreel.scenes.kit.clock import EpochClock
from weightreel.scenes.kit.grammar.eye import Look
from weightreel.scenes.kit.grammar.zones import Zone

EPOCHS = np.array([0.0, 1.0, 2.0])
ANSWERS = np.array([[0, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1]])
SURE = np.array([[0.1] * 4, [1.0] * 4, [1.0, 1.0, 1.0, 0.1]])
COLOURS = ("#FF0000", "#00FF00")


def field() -> NoiseField:
    return NoiseField(EPOCHS, ANSWERS, SURE, COLOURS, Zone(-2, -1, 2, 1), followed=0)


def squares(of: NoiseField) -> dict[int, int]:
    """How many squares each kind of answer has."""
    return {kind: len(path.points) // 16 for kind, path in of.paths.items() if len(path.points)}


def test_squares_hold_an_epoch_until_the_next() -> None:
    drawn = field()
    unsure, sure = 0, LEVELS - 1
    assert squares(drawn.at(0.99)) == {unsure: 4}
    assert squares(drawn.at(1.0)) == {sure: 2, LEVELS + sure: 2}
    assert squares(drawn.at(1.9)) == {sure: 2, LEVELS + sure: 2}
    assert squares(drawn.at(9)) == {LEVELS + sure: 3, LEVELS: 1}


def test_the_first_picture_is_in_the_middle_and_others_around_it() -> None:
    rows, columns, order = rings(9, 1.0)
    assert (rows, columns, int(order[0])) == (3, 3, 4)
    assert sorted(order) == list(range(9))
    rows, columns, order = rings(1000, 1.6)
    assert rows * columns >= 1000
    assert len(set(order.tolist())) == 1000
    row, column = np.divmod(order[:9], columns)
    assert np.ptp(row) == np.ptp(column) == 2
    assert rings(1, 2.0)[2].tolist() == [0]


def test_pictures_come_in_one_after_the_other_with_a_clock_that_counts_them() -> None:
    clock = EpochClock(np.arange(5.0))
    drawn = field().grows_with(clock)
    assert not squares(drawn)
    assert not drawn.frame.points.size
    clock.set_value(3)
    drawn.update()
    assert squares(drawn) == {0: 3}
    assert drawn.frame.points.size


def test_a_field_keeps_its_squares_where_an_eye_put_it() -> None:
    drawn = field()
    look = Look(Group(drawn), Zone.around(drawn.corners), Zone(2, 0, 4, 1))
    look.begin()
    look.interpolate(1)
    look.finish()
    drawn.at(2)
    assert drawn.side == pytest.approx(0.5)
    here = Zone.around(drawn.corners)
    assert all(here.left < x < here.right and here.bottom < y < here.top for x, y in drawn.places())
    assert Zone.around(drawn.frame).centre == pytest.approx(drawn.cell(0).centre)


def test_the_surer_the_brighter() -> None:
    levels = brightness(np.array([0.0, 0.6, 0.9, 1.0]))
    assert levels.tolist() == sorted(levels.tolist())
    assert (levels[0], levels[-1]) == (0, LEVELS - 1)
    assert shade("#FFFFFF", 0).to_hex() != shade("#FFFFFF", LEVELS - 1).to_hex() == "#FFFFFF"


def test_an_answer_s_name_and_share_are_held() -> None:
    shown = AnswerReadout(EPOCHS, ANSWERS[:, 0], SURE[:, 0], ("frog", "bird"), COLOURS)
    assert (shown.name_.said, shown.number.said) == ("frog", "10.0 %")
    shown.at(1.5)
    assert (shown.name_.said, shown.number.said) == ("bird", "100 %")
