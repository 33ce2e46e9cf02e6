"""A network's layers: their sizes, and what films call them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weightreel.analysis.findings.blocks import (
    Block,
    blocks_of,
    largest,
    layer_on_stage,
    names_in_order,
    size_of,
    sizes_in_words,
)
from weightreel.analysis.findings.entries import flowing_layer
from weightreel.analysis.store.reader import Store

KINDS = st.lists(st.sampled_from(["conv2d", "linear", "conv1d"]), min_size=1, max_size=30)


def test_sizes_add_up(small_store: Path) -> None:
    with Store(small_store) as store:
        run = next(iter(store.runs.values()))
        blocks = blocks_of(run)
        assert size_of(largest(blocks)) == max(int(np.prod(block.shape)) for block in blocks)
        share = f"{size_of(largest(blocks)) / sum(map(size_of, blocks)):.1%}".replace("%", " %")
        assert share in sizes_in_words(blocks)
        layer = flowing_layer(run)
        assert layer is not None
        assert layer.name == largest(blocks).name


@given(KINDS)
def test_each_kind_is_counted_from_the_input_on(kinds: list[str]) -> None:
    blocks = [Block(f"layers.{i}", kind, (4, 4)) for i, kind in enumerate(kinds)]
    names = names_in_order(blocks)
    assert list(names) == [block.name for block in blocks]
    assert len(set(names.values())) == len(blocks)
    for word, is_convolution in (("conv", True), ("dense", False)):
        of = [names[block.name] for block in blocks if block.is_convolution == is_convolution]
        assert of == [f"{word} {n + 1}" for n in range(len(of))]


def test_a_layer_without_a_matrix_keeps_its_path(small_store: Path) -> None:
    with Store(small_store) as store:
        run = next(iter(store.runs.values()))
        assert layer_on_stage(run, blocks_of(run)[0].name) == "conv 1"
        assert layer_on_stage(run, "features.1.norm") == "features.1.norm"
