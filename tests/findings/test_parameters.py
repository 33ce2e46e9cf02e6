"""Single weights, filters and layers: what is drawn of them, and what is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from manim import RIGHT, UP

from weightreel.analysis.findings.blocks import Block
from weightreel.analysis.findings.parameters import (
    change_of,
    changes_sign,
    filters_in_words,
    flow_in_words,
    flowing_layer,
    middle_of,
)
from weightreel.analysis.store.reader import Store
from weightreel.scenes.instruments.networks.filter_bank import GAP, MOST_FILTERS, PIXELS, FilterBank
from weightreel.scenes.instruments.networks.network_diagram import MOST_BLOCKS, NetworkDiagram
from weightreel.scenes.instruments.networks.weight_flow import MOST_CORNERS, MOST_LINES, WeightFlow

EPOCHS = np.arange(5.0)
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

    def test_between_epochs_it_is_between(self) -> None:
        filters = np.stack([np.full((1, 1, 1, 1), v) for v in (0.0, 1.0, 1.0, 1.0, 1.0)])
        assert FilterBank(EPOCHS, filters, 1.0).at(0.5).pixel_array[0, 0, 0] == round(127.5 + 127.5 / 2)

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


class TestWeightFlow:
    def test_lines_grow_to_the_clock_and_heads_stand_at_their_ends(self) -> None:
        sample = np.stack([np.linspace(1, 2, 5), np.linspace(1, -1, 5)], 1)
        flow = WeightFlow(EPOCHS, sample, (8, 4)).at(2.5)
        (_, keep, keep_head), (_, flip, flip_head) = flow.groups
        here = flow.plane.point(2.5, 1.625), flow.plane.point(2.5, -0.25)
        for line, head, point in ((keep, keep_head, here[0]), (flip, flip_head, here[1])):
            np.testing.assert_allclose(line.points[-1], point, atol=1e-6)
            np.testing.assert_allclose(head.get_center(), point, atol=1e-6)

    def test_the_band_reaches_from_the_lower_to_the_upper_end_up_to_the_clock(self) -> None:
        band = np.stack([np.linspace(0, -2, 5), np.linspace(0, 4, 5)], 1)
        flow = WeightFlow(EPOCHS, np.ones((5, 1)), (8, 4), band=band, band_name="all").at(2.5)
        np.testing.assert_allclose(flow.band.get_corner(UP + RIGHT), flow.plane.point(2.5, 2.5), atol=1e-6)
        np.testing.assert_allclose(flow.band.get_bottom()[1], flow.plane.point(2.5, -1.25)[1], atol=1e-6)

    def test_a_thousand_epochs_cost_no_more_than_some(self) -> None:
        epochs = np.arange(1001.0)
        flow = WeightFlow(epochs, np.random.default_rng(0).normal(size=(1001, 500)), (8, 4)).at(1000.0)
        curves = sum(len(line.points) // 4 for _, line, _ in flow.groups)
        assert curves <= MOST_LINES * (MOST_CORNERS + 1)
        assert flow.choice == f"{MOST_LINES} entries"

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
    def test_the_middle_is_what_lies_between_its_quantiles(self, small_store: Path) -> None:
        with Store(small_store) as store:
            layer = flowing_layer(next(iter(store.runs.values())))
            assert layer is not None
            band, share = middle_of(layer)
            sample = layer["weight/sample"]
        assert share == "90 %"
        within = np.mean((sample > band[:, :1]) & (sample < band[:, 1:]))
        assert 0.8 < within < 0.98

    def test_flow_counts_the_followed_entries(self) -> None:
        sample = np.array([[1.0, -1.0, 2.0, -2.0], [-1.0, -2.0, 2.5, -1.0]])
        said = flow_in_words("l", sample)
        assert "1 of 4 sampled weights" in said
        assert "0.63 initial standard deviations" in said  # the middle of 0.5, 1, 1 and 2 over 1.58

    def test_filters_name_the_one_that_moved_most(self) -> None:
        filters = np.ones((2, 3, 1, 1, 1))
        filters[1, :, 0, 0, 0] = 1.1, 1.5, 3.0
        assert filters_in_words("l", filters) == (
            "l: half of the 3 filters moved by at least 50 % of their norm, filter 3 most, by 200 %."
        )
