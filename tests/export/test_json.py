"""What the page needs of a store, as one JSON object; docs/site.md describes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.made.store import synthetic_store
from weightreel.analysis.export.json import MOST_BINS, MOST_FRAMES, as_json, coarse_histogram, frames_of
from weightreel.analysis.store.reader import Store


@pytest.mark.parametrize("bins", [1, 5, MOST_BINS, MOST_BINS + 1, 3 * MOST_BINS + 2, 1000])
def test_a_coarse_histogram_keeps_every_entry(bins: int) -> None:
    rng = np.random.default_rng(bins)
    edges = np.linspace(-1, 1, bins + 1, dtype=np.float32)
    counts = (1e5 * np.exp(-((edges[1:] + edges[:-1]) ** 2) * rng.uniform(3, 50, (4, 1)))).astype(np.uint32)
    kept, found = coarse_histogram(edges, counts)
    assert len(kept) <= MOST_BINS + 1
    assert found.shape == (4, len(kept) + 1)
    assert np.array_equal(found.sum(1), counts.sum(1))
    assert np.isin(kept, edges).all()
    assert np.all(np.diff(kept) > 0)
    inside = counts[:, (edges[:-1] >= kept[0]) & (edges[1:] <= kept[-1])].sum(1)
    assert np.array_equal(found[:, 1:-1].sum(1), inside)
    assert np.all(inside >= 0.997 * counts.sum(1))


def test_long_trainings_keep_some_epochs(tmp_path: Path) -> None:
    path = synthetic_store(tmp_path / "long.h5", epochs=250, n_layers=2, models=("cnn",), attacks=False, drawn=64)
    with Store(path) as store:
        frames = frames_of(store.run("cnn-s0"))
    assert len(frames) == MOST_FRAMES
    assert (frames[0], frames[-1]) == (0, 249)


def test_json_knows_no_number_that_is_not_finite() -> None:
    assert (
        as_json({"a": np.array([np.nan, 1, np.inf], np.float32), "b": float("nan")}) == '{"a":[null,1.0,null],"b":null}'
    )
