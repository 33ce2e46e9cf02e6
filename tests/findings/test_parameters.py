"""Single weights, filters and layers: what is drawn of them, and what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.findings.entries import change_of, changes_sign, filters_in_words, flow_in_words
from weightreel.analysis.findings.parameters import (
    begins_even,
    layers_in_words,
    most_and_least,
    rebinned,
    tails_in_words,
)
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.networks.filter_bank import GAP, MOST_FILTERS, PIXELS, FilterBank
from weightreel.scenes.instruments.networks.network_diagram import MOST_BLOCKS, NetworkDiagram

EPOCHS = np.arange(5.0)
SHIPPED = Path(__file__).parents[2] / "data" / "cifar10.h5"
NUMBERS = st.floats(-10, 10, width=32)


class TestFilterBank:
    def test_one_scale_holds_for_all_and_grey_is_zero(self) -> None:
        filters = np.zeros((5, 2, 3, 2, 2))
        filters[-1, 0, :, 0, 0] = 0.5, -0.5, 0.25
        bank = FilterBank(EPOCHS, filters, 2.0, columns=2).at(4.0)
        assert tuple(bank.pixel_array[0, 0]) == (255, 0, 191, 255)
        assert tuple(bank.pixel_array[0, PIXELS]) == (128, 128, 128, 255)
        assert bank.pixel_array[0, 2 * PIXELS, 3] == 0  # the gap
        assert bank.pixel_array.shape == (2 * PIXELS, 4 * PIXELS + GAP, 4)

    def test_a_filter_is_found_where_it_is_drawn(self) -> None:
        bank = FilterBank(EPOCHS, np.ones((5, 6, 3, 2, 2)), 2.0, columns=3)
        first, last = bank.cell_of(0), bank.cell_of(5)
        assert (first.left, first.top) == pytest.approx((bank.get_left()[0], bank.get_top()[1]))
        assert (last.right, last.bottom) == pytest.approx((bank.get_right()[0], bank.get_bottom()[1]))

    def test_between_epochs_it_stands(self) -> None:
        filters = np.stack([np.full((1, 1, 1, 1), v) for v in (0.0, 1.0, 1.0, 1.0, 1.0)])
        assert FilterBank(EPOCHS, filters, 1.0).at(0.5).pixel_array[0, 0, 0] == round(127.5)

    def test_of_too_many_some_are_shown_and_named(self) -> None:
        bank = FilterBank(EPOCHS, np.ones((5, 500, 7, 3, 3)), 2.0)
        assert bank.choice == f"{MOST_FILTERS} of 500 filters, first input channel"
        assert FilterBank(EPOCHS, np.ones((5, 64, 3, 3, 3)), 2.0).choice == "64 filters"

    @given(arrays(np.float32, (3, 4, 2, 2, 2), elements=NUMBERS), st.floats(0.1, 10))
    def test_change_does_not_depend_on_the_scale(self, filters: np.ndarray, factor: float) -> None:
        change = change_of(filters)
        np.testing.assert_allclose(change_of(factor * filters.astype(float)), change, rtol=1e-6)
        assert np.isnan(change[0]).sum() + (change[0] == 0).sum() == 4

    def test_change_is_the_norm_s(self) -> None:
        filters = np.array([[3.0, 4.0], [3.0, 9.0]]).reshape(2, 1, 1, 1, 2)
        assert change_of(filters)[-1, 0] == pytest.approx(1.0)


class TestSigns:
    @given(arrays(np.float64, (3, 6), elements=NUMBERS))
    def test_a_sign_changes_where_the_product_of_the_ends_is_negative(self, history: np.ndarray) -> None:
        ends = [(a < 0 < b) or (b < 0 < a) for a, b in zip(history[0], history[-1], strict=True)]
        assert changes_sign(history).tolist() == ends


class TestNetworkDiagram:
    def test_the_layer_that_is_lit_is_the_only_one_in_colour(self) -> None:
        blocks = [Block(f"l{i}", "linear", (8, 8)) for i in range(4)]
        diagram = NetworkDiagram(blocks, (8, 2), "#123456").light("l2")
        coloured = [name for name, drawn in diagram.blocks.items() if drawn[0].get_fill_color().to_hex() == "#123456"]
        assert coloured == ["l2"]

    @pytest.mark.parametrize("n", [1, 2, MOST_BLOCKS, MOST_BLOCKS + 1, 200])
    def test_all_layers_are_drawn_or_counted_and_fit(self, n: int) -> None:
        diagram = NetworkDiagram([Block(f"l{i}", "conv2d", (i + 1, 3, 3, 3)) for i in range(n)], (12, 2))
        assert len(diagram.blocks) + diagram.left_out == n
        assert len(diagram.blocks) <= MOST_BLOCKS
        assert {"l0", f"l{n - 1}"} <= diagram.blocks.keys()
        assert diagram.width <= 12.2

    def test_a_layer_s_name_stands_above_it_and_within_the_whole(self) -> None:
        diagram = NetworkDiagram([Block(f"a.very.long.name.{i}", "linear", (8, 8)) for i in range(8)], (6, 2))
        for name in diagram.blocks:
            written = diagram.named(name)
            assert written.get_bottom()[1] > diagram.blocks[name].get_top()[1]
            assert max(abs(written.get_left()[0]), abs(written.get_right()[0])) <= 3
        assert diagram.named("a.very.long.name.4").get_x() == pytest.approx(
            diagram.blocks["a.very.long.name.4"].get_x()
        )

    def test_without_layers_there_is_nothing_to_draw(self) -> None:
        with pytest.raises(ValueError, match="at least one"):
            NetworkDiagram([], (8, 2))


class TestClaims:
    def test_flow_counts_the_followed_entries(self) -> None:
        sample = np.array([[1.0, -1.0, 2.0, -2.0], [-1.0, -2.0, 2.5, -1.0]])
        said = flow_in_words("l", sample)
        assert "1 of 4 changed their sign" in said
        assert "0.63 of the first spread" in said  # the middle of 0.5, 1, 1 and 2 over 1.58

    def test_filters_name_the_one_that_moved_most(self) -> None:
        filters = np.ones((2, 3, 1, 1, 1))
        filters[1, :, 0, 0, 0] = 1.1, 1.5, 3.0
        assert filters_in_words("l", filters) == (
            "l: half of 3 filters moved by 50 % of their size or more, filter 3 by 200 %."
        )

    def test_a_staircase_is_made_of_layers_that_begin_even(self) -> None:
        with Store(SHIPPED) as store:
            run = store.select()[0]
            assert begins_even(run, "weight")
            run.choose_layers(["features.0"])
            assert not begins_even(run, "weight"), "one step is no staircase"

    def test_tails_are_told_layer_by_layer(self) -> None:
        light, heavy = np.array([-1.2, -0.5]), np.array([-1.2, 3.0])
        assert tails_in_words({"a": light, "b": light, "c": heavy}).startswith("In 2 of 3 layers fewer")
        assert tails_in_words({"a": light, "b": light}).startswith("In none of 2 layers do more")
        assert tails_in_words({"a": heavy, "b": heavy}).startswith("In each of 2 layers more")
        assert tails_in_words({"a": light}).startswith("Fewer")
        assert tails_in_words({"a": heavy}).startswith("More")
        assert tails_in_words({"a": np.array([np.nan])}) == ""

    def test_the_layers_named_are_those_that_change_most_and_least(self) -> None:
        stds = {"a": np.array([1.0, 1.1]), "b": np.array([1.0, 2.0]), "c": np.array([2.0, 2.1]), "d": np.zeros(2)}
        assert most_and_least(stds) == ["b", "c"]
        assert most_and_least({"a": stds["a"]}) == ["a"]
        assert most_and_least({"d": stds["d"]}) == []
        del stds["d"]
        assert layers_in_words(stds) == "Every layer spreads out: b most, ×\u00a02.00, c least, ×\u00a01.05."

    def test_other_bins_hold_as_many(self) -> None:
        edges, counts = np.array([0.0, 1.0, 3.0]), np.array([4.0, 6.0])
        assert rebinned(edges, counts, np.array([0.0, 0.5, 2.0, 3.0])).tolist() == [2.0, 5.0, 3.0]
        assert rebinned(edges, counts, np.array([-1.0, 5.0])).sum() == 10
