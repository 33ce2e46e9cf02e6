"""Eigenvalues beside a random matrix's: which leave the bulk and when, and whether their tail is a power law."""

from __future__ import annotations

from math import nan
from pathlib import Path

import numpy as np
import pytest

from weightreel.analysis.findings.spectral.bulk import largest_in_words, leaves_bulk, verdict_in_words
from weightreel.analysis.findings.spectral.randomness import Bulk
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.writer import write


@pytest.mark.parametrize(
    ("history", "said"),
    [([1.0, 5.0], "grows from 1.00 to 5.00"), ([5.0, 1.0], "shrinks"), ([2.0, 2.0], "stays at 2.00"), ([3.0], "is 3")],
)
def test_what_is_said_of_the_largest_eigenvalue(history: list[float], said: str) -> None:
    assert said in largest_in_words(np.array(history), np.arange(len(history)))


def test_eigenvalues_leave_where_more_are_above_the_edge_at_the_end() -> None:
    def bulk(spikes: list[float]) -> Bulk:
        return Bulk(np.ones(len(spikes)), np.array(spikes), np.ones(len(spikes)))

    assert leaves_bulk(bulk([0, 0, 9]))
    assert not any(map(leaves_bulk, (bulk([3, 0, 3]), bulk([0, nan, nan]), None)))


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "A power law is rejected (p < 0.004)."),
        (0.1, "A power law is rejected (p = 0.10)."),
        (0.31, "A power law is not rejected (p = 0.31), which does not prove it."),
        (nan, "Whether it is one could not be tested."),
        (None, "Whether it is one was not tested."),
    ],
)
def test_the_verdict_on_a_power_law_is_said_honestly(
    small_store: Path, tmp_path: Path, p: float | None, said: str
) -> None:
    with Store(small_store) as store:
        contents, run = store.contents(), store.select()[0]
        name = next(layer.name for layer in run.layers.values() if layer.has("spectrum/p_value"))
        at = f"{run.path}/layers/{name}/spectrum/p_value"
    if p is None:
        contents.drop(at)
    else:
        contents.datasets[at] = np.float32(p)
    write(tmp_path / "p.h5", contents)
    with Store(tmp_path / "p.h5") as store:
        assert verdict_in_words(store.select()[0].layer(name)) == said
