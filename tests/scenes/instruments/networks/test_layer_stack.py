"""A pile of layers is the histogram of all of them, and comes apart into columns and together again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from manim import DOWN, RIGHT, UP

from weightreel.analysis.findings.parameters import Distribution, layers_with
from weightreel.analysis.palette import theme
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.networks.layer_stack import LayerStack, TakenApart, in_short
from weightreel.scenes.kit.grammar.zones import Zone

SHIPPED = Path(__file__).parents[4] / "data" / "cifar10.h5"
ZONE = Zone(-6.0, -3.0, 6.0, 2.0)


def stack_of(*, columns: int = 14, shown: int = 14) -> LayerStack:
    with Store(SHIPPED) as store:
        run = store.select()[0]
        layers = {name: Distribution.known(of, "weight") for name, of in layers_with(run, "weight").items()}
        layers = dict(list(layers.items())[:shown])
        places = dict(zip(list(layers)[:columns], ZONE.columns(*[1.0] * columns, gap=0.0), strict=False))
        return LayerStack(run.epochs, layers, Distribution.known(run, "weight"), ZONE, places, theme().WEIGHTS)


@pytest.mark.parametrize("t", [0.0, 20.0, 50.0])
def test_the_pile_s_outline_is_that_of_all_layers_together(t: float) -> None:
    stack = stack_of().at(t)
    top = max(float(path.get_top()[1]) for path in stack.paths)
    hull = stack.plane.place(np.zeros(1), np.array([stack.outline.density[int(t)].max()]))[0, 1]
    assert top == pytest.approx(hull, rel=0.02)


def test_the_widest_layer_lies_at_the_foot() -> None:
    widths = [step.std[0] for step in stack_of().steps]
    assert widths == sorted(widths, reverse=True)


def test_layers_that_are_not_shown_are_one_step_that_fades() -> None:
    stack = stack_of(columns=3, shown=3)
    assert [step.name == "" for step in stack.steps] == [True, False, False, False]
    with Store(SHIPPED) as store:
        everything = Distribution.known(store.select()[0], "weight").n_entries
    assert sum(step.entries for step in stack.steps) == pytest.approx(everything, rel=0.01)
    stack.take_apart(1)
    assert stack.paths[0].get_fill_opacity() == 0
    assert stack.paths[1].get_fill_opacity() > 0.5


def test_apart_each_layer_lies_in_its_column_and_together_it_is_where_it_was() -> None:
    stack = stack_of()
    before = [path.points.copy() for path in stack.paths]
    TakenApart(stack).interpolate_mobject(1.0)
    for step, path in zip(stack.steps, stack.paths, strict=True):
        column, drawn = stack.columns[step.name], Zone.around(path)
        assert column.left - 1e-6 <= drawn.left <= drawn.right <= column.right + 1e-6
        assert column.bottom - 1e-6 <= drawn.bottom <= drawn.top <= column.top + 1e-6
    TakenApart(stack, back=True).interpolate_mobject(1.0)
    for path, points in zip(stack.paths, before, strict=True):
        np.testing.assert_allclose(path.points, points, atol=1e-9)


def test_gaps_open_between_steps_and_lift_the_top_one_most() -> None:
    stack = stack_of()
    before = [path.get_bottom()[1] for path in stack.paths]
    stack.separate(1)
    lifted = [path.get_bottom()[1] - low for path, low in zip(stack.paths, before, strict=True)]
    assert lifted[0] == pytest.approx(0)
    assert (np.diff(lifted) > 0).all()
    assert stack.paths[-1].get_top()[1] <= (stack.plane.corner + stack.plane.upwards)[1]


def test_factors_are_the_store_s_and_only_where_there_is_room() -> None:
    stack = stack_of().take_apart(1).at(50.0)
    assert len(stack.readings) == 14
    last = {reading.name: reading.numerals.said for reading in stack.readings}
    for step in stack.steps:
        assert last[step.name] == in_short(float(step.std[-1] / step.std[0]))
    assert in_short(11.2) == "11"


def test_a_step_is_pointed_at_on_its_right_side() -> None:
    stack = stack_of()
    for step, path in zip(stack.steps, stack.paths, strict=True):
        if step.std[0] < 0.02:  # of wider layers the pile does not show the ends
            edge = stack.edge_of(step.name)
            assert abs(edge[0] - Zone.around(path).right) < stack.plane.across[0]
            assert Zone.around(path).bottom <= edge[1] <= Zone.around(path).top
    with pytest.raises(KeyError):
        stack.edge_of("nothing")


def test_entries_lie_in_their_column_by_their_value() -> None:
    stack = stack_of()
    name = stack.steps[3].name
    low, high = stack.place_of(name, np.array([-0.01, 0.01]))
    assert low[1] < high[1]
    stack.shift(RIGHT + 2 * UP + DOWN)
    moved = stack.place_of(name, np.array([-0.01, 0.01]))
    np.testing.assert_allclose(moved, np.stack([low, high]) + 1.0, atol=1e-9)
